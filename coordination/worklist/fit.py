"""How the work of a list fits into what is left of the working day, between its appointments."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coordination.accounts.models import User
from coordination.worklist.models import Task
from coordination.worklist.querysets import APPOINTMENTS, Clock


def moment(value: Any) -> Any:
    """JSON knows no times: it is read back. What is a time already, or none, stays."""
    return parse_datetime(value) if isinstance(value, str) else value


def workday(user: User, now: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    starts, ends = settings.WORKDAY_HOURS
    day = now.astimezone(user.zone).date()
    return tuple(dt.datetime.combine(day, dt.time(hour), tzinfo=user.zone) for hour in (starts, ends))  # type: ignore[return-value]


def free_slots(user: User, appointments: list[dict[str, Any]], clock: Clock) -> list[int]:
    """The minutes of each gap left in the working day, in order; two appointments at once take the time once."""
    starts, ends = workday(user, clock.now)
    at, slots = max(clock.now, starts), []
    for entry in [*appointments, {"at": ends, "minutes": 0}]:
        begins = min(moment(entry["at"]), ends)
        if begins > at:
            slots.append(int((begins - at).total_seconds() // 60))
        at = max(at, begins + dt.timedelta(minutes=entry["minutes"]))
    return slots


def free_minutes(user: User, appointments: list[dict[str, Any]], clock: Clock) -> int:
    """What is left of the working day, without the appointments."""
    return sum(free_slots(user, appointments, clock))


def how_many_fit(work: Iterable[int], slots: Sequence[int]) -> int:
    """How many pieces of work, taken in their order, can be done: each whole, in the first gap with room for it. The first that
    has no room ends it, for what stands below is less urgent."""
    left, done = list(slots), 0
    for minutes in work:
        gap = next((n for n, room in enumerate(left) if room >= minutes), None)
        if gap is None:
            break
        left[gap] -= minutes
        done += 1
    return done


def is_appointment(task: Task, clock: Clock) -> bool:
    """It stands in the day at its hour (`Clock.appointments`), so it takes none of the free time."""
    today = task.due_has_time and clock.start_of_today <= task.due_at <= clock.end_of_today
    return today and (task.kind in APPOINTMENTS or (task.kind == "call" and task.patient_id is None))


def fit_line(tasks: Sequence[Task], slots: Sequence[int], clock: Clock) -> tuple[Any, str] | None:
    """The last task of the list that fits into today, and what is said below it. None: all of it fits, or nothing does."""
    work = [task for task in tasks if not is_appointment(task, clock)]
    fits = how_many_fit((task.minutes for task in work), slots)
    waits = work[fits:]
    if not fits or not waits:
        return None
    late = sum(1 for task in waits if task.is_critical or task.due_at <= clock.end_of_today)
    words = {"fits": fits, "all": len(work), "waits": len(waits), "late": late}
    sentences = [_("Fits today: %(fits)s of %(all)s shown.") % words]
    if late < len(waits):
        words["waits"] -= late
        more = ngettext(
            "%(waits)s can wait until tomorrow.", "%(waits)s can wait until tomorrow.", words["waits"]
        )
        sentences.append(more % words)
    if late:
        more = ngettext(
            "%(late)s below is due today and will be late: move it or hand it over.",
            "%(late)s below are due today and will be late: move them or hand them over.",
            late,
        )
        sentences.append(more % words)
    return work[fits - 1].pk, " ".join(sentences)
