"""An export at work. First the ids of the list, read at once and in its order; then their rows, a thousand at a time.

Each thousand is read in a transaction of its own, again by the list's own rule, so a right that ends meanwhile ends the rows too.
It lies in a file of its own in the spool: written twice after a kill, it is the same file, so nothing comes twice.
"""

import json
import uuid
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.translation import gettext as _

from coordination.accounts.models import User
from coordination.audit.actions import record_access
from coordination.audit.models import Event
from coordination.interop.office.export.lists import open_list, query_of
from coordination.interop.office.export.writing import Head, encode, write_csv, write_xlsx
from coordination.interop.office.models import ExportJob
from coordination.interop.office.store import Folder
from coordination.lib import display
from coordination.lib.listing import Column, Listing
from coordination.lib.rls import organization
from coordination.notifications.actions import notify
from coordination.notifications.models import Notification

CHUNK = 1000  # rows read in one transaction
SHELF = "exports"
ID_BYTES = 16


class Halted(Exception):
    """The person asked to stop, or another process moved the export on."""


class Refusal(Exception):
    """The export cannot go on; the words are for the person who asked."""


class Run:
    """One export and its spool."""

    def __init__(self, job: ExportJob) -> None:
        self.job = job
        self.folder = Folder(SHELF, job.stored_file)

    @property
    def has_begun(self) -> bool:
        return self.job.rows_total is not None and self.folder.exists

    @property
    def is_through(self) -> bool:
        return self.job.rows_done >= (self.job.rows_total or 0)

    def begin(self) -> None:
        """Read which rows there are, in one statement: the list as it stood at this moment."""
        folder = Folder.create(SHELF)
        try:
            with organization(self.job.organization_id):
                listing = self._listing()
                count = _write_ids(folder, listing)
                self._move(
                    status=ExportJob.Status.RUNNING,
                    stored_file=folder.name,
                    rows_total=count,
                    rows_done=0,
                    rows_written=0,
                    columns=[column.key for column in listing.columns],
                )
        except BaseException:
            folder.remove()
            raise
        self.folder = folder

    def step(self) -> None:
        """Read the next thousand rows. What can no longer be seen is left out, and counted."""
        wanted = self._ids(self.job.rows_done)
        with organization(self.job.organization_id):
            listing = self._listing()
            columns = self._columns(listing)
            found = listing.read(wanted)
            lines = [
                [encode(column.read(found[pk]), column.sort) for column in columns]
                for pk in wanted
                if pk in found
            ]
            self.folder.put(f"rows-{self.job.rows_done:09}", (_line(line) for line in lines))
            self._move(
                rows_done=self.job.rows_done + len(wanted),
                rows_written=self.job.rows_written + len(lines),
            )

    def end(self) -> None:
        """Put the file together and tell the person that it waits."""
        with organization(self.job.organization_id):
            listing = self._listing()
            columns = self._columns(listing)
        head = Head(
            labels=[str(column.label) for column in columns],
            sorts=[column.sort for column in columns],
            widths=[column.width for column in columns],
            zone=self.job.created_by.zone,
            about=self._about(listing),
        )
        draft = self.folder.draft()
        write = write_csv if self.job.format == ExportJob.Format.CSV else write_xlsx
        write(draft, head, self._lines())
        size = self.folder.keep(draft, "file")
        for path in [*self.folder.path.glob("rows-*"), self.folder.path / "ids"]:
            path.unlink(missing_ok=True)
        finish(self.job, ExportJob.Status.DONE, size=size)

    def _listing(self) -> Listing:
        """The list as the person sees it now: their rights are read anew each time."""
        user = User.objects.select_related("organization").get(pk=self.job.created_by_id)
        if not user.is_active:
            raise PermissionDenied
        return open_list(user, self.job.listing, query_of(self.job.choices))

    def _columns(self, listing: Listing) -> list[Column]:
        """The columns the file began with. One that has closed meanwhile ends the export: rows do not change their shape."""
        open_now = {column.key: column for column in listing.columns}
        if not set(self.job.columns) <= set(open_now):
            raise PermissionDenied
        return [open_now[key] for key in self.job.columns]

    def _ids(self, start: int) -> list[uuid.UUID]:
        with (self.folder.path / "ids").open("rb") as file:
            file.seek(start * ID_BYTES)
            read = file.read(CHUNK * ID_BYTES)
        return [uuid.UUID(bytes=read[at : at + ID_BYTES]) for at in range(0, len(read), ID_BYTES)]

    def _lines(self) -> Iterator[list[Any]]:
        for path in sorted(self.folder.path.glob("rows-*")):
            with path.open("rb") as file:
                for line in file:
                    yield json.loads(line)

    def _about(self, listing: Listing) -> list[tuple[str, str]]:
        user = self.job.created_by
        return [
            (_("List"), listing.title),
            (_("Narrowed to"), listing.sentence),
            (_("Rows"), f"{self.job.rows_written:,}"),
            (_("Exported by"), f"{user.name}, {user.organization.name}"),
            (_("Asked for"), display.moment(self.job.created_at)),
            (_("Times are in"), str(user.zone)),
        ]

    def _move(self, **values: Any) -> None:
        """Move the job on. Raises Halted if it was stopped, or somebody else moved it meanwhile."""
        as_known = {name: getattr(self.job, name) for name in ("rows_done", "stored_file")}
        mine = ExportJob.objects.filter(
            pk=self.job.pk, cancel_asked=False, finished_at__isnull=True, **as_known
        )
        if not mine.update(**values):
            raise Halted
        for name, value in values.items():
            setattr(self.job, name, value)


