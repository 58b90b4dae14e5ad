"""`manage.py test`: throwaway servers, a browser if there is one, and pytest.

It is also a pytest plugin (`-p coordination.testing`): pytest started by hand gets its environment here.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

from coordination.browsers import provide_browser
from coordination.embedded import Servers
from coordination.environment import complete, django, throwaway_servers, with_root
from coordination.places import ROOT

E2E = "tests/e2e"
NOTHING_COLLECTED = 5
# many tests wait for a server more than they work; those of one file share what is costly to make
PLAIN = ["-n", "3", "--dist", "loadfile", "--no-loadscope-reorder"]
BROWSER = ["-n", "2", "--dist", "worksteal"]
WITH_A_VALUE = {"-k", "-m", "-n", "-p", "-o", "-c", "-r", "-W"}
HOW_TO_GET_ONE = "Install Chromium, Chrome or Edge, or name one in THROUGHLINE_BROWSER."


# -------------------------------------------------------------------------------------------- pytest's plugin
def pytest_addoption(parser: Any) -> None:
    """The earliest moment pytest gives a plugin, before pytest-django reads the settings."""
    point_at_servers()


def point_at_servers() -> None:
    """Addresses given, or the servers `manage.py up` runs; Django says clearly when nobody answers.

    Tests make and change their own schema, so they sign in as its owner; row-level security binds it too.
    """
    os.environ.update({"THROUGHLINE_ENV": "test", "THROUGHLINE_AS_OWNER": "1", "DEMO": "0"})
    complete()
    for name, url in Servers().at.urls().items():
        os.environ.setdefault(name, url)


# ------------------------------------------------------------------------------------------------ the command
def test(words: Sequence[str]) -> int:
    began = time.monotonic()
    with throwaway_servers() as servers:
        os.environ.update(servers.urls())
        complete()
        if not chooses_spread(list(words)):
            migrate_once()
        code = run_both(list(words))
    print(
        f"{'All tests passed' if code == 0 else 'Not all tests passed'} ({time.monotonic() - began:.0f} s).",
        flush=True,
    )
    return code


def migrate_once() -> None:
    """Bring one database up to date for all processes: each copies it in a second instead of migrating its own."""
    if django("migrate", "--noinput", "--verbosity", "0", owner=True).returncode == 0:
        os.environ["THROUGHLINE_TEST_TEMPLATE"] = "throughline"  # else each says for itself what is wrong


def run_both(words: list[str]) -> int:
    """Everything but the browser, then the browser: it needs a quieter machine."""
    paths, others = split(words)
    browser_paths = [path for path in paths if E2E in path]
    plain_paths = [path for path in paths if path not in browser_paths]
    codes = []
    if plain_paths or not paths:
        spread = [] if chooses_spread(others) else PLAIN
        codes.append(pytest([*spread, *others, *(plain_paths or [f"--ignore={E2E}"])]))
    if (browser_paths or not paths) and not interrupted(codes):
        codes.append(browser_tests(others, browser_paths or [E2E], first=not codes))
    return verdict(codes)


def browser_tests(others: list[str], paths: list[str], *, first: bool) -> int:
    if found := provide_browser():
        os.environ["THROUGHLINE_BROWSER"] = found
    else:
        print(f"\n*** NO BROWSER FOUND: the tests in {E2E} cannot run. {HOW_TO_GET_ONE} ***\n", flush=True)
    more = [] if first or not any(word.startswith("--cov") for word in others) else ["--cov-append"]
    spread = [] if chooses_spread(others) else BROWSER
    return pytest([*spread, *more, *others, *paths])


def split(words: list[str]) -> tuple[list[str], list[str]]:
    """Test files and folders apart from options; what follows `-k` is a word, even if a folder has its name."""
    paths: list[str] = []
    others: list[str] = []
    before = ""
    for word in words:
        is_path = not word.startswith("-") and (ROOT / word.split("::")[0]).exists()
        (paths if is_path and before not in WITH_A_VALUE else others).append(word)
        before = word
    return paths, others


def chooses_spread(words: list[str]) -> bool:
    return any(word.startswith(("-n", "--numprocesses", "--dist", "--pdb")) for word in words)


def verdict(codes: list[int]) -> int:
    """No test chosen in one half is fine (`-k`), in both halves it is not."""
    telling = [code for code in codes if code != NOTHING_COLLECTED]
    return max(telling) if telling else NOTHING_COLLECTED


def interrupted(codes: list[int]) -> bool:
    return any(code not in {0, 1, NOTHING_COLLECTED} for code in codes)


def pytest(words: list[str]) -> int:
    """In a process of its own. Ctrl-C reaches it too, and we wait for its summary; SIGTERM is handed on."""
    process = subprocess.Popen([sys.executable, "-m", "pytest", *words], cwd=ROOT, env=with_root(os.environ))
    before = {
        name: signal.signal(
            name, lambda number, _: process.send_signal(number) if number != signal.SIGINT else None
        )
        for name in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        return abs(process.wait())
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
