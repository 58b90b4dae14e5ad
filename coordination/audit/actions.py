"""Write down what happened, in the same transaction as the thing itself."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from django.db import models

from coordination.audit.context import door
from coordination.audit.models import Event


class Actor(Protocol):
    """Whoever acts: a user, or the organization's system user for jobs."""

    pk: Any
    organization_id: Any

    def __str__(self) -> str: ...


def record(
    name: str,
    *,
    by: Actor | None,
    kind: str = Event.Kind.CHANGE,
    target: models.Model | None = None,
    patient_id: Any = None,
    organization_id: Any = None,
    changed: Iterable[str] = (),
    purpose: str = "TREAT",
    reason: str = "",
    outcome: str = Event.Outcome.OK,
    detail: Mapping[str, Any] | None = None,
) -> Event:
    """Add one event. `detail` may hold ids and counts only; values of fields live in the rows themselves."""
    through = door.get()
    return Event.objects.create(
        name=name,
        kind=kind,
        outcome=outcome,
        organization_id=organization_id or getattr(by, "organization_id", None) or getattr(target, "organization_id", None),
        actor_id=by.pk if by else None,
        actor_name=str(by) if by else "",
        patient_id=patient_id or getattr(target, "patient_id", None),
        target_type=target._meta.label_lower if target is not None else "",
        target_id=str(target.pk) if target is not None else "",
        changed=list(changed),
        purpose=purpose,
        reason=reason,
        detail=dict(detail or {}),
        door=through.route,
        request_id=through.request_id,
        address=through.address,
    )


def record_access(
    kind: str,
    name: str,
    *,
    by: Actor | None,
    target: models.Model | None = None,
    patient_id: Any = None,
    reason: str = "",
    detail: Mapping[str, Any] | None = None,
) -> Event:
    """Add a view, search, export, print or denial to the access log."""
    outcome = Event.Outcome.DENIED if kind == Event.Kind.DENIAL else Event.Outcome.OK
    return record(name, by=by, kind=kind, target=target, patient_id=patient_id, reason=reason, outcome=outcome, detail=detail)