def _write_ids(folder: Folder, listing: Listing) -> int:
    count, draft = 0, folder.draft()
    with draft.open("wb") as file:
        for pk in listing.ids():
            count += file.write(pk.bytes) // ID_BYTES
            if count > settings.EXPORT_MAX_ROWS:
                raise Refusal(
                    _("The list has more than %(most)s rows. Narrow it with a filter and export it in parts.")
                    % {"most": f"{settings.EXPORT_MAX_ROWS:,}"}
                )
    folder.keep(draft, "ids")
    return count


def _line(cells: list[Any]) -> bytes:
    return json.dumps(cells, ensure_ascii=False).encode() + b"\n"


def get_job(organization_id: Any, pk: Any) -> ExportJob | None:
    with organization(organization_id):
        jobs = ExportJob.objects.select_related("created_by__organization")
        return jobs.filter(pk=pk).first()


def finish(job: ExportJob, status: str, *, error: str = "", size: int = 0) -> None:
    """Close an export, whichever way it ended. Only a file that is whole stays."""
    with organization(job.organization_id):
        keeps = status == ExportJob.Status.DONE
        values = {
            "status": status,
            "error": error[:500],
            "size": size,
            "finished_at": timezone.now(),
            "stored_file": job.stored_file if keeps else "",
        }
        left = Folder(SHELF, job.stored_file)
        if ExportJob.objects.filter(pk=job.pk, finished_at__isnull=True).update(**values):
            _tell(job, ExportJob.Status(status))
    if not keeps:
        left.remove()


def _tell(job: ExportJob, status: ExportJob.Status) -> None:
    detail = {
        "list": job.listing,
        "format": job.format,
        "columns": job.columns,
        "rows": job.rows_written,
        "status": status.value,
    }
    record_access(
        Event.Kind.EXPORT, "export.finished", by=job.created_by, target=job, patient_id=job.patient_id, detail=detail
    )  # fmt: skip
    if status == ExportJob.Status.CANCELLED:
        return
    words = {
        ExportJob.Status.DONE: _("Your export is ready: %(rows)s rows") % {"rows": f"{job.rows_written:,}"}
    }
    notify(
        user=job.created_by,
        kind=Notification.Kind.SYSTEM,
        text=words.get(status, _("Your export could not be written")),
        route="office:export",
        subject_id=job.pk,
        key=f"export.finished:{job.pk}",
    )
