"""What stays undone too long goes up: the team's supervisor is told, and the owner stays the owner."""

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from coordination.accounts.models import Organization, User
from coordination.audit.actions import record
from coordination.lib.days import add_business_days, end_of_day
from coordination.lib.refusal import Refused
from coordination.notifications.actions import notify
from coordination.notifications.models import Notification
from coordination.worklist.actions.caseload import lock_open_task
from coordination.worklist.models import Task

# a promise made anew, by another owner or for another time, has not been broken yet
NOT_ESCALATED = {"escalated_at": None, "escalated_to": None}


def overdue_since(house: Organization) -> dt.datetime:
    """The latest due time that is ESCALATE_AFTER_BUSINESS_DAYS business days past today."""
    today = house.today()
    day = today
    while add_business_days(day, settings.ESCALATE_AFTER_BUSINESS_DAYS) > today:
        day -= dt.timedelta(days=1)
    return end_of_day(day, house.zone)


def critical_since(now: dt.datetime) -> dt.datetime:
    return now - dt.timedelta(minutes=settings.ESCALATE_CRITICAL_MINUTES)


@transaction.atomic
def escalate_task(*, task: Task, to: User, by: User) -> Task | None:
    """Put a late task before a supervisor and tell both, once. None if it ended or moved meanwhile."""
    try:
        task = lock_open_task(task)
    except Refused:
        return None
    now = timezone.now()
    late = critical_since(now) if task.is_critical else overdue_since(task.organization)
    if task.escalated_at is not None or task.due_at > late:
        return None
    changed = task.change({"escalated_at": now, "escalated_to": to}, by=by)
    record("task.escalated", by=by, target=task, changed=changed, detail={"user_id": str(to.pk)})
    owner = task.owner.name if task.owner is not None else str(task.queue)
    said = {"title": task.title, "owner": owner, "name": to.name}
    _tell(task, to, _("Late, and now before you: %(title)s (%(owner)s has it).") % said, by=by)
    if task.owner is not None:
        _tell(
            task, task.owner, _("Late, and now before %(name)s: %(title)s. You still have it.") % said, by=by
        )
    return task


def _tell(task: Task, user: User, text: str, *, by: User) -> None:
    notify(
        user=user,
        kind=Notification.Kind.SAFETY if task.is_critical else Notification.Kind.DUE,
        text=text[:300],
        route="worklist:task",
        subject_id=task.pk,
        patient_id=task.patient_id,
        key=f"task.escalated:{task.pk}:{task.version}",
        by=by,
    )
