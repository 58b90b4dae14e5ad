"""PostgreSQL and Valkey from wheels, for a machine without servers: Unix sockets only, no TCP."""

import contextlib
import fcntl
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any, Self

import psycopg

from coordination.places import (
    ROOT,
    VAR,
    Layout,
    Problem,
    account_name,
    layout,
    locked,
    own_folder,
    own_home,
    private,
)

PG_MAJOR = "18"
START_SECONDS = 60
STOP_SECONDS = 20
LOG_BYTES = 5_000_000
LOG_PREFIX = re.compile(r"^[\d-]+ [\d:.]+ UTC \[\d+\] ")


# --------------------------------------------------------------------------------------------------- starting
def launch(at: Layout, command: Sequence[str | Path], log: Path) -> subprocess.Popen[bytes]:
    """Start a server of its own session: a Ctrl-C or a closed pipe of ours is not its affair."""
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".old"))
    # A database's log quotes values it refused: for our eyes only.
    with open(log, "ab", opener=private) as out:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            cwd="/",
            **identity(at.account),
        )


def identity(account: pwd.struct_passwd | None) -> dict[str, Any]:
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}


def answers(path: Path) -> bool:
    """Does a server accept connections on this socket?"""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        try:
            client.connect(str(path))
        except OSError:
            return False
    return True


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], name: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            process.wait()
            raise Problem(f"{name} did not start: {last_words(log)} (whole log: {log})")
        time.sleep(0.02)


def bury(process: subprocess.Popen[bytes] | None) -> None:
    """Collect a dead child of ours: until then its process id seems to be alive."""
    if process is not None:
        process.poll()


def leave(process: subprocess.Popen[bytes] | None) -> None:
    """It outlives us on purpose; Python need not warn about it."""
    if process is not None and process.poll() is None:
        process.returncode = 0


def last_words(log: Path) -> str:
    """The line of a server's log that says why it stopped."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()][-20:]
    telling = (
        [line for line in lines if re.search(r"FATAL|PANIC|rror", line)] or lines or ["its log is empty"]
    )
    return LOG_PREFIX.sub("", telling[-1].strip())


# ------------------------------------------------------------------------------------------------- PostgreSQL
class Postgres:
    name = "PostgreSQL"
    process: subprocess.Popen[bytes] | None = None

    def __init__(self, at: Layout, *, durable: bool = True) -> None:
        self.at = at
        self.durable = durable
        self.log = at.data / "postgres.log"

    def is_up(self) -> bool:
        """Ready for queries, not only listening: a server that is still recovering refuses."""
        if not answers(self.at.pg_socket):
            return False
        try:
            with connect(self.at, "template1"):
                return True
        except psycopg.OperationalError:
            return False

    def start(self) -> None:
        if self.is_up():
            return
        bury(self.process)
        own_folder(self.at.run, self.at.account)
        self.make_data_folder()
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.at.run),
            "unix_socket_permissions": "0700",
            "max_connections": "100",
            "shared_buffers": "256MB",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "jit": "off",
            # Values people typed stay out of the server's log.
            "log_parameter_max_length_on_error": "0",
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        command: list[str | Path] = [self.at.pg_home / "bin/postgres", "-D", self.at.pg_data, *options]
        self.process = launch(self.at, command, self.log)
        wait_until(self.is_up, self.process, self.name, self.log)

    def make_data_folder(self) -> None:
        """Check the data folder, or make one beside it and move it in whole: no start leaves half of one."""
        data = self.at.pg_data
        if data.exists():
            own_folder(data, self.at.account)
            check_data_folder(data)
            return
        fresh = data.with_name("pg.new")
        shutil.rmtree(fresh, ignore_errors=True)
        own_folder(fresh, self.at.account)
        command = [self.at.pg_home / "bin/initdb", "-D", fresh, "-U", "postgres", "--no-instructions"]
        command += ["--encoding=UTF8", "--auth=peer"]
        # The same order of text on every machine: PostgreSQL's own locale, not the system's.
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        command += [] if self.durable else ["--no-sync"]
        made = subprocess.run(
            [str(part) for part in command],
            check=False,
            capture_output=True,
            text=True,
            cwd="/",
            **identity(self.at.account),
        )
        if made.returncode != 0:
            words = (made.stderr or made.stdout).strip().splitlines() or ["no reason given"]
            raise Problem(f"Cannot make the database in {data}: {words[-1]}")
        only_us(fresh, self.at.account)
        fresh.replace(data)

    def stop(self) -> None:
        try:
            pid = int((self.at.pg_data / "postmaster.pid").read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return
        end(pid, (signal.SIGINT, signal.SIGQUIT))


def check_data_folder(data: Path) -> None:
    version = data / "PG_VERSION"
    if not version.exists() or not (data / "global" / "pg_control").exists():
        raise Problem(f"{data} is not a working database folder: move it away, or put a backup back.")
    if (found := version.read_text().strip()) != PG_MAJOR:
        raise Problem(
            f"{data} was made by PostgreSQL {found}, and this is {PG_MAJOR}: move it away or upgrade it."
        )


def only_us(data: Path, account: pwd.struct_passwd | None) -> None:
    """Let in our own account, and the one we lent, under any role; nobody else, even on this machine."""
    mine = account_name(os.geteuid())
    names = {mine, account.pw_name} if account else {mine}
    (data / "pg_hba.conf").write_text("local all all peer map=us\n")
    (data / "pg_ident.conf").write_text("".join(f'us "{name}" all\n' for name in sorted(names)))


def connect(at: Layout, database: str) -> psycopg.Connection[Any]:
    return psycopg.connect(
        host=str(at.run), user="postgres", dbname=database, autocommit=True, connect_timeout=5
    )


def prepare_database(at: Layout) -> None:
    """The two roles, the database and the app role's grants; test databases are copies of template1."""
    roles, grants = ((ROOT / "deploy/postgres" / name).read_text() for name in ("roles.sql", "grants.sql"))
    with connect(at, "template1") as admin:
        admin.execute(roles.encode())
        admin.execute(grants.encode())
    with connect(at, "postgres") as admin:
        if not admin.execute("select 1 from pg_database where datname = 'throughline'").fetchone():
            admin.execute("create database throughline owner throughline_owner")


