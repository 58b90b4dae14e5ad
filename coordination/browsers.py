"""Find a browser for the end-to-end tests, or get one where the system may give one."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "microsoft-edge-stable",
    "msedge",
)
MAC_APPS = ("Google Chrome", "Chromium", "Microsoft Edge")
# Where Playwright keeps the browsers it downloaded, and what the program is called in there.
PLAYWRIGHT_FOLDERS = ("~/.cache/ms-playwright", "~/Library/Caches/ms-playwright")
PLAYWRIGHT_PROGRAMS = (
    "chromium-*/chrome-linux*/chrome",
    "chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
    "chromium_headless_shell-*/chrome-*/*headless*shell",
)
APT = {"DEBIAN_FRONTEND": "noninteractive"}


def candidates() -> Iterator[str]:
    """In the order of the wish: the one named, the system's, Playwright's own."""
    if given := os.environ.get("THROUGHLINE_BROWSER"):
        yield given
        return
    yield from filter(None, (shutil.which(name) for name in NAMES))
    for home in ("/Applications", Path("~/Applications").expanduser()):
        yield from (f"{home}/{app}.app/Contents/MacOS/{app}" for app in MAC_APPS)
    for folder in filter(None, (os.environ.get("PLAYWRIGHT_BROWSERS_PATH"), *PLAYWRIGHT_FOLDERS)):
        for pattern in PLAYWRIGHT_PROGRAMS:
            yield from (str(path) for path in sorted(Path(folder).expanduser().glob(pattern), reverse=True))


def works(program: str) -> bool:
    """A file of that name is not enough: Ubuntu's `chromium` may be a stub that asks for a snap."""
    try:
        told = subprocess.run([program, "--version"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return told.returncode == 0


def find_browser() -> str | None:
    return next((program for program in candidates() if works(program)), None)


def may_install() -> bool:
    """Root on Debian or Ubuntu, or any CI that has apt: others keep their machine as it is."""
    return shutil.which("apt-get") is not None and (os.geteuid() == 0 or bool(os.environ.get("CI")))


def install_browser() -> None:
    """Ask apt; with old or no package lists, refresh them once."""
    rights = [] if os.geteuid() == 0 else ["sudo", "-n"]
    install = [*rights, "apt-get", "install", "-y", "--no-install-recommends", "chromium"]
    print("No browser found: installing chromium ...", flush=True)
    if not apt(install) and apt([*rights, "apt-get", "update"]):
        apt(install)


def apt(command: list[str]) -> bool:
    try:
        done = subprocess.run(
            command,
            env={**os.environ, **APT},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return False
    return done.returncode == 0


def provide_browser() -> str | None:
    """The browser to test with. None: there is none, and this machine is not ours to change."""
    found = find_browser()
    if found is None and not os.environ.get("THROUGHLINE_BROWSER") and may_install():
        install_browser()
        found = find_browser()
    return found
