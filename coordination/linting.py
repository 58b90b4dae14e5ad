"""`manage.py lint`: everything that can be said about the code without running its features."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from coordination.environment import SECRETS, as_owner, complete, throwaway_servers, with_root
from coordination.places import ROOT

BIN = Path(sys.prefix) / "bin"
DJANGO = (sys.executable, "-m", "django")


@dataclass(frozen=True)
class Check:
    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self) -> tuple[int, str, float]:
        began = time.monotonic()
        done = subprocess.run(
            self.command,
            cwd=ROOT,
            env={**with_root(os.environ), **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout, time.monotonic() - began


def templates() -> list[str]:
    return [str(path.relative_to(ROOT)) for path in sorted((ROOT / "templates").rglob("*.html"))]


def like_production(urls: Mapping[str, str]) -> dict[str, str]:
    """What `check --deploy` is to judge: production's settings, with secrets of the moment."""
    made = {name: make() for name, make in SECRETS.items()}
    address = {"BASE_URL": "https://throughline.example", "ALLOWED_HOSTS": "throughline.example"}
    return {**urls, **made, **address, "THROUGHLINE_ENV": "production", "DEMO": "0"}


def checks(urls: Mapping[str, str]) -> list[Check]:
    """The slow one first: two run at a time."""
    ruff, short = [str(BIN / "ruff")], ["--output-format", "concise"]
    return [
        Check("mypy", [str(BIN / "mypy")]),
        Check("ruff check", [*ruff, "check", *short, "."]),
        Check("ruff format", [*ruff, "format", "--check", *short, "."]),
        Check("import-linter", [str(BIN / "lint-imports"), "--no-cache"]),
        Check("templates", [str(BIN / "djade"), "--target-version", "5.2", "--check", *templates()]),
        Check("migrations", [*DJANGO, "makemigrations", "--check", "--dry-run"], as_owner({})),
        Check("deployment", [*DJANGO, "check", "--deploy", "--fail-level", "WARNING"], like_production(urls)),
    ]


def lint() -> int:
    began = time.monotonic()
    failed = []
    with throwaway_servers() as servers:
        urls = servers.urls()
        os.environ.update(urls)
        complete()
        with ThreadPoolExecutor(2) as pool:
            todo = checks(urls)
            for check, (code, said, seconds) in zip(todo, pool.map(Check.run, todo), strict=True):
                print(f"{'ok' if code == 0 else 'FAILED':6} {check.name} ({seconds:.1f} s)", flush=True)
                if code != 0:
                    failed.append(check.name)
                    print(said, flush=True)
    print(
        f"Lint: {', '.join(failed) + ' failed' if failed else 'all good'} ({time.monotonic() - began:.0f} s)."
    )
    return 1 if failed else 0
