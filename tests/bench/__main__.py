"""`manage.py bench --patients N`: fills a town of N once, keeps it, and measures the product in it beside the floor."""

import argparse
import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import django

from coordination.outbox.bell import RING
from coordination.places import ROOT, VAR, Problem, own_folder
from coordination.supervisor import Child, send, wait_until_ready, web
from tests.bench import report
from tests.bench.place import SMALL, database_of, folder_of, read_once


def main(words: Sequence[str]) -> int:
    options = parse(words)
    try:
        with contextlib.ExitStack() as towns:
            beside = towns.enter_context(smaller(options)) if options.beside else None
            servers = towns.enter_context(database_of(options.patients, say))
            if not options.fill:
                read_once(servers, say)
                measure(options, beside)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


def parse(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="manage.py bench", description="Measure every page that must be quick."
    )
    parser.add_argument(
        "--patients", type=int, default=SMALL, help="how large the town is (default: 100,000)"
    )
    parser.add_argument("--fill", action="store_true", help="fill the town and stop")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    parser.add_argument(
        "--as", dest="role", default="", help="one role: coordinator, supervisor or administrator"
    )
    parser.add_argument(
        "--quick", action="store_true", help="a tenth of the samples: does it all still work?"
    )
    parser.add_argument("--alone", action="store_true", help="one browser only")
    parser.add_argument(
        "--beside", action="store_true", help=f"serve a town of {SMALL:,} too, ask it in turn: how it grows"
    )
    parser.add_argument("--night", action="store_true", help="time the nightly check too, rule by rule")
    parser.add_argument("--write", action="store_true", help="keep the figures in docs/benchmark.md")
    parser.add_argument("--port", type=int, default=8108)
    return parser.parse_args(words)


def say(text: str) -> None:
    print(text, flush=True)


@contextlib.contextmanager
def smaller(options: argparse.Namespace) -> Iterator[tuple[int, Any]]:
    """The small town, served beside: its port, and its people as it tells them."""
    if options.patients == SMALL:
        raise Problem(
            "This is the small town. Growth is measured with a larger one: --patients 1000000 --beside."
        )
    with database_of(SMALL, say) as servers, serving(folder_of(SMALL), options.port + 1):
        read_once(servers, say)
        told = subprocess.run(
            [sys.executable, "-m", "tests.bench.elsewhere"], stdout=subprocess.PIPE, check=True
        )
        yield options.port + 1, json.loads(told.stdout)


def measure(options: argparse.Namespace, beside: tuple[int, Any] | None) -> None:
    django.setup()
    # only now: it reads the settings, which name the town's own database
    from tests.bench.run import Beside, run_all

    with serving(folder_of(options.patients), options.port) as processes:
        found = run_all(options, processes, say, Beside(*beside) if beside else None)
    text = report.page(found)
    print(f"\n{text}")
    if options.write:
        write(text, options.patients)


def write(text: str, patients: int) -> None:
    """Put the figures of this size in the place of the last ones."""
    file = ROOT / "docs" / "benchmark.md"
    begin, end = f"<!-- {patients} -->\n", f"<!-- /{patients} -->\n"
    before, _, rest = file.read_text().partition(begin)
    _, _, after = rest.partition(end)
    file.write_text(f"{before}{begin}{text}{end}{after}")


@contextlib.contextmanager
def serving(folder: Path, port: int) -> Iterator[dict[str, Child]]:
    """The web server as `up` starts it, but for the header; and the worker, which has its part of the memory."""
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise Problem(f"Port {port} is taken: choose another with --port.")
    own_folder(folder / "log", None)
    celery = [
        "-A",
        "coordination.celery",
        "worker",
        "--concurrency",
        "2",
        "--loglevel",
        "WARNING",
        "--without-gossip",
        "--without-mingle",
    ]
    children = {
        "web": Child("web", web(port, "tests.bench.app:application"), folder / "log" / "web.log"),
        "worker": Child("worker", [sys.executable, "-m", "celery", *celery], folder / "log" / "worker.log"),
    }
    os.environ["BASE_URL"] = f"http://127.0.0.1:{port}"
    # what an earlier run left unsent would keep the server from being ready: nothing wakes the worker for it, there is no beat
    subprocess.run(
        [sys.executable, "-m", "celery", "-A", "coordination.celery", "call", RING],
        capture_output=True,
        check=True,
    )
    try:
        for child in children.values():
            child.start()
        if not wait_until_ready(port, list(children.values())):
            raise Problem(f"The web server is not ready; its log is in {folder / 'log'}.")
        yield children
    finally:
        for child in children.values():
            if child.process is not None:
                send(child.process, 15)
        for child in children.values():
            child.stop(time.monotonic() + 15)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coordination.settings")
    VAR.mkdir(exist_ok=True)
    sys.exit(main(sys.argv[1:]))
