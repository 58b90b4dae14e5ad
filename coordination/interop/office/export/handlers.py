"""What the outbox calls: an export is read in slices, so that no worker is held for long and a stop is heard."""

import time
import uuid

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from coordination.interop.office.export.running import Halted, Refusal, Run, finish, get_job
from coordination.interop.office.models import ExportJob
from coordination.lib import display
from coordination.lib.rls import organization
from coordination.outbox.actions import post
from coordination.outbox.handling import commits_by_itself
from coordination.outbox.models import Message

SLICE_SECONDS = 15  # far below the time limit of a job and its lease
LAST_SECONDS = 12  # of a slice: so late the file is not begun any more


@commits_by_itself
def run_export(message: Message) -> None:
    """`export.requested`: read rows for a while, then ask to be called again. Called twice, it writes nothing twice."""
    job = get_job(message.organization_id, uuid.UUID(str(message.payload["job_id"])))
    if job is None or job.is_over:
        return
    if job.cancel_asked:
        finish(job, ExportJob.Status.CANCELLED)
        return
    reading = display.activate(clock=job.created_by.clock)  # type: ignore[arg-type]
    try:
        with timezone.override(job.created_by.zone):
            _slice(job)
    except Halted:
        _heard(job)
    except Refusal as refusal:
        finish(job, ExportJob.Status.FAILED, error=str(refusal))
    except (PermissionDenied, Http404):
        finish(
            job, ExportJob.Status.FAILED, error=_("You may no longer see this list, or all of its columns.")
        )
    except Exception:
        if message.attempts >= settings.OUTBOX_MAX_ATTEMPTS:
            finish(
                job,
                ExportJob.Status.FAILED,
                error=_("Throughline itself ran into an error. Ask again; an administrator can see why."),
            )
        raise
    finally:
        display.deactivate(reading)


def _slice(job: ExportJob) -> None:
    until = time.monotonic() + SLICE_SECONDS
    run = Run(job)
    if not run.has_begun:
        run.begin()
    while not run.is_through:
        run.step()
        late = until - LAST_SECONDS if run.is_through else until
        if time.monotonic() > late:  # the file itself is written in one go: that begins a turn of its own
            with organization(job.organization_id):
                post("export.requested", organization_id=job.organization_id, job_id=job.pk)
            return
    run.end()


def _heard(job: ExportJob) -> None:
    """Stop if the person asked to; if another process took over, leave everything to it."""
    now = get_job(job.organization_id, job.pk)
    if now and now.cancel_asked and not now.is_over:
        finish(now, ExportJob.Status.CANCELLED)
