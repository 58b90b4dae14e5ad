"""A real browser before a real server with the demo town behind it.

Every page of every test is watched: a refused script or style, an error in the console or a page of 500 fails the test.
"""

import contextlib
import io
import os
import re
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import connection
from django.dispatch import receiver
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from coordination.accounts.models import User
from coordination.browsers import find_browser
from tests.conftest import prove
from tests.e2e.sight import SCRIPT, TAGS, WIDTHS

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's sync API runs a loop in this thread
QUIET = [
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = {"runOnly": TAGS, "resultTypes": ["violations"], "preload": False}


# htmx wakes a moment after the page has loaded; until then a link is only a link
HEARS = "!document.querySelector('[hx-get], [hx-post]') || document.querySelector('[data-htmx-powered]')"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = find_browser()
    if program is None:
        reason = "no browser: set THROUGHLINE_BROWSER, or install Chromium, Chrome or Edge"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments())
        yield browser
        browser.close()


def arguments() -> list[str]:
    return [*QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]


@pytest.fixture
def town(transactional_db: None, settings: Any, tmp_path: Path) -> None:
    settings.PRIVATE_FILES = tmp_path / "private"
    call_command("town", patients=60, seed=7, verbosity=0, stdout=io.StringIO())


def running() -> Iterator[tuple[int, str]]:
    """Every process of this machine with its command line."""
    if Path("/proc/self/cmdline").exists():
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # it ended meanwhile
                yield int(folder.name), (folder / "cmdline").read_text(errors="replace").replace("\0", " ")
        return
    listed = subprocess.run(["ps", "-axwwo", "pid=,args="], capture_output=True, text=True, check=True)
    for line in listed.stdout.splitlines():
        pid, _, command = line.strip().partition(" ")
        yield int(pid), command


@dataclass
class Visit:
    """One browser context, and what went wrong in it."""

    context: BrowserContext
    server: str
    faults: list[str]
    scripts: bool = True
    mark: str = ""  # on the command line of a browser of its own

    def kill(self) -> None:
        """End the browser as a power cut would: kill -9, nothing is closed and nothing more is sent."""
        pids = [pid for pid, command in running() if self.mark in command and "--type=" not in command]
        assert self.mark, "this visit shares its browser"
        assert pids, "its browser is gone already"
        for pid in pids:
            os.kill(pid, signal.SIGKILL)

    def page(self) -> Page:
        page = self.context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", self._script_error)
        page.on("console", self._console)
        page.on(
            "response",
            lambda response: (
                self.faults.append(f"{response.status} {response.url}") if response.status >= 500 else None
            ),
        )
        return page

    def _script_error(self, error: Any) -> None:
        # the browser's own, when a page is left or resized while it fades in
        if not re.search("Transition was (skipped|aborted)", str(error)):
            self.faults.append(f"script error: {error}")

    def _console(self, message: Any) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.faults.append(message.text)

    def open(self, path: str, page: Page | None = None) -> Page:
        page = page or self.page()
        page.goto(self.server + path)
        if self.scripts:
            page.wait_for_function(HEARS)
        return page


VisitMaker = Callable[..., Visit]


@pytest.fixture
def visit(browser: Browser, live_server: Any, town: None) -> Iterator[VisitMaker]:
    """visit("dana") → a browser signed in as that person; visit(None) → a stranger's."""
    visits: list[Visit] = []
    answering.clear()

    def make(
        who: str | None = "dana",
        width: str = "desktop",
        *,
        dark: bool = False,
        scripts: bool = True,
        mortal: bool = False,
    ) -> Visit:
        size, mark, used = WIDTHS[width], "", browser
        if mortal:
            mark = f"--throughline-visit={uuid.uuid4()}"
            used = browser.browser_type.launch(executable_path=find_browser(), args=[*arguments(), mark])
        context = used.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
            has_touch=width == "phone",
            reduced_motion="reduce",
        )
        if who is not None:
            context.add_cookies([session_cookie(who, live_server.url)])
        one = Visit(context, live_server.url, [], scripts, mark)
        visits.append(one)
        return one

    yield make
    faults = [fault for one in visits for fault in one.faults]
    for one in visits:
        with contextlib.suppress(PlaywrightError):  # one that was killed
            one.context.close()
            if one.mark and one.context.browser is not None:
                one.context.browser.close()
    wait_for_the_last_answer()
    assert not faults, faults


answering: set[int] = set()  # the threads that have begun an answer and not ended it


@receiver(request_started)
def _begun(**_: Any) -> None:
    answering.add(threading.get_ident())


@receiver(request_finished)
def _ended(**_: Any) -> None:
    answering.discard(threading.get_ident())


def wait_for_the_last_answer() -> None:
    """What a page still asked for when it was closed ends first: else it and the emptying of the tables wait for each other.

    Quiet for a moment only: what the browser sent last may not have been taken up yet.
    """
    busy = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'"
    until, quiet = time.monotonic() + 8, 0
    while time.monotonic() < until and quiet < 5:
        with connection.cursor() as cursor:
            cursor.execute(busy)
            quiet = 0 if cursor.fetchone()[0] or answering else quiet + 1
        time.sleep(0.05)


def session_cookie(who: str, url: str) -> Any:
    client, user = Client(), User.objects.get(email=f"{who}@riverbend.example")
    client.force_login(user, backend="coordination.accounts.backends.ByEmail")
    session = client.session
    session["second_step"] = True
    prove(session, user)
    session.save()
    return {"name": settings.SESSION_COOKIE_NAME, "value": session.session_key, "url": url}


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong, in a line each."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(SCRIPT)
    found = page.evaluate("options => axe.run(document, options).then(result => result.violations)", AXE)
    return [
        f"{v['id']}: {node['target']} {node.get('failureSummary', '')[:160]}"
        for v in found
        for node in v["nodes"]
    ]
