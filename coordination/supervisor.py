"""`manage.py up`: start everything in order, keep it running, stop it cleanly.

One process watches over the servers, the web, the worker and the beat. It never loads the application: that
would cost the second start seconds, and a fault in the application must not take its watchman down.
"""

import argparse
import ctypes
import fcntl
import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import psycopg

from coordination.embedded import Servers, last_words
from coordination.environment import complete, django, servers_needed, with_root
from coordination.places import ROOT, VAR, Problem, own_folder, own_home, private
from coordination.town.signins import DEMO_PASSWORD, SIGN_INS

HOST = "127.0.0.1"
READY_SECONDS = 120
STOP_SECONDS = 15
LONGEST_WAIT = 30.0
SERVER_LOOK_SECONDS = 2.0
# A child that lived this long was healthy: its next fault is a new one.
HEALTHY_SECONDS = 60
TRIES_BEFORE_READY = 3
LOG_BYTES = 10_000_000
LIBC = ctypes.CDLL(None)
DEMO_PATIENTS, DEMO_SEED = "300", "7"


class Stopped(Exception):
    """Somebody pressed Ctrl-C, or the system asks us to end."""


# --------------------------------------------------------------------------------------------------- children
@dataclass
class Child:
    """One process we keep alive. It leads a group of its own, so it is stopped with everything it started."""

    name: str
    command: Sequence[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    started_at: float = 0.0
    not_before: float = field(default=0.0)

    def start(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".old"))
        with open(self.log, "ab", opener=private) as out:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=with_root(os.environ),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                preexec_fn=end_with_parent,  # noqa: PLW1509 forked by the main thread, the only one left
            )
        self.started_at = time.monotonic()

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def watch(self) -> None:
        """Start again what died, waiting longer each time."""
        now = time.monotonic()
        if self.is_alive():
            if self.failures and now - self.started_at > HEALTHY_SECONDS:
                self.failures = 0
        elif self.process is not None:
            code = self.process.returncode
            self.clear()
            self.process = None
            wait = min(0.5 * 2**self.failures, LONGEST_WAIT)
            self.failures += 1
            self.not_before = now + wait
            say(f"{self.name} ended ({code}); starting it again in {wait:g} s. Its log: {shown(self.log)}")
        elif now >= self.not_before:
            self.start()

    def clear(self) -> None:
        """What a dead child may have left behind in its group."""
        if self.process is not None:
            send(self.process, signal.SIGKILL)

    def stop(self, deadline: float) -> None:
        if self.process is None:
            return
        try:
            self.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            say(f"{self.name} does not stop; ending it.")
        self.clear()
        self.process.wait(5)


def send(process: subprocess.Popen[bytes], what: signal.Signals) -> None:
    """To the whole group: a child's own children too."""
    try:
        os.killpg(process.pid, what)
    except (ProcessLookupError, PermissionError):
        return


def end_with_parent() -> None:
    """Linux only: should the supervisor be killed outright, its children are asked to end too."""
    if sys.platform == "linux":
        LIBC.prctl(1, int(signal.SIGTERM))


def children(port: int) -> list[Child]:
    python, logs = sys.executable, VAR / "log"
    granian = ["--interface", "wsgi", "--host", HOST, "--port", str(port), "--workers", "2", "--no-ws"]
    granian += ["--blocking-threads", "4", "--respawn-failed-workers", "--workers-kill-timeout", "10"]
    celery = [python, "-m", "celery", "-A", "coordination.celery"]
    worker = ["worker", "--concurrency", "2", "--loglevel", "WARNING", "--without-gossip", "--without-mingle"]
    beat = ["beat", "--loglevel", "WARNING", "--schedule", str(VAR / "beat" / "schedule"), "--pidfile="]
    return [
        Child("web", [python, "-m", "granian", *granian, "coordination.wsgi:application"], logs / "web.log"),
        Child("worker", [*celery, *worker], logs / "worker.log"),
        Child("beat", [*celery, *beat], logs / "beat.log"),
    ]


# --------------------------------------------------------------------------------------------- before serving
def free_port(port: int) -> None:
    """Refuse a port somebody else answers on, before anything is started."""
    if not 1 <= port <= 65535:
        raise Problem(f"{port} is not a port: choose one from 1024 to 65535.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            raise Problem(f"Port {port} needs the rights of root: choose one from 1024 to 65535.") from None
        except OSError:
            raise Problem(
                f"Port {port} is taken by another program: stop that, or start with --port {port + 1}."
            ) from None


@contextmanager
def only_one(port: int) -> Iterator[None]:
    """One `up` for one folder; the second is told where the first one serves."""
    with open(VAR / "up.lock", "a+", opener=private) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            process, _, address = lock.read().strip().partition(" ")
            raise Problem(
                f"Throughline is already running here: {address} (process {process}). Stop that one first."
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()} {address_of(port)}")
        lock.flush()
        try:
            yield
        finally:
            lock.truncate(0)


def project_migrations() -> list[tuple[str, str]]:
    found = [*ROOT.glob("*/migrations/0*.py"), *ROOT.glob("*/*/migrations/0*.py")]
    return sorted((path.parent.parent.name, path.stem) for path in found)


def migrations_digest() -> str:
    """Changes when a migration of ours or the version of any library does."""
    digest = hashlib.sha256((ROOT / "requirements-run.txt").read_bytes())
    digest.update(repr(project_migrations()).encode())
    return digest.hexdigest()


def is_migrated(database: psycopg.Connection[Any]) -> bool:
    """Without Django, so quickly: this code migrated before, and this database has all of it."""
    note = VAR / "migrated"
    if not note.exists() or note.read_text() != migrations_digest():
        return False
    if not exists(database, "select to_regclass('django_migrations') is not null"):
        return False
    return set(project_migrations()) <= set(
        database.execute("select app, name from django_migrations").fetchall()
    )


def exists(database: psycopg.Connection[Any], question: str) -> bool:
    row = database.execute(question.encode()).fetchone()
    return bool(row and row[0])


def prepare_data() -> None:
    """Bring the tables up to date; give an empty trial its demo town."""
    try:
        database = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, connect_timeout=5)
    except psycopg.Error as error:
        raise Problem(f"Cannot reach the database: {str(error).splitlines()[0]}") from None
    with database:
        if not is_migrated(database):
            say("Bringing the database up to date ...")
            must(
                django("migrate", "--noinput", "--verbosity", "0", owner=True),
                "bring the database up to date",
            )
            (VAR / "migrated").write_text(migrations_digest())
        if is_demo() and not exists(database, "select exists (select from accounts_organization)"):
            say(f"Settling the demo town of {DEMO_PATIENTS} patients ...")
            must(
                django("town", "--patients", DEMO_PATIENTS, "--seed", DEMO_SEED, owner=True),
                "settle the demo town",
            )


