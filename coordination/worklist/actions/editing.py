"""Changing what a commitment says, by several people at once: different fields merge, the same field is asked about."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from coordination.accounts.models import User
from coordination.lib.refusal import Refused
from coordination.worklist.actions.caseload import lock_open_task
from coordination.worklist.actions.changing import change_task
from coordination.worklist.actions.needing import open_needs, set_needs
from coordination.worklist.actions.repeating import check_repeat
from coordination.worklist.models import Act, Task
from coordination.worklist.querysets import OUTREACH

WORDS = (
    "title", "reason", "context", "kind", "priority", "minutes", "repeat_every", "repeat_unit", "repeat_until",
)  # fmt: skip


@dataclass(frozen=True)
class Edited:
    """The task as it is now, and what somebody else had changed since the form was opened."""

    task: Task
    kept: tuple[str, ...] = ()
    other: str = ""


def as_edited(task: Task) -> dict[str, Any]:
    """The task as its edit form shows it, the checklist as lines; with it what is changed elsewhere, to notice that it was."""
    return {name: getattr(task, name) for name in WORDS} | {
        "checklist": "\n".join(step["text"] for step in task.checklist),
        "needs": open_needs(task),
        "due": task.due_at.isoformat(),
        "owner": str(task.owner_id or task.queue_id),
    }


@transaction.atomic
def edit_task(
    *,
    task: Task,
    by: User,
    values: Mapping[str, Any],
    seen: Mapping[str, Any] | None = None,
    version: int | None = None,
    why: str = "",
) -> Edited:
    """Save `values`, the fields this person changed; `seen` is the task as their form showed it (`as_edited`).

    Somebody else's change of another field stays. Of the same field: Stale, with what is stored. A safety matter is made
    less urgent only with the words why (HOUSE).
    """
    task = lock_open_task(task)
    stored, before = as_edited(task), seen or {}
    meanwhile = version is not None and version != task.version
    values = task.merge(values, seen=before, version=version, stored=stored)
    other = str(task.updated_by)
    kept = [name for name, value in before.items() if name not in values and stored.get(name) != value]
    changes = {name: value for name, value in values.items() if stored[name] != value}
    _check(task, changes, why=why)
    if "checklist" in changes:
        changes["checklist"] = steps_of(changes["checklist"], ticked=task.checklist)
    needed = stored["needs"] if "needs" in changes else None
    if "needs" in changes:
        changes |= set_needs(task, changes.pop("needs"), by=by)
    if changes:
        changes |= _follows(task, changes)
        change_task(task=task, act=Act.EDIT, values=changes, by=by, reason=why.strip(), needs=needed)
    return Edited(task, tuple(kept) if meanwhile else (), other)


def _check(task: Task, changes: Mapping[str, Any], *, why: str) -> None:
    for name, sentence in [("title", _("Say what will be done.")), ("reason", _("Say why now."))]:
        if not changes.get(name, "-").strip():
            raise Refused(sentence, field=name)
    if "priority" in changes and task.is_critical and not why.strip():
        raise Refused(_("This is a safety matter. Say why it is less urgent now."), field="why")
    if changes.get("priority") == Task.Priority.CRITICAL and changes.get("needs", open_needs(task)):
        raise Refused(
            _("A safety matter waits for no other task. Take away what it needs first."), field="needs"
        )
    _check_repeat(task, changes)
    outreach = changes.get("kind") in OUTREACH
    if outreach and task.patient is not None and task.patient.is_deceased:
        raise Refused(
            _("This patient has died. Nothing that reaches out to the patient can be planned."), field="kind"
        )


def _check_repeat(task: Task, changes: Mapping[str, Any]) -> None:
    every, unit, until = (
        changes.get(name, getattr(task, name)) for name in ("repeat_every", "repeat_unit", "repeat_until")
    )
    today = task.organization.today()
    check_repeat(every, unit, until, today=today, until_is_new="repeat_until" in changes)


def _follows(task: Task, changes: Mapping[str, Any]) -> dict[str, Any]:
    """What becomes a safety matter waits on nobody and does not sleep past its limit."""
    values: dict[str, Any] = {}
    if changes.get("priority") != Task.Priority.CRITICAL:
        return values
    if task.status == Task.Status.WAITING:
        values |= {"status": Task.Status.OPEN, "waiting_on": "", "waiting_since": None}
    if task.snoozed_until is not None and task.snoozed_until > task.due_at:
        values |= {"snoozed_until": None, "snooze_reason": "", "wakes_on": ""}
    return values


def steps_of(lines: str, *, ticked: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The steps as typed, one a line. What was ticked stays ticked, wherever it moved to and however it is worded now."""
    typed = [line.strip()[:200] for line in lines.splitlines() if line.strip()]
    done: dict[str, list[bool]] = {}
    for step in ticked:
        done.setdefault(step["text"], []).append(bool(step.get("done")))
    left = [step["text"] for step in ticked]
    steps = [{"text": text, "done": done[text].pop(0)} if done.get(text) else None for text in typed]
    for kind, i, j, k, m in SequenceMatcher(None, left, typed, autojunk=False).get_opcodes():
        if kind == "replace" and j - i == m - k:
            for old, new in zip(range(i, j), range(k, m), strict=True):
                if steps[new] is None:
                    steps[new] = {"text": typed[new], "done": bool(ticked[old].get("done"))}
    return [step or {"text": text, "done": False} for step, text in zip(steps, typed, strict=True)]
