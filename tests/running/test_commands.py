"""`manage.py test`: which browser, which half of the tests, which verdict. And what the lint judges."""

import os
import socket
import time
from pathlib import Path

import pytest

from coordination import browsers, environment, linting, supervisor, testing
from coordination.embedded import last_words


# ------------------------------------------------------------------------------------------------- a browser
def program(folder: Path, name: str, *, works: bool = True) -> str:
    path = folder / name
    path.write_text(f"#!/bin/sh\nexit {0 if works else 1}\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine that has only the programs in this folder."""
    for name in ("THROUGHLINE_BROWSER", "CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "playwright"))
    monkeypatch.setattr(browsers, "PLAYWRIGHT_FOLDERS", ())
    monkeypatch.setattr(browsers, "MAC_APPS", ())
    return tmp_path


def test_the_named_browser_wins_and_has_no_stand_in(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(machine, "chromium")
    mine = program(machine, "mine")
    monkeypatch.setenv("THROUGHLINE_BROWSER", mine)
    assert browsers.find_browser() == mine
    monkeypatch.setenv("THROUGHLINE_BROWSER", str(machine / "gone"))
    assert browsers.provide_browser() is None


def test_a_stub_that_does_not_run_is_passed_over(machine: Path) -> None:
    program(machine, "chromium", works=False)
    edge = program(machine, "microsoft-edge")
    assert browsers.find_browser() == edge


def test_the_one_playwright_downloaded_is_found(machine: Path) -> None:
    folder = machine / "playwright/chromium-1200/chrome-linux"
    folder.mkdir(parents=True)
    assert browsers.find_browser() is None
    own = program(folder, "chrome")
    assert browsers.find_browser() == own


def test_only_root_or_a_ci_run_with_apt_may_install(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert not browsers.may_install()
    program(machine, "apt-get")
    assert browsers.may_install()
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert not browsers.may_install()
    monkeypatch.setenv("CI", "true")
    assert browsers.may_install()


def test_it_installs_and_refreshes_the_lists_once(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def apt(command: list[str]) -> bool:
        asked.append(command[command.index("apt-get") + 1])
        if asked == ["install", "update", "install"]:
            program(machine, "chromium")
        return len(asked) > 1

    program(machine, "apt-get")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(browsers, "apt", apt)
    assert browsers.provide_browser() == str(machine / "chromium")
    assert asked == ["install", "update", "install"]


# ------------------------------------------------------------------------------------------ halves, verdicts
@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What pytest would be started with, twice at most."""
    seen: list[list[str]] = []

    def pytest_would(words: list[str]) -> int:
        seen.append(words)
        return 0

    monkeypatch.setattr(testing, "pytest", pytest_would)
    monkeypatch.setattr(testing, "provide_browser", lambda: None)
    return seen


def test_all_tests_are_two_halves(started: list[list[str]]) -> None:
    assert testing.run_both(["-k", "outbox"]) == 0
    assert started == [
        [*testing.PLAIN, "-k", "outbox", "--ignore=tests/e2e"],
        [*testing.BROWSER, "-k", "outbox", "tests/e2e"],
    ]


def test_a_word_to_look_for_is_no_path(started: list[list[str]]) -> None:
    testing.run_both(["-k", "patients"])
    assert [words[-3:-1] for words in started] == [["-k", "patients"], ["-k", "patients"]]


def test_paths_choose_their_half(started: list[list[str]]) -> None:
    testing.run_both(["tests/running/test_commands.py::test_paths_choose_their_half"])
    testing.run_both(["tests/e2e", "-x"])
    assert [words[-1] for words in started] == [
        "tests/running/test_commands.py::test_paths_choose_their_half",
        "tests/e2e",
    ]


def test_who_chooses_the_processes_gets_them(started: list[list[str]]) -> None:
    testing.run_both(["-n0", "tests/running"])
    assert started == [["-n0", "tests/running"]]


def test_coverage_of_both_halves_is_added_up(started: list[list[str]]) -> None:
    testing.run_both(["--cov"])
    assert ["--cov-append" in words for words in started] == [False, True]


@pytest.mark.parametrize(
    ("codes", "verdict"), [([0, 0], 0), ([0, 5], 0), ([5, 1], 1), ([1, 0], 1), ([5, 5], 5), ([2], 2)]
)
def test_one_half_may_be_empty_but_not_both(codes: list[int], verdict: int) -> None:
    assert testing.verdict(codes) == verdict


# ------------------------------------------------------------------------------------------------- the rest
def test_deployment_is_judged_with_production_settings() -> None:
    given = linting.like_production({"DATABASE_URL": "postgres://somewhere"})
    assert given["THROUGHLINE_ENV"] == "production"
    assert given["BASE_URL"].startswith("https://")


def test_the_log_line_that_tells_why_is_shown(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("starting\nFATAL:  disk is full\nshutting down\n\n")
    assert last_words(log) == "FATAL:  disk is full"
    log.write_text("")
    assert last_words(log) == "its log is empty"


def test_a_child_that_dies_comes_back_later_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    child = supervisor.Child("web", ["/bin/sh", "-c", "exit 3"], tmp_path / "web.log")
    waits = []
    for _ in range(3):
        child.watch()
        assert child.process
        child.process.wait(10)
        child.watch()
        waits.append(child.not_before - now)
        now = child.not_before
    assert waits == [0.5, 1.0, 2.0]
    assert capsys.readouterr().out.count("web ended (3); starting it again") == 3


def test_what_readiness_misses_is_said() -> None:
    answer = (
        b'{"ready": false, "checks": {"database": {"ok": true}, "migrations": {"ok": false, "waiting": 2}}}'
    )
    assert supervisor.failing(answer) == ["migrations ({'ok': False, 'waiting': 2})"]
    assert supervisor.failing(b"<h1>Oops</h1>") == ["a page that works"]
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        assert supervisor.missing(nobody.getsockname()[1]) is None


def test_pytest_runs_in_a_process_of_its_own() -> None:
    assert testing.pytest(["--version"]) == 0
    assert testing.pytest(["--no-such-option"]) == 4


def test_a_check_tells_its_verdict_and_its_words() -> None:
    code, said, _ = linting.Check("say", ["/bin/sh", "-c", "echo $WHO; exit 2"], {"WHO": "lint"}).run()
    assert (code, said) == (2, "lint\n")


def test_every_lint_has_a_program() -> None:
    for check in linting.checks({"DATABASE_URL": "postgres://somewhere"}):
        assert Path(check.command[0]).exists(), check.name


def test_servers_of_killed_runs_are_swept_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "VAR", tmp_path)
    (tmp_path / "test/999999999/pg").mkdir(parents=True)
    (tmp_path / "test" / str(os.getppid())).mkdir()
    with environment.throwaway_servers() as servers:
        assert servers.urls()["DATABASE_URL"].startswith("postgres://throughline_app@")
    assert [left.name for left in (tmp_path / "test").iterdir()] == [str(os.getppid())]
