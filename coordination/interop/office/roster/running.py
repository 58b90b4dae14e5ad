"""A roster at work: read once, checked as often as wanted, imported fifty rows to a transaction.

Where the next rows begin is kept with the job, so a long file costs as much per row at its end as at its beginning.
"""

import csv
import io
import json
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from coordination.audit.actions import record
from coordination.interop.fhir.problems import Unreadable
from coordination.interop.office.models import RosterJob
from coordination.interop.office.roster.answering import Line, answer
from coordination.interop.office.roster.checking import check
from coordination.interop.office.roster.fields import BY_KEY, head_of
from coordination.interop.office.roster.keeping import OUTCOMES
from coordination.interop.office.roster.reading import rows_of, sheets_of
from coordination.interop.office.store import Folder
from coordination.lib.retry import again_on_conflict
from coordination.lib.rls import organization
from coordination.lib.spreadsheets import safe_text
from coordination.notifications.actions import notify
from coordination.notifications.models import Notification

CHUNK = 50  # rows of one transaction
CHECKED = 500  # rows checked at once
FIRST_ROWS = 10  # among them the headings are looked for
SHELF = "rosters"


class Halted(Exception):
    """Someone asked to stop, or another process has taken the job over."""


class Run:
    """One roster and its folder."""

    def __init__(self, job: RosterJob) -> None:
        self.job = job
        self.folder = Folder(SHELF, job.stored_file)

    @property
    def is_ready(self) -> bool:
        return self.folder.exists

    @property
    def is_through(self) -> bool:
        return self.job.rows_total is not None and self.job.rows_done >= self.job.rows_total

    def read(self) -> None:
        """Turn the file into rows of text. Raises Unreadable with a sentence."""
        path = self.folder.path / "sent"
        sheets = sheets_of(path)
        first: list[list[str]] = []
        count, draft = 0, self.folder.draft()
        with draft.open("w", encoding="utf-8") as file:
            for number, (cells, doubt) in enumerate(rows_of(path, self.job.sheet, sheets), start=1):
                if not any(cells):
                    continue
                count += 1
                if count > settings.ROSTER_MAX_ROWS:
                    most = f"{settings.ROSTER_MAX_ROWS:,}"
                    raise Unreadable(
                        _("The list has more than %(most)s rows. Send it in parts.") % {"most": most}
                    )
                if len(first) < FIRST_ROWS:
                    first.append(cells)
                file.write(json.dumps([number, cells, doubt], ensure_ascii=False) + "\n")
        if not first:
            raise Unreadable(_("The sheet is empty."))
        self.folder.keep(draft, "rows")
        place = head_of(first)
        self._end(
            sheets=sheets,
            head=first[place] if place >= 0 else [],
            mapping={
                "skip": place + 1,
                "width": max(map(len, first)),
                "from_1904": _counts_from_1904(path, sheets),
            },
            rows_total=count - place - 1,
        )

    def step(self) -> None:
        """Check or import the next rows. What was read before is not read again."""
        checks = self.job.stage == RosterJob.Stage.CHECK
        lines, behind = self._next(CHECKED if checks and self.job.rows_done else CHUNK)
        again_on_conflict(lambda: self._keep(lines, behind))

    def _next(self, most: int) -> tuple[list[Line], int]:
        """The rows after those that are done, and where in the spool the ones after them begin."""
        with (self.folder.path / "rows").open("rb") as file:
            file.seek(self.job.spool_at)
            skip = 0 if self.job.spool_at else self.job.mapping["skip"] + self.job.rows_done
            lines = [_line(text) for text in islice(file, skip, skip + most)]
            return lines, file.tell()

    def _keep(self, lines: list[Line], behind: int) -> None:
        with organization(self.job.organization_id):
            checks = self.job.stage == RosterJob.Stage.CHECK
            results = (
                check(self.job, lines, self.folder) if checks else [answer(self.job, line) for line in lines]
            )
            problems = [
                (line, said) for line, result in zip(lines, results, strict=True) for said in result.said
            ]
            self.folder.put(
                f"said-{self.job.rows_done:09}",
                (_json(line, said) for line, said in problems),
            )
            found = Counter(result.outcome for result in results)
            counts = {name: self.job.counts.get(name, 0) + found[name] for name in OUTCOMES}
            self.move(rows_done=self.job.rows_done + len(lines), spool_at=behind, counts=counts)

    def end(self) -> None:
        self._end()

    def lines(self) -> Iterator[Line]:
        """The rows below the headings."""
        with (self.folder.path / "rows").open(encoding="utf-8") as file:
            for line in islice(file, self.job.mapping["skip"], None):
                yield _line(line)

    def said(self) -> Iterator[tuple[Line, tuple[str, str, str]]]:
        """What there is to say about rows, in their order."""
        for path in sorted(self.folder.path.glob("said-*")):
            with path.open(encoding="utf-8") as file:
                for line in file:
                    row, said = json.loads(line)
                    yield tuple(row), tuple(said)

    def move(self, **values: Any) -> None:
        """Move the job on. Raises Halted if it was stopped, or somebody else moved it meanwhile."""
        move(self.job, **values)

    def _end(self, **values: Any) -> None:
        end(self.job, **values)


