"""Whose sight and rights the drafts of our forms need: those of the form itself (settings.DRAFT_FORMS)."""

import uuid

from django.http import Http404

from coordination.accounts.models import User
from coordination.lib.permissions import Permission, require
from coordination.worklist.access import get_task
from coordination.worklist.models import Task
from patients.access import get_patient
from patients.models import Patient

Key = tuple[str, uuid.UUID]


def contact_with_patient(user: User, pk: uuid.UUID) -> uuid.UUID | None:
    return get_patient(user, pk, permission=Permission.CONTACT_LOG).pk


def contact_about_task(user: User, pk: uuid.UUID) -> uuid.UUID | None:
    return get_task(user, pk, permission=Permission.CONTACT_LOG).patient_id


def new_task(user: User, pk: uuid.UUID) -> uuid.UUID | None:
    """A task about nobody is typed under one's own name."""
    if pk == user.pk:
        require(user, Permission.TASK_WORK)
        return None
    return get_patient(user, pk, permission=Permission.TASK_WORK).pk


def new_snippet(user: User, pk: uuid.UUID) -> None:
    """Words to keep are about nobody, and typed under one's own name."""
    if pk != user.pk:
        raise Http404


def edited_task(user: User, pk: uuid.UUID) -> uuid.UUID | None:
    return get_task(user, pk, permission=Permission.TASK_WORK).patient_id


# what is done to a task in a dialog of its own, by the last word of its address
ACTS = ("snooze", "assign", "waiting", "due", "done")
DOORS = {
    "contact": contact_with_patient,
    "task-contact": contact_about_task,
    "task": new_task,
    "task-edit": edited_task,
    "snippet": new_snippet,
    **{f"task-{act}": edited_task for act in ACTS},
}


def act_key(act: str, task: Task) -> Key:
    return f"task-{act}", task.pk


def contact_key(patient: Patient, task: Task | None) -> Key:
    """The short form and the full one share a draft: what was typed beside the list is on the full page."""
    return ("task-contact", task.pk) if task is not None else ("contact", patient.pk)


def snippet_key(user: User) -> Key:
    return "snippet", user.pk


def edit_key(task: Task) -> Key:
    return "task-edit", task.pk


def task_key(user: User, patient: Patient | None) -> Key:
    return "task", (patient.pk if patient is not None else user.pk)
