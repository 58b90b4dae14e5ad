"""Handlers the tests post to. What they did is seen in the audit trail, which goes with their transaction."""

import datetime as dt
import time
from collections.abc import Callable
from functools import partial

from django.db import OperationalError, connection
from psycopg.errors import DeadlockDetected

from coordination.audit.actions import record
from coordination.audit.models import Event
from coordination.outbox.handling import NotNow, NotSent, commits_by_itself, leaves_the_system
from coordination.outbox.models import Message
from patients.models import Patient

CANARY = "Quillfeather Zanzibar"
collisions: list[object] = []
posted: list[str] = []


def note(message: Message) -> None:
    record("test.noted", by=None, detail=message.payload, target=message)


def note_slowly(message: Message) -> None:
    note(message)
    time.sleep(message.payload.get("seconds", 1))


def fail(message: Message) -> None:
    note(message)
    raise ValueError(f"cannot reach {CANARY}")


def not_now(message: Message) -> None:
    note(message)
    raise NotNow(dt.datetime(2099, 1, 6, tzinfo=dt.UTC))


def count_patients(message: Message) -> None:
    record("test.counted", by=None, detail={"n": Patient.objects.count()})


def collide_twice(message: Message) -> None:
    collisions.append(message.pk)
    note(message)
    if len(collisions) <= 2:
        raise OperationalError from DeadlockDetected()


def break_the_database(message: Message) -> None:
    raise OperationalError("server closed the connection")


@commits_by_itself
def commit_in_steps(message: Message) -> None:
    note(message)
    record("test.commits", by=None, detail={"in_transaction": connection.in_atomic_block})
    if message.payload.get("fails"):
        raise ValueError


@leaves_the_system
def send(message: Message) -> Callable[[], None] | None:
    note(message)
    outcome = message.payload.get("outcome", "taken")
    if outcome == "nothing":
        return None
    if outcome == "unprepared":
        raise ValueError("before anything left")
    return partial(_call, message, outcome)


def _call(message: Message, outcome: object) -> None:
    if outcome == "refused":
        raise NotSent from ConnectionRefusedError(CANARY)
    posted.append(message.key)
    if outcome == "lost":
        raise TimeoutError(CANARY)
    if outcome == "slow":
        time.sleep(30)
    if outcome == "late":  # a sweep put it aside as uncertain meanwhile
        Message.objects.filter(pk=message.pk).update(state=Message.State.UNCERTAIN, lease_until=None)
    if outcome == "overtaken":  # somebody cancelled it meanwhile
        Message.objects.filter(pk=message.pk).update(state=Message.State.CANCELLED, lease_until=None)


def noted() -> int:
    return Event.objects.filter(name="test.noted").count()