def move(job: RosterJob, **values: Any) -> None:
    """Move a job on. Raises Halted if it was stopped, or somebody else moved it meanwhile."""
    mine = RosterJob.objects.filter(
        pk=job.pk, cancel_asked=False, finished_at__isnull=True, rows_done=job.rows_done, stage=job.stage,
    )  # fmt: skip
    if not mine.update(**values):
        raise Halted
    for name, value in values.items():
        setattr(job, name, value)


def end(job: RosterJob, **values: Any) -> None:
    """Close a stage that came to its end, and tell."""
    with organization(job.organization_id):
        move(job, status=RosterJob.Status.DONE, finished_at=timezone.now(), **values)
        _tell(job)


def _line(text: str | bytes) -> Line:
    number, cells, doubt = json.loads(text)
    return number, cells, doubt


def _json(line: Line, said: tuple[str, str, str]) -> bytes:
    return json.dumps([line, said], ensure_ascii=False).encode() + b"\n"


def _counts_from_1904(path: Any, sheets: list[str]) -> bool:
    """Whether bare numbers of the workbook count days from 1904, as old Macs did."""
    if not sheets:
        return False
    with zipfile.ZipFile(path) as archive:
        book = archive.read("xl/workbook.xml") if "xl/workbook.xml" in archive.namelist() else b""
    return b'date1904="1"' in book or b'date1904="true"' in book


def csv_of_said(run: Run) -> Iterator[str]:
    """The rows somebody must look at: where, what, how to put it right, and the row as it was sent."""
    heads = run.job.head or [f"{n + 1}" for n in range(run.job.mapping["width"])]
    yield "\ufeff" + _csv([_("Row"), _("Column"), _("Value"), _("What"), _("What helps"), *heads])
    places = {key: int(at) for at, key in run.job.mapping.get("columns", {}).items()}
    for (number, cells, _doubt), (key, what, how) in run.said():
        at = places.get(key)
        value = cells[at] if at is not None and at < len(cells) else ""
        yield _csv([str(number), str(BY_KEY[key].label) if key else "", value, what, how, *cells])


def csv_of_kept(rows: Iterable[tuple[int, list[str]]]) -> Iterator[str]:
    """The rows an undo left as they are, and why."""
    yield "\ufeff" + _csv([_("Row"), _("What")])
    for number, why in rows:
        yield _csv([str(number), " ".join(why)])


def _csv(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([safe_text(cell) for cell in cells])
    return out.getvalue()


def get_job(organization_id: Any, pk: Any) -> RosterJob | None:
    with organization(organization_id):
        jobs = RosterJob.objects.select_related(
            "organization", "created_by__organization", "team", "coordinator"
        )
        return jobs.filter(pk=pk).first()


def finish(job: RosterJob, status: str, *, error: str = "") -> None:
    """Close a stage that did not come to its end. What was imported before stays: each row is whole."""
    with organization(job.organization_id):
        values = {"status": status, "error": error[:500], "finished_at": timezone.now()}
        if RosterJob.objects.filter(pk=job.pk, finished_at__isnull=True).update(**values):
            job.status = status
            _tell(job)


def _tell(job: RosterJob) -> None:
    detail: dict[str, Any] = {
        "stage": job.stage,
        "status": str(job.status),
        **{name: job.counts.get(name, 0) for name in OUTCOMES},
    }
    record("roster.finished", by=job.created_by, target=job, detail=detail)
    if job.stage != RosterJob.Stage.IMPORT or job.status == RosterJob.Status.CANCELLED:
        return
    notify(
        user=job.created_by,
        kind=Notification.Kind.IMPORT,
        text=_("The roster of %(source)s has been imported") % {"source": job.source}
        if job.status == RosterJob.Status.DONE
        else _("The roster of %(source)s could not be imported") % {"source": job.source},
        route="office:roster",
        subject_id=job.pk,
        key=f"roster.finished:{job.pk}:{job.rows_done}",
    )
