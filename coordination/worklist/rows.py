"""A task as one line of a list, and the words of it. Plain values only: a template decides nothing."""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from coordination.accounts.models import User
from coordination.accounts.permissions import Permission
from coordination.lib import display
from coordination.lib.days import local_date
from coordination.worklist.models import Batch, Change, Contact, Task
from coordination.worklist.sleep import is_asleep, sleep_words, wake_words
from patients.banner import emergency_of, with_query
from patients.models import Patient
from patients.walking import along

ICONS = {
    "call": "phone",
    "follow_up": "phone",
    "discharge_call": "hospital",
    "home_visit": "house",
    "visit": "video",
    "meeting": "users",
    "referral": "share-2",
    "authorization": "file-text",
    "assessment": "clipboard-list",
    "medication": "pill",
    "document": "paperclip",
    "transport": "car",
    "coverage": "shield-check",
    "safety": "octagon-alert",
    "data": "pencil",
}
SEX = {
    "female": pgettext_lazy("sex, one letter", "F"),
    "male": pgettext_lazy("sex, one letter", "M"),
    "other": pgettext_lazy("sex, one letter", "X"),
    "unknown": gettext_lazy("sex not known"),
}
# the longer names of kinds, short enough for a column
KINDS = {
    "authorization": gettext_lazy("Prior auth"),
    "discharge_call": gettext_lazy("Transitions"),
    "medication": gettext_lazy("Medications"),
    "data": gettext_lazy("Record"),
}
# how the last contact ended, short enough for a column
OUTCOMES = {
    "reached_patient": gettext_lazy("reached"),
    "reached_caregiver": gettext_lazy("caregiver"),
    "left_voicemail": gettext_lazy("voicemail"),
    "no_answer": gettext_lazy("no answer"),
    "busy": gettext_lazy("busy"),
    "wrong_number": gettext_lazy("wrong no."),
    "disconnected": gettext_lazy("disconnected"),
    "refused": gettext_lazy("refused"),
    "language_barrier": gettext_lazy("language"),
    "callback_scheduled": gettext_lazy("callback"),
    "message_sent": gettext_lazy("message"),
    "message_delivered": gettext_lazy("message"),
    "message_failed": gettext_lazy("msg. failed"),
    "returned_mail": gettext_lazy("returned mail"),
    "in_person_not_home": gettext_lazy("not home"),
}


@dataclass(frozen=True)
class Reader:
    """Who looks, when, and where an action leads back to."""

    user: User
    now: dt.datetime
    peeks: bool = False  # a preview pane stands beside the list
    selected: str = ""
    day: str | None = None  # how the list of My day is asked for; None anywhere else


def who_of(patient: Patient) -> dict[str, Any]:
    """The identity of a row: three identifiers, never cut off."""
    return {
        "name": patient.display_name,
        "born": patient.birth_date,
        "sex": SEX[patient.sex],
        "identifier": patient.record_number,
        "died": patient.deceased_on,
        "similar": patient.has_similar_name,
    }


def strip_of(patient: Patient, user: User) -> dict[str, Any]:
    """The thin head of a dialog about one patient, with the minutes an emergency access still lasts."""
    number = patient.record_number or display.not_recorded()
    return {
        "name": patient.display_name,
        "born": patient.birth_date,
        "died": patient.deceased_on,
        "dead": patient.is_deceased,
        "identifiers": [{"label": _("Record number"), "value": number}],
        "emergency": emergency_of(user, patient),
    }


def name_of(task: Task) -> str:
    return task.patient.display_name if task.patient is not None else task.title


def due_value(task: Task, user: User) -> dt.date | dt.datetime:
    """A time when it has one; else the day, which is the same day for everyone in the organization."""
    return task.due_at if task.due_has_time else local_date(task.due_at, user.organization.zone)


def due_words(task: Task, user: User) -> str:
    """ "20-Nov 17:00", or "20-Nov" for a whole day."""
    value = due_value(task, user)
    return display.moment_short(value) if isinstance(value, dt.datetime) else display.day_short(value)


def tone_of(task: Task, reader: Reader) -> str:
    if not task.is_open:
        return ""
    return "red" if task.is_critical else display.due_tone(due_value(task, reader.user), reader.now)


def note_of(task: Task, reader: Reader) -> str:
    """The second line of the due column: until when it sleeps, or the clock behind the date."""
    if task.snoozed_until is not None and is_asleep(task, reader.now):
        return _("sleeps to %(day)s") % {"day": wake_words(task.snoozed_until, reader.user)}
    return task.due_rule


def context_of(task: Task, reader: Reader) -> str:
    """The second line of the action: what it sleeps for or on whom it waits, else why it is here now and what helps to do it."""
    if sleep := sleep_words(task, reader.user, reader.now):
        return " · ".join(part for part in (sleep, task.reason.rstrip(".")) if part)
    if task.status == Task.Status.BLOCKED:
        words = {"titles": task.waiting_on, "day": display.day_short(task.waiting_since)}
        return _("Needs first: %(titles)s (since %(day)s)") % words
    if task.status == Task.Status.WAITING:
        words = {"whom": task.waiting_on, "day": display.day_short(task.waiting_since)}
        return _("Waiting on %(whom)s since %(day)s") % words
    return " · ".join(part for part in (task.reason.rstrip("."), task.context) if part)


