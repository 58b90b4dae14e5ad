"""Deliver what is due.

A message is claimed in a statement of its own, just before its handler runs: the attempt is counted and the lease begins even if
the process dies a moment later. `attempts` is the token of the claim: who comes back after the lease finds it moved on.
"""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils.module_loading import import_string

from coordination.audit.context import Door, door
from coordination.lib.faults import describe
from coordination.lib.retry import again_on_conflict
from coordination.lib.rls import organization
from coordination.outbox.bell import ring
from coordination.outbox.handling import NotNow, NotSent, NotWanted, is_committing, is_leaving
from coordination.outbox.models import Message

SECONDS = 8  # one bell begins no new message after so long: the last one still has 40 s to its time limit
FIRST_WAIT, GROWTH, LONGEST_WAIT = 10, 4, 4 * 60 * 60
_jitter = random.SystemRandom()
_log = structlog.get_logger(__name__)

_CLAIM = """
    update outbox_message
    set state = 'sending', attempts = attempts + 1, lease_until = statement_timestamp() + make_interval(secs => %s)
    where id = (
        select id from outbox_message waiting where state = 'queued' and not_before <= statement_timestamp()
            and (lane is null or not exists (
                select from outbox_message ahead where ahead.lane = waiting.lane and ahead.state = 'sending'
            ))
        order by not_before, id limit 1 for update skip locked
    )
    returning *
"""


class Overtaken(Exception):
    """The lease ended while the handler ran, and somebody else has the message now."""


def deliver_due(*, seconds: float = SECONDS) -> int:
    """Settle what dead processes left behind, then deliver what is due; returns how many were tried."""
    settle_abandoned()
    deadline, tried = time.monotonic() + seconds, 0
    while message := claim():
        deliver(message)
        tried += 1
        if time.monotonic() > deadline:
            ring()  # there may be more, and somebody else may want the worker first
            break
    return tried


def claim() -> Message | None:
    """Take the message that is due longest. Two relays never take the same one, and neither waits for the other.

    One whose lane is busy is passed over. Where two relays take two of one lane at the same moment, the database refuses one.
    """
    while True:
        try:
            return next(iter(Message.objects.raw(_CLAIM, [settings.OUTBOX_LEASE_SECONDS])), None)
        except IntegrityError:
            continue  # by now the lane is seen to be busy


def deliver(message: Message) -> None:
    """Run the handler and settle the message, whatever happens."""
    with _through(message):
        try:
            handler = import_string(message.handler)
            if is_leaving(handler):
                _send_outside(handler, message)
            elif is_committing(handler):
                handler(message)
                _mark_sent(message)
            else:
                again_on_conflict(lambda: _in_one_transaction(handler, message))
        except NotNow as wait:
            _postpone(message, wait.until)
        except NotWanted as reason:
            _cancel(message, str(reason))
        except Overtaken:
            _log.warning("outbox.overtaken", message_id=str(message.pk), task=message.handler)
        except Exception as error:
            _fail(message, error)


def _in_one_transaction(handler: Any, message: Message) -> None:
    """The handler's work and the mark "sent" are one: either both are there or neither is."""
    with _scope(message):
        if not _claimed(message).select_for_update().exists():
            raise Overtaken
        handler(message)
        _mark_sent(message)


class _Unclear(Exception):
    """The call outside ended in a way that leaves open whether it arrived."""


def _send_outside(handler: Any, message: Message) -> None:
    with _scope(message):
        call = handler(message)
    if call is None:
        _mark_sent(message)
        return
    try:
        call()
        _mark_sent(message)
    except (NotSent, Overtaken):
        raise
    except Exception as error:
        raise _Unclear from error


def _claimed(message: Message) -> Any:
    return Message.objects.filter(pk=message.pk, state=Message.State.SENDING, attempts=message.attempts)


def _mark_sent(message: Message) -> None:
    sent: dict[str, Any] = {
        "state": Message.State.SENT,
        "settled_at": Now(),
        "lease_until": None,
        "last_error": "",
    }
    if not _claimed(message).update(**sent):
        # it took longer than the lease and was put aside as uncertain; now we know
        late = Message.objects.filter(pk=message.pk, state=Message.State.UNCERTAIN, attempts=message.attempts)
        if not late.update(**sent):
            raise Overtaken


def _postpone(message: Message, until: datetime) -> None:
    """Put it back as if nobody had taken it. Only whoever holds the latest claim takes its number back."""
    _claimed(message).update(
        state=Message.State.QUEUED, attempts=message.attempts - 1, not_before=until, lease_until=None
    )


def _cancel(message: Message, why: str) -> None:
    """Nobody was asked, and nobody will be."""
    _claimed(message).update(
        state=Message.State.CANCELLED, settled_at=Now(), lease_until=None, last_error=why
    )


def _fail(message: Message, error: Exception) -> None:
    told = error.__cause__ if isinstance(error, NotSent | _Unclear) and error.__cause__ else error
    state = Message.State.UNCERTAIN if isinstance(error, _Unclear) else _state_after(message)
    _claimed(message).update(**_put_back(message, state, describe(told)))
    _log.warning(
        "outbox.failed", message_id=str(message.pk), task=message.handler, status=state.value, exc_info=told
    )


def _state_after(message: Message) -> Message.State:
    spent = message.attempts >= settings.OUTBOX_MAX_ATTEMPTS
    return Message.State.DEAD if spent else Message.State.QUEUED


def _put_back(message: Message, state: Message.State, why: str) -> dict[str, Any]:
    wait = wait_after(message.attempts) if state == Message.State.QUEUED else 0
    return {
        "state": state,
        "not_before": Now() + timedelta(seconds=wait),
        "lease_until": None,
        "last_error": why,
    }


def wait_after(attempts: int) -> float:
    """Seconds until the next try: longer each time, and never the same for two messages that failed together."""
    return _jitter.uniform(0, min(LONGEST_WAIT, FIRST_WAIT * GROWTH ** (attempts - 1)))


def settle_abandoned() -> int:
    """The process that sent these is gone. What stays inside is tried again; what may have left is for a person."""
    with transaction.atomic():
        abandoned = list(Message.objects.abandoned(Now()).select_for_update(skip_locked=True)[:100])
        for message in abandoned:
            state = Message.State.UNCERTAIN if _may_have_left(message) else _state_after(message)
            _claimed(message).update(**_put_back(message, state, "process died"))
            _log.warning(
                "outbox.abandoned", message_id=str(message.pk), task=message.handler, status=state.value
            )
    return len(abandoned)


def _may_have_left(message: Message) -> bool:
    try:
        return is_leaving(import_string(message.handler))
    except ImportError:
        return True  # nobody here can tell, so a person decides


@contextmanager
def _scope(message: Message) -> Iterator[None]:
    """One transaction, in the organization the message belongs to."""
    with organization(message.organization_id) if message.organization_id else transaction.atomic():
        yield


@contextmanager
def _through(message: Message) -> Iterator[None]:
    """What is audited meanwhile came through this message."""
    token = door.set(Door(route=f"outbox:{message.topic}"[:120], request_id=str(message.pk)))
    try:
        yield
    finally:
        door.reset(token)
