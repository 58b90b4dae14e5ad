"""Where a benchmark's database lives: a server and a folder of its own for each size, never the demo's, kept for the next run."""

import contextlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from coordination.embedded import Servers
from coordination.environment import complete, django
from coordination.places import VAR, Problem, own_home
from tests.bench.filling import SEED, multiply

TASKS_EACH = "10"
SMALL = 100_000  # what the growth of a larger town is measured against
# the one who sees the whole organization: an administrator alone sees no patients at all
WIDEST = "robin@riverbend.example"
WIDEST_ROLES = ["admin", "supervisor", "privacy_officer"]
Say = Callable[[str], None]


def folder_of(patients: int) -> Path:
    return VAR / "bench" / str(patients)


@contextmanager
def database_of(patients: int, say: Say) -> Iterator[Servers]:
    """The servers of a filled town of this size, filled now if this is the first time; the environment names them."""
    folder = folder_of(patients)
    if patients % SEED:
        raise Problem(
            f"The town grows by {SEED:,} patients at a time: --patients {patients // SEED * SEED + SEED}."
        )
    own_home(VAR, shared=False)
    own_home(folder.parent, shared=True)
    complete()
    os.environ |= {"THROUGHLINE_VAR": str(folder), "DEMO": "1"}
    if not (folder / "filled.json").exists():
        fill(patients, folder, say)
    with Servers(folder) as servers:
        os.environ.update(servers.urls())
        must(django("migrate", "--noinput", "--verbosity", "0", owner=True))
        yield servers


def read_once(servers: Servers, say: Say) -> None:
    """Bring the tables into memory, where a server that runs for a day has them: else the first pages measure this machine's disk."""
    began = time.monotonic()
    for file in sorted((servers.at.pg_data / "base").glob("*/*")):
        with (
            contextlib.suppress(OSError),
            file.open("rb", buffering=0) as rows,
        ):  # one may be gone, or not ours to read
            while rows.read(1 << 22):
                pass
    say(f"tables read ({time.monotonic() - began:.0f} s)")


def fill(patients: int, folder: Path, say: Say) -> None:
    """Without waiting for the disk: a fill that was broken off is thrown away and begun anew."""
    shutil.rmtree(folder, ignore_errors=True)
    began = time.monotonic()
    with Servers(folder, durable=False) as servers:
        os.environ.update(servers.urls())
        must(django("migrate", "--noinput", "--verbosity", "0", owner=True))
        words = ["town", "--patients", str(SEED), "--tasks-each", TASKS_EACH, "--history", "full"]
        must(django(*words, owner=True))
        say(f"seed of {SEED:,} ({time.monotonic() - began:.0f} s)")
        with connect(servers, "throughline_owner") as owner:
            multiply(owner, patients, say)
            owner.execute("update accounts_user set roles = %s where email = %s", [WIDEST_ROLES, WIDEST])
            owner.execute(b"vacuum (freeze, analyze)")
        with connect(servers, "postgres") as admin:
            admin.execute(b"checkpoint")
    seconds = round(time.monotonic() - began)
    (folder / "filled.json").write_text(json.dumps({"patients": patients, "seconds": seconds}))
    say(f"{patients:,} patients filled in {seconds} s")


def connect(servers: Servers, role: str) -> psycopg.Connection[Any]:
    return psycopg.connect(host=str(servers.at.run), user=role, dbname="throughline", autocommit=True)


def must(done: Any) -> None:
    if done.returncode:
        raise Problem(
            done.stdout.strip().splitlines()[-1] if done.stdout.strip() else "Django gave no reason."
        )
