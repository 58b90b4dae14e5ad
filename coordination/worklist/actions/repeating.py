"""A commitment that comes again: the next one opens when this one is closed in its turn."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from coordination.lib.days import local_date
from coordination.lib.refusal import Refused
from coordination.worklist.due import Due, turn_after
from coordination.worklist.models import Task

IN_TURN = {Task.Outcome.COMPLETED, Task.Outcome.REACHED, Task.Outcome.NOT_REACHED}
COPIED = (
    "kind", "title", "reason", "context", "minutes", "priority", "due_rule", "subject_route", "subject_id",
    "repeat_every", "repeat_unit", "repeat_until", "patient", "owner", "queue",
)  # fmt: skip


def check_repeat(
    every: int | None, unit: str, until: dt.date | None, *, today: dt.date, until_is_new: bool = True
) -> None:
    """How often, and of what, belong together; a last day that is chosen now is still to come."""
    if bool(every) != bool(unit) or (until and not every):
        raise Refused(_("Say how often it repeats: a number, and of what."), field="repeat_every")
    if until_is_new and until and until < today:
        raise Refused(_("Choose a last day that is still to come."), field="repeat_until")


def next_of(task: Task) -> dict[str, Any] | None:
    """What opens after a task that has just ended, as `place_task` takes it; None when nothing comes again.

    It ends with the last day of the repeat, with the patient's death and with the end of care. What was closed because it was a
    mistake or not needed any more does not come again.
    """
    if not task.repeat_every or task.outcome not in IN_TURN:
        return None
    patient, house = task.patient, task.organization
    if patient is not None and (patient.is_deceased or patient.status != patient.Status.ACTIVE):
        return None
    turn = local_date(task.due_at, house.zone)
    day = turn_after(turn, task.repeat_every, task.repeat_unit, today=house.today())
    if task.repeat_until is not None and day > task.repeat_until:
        return None
    time = task.due_at.astimezone(house.zone).time()
    return {name: getattr(task, name) for name in COPIED} | {
        "due": Due.at_time(day, time, house.zone) if task.due_has_time else Due.on(day, house),
        "checklist": [{"text": step["text"], "done": False} for step in task.checklist],
        "source": Task.Source.REPEAT,
        # closed, undone and closed again it opens again: the same end opens it once
        "source_key": f"repeat:{task.pk}:{task.version}",
        "follows": task,
    }
