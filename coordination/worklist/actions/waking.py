"""Tasks that sleep until something happens to their patient: telling them that it did, and waking them."""

import uuid

from django.db import transaction
from django.utils import timezone

from coordination.accounts.models import User
from coordination.lib.days import local_date
from coordination.outbox.actions import post_if
from coordination.worklist.actions.caseload import lock_task
from coordination.worklist.actions.changing import change_task
from coordination.worklist.models import Act, Task
from coordination.worklist.sleep import is_asleep, woke_words


def tell_sleepers(*, patient_id: uuid.UUID | None, event: str, by: User) -> None:
    """Post that `event` happened to this patient, if any task sleeps until it does."""
    if patient_id is not None:
        post_if(
            Task.objects.asleep_for(patient_id, event),
            "patient.news",
            patient_id=patient_id,
            event=event,
            by_id=by.pk,
            organization_id=by.organization_id,
        )


@transaction.atomic
def wake_for_event(*, task: Task, event: str, by: User) -> Task | None:
    """Wake a task because what it slept for happened; None if it is awake, closed or sleeps for something else by now."""
    task = lock_task(task)
    now = timezone.now()
    if task.wakes_on != event or not is_asleep(task, now):
        return None
    reason = woke_words(event, local_date(now, task.organization.zone))
    values = {"snoozed_until": None, "wakes_on": "", "snooze_reason": reason}
    change_task(task=task, act=Act.WAKE, values=values, by=by, detail={"event": event})
    return task
