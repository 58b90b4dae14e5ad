"""What the worklist adds to a patient's record: the open tasks of the overview, and what is still ahead in the timeline."""

from django.urls import reverse
from django.utils import timezone

from coordination.accounts.models import User
from coordination.accounts.permissions import Permission
from coordination.worklist.access import list_open_tasks
from coordination.worklist.rows import ICONS, Reader, owner_words, row_of, tone_of
from patients.models import Patient
from patients.panels import Ahead, Panel

SHOWN = 5
AHEAD = 20


def open_tasks(user: User, patient: Patient) -> Panel | None:
    """The next open tasks about a patient, and how many there are; hidden from those who may not see tasks."""
    if not user.may(Permission.TASK_VIEW):
        return None
    tasks = list(list_open_tasks(user, patient)[:SHOWN])
    reader = Reader(user, timezone.now())
    rows = [row_of(task, reader) | {"owner": owner_words(task, user)} for task in tasks]
    may_add = user.may(Permission.TASK_WORK) and patient.may_be_contacted
    return Panel(
        "worklist/_panel.html",
        {
            "rows": rows,
            "total": patient.open_tasks,
            "all_url": reverse("worklist:patient_tasks", args=[patient.pk]),
            "new_url": f"{reverse('worklist:task_new')}?patient={patient.pk}" if may_add else "",
        },
    )


def ahead(user: User, patient: Patient) -> list[Ahead]:
    if not user.may(Permission.TASK_VIEW):
        return []
    reader = Reader(user, timezone.now())
    return [
        Ahead(
            title=task.headline,
            id=task.pk,
            at=task.due_at,
            text=task.reason,
            by=owner_words(task, user),
            icon=ICONS.get(task.kind, "circle-dot"),
            tone=tone_of(task, reader),
            url=reverse("worklist:task", args=[task.pk]),
        )
        for task in list_open_tasks(user, patient)[:AHEAD]
    ]
