"""The doors to the audit trail: one's own organization, and only with the right to read it."""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone

from coordination.audit.models import Event, Pending, Seal, Verification
from coordination.lib.paging import Order
from coordination.lib.permissions import Permission, require

LATE_SECONDS = 60
NEWEST_FIRST: Order = [("at", "desc"), ("id", "desc")]


@dataclass(frozen=True)
class Seals:
    """How far the chain reaches, and when it was last walked."""

    position: int
    mac: str
    sealed_at: dt.datetime | None
    waiting: int
    is_late: bool
    verification: Verification | None


def list_events(user: Any, **filters: Any) -> Any:
    """Return the events of the person's organization. Filters: actor, patient, kind, since, until."""
    require(user, Permission.AUDIT_VIEW)
    return Event.objects.of_organization(user.organization_id).matching(**filters)


def list_people(user: Any) -> Any:
    """Return everybody of the organization who may have acted, those who left and the system itself included."""
    require(user, Permission.AUDIT_VIEW)
    people = get_user_model()._default_manager
    return people.filter(organization_id=user.organization_id).order_by("name", "id")


def oldest_waiting() -> uuid.UUID | None:
    return Pending.objects.order_by("event_id").values_list("event_id", flat=True).first()


def read_seals() -> Seals:
    """Return the state of the chain, for the health page."""
    head = Seal.objects.order_by("-position").first()
    waiting = Pending.objects.all()[:1000].count()
    oldest = oldest_waiting() if waiting else None
    return Seals(
        position=head.position if head else 0,
        mac=bytes(head.mac).hex() if head else "",
        sealed_at=head.sealed_at if head else None,
        waiting=waiting,
        is_late=oldest is not None and _born(oldest) < timezone.now() - dt.timedelta(seconds=LATE_SECONDS),
        verification=Verification.objects.order_by("-at", "-id").first(),
    )


def _born(event_id: uuid.UUID) -> dt.datetime:
    """The moment a UUIDv7 was made stands in its first 48 bits."""
    return dt.datetime.fromtimestamp((event_id.int >> 80) / 1000, tz=dt.UTC)
