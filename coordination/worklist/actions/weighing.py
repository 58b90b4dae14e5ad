"""Keeping the head start of tasks true. It is no act of a person: no version, no history, nothing to undo."""

import uuid
from collections.abc import Collection

from django.db import transaction

from coordination.outbox.actions import post
from coordination.worklist.actions.caseload import lock_tasks
from coordination.worklist.models import Task
from coordination.worklist.priority import head_start_of, work_at

WEIGHT = ("head_start", "work_at")


def weigh(task: Task) -> list[str]:
    """Set the head start of a task as it is now, and where it stands; the caller saves. Returns the fields that differ.

    What has ended keeps its place: a page that goes on after it must find it.
    """
    if not task.is_open:
        return []
    patient = task.patient
    parts = head_start_of(
        kind=task.kind,
        minutes=task.minutes,
        attempt=task.attempt,
        risk=patient.risk if patient is not None else None,
        last_outcome=patient.last_contact_outcome if patient is not None else "",
    )
    weight = {"head_start": parts, "work_at": work_at(task.due_at, parts)}
    changed = [name for name, value in weight.items() if getattr(task, name) != value]
    for name in changed:
        setattr(task, name, weight[name])
    return changed


@transaction.atomic
def weigh_again(ids: Collection[uuid.UUID]) -> int:
    """Weigh these open tasks after something about their patients changed. Returns how many stand elsewhere now."""
    moved = [task for task in lock_tasks(ids).values() if weigh(task)]
    Task.objects.bulk_update(moved, WEIGHT)
    return len(moved)


def have_weighed(*patient_ids: uuid.UUID, organization_id: uuid.UUID) -> None:
    """Have the open tasks of patients weighed again, outside of the act that makes it necessary."""
    for pk in patient_ids:
        post("patient.weighed", patient_id=pk, organization_id=organization_id)
