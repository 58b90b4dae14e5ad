"""A whole Throughline of its own, started by `manage.py up` as anybody would, and the ways to hurt it."""

import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import psycopg

from coordination.embedded import Postgres, Valkey, connect
from coordination.places import ROOT, layout

READY_SECONDS = 240
# what would lead the house to the servers of the test run, or of whoever started it
NOT_OURS = {
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "REDIS_URL",
    "THROUGHLINE_AS_OWNER",
    "BASE_URL",
    "THROUGHLINE_TEST_DB",
}


class House:
    def __init__(self, *, mail: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tl-"))
        self.folder.chmod(0o755)
        self.var = self.folder / "var"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        ours = {
            "THROUGHLINE_ENV": "development", "DEMO": "1", "THROUGHLINE_VAR": str(self.var), "EMAIL_URL": mail,
            "OUTBOX_LEASE_SECONDS": "20",
        }  # fmt: skip
        self.environment = {k: v for k, v in os.environ.items() if k not in NOT_OURS} | ours
        self.log = self.folder / "up.log"
        self.at = layout(self.var)
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "House":
        command = [sys.executable, str(ROOT / "manage.py"), "up", "--port", str(self.port)]
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                start_new_session=True,
            )  # fmt: skip
        self.until_ready(READY_SECONDS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(60)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        for part in (Postgres(self.at), Valkey(self.at)):
            part.stop()
        for folder in (self.folder, self.at.data):
            shutil.rmtree(folder, ignore_errors=True)

    # ------------------------------------------------------------------------------------------ how it is doing
    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def is_serving(self) -> bool:
        """The web answers and reaches the database; a full queue is work, not an outage."""
        try:
            with urllib.request.urlopen(f"{self.address}/readyz", timeout=5):
                return True
        except urllib.error.HTTPError as answer:
            checks = json.loads(answer.read() or b"{}").get("checks", {})
            return bool(checks.get("database", {}).get("ok"))
        except (OSError, ValueError):
            return False

    def until_ready(self, seconds: float) -> float:
        """Seconds until it serves."""
        began = time.monotonic()
        while not self.is_serving():
            assert self.process is not None
            assert self.process.poll() is None, f"`up` ended:\n{self.log.read_text()}"
            if time.monotonic() - began > seconds:
                raise AssertionError(f"not serving after {seconds:.0f} s:\n{self.log.read_text()[-4000:]}")
            time.sleep(0.1)
        return time.monotonic() - began

    def ask(self, question: str, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """As the server's own administrator, who sees every organization."""
        with connect(self.at, "throughline") as database:
            return database.execute(question.encode(), values).fetchall()

    def tell(self, statement: str) -> None:
        with connect(self.at, "throughline") as database:
            database.execute(statement.encode())

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A program in the surroundings of this house, beside what is running."""
        environment = self.environment | self.at.urls()
        return subprocess.run(
            [sys.executable, *words], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
        )  # fmt: skip

    # -------------------------------------------------------------------------------------------- how to hurt it
    def wounds(self) -> dict[str, Callable[[random.Random], bool]]:
        """Each answers whether there was anything to hurt."""
        return {
            "web": lambda _: self.kill_child("granian"),
            "web process": lambda dice: self.kill_grandchild("granian", dice),
            "worker": lambda _: self.kill_child("worker"),
            "worker process": lambda dice: self.kill_grandchild("worker", dice),
            "beat": lambda _: self.kill_child("beat"),
            "Valkey": lambda _: self.kill_valkey(),
            "Valkey flushed": lambda _: Valkey(self.at).says(b"FLUSHALL").startswith(b"+OK"),
            "PostgreSQL immediate": lambda _: self.stop_postgres_immediately(),
            "PostgreSQL backend": self.kill_backend,
        }

    def kill_child(self, word: str) -> bool:
        return any(kill(pid) for pid in self.children(word))

    def kill_grandchild(self, word: str, dice: random.Random) -> bool:
        found = sorted(pid for child in self.children(word) for pid in descendants(child))
        return bool(found) and kill(dice.choice(found))

    def children(self, word: str) -> list[int]:
        assert self.process is not None
        return [pid for pid, parent, words in processes() if parent == self.process.pid and word in words]

    def kill_valkey(self) -> bool:
        info = Valkey(self.at).says(b"INFO server")
        found = [int(line[11:]) for line in info.split(b"\r\n") if line.startswith(b"process_id:")]
        return any(kill(pid) for pid in found)

    def stop_postgres_immediately(self) -> bool:
        """Every backend ends where it stands, nothing is written out: recovery comes from the log."""
        try:
            pid = int((self.at.pg_data / "postmaster.pid").read_text().split()[0])
            os.kill(pid, signal.SIGQUIT)
        except (OSError, ValueError, IndexError):
            return False
        return True

    def kill_backend(self, dice: random.Random) -> bool:
        """A backend killed outright: PostgreSQL ends all the others and recovers by itself."""
        question = "select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()"
        try:
            found = sorted(pid for (pid,) in self.ask(question))
        except psycopg.Error:
            return False
        return bool(found) and kill(dice.choice(found))


def kill(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def processes() -> list[tuple[int, int, str]]:
    """Process, parent, command line of all that runs here."""
    listed = subprocess.run(
        ["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    ).stdout
    rows = (line.split(None, 2) for line in listed.splitlines())
    return [(int(row[0]), int(row[1]), row[2]) for row in rows if len(row) == 3]


def descendants(pid: int) -> set[int]:
    family, table = {pid}, processes()
    for _generation in range(4):
        family |= {child for child, parent, _words in table if parent in family}
    return family - {pid}
