"""Why a task stands where it stands, in words."""

from collections.abc import Callable

from django.utils.translation import gettext as _

from coordination.worklist.day import hours
from coordination.worklist.models import Task

PARTS: dict[str, Callable[[Task, str], str]] = {
    "risk": lambda task, time: _risk(task) % {"time": time},
    "effort": lambda _task, time: _("%(time)s of work") % {"time": time},
    "reach": lambda _task, time: _("hard to reach %(time)s") % {"time": time},
}


def standing_words(task: Task) -> str:
    """ "Placed 4 h 30 min ahead of its deadline: high risk 4 h, 30 min of work.", or nothing without a head start."""
    parts = {name: task.head_start[name] for name in PARTS if task.head_start.get(name)}
    if not task.is_open or not parts:
        return ""
    words = {
        "time": hours(sum(parts.values())),
        "parts": ", ".join(PARTS[name](task, hours(part)) for name, part in parts.items()),
    }
    return _("Placed %(time)s ahead of its deadline: %(parts)s.") % words


def _risk(task: Task) -> str:
    risk = task.patient.risk if task.patient is not None else ""
    words = {"high": _("high risk %(time)s"), "rising": _("rising risk %(time)s")}
    return words.get(risk) or _("risk %(time)s")
