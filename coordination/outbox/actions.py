"""Post messages, and decide about those a machine may not decide about."""

import datetime as dt
import re
import uuid
from typing import Any, Protocol

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from coordination.audit.actions import record
from coordination.lib.acting import insert, insert_if
from coordination.lib.ids import new_id
from coordination.lib.refusal import Refused
from coordination.lib.rls import current_organization
from coordination.outbox.bell import ring_on_commit
from coordination.outbox.models import Message, Slot, Worker

_ID = re.compile(r"[A-Za-z0-9_.:+-]{1,64}")
SEEN_SECONDS = 20


class Person(Protocol):
    """Who decides about a stuck message."""

    pk: Any
    organization_id: Any


def post(
    topic: str,
    *,
    key: str | None = None,
    not_before: dt.datetime | None = None,
    lane: uuid.UUID | None = None,
    organization_id: uuid.UUID | None = None,
    **ids: str | int | uuid.UUID | bool,
) -> None:
    """Tell every handler of `topic`, in the transaction of the change itself. Holds ids, never a name or a text.

    With a `key` the same news is told once. Those of one `lane` are handled one at a time. Without `organization_id` it is the one
    the transaction works in.
    """
    messages = _messages(
        topic, ids, key=key, not_before=not_before, lane=lane, organization_id=organization_id
    )
    if key is None:
        for message in messages:
            insert(message)
    else:
        Message.objects.bulk_create(messages, ignore_conflicts=True)
    ring_on_commit()


def post_if(
    found: QuerySet[Any],
    topic: str,
    *,
    organization_id: uuid.UUID | None = None,
    **ids: str | int | uuid.UUID | bool,
) -> None:
    """Tell it if the queryset finds anything by the time the act writes. Costs the act no question of its own."""
    for message in _messages(topic, ids, organization_id=organization_id):
        insert_if(message, found)
    ring_on_commit()


def _messages(
    topic: str,
    ids: dict[str, str | int | uuid.UUID | bool],
    *,
    key: str | None = None,
    not_before: dt.datetime | None = None,
    lane: uuid.UUID | None = None,
    organization_id: uuid.UUID | None = None,
) -> list[Message]:
    if not connection.in_atomic_block:
        raise RuntimeError("post() belongs into the transaction of the change it tells of")
    handlers = settings.OUTBOX_HANDLERS.get(topic)
    if not handlers:
        raise LookupError(f"No handler listens to {topic}")
    payload = {name: _plain(name, value) for name, value in ids.items()}
    here: Any = current_organization()
    once = _plain("key", key) if key is not None else str(new_id())
    return [
        Message(
            topic=topic,
            handler=handler,
            payload=payload,
            key=f"{topic}:{once}:{handler}",
            not_before=not_before or Now(),
            lane=lane,
            organization_id=organization_id or here,
        )
        for handler in handlers
    ]


def rest(lane: uuid.UUID, until: dt.datetime) -> None:
    """Nothing in this lane is due before: all that waits is put off in one statement, in its order, and nothing is lost."""
    Message.objects.waiting_in(lane).filter(not_before__lt=until).update(not_before=until)


def wake(lane: uuid.UUID) -> None:
    """What waits in this lane is due now."""
    Message.objects.waiting_in(lane).filter(not_before__gt=Now()).update(not_before=Now())
    ring_on_commit()


def _plain(name: str, value: object) -> str | int | bool:
    """Refuse what could be more than an id: this is read by operators and stands in a table for weeks."""
    if isinstance(value, bool | int):
        return value
    if isinstance(value, str | uuid.UUID) and _ID.fullmatch(str(value)):
        return str(value)
    raise ValueError(f"{name} is not an id")  # never the value itself


@transaction.atomic
def send_again(*, message: Message, by: Person) -> Message:
    """Queue a message that was given up, or whose fate is uncertain, once more."""
    return _decide(message, Message.State.QUEUED, "message.sent_again", by=by)


@transaction.atomic
def mark_sent(*, message: Message, by: Person) -> Message:
    """Someone looked: it did arrive."""
    return _decide(message, Message.State.SENT, "message.marked_sent", by=by)


@transaction.atomic
def cancel(*, message: Message, by: Person) -> Message:
    """It need not be sent any more."""
    return _decide(message, Message.State.CANCELLED, "message.cancelled", by=by)


def _decide(message: Message, state: Message.State, event: str, *, by: Any) -> Message:
    message = Message.objects.select_for_update().get(pk=message.pk)
    if message.state not in {Message.State.DEAD, Message.State.UNCERTAIN}:
        raise Refused(
            _("This message needs no decision any more: %(state)s.") % {"state": message.get_state_display()}
        )
    before = message.state
    message.state = state
    message.settled_by_id = by.pk
    if state == Message.State.QUEUED:
        message.attempts, message.not_before, message.settled_at = 0, timezone.now(), None
        ring_on_commit()
    else:
        message.settled_at = timezone.now()
    message.save(update_fields=["state", "attempts", "not_before", "settled_at", "settled_by_id"])
    record(event, by=by, target=message, detail={"topic": message.topic, "was": before})
    return message


def see_worker(name: str, version: str) -> None:
    """Note that a worker is alive, at most every 20 seconds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into outbox_worker (name, version, seen_at) values (%s, %s, statement_timestamp())"
            " on conflict (name) do update set version = excluded.version, seen_at = excluded.seen_at"
            " where outbox_worker.seen_at < excluded.seen_at - make_interval(secs => %s)",
            [name[:200], version[:40], SEEN_SECONDS],
        )


def forget_old() -> int:
    """Remove what is long settled. A message that still needs somebody is never removed."""
    before = timezone.now() - dt.timedelta(days=settings.OUTBOX_KEEP_DAYS)
    settled = Message.objects.filter(
        state__in=[Message.State.SENT, Message.State.CANCELLED], settled_at__lt=before
    )
    removed, _by_model = settled.delete()
    Slot.objects.filter(due_at__lt=before).delete()
    Worker.objects.filter(seen_at__lt=before).delete()
    return removed
