"""`up` for real: servers, tables, web, worker and beat come up, come back when killed, and leave nothing running."""

import os
import re
import shutil
import signal
import socket
import tempfile
import threading
import time
import traceback
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from coordination import commands, environment, preparation, supervisor
from coordination.embedded import Servers, Valkey, is_running
from coordination.places import Problem, layout

GIVEN = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "THROUGHLINE_AS_OWNER", "BASE_URL")


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of our own, as if nothing had ever been started and nothing were given."""
    folder = Path(tempfile.mkdtemp(prefix="tl-"))
    folder.chmod(0o755)
    for module in (environment, preparation, supervisor):
        monkeypatch.setattr(module, "VAR", folder / "var")
    handlers = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    with patch.dict(os.environ):
        for name in GIVEN:
            os.environ.pop(name, None)
        os.environ |= {"THROUGHLINE_ENV": "development", "DEMO": "0", "THROUGHLINE_VAR": str(folder / "var")}
        yield folder
    for number, handler in handlers.items():
        signal.signal(number, handler)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def up(*words: str) -> int:
    """As in a process of its own: what it sets in the environment ends with it."""
    with patch.dict(os.environ):
        return supervisor.up(words)


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.1)
    return False


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[supervisor.Child]:
    """The children `up` will keep alive."""
    seen: list[supervisor.Child] = []
    make = supervisor.children

    def children(port: int) -> list[supervisor.Child]:
        seen[:] = make(port)
        return seen

    monkeypatch.setattr(supervisor, "children", children)
    return seen


def process_of(part: Valkey) -> int:
    found = re.search(rb"process_id:(\d+)", part.says(b"INFO server"))
    assert found
    return int(found[1])


@pytest.mark.slow
def test_it_serves_heals_and_leaves_nothing(
    home: Path, port: int, kept: list[supervisor.Child], capsys: pytest.CaptureFixture[str]
) -> None:
    seen: dict[str, object] = {}

    def visitor() -> None:
        try:
            seen["serves"] = within(300, lambda: supervisor.missing(port) == [])
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
                seen["healthz"] = answer.read()
            with pytest.raises(Problem, match="already running here"), preparation.only_one(port):
                pass
            valkey = Valkey(layout(home / "var"))
            assert kept[0].process
            for pid in (kept[0].process.pid, process_of(valkey)):
                os.kill(pid, signal.SIGKILL)
            seen["down"] = within(60, lambda: supervisor.missing(port) is None)
            seen["back"] = within(120, lambda: supervisor.missing(port) == [])
            seen["broker back"] = within(90, valkey.is_up)
            seen["children"] = [child.process.pid for child in kept if child.process]
        except Exception:  # a thread's fault would be lost
            seen["fault"] = traceback.format_exc()
        finally:
            os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=visitor)
    thread.start()
    assert up("--port", str(port)) == 0
    thread.join()
    said = capsys.readouterr().out
    assert "fault" not in seen, f"{seen['fault']}\n{said}"
    children = seen.pop("children", [])
    assert seen == {"serves": True, "healthz": b"ok", "down": True, "back": True, "broker back": True}
    assert "web ended (-9); starting it again" in said
    assert "Valkey ended; starting again." in said
    assert isinstance(children, list)
    assert len(children) == 3
    assert not [pid for pid in children if is_running(pid)]
    assert not any(part.is_up() for part in Servers(home / "var").parts)

    assert up("--port", str(port), "--check") == 0
    assert "Bringing the database up to date" not in capsys.readouterr().out


def test_a_fault_is_one_sentence_and_exit_1(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "var").write_text("")
    assert commands.run_command("up", ["manage.py", "up"]) == 1
    said = capsys.readouterr()
    assert said.err == f"{home / 'var'} is in the way: a folder is needed there.\n"
    assert said.out == ""


def test_a_database_that_does_not_answer(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.environ |= {"DATABASE_URL": "postgres://x@127.0.0.1:1/x", "REDIS_URL": "redis://127.0.0.1:1"}
    assert commands.run_command("up", ["manage.py", "up"]) == 1
    assert capsys.readouterr().err.startswith("Cannot reach the database: ")


def test_a_command_that_fails_leaves_its_words_in_a_log(home: Path) -> None:
    (home / "var/log").mkdir(parents=True)
    with pytest.raises(Problem, match=r"^Could not settle the demo town: .*setup\.log\)$"):
        preparation.must(environment.django("nonsense"), "settle the demo town")


def test_any_other_command_is_django_s(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.run_command("help", ["manage.py", "help", "migrate"]) == 0
    assert "usage: manage.py migrate" in capsys.readouterr().out
    assert not any(part.is_up() for part in Servers(home / "var").parts)
