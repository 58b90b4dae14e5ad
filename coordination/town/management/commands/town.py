"""`manage.py town`: settle a believable town of invented people."""

import datetime as dt
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from coordination.accounts.models import Organization
from coordination.town.settle import Town

LIGHT_FROM = 20_000  # larger towns get no whole charts unless asked


class Command(BaseCommand):
    help = "Settle a town of invented people: staff, patients, families, histories, tasks in every state, contacts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--patients", type=int, default=300)
        parser.add_argument("--seed", type=int, default=7)
        parser.add_argument(
            "--today", type=dt.date.fromisoformat, help="the day everything is dated from, as 2026-11-17"
        )
        parser.add_argument(
            "--history",
            choices=["full", "light", "none"],
            help="how much of a chart (full below 20,000 patients)",
        )
        parser.add_argument("--tasks-each", type=int, help="this many tasks for everyone, one of them open")

    def handle(self, *args: Any, **options: Any) -> None:
        patients: int = options["patients"]
        if patients < 1:
            raise CommandError("A town has at least one patient: --patients 300.")
        if Organization.objects.exists():
            raise CommandError(
                "This database already has an organization. A town is settled in an empty one."
            )
        history = options["history"] or ("full" if patients < LIGHT_FROM else "light")
        began = time.monotonic()
        town = Town(
            patients, options["seed"], options["today"], history=history, tasks_each=options["tasks_each"]
        )
        layout = town.settle(lambda number: self.stdout.write(f"{number:,} of {patients:,} moved in"))
        with connection.cursor() as cursor:
            cursor.execute("analyze")
        seconds = time.monotonic() - began
        who = f"{patients:,} patients of {layout.organization.name}"
        self.stdout.write(
            f"{who} in {len(layout.teams)} teams with {len(layout.coordinators)} coordinators ({seconds:.1f} s)."
        )
