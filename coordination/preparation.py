"""Before anything is served: is the port free, is nobody here yet, are the tables there, is the town settled?"""

import fcntl
import hashlib
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from coordination.embedded import last_words
from coordination.environment import django
from coordination.places import ROOT, VAR, Problem, private, say, shown

HOST = "127.0.0.1"
DEMO_PATIENTS, DEMO_SEED = "300", "7"


def address_of(port: int) -> str:
    return f"http://{HOST}:{port}/"


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
