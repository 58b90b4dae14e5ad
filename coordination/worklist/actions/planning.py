"""Changing when, by whom and in which order a commitment is kept, without ending it."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coordination.accounts.models import Team, User
from coordination.lib import display
from coordination.lib.acting import acting
from coordination.lib.refusal import Refused
from coordination.worklist.actions.caseload import lock_open_task, settle
from coordination.worklist.actions.changing import Draft, change_task
from coordination.worklist.actions.escalating import NOT_ESCALATED
from coordination.worklist.actions.tasks import check_owner, tell_owner
from coordination.worklist.due import Due
from coordination.worklist.models import Act, Task

AWAKE = {"snoozed_until": None, "wakes_on": "", "snooze_reason": ""}


@acting
def snooze_task(
    *,
    task: Task,
    by: User,
    until: dt.datetime,
    wakes_on: str = "",
    reason: str = "",
    version: int | None = None,
    draft: Draft | None = None,
) -> Task:
    """Let a task sleep until a time, or until something happens to its patient and at the latest until then.

    Past its due time it needs a reason, and what it waits for is one; a critical one never sleeps past its limit.
    """
    task = lock_open_task(task, version=version)
    check_snooze(task, until=until, reason=reason, wakes_on=wakes_on)
    values = {"snoozed_until": until, "wakes_on": wakes_on, "snooze_reason": reason.strip()}
    change_task(task=task, act=Act.SNOOZE, values=values, by=by, draft=draft)
    return task


def check_snooze(task: Task, *, until: dt.datetime, reason: str, wakes_on: str = "") -> None:
    now = timezone.now()
    if until <= now:
        raise Refused(_("Choose a time that is still to come."), field="when")
    if until > now + dt.timedelta(days=settings.SNOOZE_MAX_DAYS):
        sentence = ngettext(
            "A task sleeps for at most %(n)s day.",
            "A task sleeps for at most %(n)s days.",
            settings.SNOOZE_MAX_DAYS,
        )
        raise Refused(sentence % {"n": settings.SNOOZE_MAX_DAYS}, field="when")
    if task.is_critical and until > task.due_at:
        words = {"limit": display.moment_short(task.due_at)}
        raise Refused(_("A safety matter cannot sleep past its limit, %(limit)s.") % words, field="when")
    if wakes_on and task.patient_id is None:
        raise Refused(_("A task about no patient sleeps until a day."), field="wakes_on")
    if until > task.due_at and not (reason.strip() or wakes_on):
        sentence = _("It would sleep past its due time. Say why that is all right.")
        raise Refused(sentence, field="reason")


@acting
def wake_task(*, task: Task, by: User) -> Task:
    task = lock_open_task(task)
    if task.snoozed_until is None:
        raise Refused(_("This task is not asleep."))
    change_task(task=task, act=Act.WAKE, values=AWAKE, by=by)
    return task


@acting
def assign_task(
    *,
    task: Task,
    by: User,
    owner: User | None = None,
    queue: Team | None = None,
    version: int | None = None,
    draft: Draft | None = None,
) -> Task:
    """Hand a task to one person or to a team's queue. Whoever gets it must be able to see the patient."""
    task = lock_open_task(task, version=version)
    check_owner(patient=task.patient, owner=owner, queue=queue, by=by)
    values = owner_values(task, owner=owner, queue=queue)
    change_task(task=task, act=Act.ASSIGN, values=values, by=by, draft=draft)
    tell_owner(task, by=by)
    return task


def owner_values(task: Task, *, owner: User | None, queue: Team | None) -> dict[str, Any]:
    """What another owner changes with it."""
    if (task.owner, task.queue) == (owner, queue):
        raise Refused(_("That is who has it already."), field="to")
    return {"owner": owner, "queue": queue} | NOT_ESCALATED


@acting
def claim_task(*, task: Task, by: User) -> Task:
    """Take a task out of a queue. Of several people who click at once, one gets it."""
    task = lock_open_task(task)
    if task.queue_id is None:
        raise Refused(_("%(name)s has this task already.") % {"name": task.owner}, field="to")
    change_task(task=task, act=Act.CLAIM, values={"owner": by, "queue": None} | NOT_ESCALATED, by=by)
    return task


@acting
def set_waiting(
    *, task: Task, by: User, waiting_on: str, version: int | None = None, draft: Draft | None = None
) -> Task:
    """Say on whom it waits, since now. Nobody: it is work again."""
    task = lock_open_task(task, version=version)
    waiting_on = waiting_on.strip()
    if task.status == Task.Status.BLOCKED:
        words = {"titles": task.waiting_on}
        raise Refused(
            _("It needs this first: %(titles)s. Edit the task to change that.") % words, field="waiting_on"
        )
    if waiting_on and task.is_critical:
        raise Refused(
            _("A safety matter waits on nobody. Act, or hand it to someone who can."), field="waiting_on"
        )
    if not waiting_on and task.status != Task.Status.WAITING:
        raise Refused(_("Say on whom it waits."), field="waiting_on")
    since = task.waiting_since if task.status == Task.Status.WAITING else timezone.now()
    status = Task.Status.WAITING if waiting_on else Task.Status.OPEN
    values = {"status": status, "waiting_on": waiting_on, "waiting_since": since if waiting_on else None}
    act = Act.WAIT if waiting_on else Act.RESUME
    change_task(task=task, act=act, values=values, by=by, draft=draft)
    return task


@acting
def change_due(
    *,
    task: Task,
    by: User,
    due: Due,
    reason: str = "",
    version: int | None = None,
    draft: Draft | None = None,
) -> Task:
    """Move the due time. The limit of a safety matter moves closer only."""
    task = lock_open_task(task, version=version)
    check_due(task, due)
    change_task(
        task=task, act=Act.MOVE, values=due_values(task, due), by=by, reason=reason.strip(), draft=draft
    )
    settle(task.patient_id)
    return task


def check_due(task: Task, due: Due) -> None:
    if task.is_critical and due.at > task.due_at:
        raise Refused(_("The limit of a safety matter cannot be moved out."), field="day")
    if due.at < timezone.now():
        raise Refused(_("Choose a time that is still to come."), field="day")


def due_values(task: Task, due: Due) -> dict[str, Any]:
    """What a new due time changes with it."""
    values: dict[str, Any] = {"due_at": due.at, "due_has_time": due.has_time}
    if due.at != task.due_at:
        values |= {"due_rule": ""} | NOT_ESCALATED  # the clock behind it was another one
    if task.is_critical and task.snoozed_until is not None and task.snoozed_until > due.at:
        values |= AWAKE  # it may not sleep past its new limit
    return values


@acting
def tick_checklist(*, task: Task, by: User, step: int, done: bool, text: str = "") -> Task:
    """Tick one step, or take the tick away. Steps others tick meanwhile stay ticked.

    `text` is the step as the person saw it: when someone has put the list in another order, it is that one that is ticked.
    """
    task = lock_open_task(task)
    texts = [item["text"] for item in task.checklist]
    if text and not (0 <= step < len(texts) and texts[step] == text):
        step = texts.index(text) if text in texts else -1
    if not 0 <= step < len(texts):
        raise Refused(_("That step is not on the list any more."))
    steps = [dict(item) for item in task.checklist]
    steps[step]["done"] = done
    detail = {"step": step, "done": done}
    change_task(task=task, act=Act.TICK, values={"checklist": steps}, by=by, detail=detail)
    return task
