"""What the outbox calls: a roster is worked on in slices, so that no worker is held for long and a stop is heard."""

import time
import uuid

from django.conf import settings
from django.utils.translation import gettext as _

from coordination.interop.fhir.problems import Unreadable
from coordination.interop.office.models import RosterJob
from coordination.interop.office.roster.running import Halted, Run, finish, get_job, move
from coordination.interop.office.roster.undoing import Undoing
from coordination.lib.rls import organization
from coordination.outbox.actions import post
from coordination.outbox.handling import commits_by_itself
from coordination.outbox.models import Message

SLICE_SECONDS = 15  # far below the time limit of a job and its lease


@commits_by_itself
def run_roster(message: Message) -> None:
    """`roster.requested`: read, check or import for a while, then ask to be called again. Called twice, it does nothing twice."""
    job = get_job(message.organization_id, uuid.UUID(str(message.payload["job_id"])))
    if job is None or job.is_over:
        return
    if job.cancel_asked:
        finish(job, RosterJob.Status.CANCELLED)
        return
    run: Run | Undoing = Run(job) if job.stage != RosterJob.Stage.UNDO else Undoing(job)
    if not run.is_ready:
        finish(job, RosterJob.Status.FAILED, error=_("The file is no longer there. Upload it again."))
        return
    try:
        _slice(run)
    except Halted:
        now = get_job(job.organization_id, job.pk)
        if now and now.cancel_asked and not now.is_over:
            finish(now, RosterJob.Status.CANCELLED)
    except Unreadable as unreadable:
        finish(job, RosterJob.Status.FAILED, error=unreadable.sentence)
    except Exception:
        if message.attempts >= settings.OUTBOX_MAX_ATTEMPTS:
            sentence = _(
                "Throughline itself ran into an error. What was imported so far stays; an administrator can see why."
            )
            finish(job, RosterJob.Status.FAILED, error=sentence)
        raise


def _slice(run: Run | Undoing) -> None:
    job, until = run.job, time.monotonic() + SLICE_SECONDS
    with organization(job.organization_id):
        move(job, status=RosterJob.Status.RUNNING)
    if job.stage == RosterJob.Stage.READ and isinstance(run, Run):
        run.read()
        return
    while not run.is_through:
        run.step()
        if time.monotonic() > until and not run.is_through:
            with organization(job.organization_id):
                post("roster.requested", organization_id=job.organization_id, job_id=job.pk)
            return
    run.end()