def is_demo() -> bool:
    return os.environ.get("DEMO", "").lower() in {"1", "true", "yes", "on"}


def must(done: subprocess.CompletedProcess[str], what: str) -> None:
    if done.returncode == 0:
        return
    log = VAR / "log" / "setup.log"
    with open(log, "w", opener=private) as file:
        file.write(done.stdout)
    raise Problem(f"Could not {what}: {last_words(log)} (all of it: {shown(log)})")


# ---------------------------------------------------------------------------------------------------- serving
def is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"{address_of(port)}readyz", timeout=5) as answer:  # noqa: S310 our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def wait_until_ready(port: int, kept: Sequence[Child]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not is_ready(port):
        for child in kept:
            child.watch()
            if child.failures >= TRIES_BEFORE_READY:
                raise Problem(
                    f"The {child.name} does not start: {last_words(child.log)} (log: {shown(child.log)})"
                )
        if time.monotonic() > deadline:
            raise Problem(f"The web did not become ready in {READY_SECONDS} s. Logs: {shown(VAR / 'log')}")
        time.sleep(0.1)


def keep_running(kept: Sequence[Child], servers: Servers | None) -> None:
    """Until somebody stops us. The servers get a look every few seconds, the children four times a second."""
    next_look, pause = 0.0, SERVER_LOOK_SECONDS
    while True:
        for child in kept:
            child.watch()
        if servers and time.monotonic() > next_look:
            pause = SERVER_LOOK_SECONDS if look_after(servers) else min(pause * 2, LONGEST_WAIT)
            next_look = time.monotonic() + pause
        time.sleep(0.25)


def look_after(servers: Servers) -> bool:
    down = [part.name for part in servers.parts if not part.is_up()]
    if not down:
        return True
    say(f"{' and '.join(down)} ended; starting again.")
    try:
        servers.revive()
    except (Problem, psycopg.Error) as problem:
        say(str(problem))
        return False
    return True


def stop_all(kept: Sequence[Child]) -> None:
    """Ask all at once, then wait for each; whoever presses Ctrl-C again does not want to wait."""
    deadline = time.monotonic() + STOP_SECONDS

    def hurry(*_: object) -> None:
        for child in kept:
            child.clear()

    listen(hurry)
    for child in kept:
        if child.process is not None:
            child.process.terminate()
    for child in kept:
        child.stop(deadline)


def listen(handler: Any) -> None:
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Under nohup a hang-up is ignored, and stays so.
        if name != signal.SIGHUP or signal.getsignal(name) is not signal.SIG_IGN:
            signal.signal(name, handler)


def on_signal(_number: int, _frame: FrameType | None) -> None:
    raise Stopped


# -------------------------------------------------------------------------------------------------- the words
def say(text: str) -> None:
    print(text, flush=True)


def shown(path: Path) -> str:
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def address_of(port: int) -> str:
    return f"http://{HOST}:{port}/"


def welcome(port: int, seconds: float) -> None:
    say(f"\nThroughline is ready at {address_of(port)}   ({seconds:.1f} s)\n")
    if is_demo():
        say_sign_ins()
    say(f"Logs are in {shown(VAR / 'log')}. Ctrl-C stops everything.")


def say_sign_ins() -> None:
    say(f"Sign in as one of these invented people, password {DEMO_PASSWORD}")
    for person in SIGN_INS:
        say(f"  {person.role.replace('_', ' '):16} {person.email}")
    say("")


def parse(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="manage.py up", description="Set up, start and look after Throughline."
    )
    parser.add_argument(
        "--port", type=int, default=8000, help="where to serve on this machine (default: 8000)"
    )
    parser.add_argument("--check", action="store_true", help="start, see that it is ready, stop again")
    return parser.parse_args(words)


def up(words: Sequence[str]) -> int:
    options, began = parse(words), time.monotonic()
    listen(on_signal)
    kept: list[Child] = []
    servers: Servers | None = None
    try:
        own_home(VAR, shared=False)
        with only_one(options.port):
            try:
                free_port(options.port)
                for name in ("log", "beat"):
                    own_folder(VAR / name, None)
                os.environ.setdefault("BASE_URL", address_of(options.port).rstrip("/"))
                complete()
                if servers := servers_needed():
                    servers.start()
                    os.environ.update(servers.urls())
                prepare_data()
                kept += children(options.port)
                for child in kept:
                    child.start()
                wait_until_ready(options.port, kept)
                welcome(options.port, time.monotonic() - began)
                if not options.check:
                    keep_running(kept, servers)
            finally:
                stop_all(kept)
                if servers:
                    servers.stop()
    except Stopped:
        say("\nStopped.")
    return 0
