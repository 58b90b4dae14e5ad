"""`manage.py up`: start everything in order, keep it running, stop it cleanly.

One process watches over the servers, the web, the worker and the beat. It never loads the application: that
would cost the second start seconds, and a fault in the application must not take its watchman down.
"""

import argparse
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import psycopg

from coordination.embedded import Servers, last_words
from coordination.environment import complete, servers_needed, with_root
from coordination.places import ROOT, VAR, Problem, account_name, own_folder, own_home, private, say, shown
from coordination.preparation import HOST, address_of, free_port, is_demo, only_one, prepare_data
from coordination.town.signins import DEMO_PASSWORD, SIGN_INS

READY_SECONDS = 120
STOP_SECONDS = 15
LONGEST_WAIT = 30.0
SERVER_LOOK_SECONDS = 2.0
# A child that lived this long was healthy: its next fault is a new one.
HEALTHY_SECONDS = 60
TRIES_BEFORE_READY = 3
LOG_BYTES = 10_000_000
LIBC = ctypes.CDLL(None)


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


def web(port: int, application: str = "coordination.wsgi:application") -> list[str]:
    """The command that serves the pages: one thread a process (docs/decisions/0006-granian.md)."""
    granian = ["--interface", "wsgi", "--host", HOST, "--port", str(port), "--workers", "2", "--no-ws"]
    granian += ["--blocking-threads", "1", "--respawn-failed-workers", "--workers-kill-timeout", "10"]
    return [sys.executable, "-m", "granian", *granian, application]


def children(port: int) -> list[Child]:
    python, logs = sys.executable, VAR / "log"
    celery = [python, "-m", "celery", "-A", "coordination.celery"]
    worker = ["worker", "--concurrency", "2", "--loglevel", "WARNING", "--without-gossip", "--without-mingle"]
    beat = ["beat", "--loglevel", "WARNING", "--schedule", str(VAR / "beat" / "schedule"), "--pidfile="]
    return [
        Child("web", web(port), logs / "web.log"),
        Child("worker", [*celery, *worker], logs / "worker.log"),
        Child("beat", [*celery, *beat], logs / "beat.log"),
    ]


# ---------------------------------------------------------------------------------------------------- serving
def missing(port: int) -> list[str] | None:
    """What /readyz still misses; nothing when it is ready, None while nobody answers."""
    try:
        with urllib.request.urlopen(f"{address_of(port)}readyz", timeout=5):  # noqa: S310 our own address
            return []
    except urllib.error.HTTPError as answer:
        return failing(answer.read())
    except (urllib.error.URLError, OSError):
        return None


def failing(answer: bytes) -> list[str]:
    try:
        checks = json.loads(answer)["checks"]
        return [f"{name} ({what})" for name, what in checks.items() if not what["ok"]]
    except (ValueError, KeyError, TypeError):
        return ["a page that works"]


def wait_until_ready(port: int, kept: Sequence[Child]) -> bool:
    """False: it serves, but something is still missing, which is said. A slow queue must not keep people out."""
    deadline = time.monotonic() + READY_SECONDS
    while (lacks := missing(port)) != []:
        for child in kept:
            child.watch()
            if child.failures >= TRIES_BEFORE_READY:
                raise Problem(
                    f"The {child.name} does not start: {last_words(child.log)} (log: {shown(child.log)})"
                )
        if time.monotonic() > deadline:
            if lacks is None:
                raise Problem(f"The web does not answer. Its log: {shown(kept[0].log)}")
            say(f"Not ready after {READY_SECONDS} s; still missing: {', '.join(lacks)}.")
            return False
        time.sleep(0.1)
    return True


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
def welcome(port: int, seconds: float, servers: Servers | None) -> None:
    say(f"\nThroughline serves at {address_of(port)}   ({seconds:.1f} s)\n")
    if is_demo():
        say_sign_ins()
    if servers and servers.at.data != VAR:
        say(f"PostgreSQL runs as {account_name(servers.at.uid)} and keeps its data in {servers.at.data}.")
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
                is_ready = wait_until_ready(options.port, kept)
                welcome(options.port, time.monotonic() - began, servers)
                if options.check:
                    return 0 if is_ready else 1
                keep_running(kept, servers)
            finally:
                stop_all(kept)
                if servers:
                    servers.stop()
    except Stopped:
        say("\nStopped.")
    except psycopg.Error as error:
        raise Problem(f"The database refuses: {str(error).splitlines()[0]}") from None
    except OSError as error:
        raise Problem(f"{error.filename or 'The system'}: {error.strerror}") from None
    return 0