def escalated_words(task: Task, user: User) -> str:
    """ "Escalated to Sue Park, 20-Nov": who has to look at it now, while it is open."""
    if not task.is_open or task.escalated_to is None:
        return ""
    words = {"name": task.escalated_to.name, "day": display.day_short(task.escalated_at)}
    if task.escalated_to_id == user.pk:
        return _("Escalated to you, %(day)s") % words
    return _("Escalated to %(name)s, %(day)s") % words


def row_of(task: Task, reader: Reader) -> dict[str, Any]:
    patient = task.patient
    row: dict[str, Any] = {
        "id": task.pk,
        "tone": tone_of(task, reader),
        "now": task.is_critical,
        "done": not task.is_open,
        "current": reader.selected == str(task.pk),
        "title": task.headline,
        "context": " · ".join(
            part for part in (escalated_words(task, reader.user), context_of(task, reader)) if part
        ),
        "icon": ICONS.get(task.kind, "circle-dot"),
        "due": due_value(task, reader.user),
        "due_note": note_of(task, reader),
        "who": who_of(patient) if patient is not None else {"name": _("No patient"), "nobody": True},
        "program": KINDS.get(task.kind) or task.get_kind_display(),
        "risk": patient.risk if patient is not None else "",
        "last_contact": patient.last_contact_at if patient is not None else None,
        "last_outcome": OUTCOMES.get(patient.last_contact_outcome, "") if patient is not None else "",
        "url": record_address(task, patient, reader) if patient else reverse("worklist:task", args=[task.pk]),
        "task_url": reverse("worklist:task", args=[task.pk]),
        "peek_url": reverse("worklist:peek", args=[task.pk]) if reader.peeks else "",
    }
    links = actions_of(task, reader) if task.is_open else ended_actions_of(task, reader)
    return row | links | ({"assign_url": ""} if reader.peeks else {})  # the preview has it


def record_address(task: Task, patient: Patient, reader: Reader) -> str:
    """The record, which then leads along the list it was opened from (worklist/walking.py)."""
    address = reverse("patients:patient", args=[patient.pk])
    return with_query(address, along(asked_at(reader.day, task.pk)) if reader.day is not None else "")


def asked_at(query: str, task_id: uuid.UUID) -> str:
    """My day at one of its rows, as the address of a record carries it."""
    return "&".join(part for part in ("of=day", query, f"sel={task_id}") if part)


def actions_of(task: Task, reader: Reader) -> dict[str, Any]:
    """The addresses of what this person may do with an open task; empty where they may not."""
    user, links = (
        reader.user,
        dict.fromkeys(
            [
                "done_url",
                "finish_url",
                "snooze_url",
                "assign_url",
                "due_url",
                "edit_url",
                "claim_url",
                "log_url",
            ],
            "",
        ),
    )
    if task.may_be_worked_by(user):
        links["snooze_url"] = reverse("worklist:snooze", args=[task.pk])
        links["assign_url"] = reverse("worklist:assign", args=[task.pk])
        links["due_url"] = reverse("worklist:due", args=[task.pk])
        links["edit_url"] = reverse("worklist:edit", args=[task.pk])
        if task.is_critical or task.status == Task.Status.BLOCKED:  # it ends with words, not with a click
            links["finish_url"] = reverse("worklist:done", args=[task.pk])
        else:
            links["done_url"] = reverse("worklist:done", args=[task.pk])
        if task.queue_id is not None:
            links["claim_url"] = reverse("worklist:claim", args=[task.pk])
    if task.patient is not None and user.may(Permission.CONTACT_LOG):
        links["log_url"] = log_address(task.patient, task)
    return links


def ended_actions_of(task: Task, reader: Reader) -> dict[str, Any]:
    """A row that was just done stays for a while and offers the way back."""
    return {"undo_url": undo_address(task.last_change) if task.may_be_worked_by(reader.user) else ""}


def undo_address(act: Change | Batch | None) -> str:
    """Where an act is undone; empty when there is nothing to undo."""
    return reverse("worklist:undo", args=[act.pk]) if act is not None else ""


def log_address(patient: Patient, task: Task | None = None) -> str:
    address = f"{reverse('worklist:contact_new')}?patient={patient.pk}"
    return f"{address}&task={task.pk}" if task is not None else address


def contact_of(contact: Contact) -> dict[str, Any]:
    """One contact as an event: how it ended, when, by whom, and what was said."""
    return {
        "title": contact.get_outcome_display(),
        "at": contact.occurred_at,
        "mode": contact.get_mode_display(),
        "with": contact.with_whom or contact.get_target_display(),
        "by": contact.staff.name,
        "note": contact.note,
        "reached": contact.is_interactive,
        "text_url": reverse("worklist:contact_text", args=[contact.pk]),
        "undone": contact.undone_at is not None,
    }


def owner_words(task: Task, user: User) -> str:
    if task.owner_id == user.pk:
        return _("You")
    return task.owner.name if task.owner is not None else _("Queue of %(team)s") % {"team": task.queue}
