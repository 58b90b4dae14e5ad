"""What the outbox calls: imports run in slices, so that no worker is held for long and a stop is heard."""

import time
import uuid

from django.conf import settings
from django.utils.translation import gettext as _

from coordination.interop.fhir.plans import Spool
from coordination.interop.fhir.running import Halted, Run, finish, get_job
from coordination.interop.fhir.workspace import Workspace
from coordination.lib.rls import organization
from coordination.outbox.actions import post
from coordination.outbox.handling import commits_by_itself
from coordination.outbox.models import Message
from patients.models import ImportJob

SLICE_SECONDS = 15  # far below the time limit of a job and its lease


@commits_by_itself
def run_import(message: Message) -> None:
    """`import.requested`: import patients for a while, then ask to be called again. Called twice, it does nothing twice."""
    job = get_job(message.organization_id, uuid.UUID(str(message.payload["job_id"])))
    if job is None or job.finished_at is not None:
        return
    workspace = Workspace(job.stored_file)
    if job.cancel_asked:
        _close(job, workspace, ImportJob.Status.CANCELLED)
        return
    if not workspace.exists:
        _close(
            job, workspace, ImportJob.Status.FAILED, _("The files are no longer there. Upload them again.")
        )
        return
    try:
        _slice(job, workspace)
    except Halted:
        _heard(job, workspace)
    except Exception:
        if message.attempts >= settings.OUTBOX_MAX_ATTEMPTS:
            sentence = _(
                "Throughline itself ran into an error. What was imported so far stays; an administrator can see why."
            )
            _close(job, workspace, ImportJob.Status.FAILED, sentence)
        raise


def _slice(job: ImportJob, workspace: Workspace) -> None:
    until = time.monotonic() + SLICE_SECONDS
    if job.patients_total is None:
        _mark_running(job)
        index = workspace.index(workspace.received())
    else:
        index = workspace.load()
    with Spool(workspace.spool, index) as spool:
        run = Run(job, index, spool)
        if job.patients_total is None:
            run.begin()
        while not run.is_through:
            run.step()
            if time.monotonic() > until and not run.is_through:
                _call_again(job)
                return
        run.end()
    _tidy(job, workspace)


def _mark_running(job: ImportJob) -> None:
    with organization(job.organization_id):
        job.status = ImportJob.Status.RUNNING
        ImportJob.objects.filter(pk=job.pk, cancel_asked=False).update(status=job.status)


def _call_again(job: ImportJob) -> None:
    with organization(job.organization_id):
        post("import.requested", organization_id=job.organization_id, job_id=job.pk)


def _heard(job: ImportJob, workspace: Workspace) -> None:
    """Stop if a person asked to; if another process took over, leave everything to it."""
    now = get_job(job.organization_id, job.pk)
    if now and now.cancel_asked and now.finished_at is None:
        _close(now, workspace, ImportJob.Status.CANCELLED)


def _close(job: ImportJob, workspace: Workspace, status: str, error: str = "") -> None:
    finish(job, status, error=error)
    workspace.remove()


def _tidy(job: ImportJob, workspace: Workspace) -> None:
    """The files of a trial run wait a day for the real one; all others are gone with the end of the import."""
    if job.dry_run and job.status == ImportJob.Status.DONE:
        workspace.forget_reading()
    else:
        workspace.remove()