# ----------------------------------------------------------------------------------------------------- Valkey
class Valkey:
    name = "Valkey"
    process: subprocess.Popen[bytes] | None = None

    def __init__(self, at: Layout, *, durable: bool = True) -> None:
        self.at = at
        self.durable = durable
        self.folder = at.data / "valkey"
        self.log = at.data / "valkey.log"

    def is_up(self) -> bool:
        return self.says(b"PING").startswith(b"+PONG")

    def says(self, command: bytes) -> bytes:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(2)
            try:
                client.connect(str(self.at.valkey_socket))
                client.sendall(command + b"\r\n")
                return client.recv(4096)
            except OSError:
                return b""

    def start(self) -> None:
        if self.is_up():
            return
        bury(self.process)
        own_folder(self.at.run, self.at.account)
        own_folder(self.folder, self.at.account)
        command: list[str | Path] = [self.at.valkey, "--port", "0", "--daemonize", "no"]
        command += ["--unixsocket", self.at.valkey_socket, "--unixsocketperm", "700", "--dir", self.folder]
        command += ["--maxmemory", "256mb", "--maxmemory-policy", "noeviction", "--save", ""]
        command += ["--appendonly", "yes" if self.durable else "no"]
        self.process = launch(self.at, command, self.log)
        wait_until(self.is_up, self.process, self.name, self.log)

    def stop(self) -> None:
        info = re.search(rb"process_id:(\d+)", self.says(b"INFO server"))
        if info:
            end(int(info[1]), (signal.SIGTERM, signal.SIGKILL))


def end(pid: int, ways: Sequence[signal.Signals]) -> None:
    """Ask one process to stop, and insist after a while."""
    for way in ways:
        try:
            os.kill(pid, way)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            if not is_running(pid):
                return
            time.sleep(0.02)


def is_running(pid: int) -> bool:
    with contextlib.suppress(ChildProcessError):
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


# ------------------------------------------------------------------------------------------------------- both
class Servers:
    """The pair. Whoever needs it holds a shared lock; the last to leave stops what is running."""

    def __init__(
        self, var: Path = VAR, *, durable: bool = True, postgres: bool = True, valkey: bool = True
    ) -> None:
        self.var = var
        self.at = layout(var)
        self.postgres = Postgres(self.at, durable=durable) if postgres else None
        self.valkey = Valkey(self.at, durable=durable) if valkey else None
        self.parts = [part for part in (self.postgres, self.valkey) if part]
        self.users: IO[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        own_home(self.at.data, shared=self.at.account is not None)
        with locked(self.at.data / "start.lock"):
            self.users = (self.at.data / "users.lock").open("ab")
            fcntl.flock(self.users, fcntl.LOCK_SH)
        try:
            self.revive()
        except BaseException:
            self.stop()
            raise

    def revive(self) -> None:
        """Start what is not running."""
        with locked(self.at.data / "start.lock"):
            with ThreadPoolExecutor() as pool:
                for started in [pool.submit(part.start) for part in self.parts]:
                    started.result()
            if self.postgres:
                prepare_database(self.at)

    def stop(self) -> None:
        if self.users is None:
            return
        with locked(self.at.data / "start.lock"):
            try:
                fcntl.flock(self.users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                for part in self.parts:
                    leave(part.process)
                return
            finally:
                self.users.close()
                self.users = None
            with ThreadPoolExecutor() as pool:
                for stopped in [pool.submit(part.stop) for part in self.parts]:
                    stopped.result()
            for part in self.parts:
                bury(part.process)
            with contextlib.suppress(OSError):
                self.at.run.rmdir()

    def urls(self) -> dict[str, str]:
        """The environment that points Django and Celery at what runs here."""
        names = {"DATABASE_URL", "DATABASE_OWNER_URL"} if self.postgres else set()
        names |= {"REDIS_URL"} if self.valkey else set()
        return {name: url for name, url in self.at.urls().items() if name in names}
