"""What `manage.py` does once it runs inside its virtual environment."""

import os
import subprocess
import sys
from collections.abc import Sequence

from django.core.management import execute_from_command_line

from coordination.environment import as_owner, complete, servers_needed, with_root
from coordination.linting import lint
from coordination.places import ROOT, Problem
from coordination.proving import prove
from coordination.supervisor import up
from coordination.testing import test

OWNER_COMMANDS = {"migrate", "makemigrations", "town"}


def run_command(command: str, argv: Sequence[str]) -> int:
    try:
        if command == "up":
            return up(argv[2:])
        if command == "test":
            return test(argv[2:])
        if command == "lint":
            return lint()
        if command == "bench":
            return bench(argv[2:])
        if command == "prove":
            return prove(argv[2:])
        return django_command(command, list(argv))
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def bench(words: Sequence[str]) -> int:
    """The benchmark is no part of the product: it lives beside the tests, in a process of its own."""
    command = [sys.executable, "-m", "tests.bench", *words]
    return subprocess.run(command, cwd=ROOT, env=with_root(os.environ), check=False).returncode


def django_command(command: str, argv: list[str]) -> int:
    """Any other command is Django's. Servers nobody else keeps running run as long as the command does."""
    complete()
    servers = servers_needed()
    if servers:
        servers.start()
        os.environ.update(servers.urls())
    try:
        if command in OWNER_COMMANDS:
            os.environ.update(as_owner(os.environ))
        execute_from_command_line(argv)
    finally:
        if servers:
            servers.stop()
    return 0
