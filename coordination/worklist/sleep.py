"""What a sleeping task waits for, in words, and what it says when it woke before its day."""

import datetime as dt

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coordination.lib import display
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


def sleep_words(task: Task, now: dt.datetime) -> str:
    """ "Sleeps until a reply, at the latest 28-Nov", "Woke: a reply came in on 21-Nov", "No reply by 28-Nov", or nothing."""
    if not task.is_open or task.snoozed_until is None:
        return task.snooze_reason if task.is_open else ""
    if not is_asleep(task, now):
        words: str | Promise = IN_VAIN.get(task.wakes_on, "")
    else:
        words = UNTIL.get(task.wakes_on) or _("Sleeps until %(day)s")
    return str(words) % {"day": display.day_short(task.snoozed_until)}


def woke_words(event: str, day: dt.date) -> str:
    return str(WOKE[event]) % {"day": display.day_short(day)}
