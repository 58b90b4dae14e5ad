"""What a sleeping task waits for, in words, and what it says when it woke before its day."""

import datetime as dt

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coordination.accounts.models import User
from coordination.lib import display
from coordination.lib.days import local_date, start_of_day
from coordination.worklist.models import Task

UNTIL: dict[str, Promise] = {
    Task.Event.REPLY: gettext_lazy("Sleeps until a reply, at the latest %(day)s"),
    Task.Event.RESULT: gettext_lazy("Sleeps until a result, at the latest %(day)s"),
    Task.Event.VISIT_KEPT: gettext_lazy("Sleeps until the appointment is kept, at the latest %(day)s"),
}
WOKE: dict[str, Promise] = {
    Task.Event.REPLY: gettext_lazy("Woke: a reply came in on %(day)s"),
    Task.Event.RESULT: gettext_lazy("Woke: a result came in on %(day)s"),
    Task.Event.VISIT_KEPT: gettext_lazy("Woke: the appointment was kept on %(day)s"),
}

IN_VAIN: dict[str, Promise] = {
    Task.Event.REPLY: gettext_lazy("No reply by %(day)s"),
    Task.Event.RESULT: gettext_lazy("No result by %(day)s"),
    Task.Event.VISIT_KEPT: gettext_lazy("Appointment not kept by %(day)s"),
}


def is_asleep(task: Task, now: dt.datetime) -> bool:
    return task.is_open and task.snoozed_until is not None and task.snoozed_until > now


def wake_value(until: dt.datetime, user: User) -> dt.date | dt.datetime:
    """The start of a day where the organization is means that day, the same for everyone in it; else the moment."""
    zone = user.organization.zone
    day = local_date(until, zone)
    return day if start_of_day(day, zone) == until else until


def wake_words(until: dt.datetime, user: User) -> str:
    """ "28-Nov" for a day, "15:20" for a time today, "28-Nov 15:20" for another; times by the clock of the reader."""
    value = wake_value(until, user)
    if not isinstance(value, dt.datetime):
        return display.day_short(value)
    is_today = display.as_day(value) == timezone.localdate()
    return display.hour(value) if is_today else display.moment_short(value)


def sleep_words(task: Task, user: User, now: dt.datetime) -> str:
    """ "Sleeps until a reply, at the latest 28-Nov", "Woke: a reply came in on 21-Nov", "No reply by 28-Nov", or nothing."""
    if not task.is_open or task.snoozed_until is None:
        return task.snooze_reason if task.is_open else ""
    if not is_asleep(task, now):
        words: str | Promise = IN_VAIN.get(task.wakes_on, "")
    else:
        words = UNTIL.get(task.wakes_on) or _("Sleeps until %(day)s")
    return str(words) % {"day": wake_words(task.snoozed_until, user)}


def woke_words(event: str, day: dt.date) -> str:
    return str(WOKE[event]) % {"day": display.day_short(day)}
