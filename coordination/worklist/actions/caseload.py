"""Locks, and the figures of the caseload row that every change of a task or contact keeps right."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection
from django.db.models import (
    Case,
    Count,
    DateTimeField,
    IntegerField,
    Min,
    OuterRef,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Least
from django.utils.translation import gettext as _

from coordination.lib import display
from coordination.lib.acting import update_last
from coordination.lib.refusal import Refused
from coordination.worklist.models import Contact, Task
from patients.models import Patient


def lock_task(task: Task) -> Task:
    """Lock the task, then its patient, in one statement and always in this order.

    The patient is locked because the figures of the caseload row are counted afresh after the change: two people who close
    two tasks of one patient at once would otherwise each miss the other's. What the door locked in this very transaction
    (`get_task(..., to_change=True)`) is as it is.
    """
    if task.held_in is not None and task.held_in in connection.atomic_blocks[:1]:
        return task
    tasks = Task.objects.alone() if task.patient_id is None else Task.objects.with_its_patient()
    locked: Task = tasks.get(pk=task.pk)
    return locked


def lock_open_task(task: Task, *, version: int | None = None) -> Task:
    """Lock a task that is still open and, when a form edits it, as the person saw it."""
    locked = lock_task(task)
    if not locked.is_open:
        raise Refused(already_closed(locked))
    locked.expect_version(version)
    return locked


def lock_tasks(ids: Collection[Any]) -> dict[Any, Task]:
    """Lock many tasks, then their patients, each in the order of their ids: two batches wait for each other, never both."""
    if not ids:
        return {}
    rows = Task.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=ids).order_by("pk")
    tasks = {task.pk: task for task in rows.select_related("closed_by", "updated_by", "owner", "queue")}
    patients = lock_patients({task.patient_id for task in tasks.values()})
    for task in tasks.values():
        task.patient = patients.get(task.patient_id)
    return tasks


def lock_patients(ids: Collection[Any]) -> dict[Any, Patient]:
    wanted = [pk for pk in ids if pk is not None]
    if not wanted:
        return {}
    locked = Patient.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
    return {patient.pk: patient for patient in locked}


def lock_patient(patient: Patient) -> Patient:
    locked: Patient = Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    return locked


def already_closed(task: Task) -> str:
    words = {"name": task.closed_by, "when": display.moment_short(task.closed_at)}
    return _("%(name)s closed this task on %(when)s.") % words


def settle(*patient_ids: Any, **more: Any) -> None:
    """Count the open tasks of each patient afresh, at the end of the act. Call it with the patients locked."""
    wanted = [pk for pk in patient_ids if pk is not None]
    if not wanted:
        return
    update_last(lambda unsent: (Patient.objects.filter(pk__in=wanted), _figures(unsent) | more))


def _figures(unsent: Sequence[Any]) -> dict[str, Any]:
    """The figures of the caseload row: of the tasks as they are stored, and of those that are written with them."""
    mine = {task.pk: task for task in unsent if isinstance(task, Task) and task.patient_id is not None}
    tasks = Task.objects.filter(patient=OuterRef("pk")).open().exclude(pk__in=list(mine))
    stored = tasks.order_by().values("patient")
    due: dict[Any, list[dt.datetime]] = {}
    for task in mine.values():
        if task.is_open:
            due.setdefault(task.patient_id, []).append(task.due_at)
    more = [When(pk=pk, then=Value(len(times))) for pk, times in due.items()]
    sooner = [When(pk=pk, then=Value(min(times))) for pk, times in due.items()]
    return {
        "open_tasks": Coalesce(Subquery(stored.annotate(n=Count("id")).values("n")), 0)
        + Case(*more, default=Value(0), output_field=IntegerField()),
        "next_due_at": Least(  # which passes over nulls
            Subquery(stored.annotate(first=Min("due_at")).values("first")),
            Case(*sooner, default=Value(None), output_field=DateTimeField()),
        ),
    }


def last_contact() -> dict[str, Any]:
    """The newest contact that was not taken back, read from the contacts themselves: for `settle`."""
    standing = Contact.objects.filter(patient=OuterRef("pk")).standing().newest_first()
    return {
        "last_contact_at": Subquery(standing.values("occurred_at")[:1]),
        "last_contact_outcome": Coalesce(Subquery(standing.values("outcome")[:1]), Value("")),
    }
