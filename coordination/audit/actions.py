"""Write down what happened, in the same transaction as the thing itself."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings
from django.db import connection, models, transaction
from django.utils import timezone

from coordination.audit.chain import CANONICAL, FIRST, fix_output, link
from coordination.audit.context import door
from coordination.audit.heads import append_head
from coordination.audit.models import Event, Verification
from coordination.audit.verify import Report, verify
from coordination.lib.acting import insert

BATCH = 5000
SEALING_LOCK = 0x5EA1
_WAITING = f"""
    select e.id, {CANONICAL} from (select event_id from audit_pending order by event_id limit %s) p
    join audit_event e on e.id = p.event_id order by e.at, e.id
"""  # noqa: S608 (CANONICAL is a constant of ours)
_SEAL = """
    insert into audit_seal (position, event_id, mac)
    select %s::bigint + row, event_id, mac
    from unnest(%s::uuid[], %s::bytea[]) with ordinality as link(event_id, mac, row)
"""


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
    event = _event(name, by=by, target=target, patient_id=patient_id, organization_id=organization_id)
    event.kind, event.outcome, event.purpose, event.reason = kind, outcome, purpose, reason
    event.changed = list(changed)
    event.detail |= detail or {}
    insert(event)
    return event


def record_each(
    name: str | Sequence[str],
    *,
    by: Actor | None,
    targets: Sequence[models.Model],
    changed: Sequence[Iterable[str]] = (),
    details: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Add one event for each target, in one statement: what was done to many rows at once happened to each of them.

    `name` is the name of all, or of each its own.
    """
    called = [name] * len(targets) if isinstance(name, str) else name
    events = [_event(each, by=by, target=target) for each, target in zip(called, targets, strict=True)]
    for event, names in zip(events, changed, strict=False):
        event.changed = list(names)
    for event, detail in zip(events, details, strict=False):
        event.detail |= detail
    if events:
        Event.objects.bulk_create(events)


def _event(
    name: str,
    *,
    by: Actor | None,
    target: models.Model | None,
    patient_id: Any = None,
    organization_id: Any = None,
) -> Event:
    """Who, what and through which door."""
    through = door.get()
    return Event(
        name=name,
        kind=Event.Kind.CHANGE,
        organization_id=organization_id
        or getattr(by, "organization_id", None)
        or getattr(target, "organization_id", None),
        actor_id=by.pk if by else None,
        actor_name=str(by) if by else "",
        patient_id=patient_id or getattr(target, "patient_id", None),
        target_type=target._meta.label_lower if target is not None else "",
        target_id=str(target.pk) if target is not None else "",
        detail={"app": through.app_id} if through.app_id else {},
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
    purpose: str = "TREAT",
    reason: str = "",
    detail: Mapping[str, Any] | None = None,
) -> Event:
    """Add a view, search, export, print or denial to the access log."""
    access: dict[str, Any] = {
        "by": by,
        "target": target,
        "patient_id": patient_id,
        "purpose": purpose,
        "reason": reason,
        "detail": detail,
    }
    if (shown := door.get().accesses) is not None:
        shown.append({"kind": kind, "name": name, **access})
    outcome = Event.Outcome.DENIED if kind == Event.Kind.DENIAL else Event.Outcome.OK
    return record(name, kind=kind, outcome=outcome, **access)


def seal_pending(*, batch: int = BATCH) -> int:
    """Chain the events that wait for a seal; returns how many. One process at a time: the others leave at once."""
    sealed = 0
    while count := _seal_batch(batch):
        sealed += count
        if count < batch:
            break
    return sealed


def _seal_batch(batch: int) -> int:
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [SEALING_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        fix_output(cursor)
        cursor.execute("select position, mac from audit_seal order by position desc limit 1")
        position, mac = cursor.fetchone() or (0, FIRST)
        cursor.execute(_WAITING, [batch])
        rows = cursor.fetchall()
        ids, macs = [event_id for event_id, _event in rows], []
        for _event_id, event in rows:
            mac = link(bytes(mac), event)
            macs.append(mac)
        cursor.execute(_SEAL, [position, ids, macs])
        cursor.execute("delete from audit_pending where event_id = any(%s::uuid[])", [ids])
    if rows:
        append_head(Path(settings.AUDIT_HEADS_FILE), position + len(rows), bytes(mac), timezone.now())
    return len(rows)


def verify_on(*, budget_seconds: float = 40) -> Report:
    """Walk on along the chain from where the last walk stopped, and begin anew once the end was reached."""
    last = Verification.objects.order_by("-at", "-id").first()
    begin = 0 if last is None or last.is_complete else last.last_position
    return keep_verification(verify(begin=begin, budget_seconds=budget_seconds))


def keep_verification(report: Report) -> Report:
    """Remember when the chain was walked and what was found, for the health page."""
    Verification.objects.create(
        first_position=report.first_position,
        last_position=report.last_position,
        is_complete=report.is_complete,
        findings=report.found,
        seconds=report.seconds,
    )
    return report
