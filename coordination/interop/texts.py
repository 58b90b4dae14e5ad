"""What an import says about itself, for a screen, a terminal and a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.translation import gettext as _

from coordination.lib.spreadsheets import safe_text
from patients.models import ImportIssue, ImportJob


def issue_line(issue: ImportIssue) -> str:
    """One clear line: what, where, why."""
    sort = _("rejected") if issue.severity == ImportIssue.Severity.REJECTED else _("remark")
    place = f" {issue.path}" if issue.path else ""
    return f"{sort}: {issue.resource}{place}: {issue.reason}"


def csv_rows(issues: Iterable[ImportIssue]) -> Iterator[str]:
    """The issues as CSV. No cell can become a formula when a spreadsheet opens it."""
    yield _row([_("Result"), _("Resource"), _("Where"), _("Reason")])
    for issue in issues:
        yield _row([issue.get_severity_display(), issue.resource, issue.path, issue.reason])


def _row(cells: list[Any]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([safe_text(str(cell)) for cell in cells])
    return out.getvalue()


def summary(job: ImportJob) -> str:
    """The counts of a job in one sentence."""
    parts = {
        _("%(n)s added"): job.created,
        _("%(n)s changed"): job.changed,
        _("%(n)s as before"): job.unchanged,
        _("%(n)s left out"): job.kept,
        _("%(n)s rejected"): job.rejected,
    }
    said = [words % {"n": f"{number:,}"} for words, number in parts.items() if number]
    return ", ".join(said) or _("Nothing yet")
