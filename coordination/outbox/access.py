"""The doors to the health of the system: who may look, and who may decide about a stuck message."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count, Min
from django.shortcuts import get_object_or_404
from django.utils import timezone

from coordination.lib.paging import Count as Capped
from coordination.lib.paging import capped_count
from coordination.lib.permissions import Permission, require
from coordination.outbox.models import Message, Slot, Worker
from coordination.outbox.schedule import latest_slot

OPEN = [Message.State.QUEUED, Message.State.SENDING, Message.State.UNCERTAIN, Message.State.DEAD]
SETTLED = [Message.State.SENT, Message.State.CANCELLED]
ALIVE_SECONDS = 120
LATE_SECONDS = 60
COUNTED = 10_000


@dataclass(frozen=True)
class Queue:
    """How many messages are in each state, and for how long the oldest has been due."""

    counts: dict[str, Capped]
    oldest_due: dt.datetime | None

    @property
    def is_late(self) -> bool:
        return self.oldest_due is not None and self.oldest_due < timezone.now() - dt.timedelta(
            seconds=LATE_SECONDS
        )

    @property
    def troubled(self) -> int:
        return self.counts[Message.State.DEAD].number + self.counts[Message.State.UNCERTAIN].number


@dataclass(frozen=True)
class Job:
    """A job of the schedule and its latest run."""

    name: str
    minutes: int
    slot: Slot | None
    is_late: bool


def get_message(user: Any, pk: Any, *, permission: Permission) -> Message:
    """404 for a message of another organization, 403 if the person may not decide about it."""
    message: Message = get_object_or_404(Message.objects.visible_to(user), pk=pk)
    require(user, permission)
    return message


def list_troubled(user: Any) -> Any:
    require(user, Permission.HEALTH_VIEW)
    return Message.objects.visible_to(user).troubled()


def read_queue(user: Any) -> Queue:
    """Return the counts: exact for what is open, up to a cap for what is settled."""
    require(user, Permission.HEALTH_VIEW)
    mine = Message.objects.visible_to(user)
    counts = {state.value: Capped(0) for state in Message.State}
    for row in mine.filter(state__in=OPEN).order_by().values("state").annotate(n=Count("pk")):
        counts[row["state"]] = Capped(row["n"])
    for state in SETTLED:
        counts[state.value] = capped_count(mine.filter(state=state), COUNTED)
    oldest = mine.due(timezone.now()).order_by().aggregate(oldest=Min("not_before"))["oldest"]
    return Queue(counts, oldest)


def list_jobs(user: Any) -> list[Job]:
    """Return each job of the schedule with its latest run, and whether it missed one."""
    require(user, Permission.HEALTH_VIEW)
    slots = Slot.objects.filter(job__in=settings.SCHEDULE).order_by("job", "-due_at").distinct("job")
    latest = {slot.job: slot for slot in slots}
    return [
        Job(name, minutes, latest.get(name), _is_late(latest.get(name), minutes))
        for name, (_path, minutes) in settings.SCHEDULE.items()
    ]


def _is_late(slot: Slot | None, minutes: int) -> bool:
    """The slot before the newest one should have run by now."""
    expected = latest_slot(timezone.now() - dt.timedelta(seconds=ALIVE_SECONDS), minutes)
    return slot is None or slot.due_at < expected


def list_workers(user: Any) -> list[dict[str, Any]]:
    """Return the workers of the last day, the most recently seen first."""
    require(user, Permission.HEALTH_VIEW)
    now = timezone.now()
    seen = Worker.objects.filter(seen_at__gte=now - dt.timedelta(days=1)).order_by("-seen_at")
    alive_since = now - dt.timedelta(seconds=ALIVE_SECONDS)
    return [{"it": worker, "is_alive": worker.seen_at >= alive_since} for worker in seen]
