"""Everything a person can do about an export."""

from django.db import transaction
from django.utils.translation import gettext as _

from coordination.accounts.models import User
from coordination.audit.actions import record_access
from coordination.audit.models import Event
from coordination.interop.office.models import ExportJob
from coordination.lib.listing import Listing
from coordination.lib.refusal import Refused
from coordination.outbox.actions import post

AT_ONCE = 3  # HOUSE: exports of one person that run at the same time


@transaction.atomic
def request_export(*, name: str, listing: Listing, file_format: str, by: User) -> ExportJob:
    """Queue a list as a file. What it holds is read when it is written, as the person sees it then."""
    User.objects.select_for_update().get(pk=by.pk)  # two requests at once are counted one after the other
    if ExportJob.objects.filter(created_by=by, finished_at__isnull=True).count() >= AT_ONCE:
        raise Refused(_("Three of your exports are still being written. Wait for one to end, or stop it."))
    job = ExportJob.objects.create(
        organization_id=by.organization_id,
        listing=name,
        choices=listing.choices,
        format=file_format,
        stem=listing.stem,
        patient_id=listing.patient_id,
        columns=[column.key for column in listing.columns],
        created_by=by,
    )
    _written_down("export.requested", job, by)
    post("export.requested", organization_id=job.organization_id, job_id=job.pk)
    return job


@transaction.atomic
def cancel_export(*, job: ExportJob, by: User) -> ExportJob:
    """Stop after the rows at hand. Nothing of the file stays."""
    job = ExportJob.objects.select_for_update().get(pk=job.pk)
    if job.is_over:
        raise Refused(_("This export has ended already."))
    if not job.cancel_asked:
        job.cancel_asked = True
        job.save(update_fields=["cancel_asked"])
        _written_down("export.stopped", job, by)
        post("export.requested", organization_id=job.organization_id, job_id=job.pk)
    return job


@transaction.atomic
def record_download(*, job: ExportJob, by: User) -> None:
    """The file is about to leave. Refused when it is gone: it waits for some hours only."""
    if not job.has_file:
        raise Refused(_("This file is no longer here. Ask for the list again."))
    _written_down("export.downloaded", job, by)


def _written_down(name: str, job: ExportJob, by: User) -> None:
    detail = {
        "list": job.listing,
        "format": job.format,
        "columns": job.columns,
        "rows": job.rows_written,
    }
    record_access(Event.Kind.EXPORT, name, by=by, target=job, patient_id=job.patient_id, detail=detail)
