"""Everything a person can do about a roster."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from coordination.accounts.models import Team, User
from coordination.accounts.permissions import Permission
from coordination.audit.actions import record
from coordination.interop.actions import RESERVED
from coordination.interop.office.models import RosterJob
from coordination.interop.office.roster.running import SHELF
from coordination.interop.office.store import Folder
from coordination.lib.refusal import Refused
from coordination.outbox.actions import post

Stage, Status = RosterJob.Stage, RosterJob.Status


@transaction.atomic
def request_roster(
    *, source: str, folder: Folder, size: int, by: User, team: Team | None, coordinator: User | None
) -> RosterJob:
    """Queue what was uploaded to be read. Someone or some team must answer for the patients who come in."""
    if not source.strip() or source.strip().lower() in RESERVED:
        raise Refused(_("Name who sent the roster."), field="source")
    if team is None and coordinator is None:
        raise Refused(
            _("Choose a team or a coordinator, so that someone answers for these patients."), field="team"
        )
    if coordinator is not None and not coordinator.may(Permission.CONTACT_LOG):
        raise Refused(_("Choose someone who carries patients."), field="coordinator")
    job = RosterJob.objects.create(
        organization_id=by.organization_id,
        source=source.strip(),
        team=team,
        coordinator=coordinator,
        stored_file=folder.name,
        size=size,
        created_by=by,
    )
    record("roster.requested", by=by, target=job, detail={"size": size})
    post("roster.requested", organization_id=job.organization_id, job_id=job.pk)
    return job


@transaction.atomic
def read_sheet(*, job: RosterJob, sheet: int, by: User) -> RosterJob:
    """Read another sheet of the same file."""
    job = _at_rest(job)
    if not 0 <= sheet < len(job.sheets):
        raise Refused(_("The file has no such sheet."))
    return _go_on(job, Stage.READ, by, sheet=sheet, head=[], mapping={}, rows_total=None)


@transaction.atomic
def check_roster(*, job: RosterJob, columns: dict[str, str], order: str, by: User) -> RosterJob:
    """Check every row with these columns. Nothing is stored."""
    job = _at_rest(job)
    if job.stage == Stage.IMPORT and job.status == Status.DONE:
        raise Refused(_("This roster has been imported already."))
    return _go_on(job, Stage.CHECK, by, mapping={**job.mapping, "columns": columns, "order": order})


@transaction.atomic
def import_roster(*, job: RosterJob, by: User) -> RosterJob:
    """Import what was checked. After a stop the same again goes on: who came in before is found, not added twice."""
    job = _at_rest(job)
    checked = job.stage == Stage.CHECK and job.status == Status.DONE
    stopped = job.stage == Stage.IMPORT and job.status in {Status.CANCELLED, Status.FAILED, Status.DONE}
    if not (checked or stopped):
        raise Refused(_("Check the roster first."))
    return _go_on(job, Stage.IMPORT, by)


@transaction.atomic
def cancel_roster(*, job: RosterJob, by: User) -> RosterJob:
    """Stop after the rows at hand. Who is in stays in: each row is whole."""
    job = RosterJob.objects.select_for_update().get(pk=job.pk)
    if job.is_over:
        raise Refused(_("Nothing is running any more."))
    if not job.cancel_asked:
        job.cancel_asked = True
        job.save(update_fields=["cancel_asked"])
        record("roster.stopped", by=by, target=job)
        post("roster.requested", organization_id=job.organization_id, job_id=job.pk)
    return job


@transaction.atomic
def undo_roster(*, job: RosterJob, reason: str, by: User) -> RosterJob:
    """Take back what the import did, as far as nobody worked on it since. After a stop the same again goes on."""
    job = RosterJob.objects.select_for_update().get(pk=job.pk)
    if not job.is_over:
        raise Refused(_("The roster is still being worked on. Wait for it, or stop it."))
    if not reason.strip():
        raise Refused(_("Say why the import is taken back."), field="reason")
    rows = job.rows.filter(before__isnull=False)
    left = rows.filter(undo="").count()
    if not left:
        raise Refused(_("There is nothing to take back."))
    total = rows.count()
    mapping = {**job.mapping, "undo_reason": reason.strip()[:200], "undo_by": str(by.pk)}
    fresh: dict[str, Any] = {"cancel_asked": False, "finished_at": None, "error": ""}
    values: dict[str, Any] = {"stage": Stage.UNDO, "status": Status.QUEUED, "mapping": mapping, **fresh}
    values |= {"rows_total": total, "rows_done": total - left}
    return _queue(job, values, by, reason=reason.strip()[:200])


def _at_rest(job: RosterJob) -> RosterJob:
    """Lock the roster while nothing is being done with it, and its file is still here."""
    job = RosterJob.objects.select_for_update().get(pk=job.pk)
    if not job.is_over:
        raise Refused(_("The roster is still being worked on. Wait for it, or stop it."))
    if job.stage == Stage.UNDO:
        raise Refused(_("This roster was taken back. Upload it again to import it."))
    if not Folder(SHELF, job.stored_file).exists:
        raise Refused(_("The file is no longer here. Upload it again."))
    return job


def _go_on(job: RosterJob, stage: str, by: User, **values: Any) -> RosterJob:
    folder = Folder(SHELF, job.stored_file).path
    for path in [*folder.glob("said-*"), *folder.glob("seen*")]:
        path.unlink(missing_ok=True)
    fresh = {
        "rows_done": 0,
        "spool_at": 0,
        "counts": {},
        "error": "",
        "cancel_asked": False,
        "finished_at": None,
    }
    return _queue(job, {"stage": stage, "status": Status.QUEUED, **fresh, **values}, by)


def _queue(job: RosterJob, values: dict[str, Any], by: User, reason: str = "") -> RosterJob:
    for name, value in values.items():
        setattr(job, name, value)
    job.save(update_fields=list(values))
    record(f"roster.{job.stage}_asked", by=by, target=job, reason=reason)
    post("roster.requested", organization_id=job.organization_id, job_id=job.pk)
    return job
