"""manage.py verify_audit: walk the whole chain of the audit trail and say what does not fit."""

import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from coordination.audit.actions import keep_verification
from coordination.audit.verify import verify


class Command(BaseCommand):
    help = "Recompute every seal of the audit trail. Prints one sentence per finding; exit code 1 when there is any."

    def handle(self, *args: Any, **options: Any) -> None:
        report = keep_verification(verify())
        for sentence in report.sentences:
            self.stdout.write(sentence)
        if report.found > len(report.sentences):
            self.stdout.write(_("And %(n)s more.") % {"n": report.found - len(report.sentences)})
        self.stdout.write(
            _("%(n)s events checked in %(seconds).1f s (%(rate)s a second).")
            % {"n": report.checked, "seconds": report.seconds, "rate": report.per_second}
        )
        if report.found:
            sys.exit(1)
        self.stdout.write(_("Nothing was changed, removed, added or moved."))
