"""Everything a person can do about an import."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from coordination.accounts.models import Team, User
from coordination.accounts.permissions import Permission
from coordination.audit.actions import record
from coordination.interop.fhir.workspace import Workspace
from coordination.lib.refusal import Refused
from coordination.outbox.actions import post
from patients.models import ImportJob

RESERVED = {"staff"}  # what people here typed themselves


@transaction.atomic
def request_import(
    *,
    source: str,
    workspace: Workspace,
    size: int,
    dry_run: bool,
    by: User,
    team: Team | None = None,
    coordinator: User | None = None,
) -> ImportJob:
    """Queue what was uploaded. Someone or some team must answer for the patients who come in."""
    source = source.strip()
    if not source or source.lower() in RESERVED:
        raise Refused(_("Name the system the records come from."), field="source")
    if team is None and coordinator is None:
        raise Refused(
            _("Choose a team or a coordinator, so that someone answers for these patients."), field="team"
        )
    if coordinator is not None and not coordinator.may(Permission.CONTACT_LOG):
        raise Refused(_("Choose someone who carries patients."), field="coordinator")
    job = ImportJob.objects.create(
        organization_id=by.organization_id,
        source=source,
        team=team,
        coordinator=coordinator,
        dry_run=dry_run,
        stored_file=workspace.name,
        size=size,
        created_by=by,
    )
    return _queue(job, by)


@transaction.atomic
def run_for_real(*, job: ImportJob, by: User) -> ImportJob:
    """After a trial run: import the same files, this time to stay."""
    trial = ImportJob.objects.select_for_update().get(pk=job.pk)
    if not trial.dry_run or trial.status != ImportJob.Status.DONE:
        raise Refused(_("Only a trial run that is done can be run for real."))
    if not Workspace(trial.stored_file).exists:
        raise Refused(_("The files of this trial run are gone. Upload them again."))
    name, trial.stored_file = trial.stored_file, ""
    trial.save(update_fields=["stored_file"])
    job = ImportJob.objects.create(
        organization_id=trial.organization_id,
        source=trial.source,
        team_id=trial.team_id,
        coordinator_id=trial.coordinator_id,
        stored_file=name,
        size=trial.size,
        created_by=by,
    )
    return _queue(job, by)


@transaction.atomic
def cancel_import(*, job: ImportJob, by: User) -> ImportJob:
    """Stop after the patient now being imported. Who is in stays in: each patient is whole."""
    job = ImportJob.objects.select_for_update().get(pk=job.pk)
    if job.finished_at is not None:
        raise Refused(_("This import has ended already."))
    if not job.cancel_asked:
        job.cancel_asked = True
        job.save(update_fields=["cancel_asked"])
        record("import.stopped", by=by, target=job)
        _post(job)
    return job


def _queue(job: ImportJob, by: User) -> ImportJob:
    record("import.requested", by=by, target=job, detail={"size": job.size, "dry_run": job.dry_run})
    _post(job)
    return job


def _post(job: Any) -> None:
    post("import.requested", organization_id=job.organization_id, job_id=job.pk)
