"""The doors to rosters: whoever may import patients sees the rosters of the organization."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, QuerySet
from django.shortcuts import get_object_or_404

from coordination.accounts.models import User
from coordination.audit.actions import record_access
from coordination.audit.models import Event
from coordination.interop.office.models import RosterJob, RosterRow
from coordination.lib.permissions import Permission, require


def list_rosters(user: User) -> QuerySet[RosterJob]:
    require(user, Permission.PATIENT_IMPORT)
    return RosterJob.objects.filter(organization_id=user.organization_id).select_related("created_by")


def get_roster(user: User, pk: Any) -> RosterJob:
    """404 for a roster of another organization, 403 for who may not import."""
    jobs = RosterJob.objects.filter(organization_id=user.organization_id)
    job = get_object_or_404(jobs.select_related("organization", "created_by", "team", "coordinator"), pk=pk)
    require(user, Permission.PATIENT_IMPORT)
    return job


def undoable(job: RosterJob) -> dict[str, int]:
    """How many rows of each outcome an undo would look at; empty when there is nothing to take back."""
    rows = job.rows.filter(before__isnull=False, undo="").values("outcome").annotate(n=Count("id"))
    return {row["outcome"]: row["n"] for row in rows}


def kept_rows(job: RosterJob) -> Iterator[tuple[int, list[str]]]:
    """What an undo left as it is, row by row, and why."""
    rows = job.rows.filter(undo__in=[RosterRow.Undo.PARTLY, RosterRow.Undo.KEPT]).order_by("number")
    yield from rows.values_list("number", "kept_because").iterator()


def mapping_before(job: RosterJob) -> dict[str, str]:
    """Which field each heading of this sender was last time; empty for one that was left out."""
    earlier = RosterJob.objects.filter(organization_id=job.organization_id, source=job.source, id__lt=job.pk)
    last = earlier.filter(mapping__has_key="columns").order_by("-id").values("head", "mapping").first()
    if last is None or not last["head"]:
        return {}
    columns = last["mapping"]["columns"]
    return {heading: columns.get(str(at), "") for at, heading in enumerate(last["head"])}


def take_errors(user: User, job: RosterJob) -> None:
    """The rows leave with what they hold: that is written down."""
    record_access(Event.Kind.EXPORT, "roster.errors_exported", by=user, target=job)
