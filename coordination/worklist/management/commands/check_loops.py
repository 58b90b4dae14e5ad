"""manage.py check_loops: ask of every commitment whether it could be dropped, and say what could."""

import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import ngettext

from coordination.accounts.models import Organization
from coordination.worklist.loops import RULES, Rule, check


class Command(BaseCommand):
    help = "Look for work that could be dropped. Prints one sentence per finding, changes nothing; exit code 1 when there is any."

    def handle(self, *args: Any, **options: Any) -> None:
        houses = list(Organization.objects.order_by("name", "pk"))
        found = sum(self._check(house) for house in houses)
        if found:
            self.stdout.write(
                ngettext("%(n)s finding. Nothing was changed.", "%(n)s findings. Nothing was changed.", found)
                % {"n": found}
            )
            sys.exit(1)
        words = {"rules": len(RULES), "n": len(houses)}
        self.stdout.write(
            ngettext(
                "All %(rules)s rules hold in %(n)s organization.",
                "All %(rules)s rules hold in %(n)s organizations.",
                len(houses),
            )
            % words
        )

    def _check(self, house: Organization) -> int:
        last: list[Rule] = []

        def hear(rule: Rule, sentence: str) -> None:
            if last[-1:] != [rule]:
                self.stdout.write(f"{house}: {rule.title}")
                last.append(rule)
            self.stdout.write(f"  {sentence}")

        results = [result for result in check(house, hear=hear) if result.found]
        for result in results:
            self.stdout.write(f"{house}: {result.rule.title}: {result.found}")
        return sum(result.found for result in results)
