"""What was done to tasks, in words: the act, what it changed from and to, and whether it was undone."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from coordination.accounts.models import User
from coordination.lib import display
from coordination.lib.stored import unpacked
from coordination.worklist.access import name_owners
from coordination.worklist.models import Act, Change, Task
from coordination.worklist.rows import undo_address, who_of
from coordination.worklist.turns import often_words
from patients import changes as records
from patients.models import Patient, RecordChange

# what a person would ask about; the rest follows from it
FIELDS: dict[str, Promise] = {
    "owner": gettext_lazy("Who has it"),
    "queue": gettext_lazy("Queue"),
    "due_at": gettext_lazy("Due"),
    "snoozed_until": gettext_lazy("Sleeps until"),
    "wakes_on": gettext_lazy("Wakes for"),
    "snooze_reason": gettext_lazy("Reason for the sleep"),
    "waiting_on": gettext_lazy("Waiting on"),
    "outcome": gettext_lazy("Outcome"),
    "outcome_note": gettext_lazy("Note"),
    "title": gettext_lazy("What will be done"),
    "reason": gettext_lazy("Why now"),
    "context": gettext_lazy("What helps to do it"),
    "kind": gettext_lazy("Kind"),
    "priority": gettext_lazy("Priority"),
    "minutes": gettext_lazy("Minutes of work"),
    "checklist": gettext_lazy("Checklist"),
    "repeat_every": gettext_lazy("Repeats every"),
    "repeat_unit": gettext_lazy("Repeats in"),
    "repeat_until": gettext_lazy("Repeats until"),
}
ICONS = {
    Act.OPEN: "plus",
    Act.CLOSE: "check",
    Act.REOPEN: "undo-2",
    Act.SNOOZE: "alarm-clock",
    Act.WAKE: "bell",
    Act.ASSIGN: "user-plus",
    Act.CLAIM: "user-check",
    Act.WAIT: "clock",
    Act.RESUME: "clock",
    Act.MOVE: "calendar-clock",
    Act.TICK: "clipboard-check",
    Act.EDIT: "pencil",
    Act.CONTACT: "phone",
}


def told(changes: Iterable[Change], user: User) -> list[dict[str, Any]]:
    """Each act as a line of history, newest first as they come. Owners are named in one statement more."""
    rows = list(changes)
    names = _names(rows)
    now = timezone.now()
    return [_told(change, user, names, now) for change in rows]


def told_of_records(changes: Collection[RecordChange], user: User) -> list[dict[str, Any]]:
    """The same of what was done to records, each with whose record it is."""
    whose = {change.pk: change.patient for change in changes}
    return [
        {**act, "who": who_of(whose[act["pk"]]), "url": _record(whose[act["pk"]])}
        for act in records.told(changes, user)
    ]


def _record(patient: Patient) -> str:
    return reverse("patients:changes", args=[patient.pk])


def _told(change: Change, user: User, names: dict[str, str], now: dt.datetime) -> dict[str, Any]:
    act = change.batch or change
    may = change.may_be_undone_by(user)
    undone = ""
    if change.undone_at is not None:
        words = {"name": change.undone_by, "when": display.moment_short(change.undone_at)}
        undone = _("Undone by %(name)s, %(when)s") % words
    return {
        "act": change.get_act_display(),
        "icon": ICONS.get(Act(change.act), "circle"),
        "title": change.headline,
        "url": reverse("worklist:task", args=[change.task_id]) if change.task_id else "",
        "who": who_of(change.patient) if change.patient is not None else None,
        "at": change.at,
        "by": change.by,
        "details": details_of(change, names, user),
        "batch": batch_words(change),
        "undone": undone,
        "undo_url": undo_address(act) if may and change.can_be_undone(now) and act.can_be_undone(now) else "",
    }


def batch_words(change: Change) -> str:
    if change.batch is None:
        return ""
    n = change.batch.done
    return ngettext("with %(n)s task at once", "with %(n)s tasks at once", n) % {"n": n}


def details_of(change: Change, names: dict[str, str], user: User) -> list[dict[str, str]]:
    """What changed, as label, before and after; a field that was empty on one side says so."""
    before, after = unpacked(Task, change.before), unpacked(Task, change.after)
    turns = {"repeat_every", "repeat_unit"}
    together = turns <= change.before.keys()  # it says how often as one: "every 2 weeks"
    lines = []
    if together:
        lines.append({"label": _("Repeats"), "before": _often(before), "after": _often(after)})
    for name, label in FIELDS.items():
        if name not in change.before or (together and name in turns):
            continue
        column = Task._meta.get_field(name).attname  # type: ignore[union-attr]
        old, new = (_said(name, values[column], names, user) for values in (before, after))
        if old != new:
            lines.append({"label": str(label), "before": old, "after": new})
    return lines


def _often(values: Mapping[str, Any]) -> str:
    every, unit = values["repeat_every"], values["repeat_unit"]
    return often_words(every, unit) if every and unit else ""


def _said(name: str, value: Any, names: dict[str, str], user: User) -> str:
    if value in (None, "", []):
        return ""
    if isinstance(value, dt.datetime):
        here = value.astimezone(user.organization.zone)
        whole_day = here.time() in (dt.time.min, dt.time.max) or (here.hour, here.minute) == (23, 59)
        return display.day_short(here.date()) if whole_day else display.moment_short(value)
    if isinstance(value, dt.date):
        return display.day(value)
    if name in {"owner", "queue"}:
        return names.get(str(value), "")
    if name == "checklist":
        done = sum(1 for step in value if step.get("done"))
        return _("%(done)s of %(n)s done") % {"done": done, "n": len(value)}
    choices: dict[Any, Any] = dict(getattr(Task._meta.get_field(name), "flatchoices", []))
    return str(choices.get(value, value))


def _names(changes: list[Change]) -> dict[str, str]:
    """The people and teams that tasks went from and to."""
    kept = [side for change in changes for side in (change.before, change.after)]
    people = {side["owner"] for side in kept if side.get("owner")}
    teams = {side["queue"] for side in kept if side.get("queue")}
    return name_owners(people, teams)
