"""Plain text to copy into another record. Each address has the door of the page it is about, and is written down as an export."""

import datetime as dt
import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from coordination.accounts.permissions import Permission
from coordination.audit.actions import record_access
from coordination.audit.models import Event
from coordination.lib.day_field import DayField
from coordination.worklist.access import (
    get_contact,
    get_task,
    list_contacts,
    list_contacts_about,
    list_contacts_on,
    list_open_tasks,
)
from coordination.worklist.notes import contact_note, day_note, patient_note, task_note
from coordination.worklist.rows import strip_of
from coordination.worklist.views.answers import back_to, person
from patients.access import get_patient
from patients.models import Patient

LAST = 5
SHOWN = 20  # open tasks of an overview


@require_safe
def contact_text(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    contact = get_contact(person(request), pk)
    return _answer(request, contact_note(person(request), contact), contact, contact.patient)


@require_safe
def task_text(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = person(request)
    task = get_task(user, pk)
    contacts = list(list_contacts_about(user, task).select_related("next_task")[:20])
    return _answer(request, task_note(user, task, contacts), task, task.patient)


@require_safe
def patient_text(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The overview."""
    user = person(request)
    patient = get_patient(user, pk)
    tasks, contacts = list_open_tasks(user, patient)[: SHOWN + 1], list_contacts(user, patient)[:LAST]
    text = patient_note(user, patient, list(tasks), list(contacts), most=SHOWN)
    return _answer(request, text, patient, patient)


@require_safe
def patient_contacts_text(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The contacts of one day of the organization (`day`), today unless told."""
    user = person(request)
    patient = get_patient(user, pk, permission=Permission.TASK_VIEW)
    day = _day(request.GET.get("day", "")) or user.organization.today()
    contacts = list(list_contacts_on(user, patient, day))
    return _answer(request, day_note(user, patient, day, contacts), patient, patient)


def _day(text: str) -> dt.date | None:
    try:
        day: dt.date | None = DayField(required=False).clean(text)
    except ValidationError:
        return None
    return day


def _answer(request: HttpRequest, text: str, target: models.Model, patient: Patient | None) -> HttpResponse:
    """The bare text; `as=page` shows it in a field, for whoever has no script or no clipboard."""
    detail: dict[str, Any] = {"what": target._meta.model_name}
    pk = patient.pk if patient else None
    record_access(
        Event.Kind.EXPORT, "text.copied", by=person(request), target=target, patient_id=pk, detail=detail
    )
    if request.GET.get("as") == "page":
        banner = strip_of(patient, person(request)) if patient else None
        return render(
            request, "worklist/text.html", {"text": text, "banner": banner, "back": back_to(request)}
        )
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response
