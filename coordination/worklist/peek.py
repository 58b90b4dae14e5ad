"""The preview beside the list: what one needs to act without leaving it."""

import datetime as dt
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from coordination.accounts.models import User
from coordination.accounts.permissions import Permission
from coordination.drafts.access import read_draft
from coordination.lib import display
from coordination.worklist.access import list_contacts
from coordination.worklist.drafts import contact_key
from coordination.worklist.findings import links_of, named_in, said
from coordination.worklist.forms import QuickLogForm
from coordination.worklist.models import Task
from coordination.worklist.rows import (
    Reader,
    actions_of,
    contact_of,
    due_words,
    ended_actions_of,
    log_address,
    owner_words,
    record_address,
)
from coordination.worklist.sleep import sleep_words
from coordination.worklist.standing import standing_words
from coordination.worklist.turns import repeat_words
from patients.banner import Banner, banner_of
from patients.models import ContactPoint, Patient, RelatedPerson
from patients.safe_contact import line_of, zones_of
from patients.words import born_as_known, language_words

EVENTS = 2


def read_peek(user: User, task: Task, reader: Reader) -> dict[str, Any]:
    """One statement for the record's head and one for the last contacts."""
    seen: dict[str, Any] = {
        "task": task,
        "why": why(task, user),
        "sleep": sleep_words(task, user, reader.now),
        "repeats": repeat_words(task),
        "standing": standing_words(task),
        "owner": owner_words(task, user),
        "may_work": task.may_be_worked_by(user),
        "links": actions_of(task, reader) if task.is_open else ended_actions_of(task, reader),
        "task_url": reverse("worklist:task", args=[task.pk]),
        "checklist": checklist_of(task, user),
    }
    if task.patient is None:
        return seen
    banner = replace(banner_of(user, task.patient), url=record_address(task, task.patient, reader))
    contacts = list_contacts(user, task.patient)[:EVENTS]
    return (
        seen
        | {
            "banner": banner,
            "allergies": allergy_line(banner),
            "similar": similar_line(banner),
            "reach": reach(task.patient, banner, user),
            "events": [contact_of(contact) for contact in contacts],
        }
        | log_form(user, task.patient, task, place="peek")
    )


def log_form(
    user: User,
    patient: Patient,
    task: Task | None,
    *,
    place: str,
    back: str = "",
    data: Any = None,
    refusal: str = "",
) -> dict[str, Any]:
    """The short log form, when there is someone to call and this person may log it."""
    if (
        not user.may(Permission.CONTACT_LOG)
        or not patient.may_be_contacted
        or (task is not None and not task.is_open)
    ):
        return {"form": None}
    draft = read_draft(user, *contact_key(patient, task), part=True, restore=data is None)
    return {
        "form": QuickLogForm(data, user=user, auto_id=f"{place}_%s", initial=draft.fields),
        "draft": draft,
        "refusal": refusal,
        "patient": patient,
        "task": task,
        "place": place,
        "back": back,
        "log_url": log_address(patient, task),
        "full_url": log_address(patient, task),
        "commit": _("Save call for %(name)s") % {"name": patient.display_name},
    }


def checklist_of(task: Task, user: User) -> dict[str, Any]:
    """The steps as this person reads them. `text` is the step as it is stored, by which it is ticked."""
    named = named_in(task, user)
    steps = [
        {"n": n, "text": text, "said": said(text, named), "links": links_of(text, named), "done": bool(step.get("done"))}
        for n, step in enumerate(task.checklist)
        for text in [step.get("text", "")]
    ]  # fmt: skip
    return {
        "steps": steps,
        "done": task.checklist_done,
        "url": reverse("worklist:checklist", args=[task.pk]),
        "open": task.is_open,
    }


def why(task: Task, user: User) -> str:
    """The reason and the clock: 'Discharged 15-Nov. Due 17-Nov 17:00, TCM 2-day limit.'"""
    due = _("Due %(when)s") % {"when": due_words(task, user)}
    clock = f"{due}, {task.due_rule}" if task.due_rule else due
    return f"{task.reason.rstrip('.')}. {clock}."


def allergy_line(banner: Banner) -> dict[str, Any] | None:
    """Exactly four states; None hides it from those who may not see it."""
    found = banner.allergies
    if found is None:
        return None
    words = {
        "known": (_("Known allergies:"), found["text"], "red"),
        "none": (_("Allergies:"), _("no known allergies"), ""),
        "unrecorded": (_("Allergies not recorded:"), _("ask"), "red"),
        "unavailable": (_("Allergies unavailable:"), _("ask before acting"), "red"),
    }
    label, text, tone = words[found["state"]]
    icon = "circle-check" if found["state"] == "none" else "triangle-alert"
    return {"label": label, "text": text, "tone": tone, "icon": icon}


def similar_line(banner: Banner) -> str:
    others = banner.known.similar if banner.known is not None else []
    words = _("%(name)s, born %(day)s")
    return "; ".join(words % {"name": other.display_name, "day": born_as_known(other)} for other in others)


def reach(patient: Patient, banner: Banner, user: User) -> list[dict[str, Any]]:
    """How to reach the patient, with what may be said there beside each number."""
    known = banner.known
    if known is None:
        return []
    today = user.organization.today()
    phones = [
        point for point in known.phones if point.kind not in {ContactPoint.Kind.EMAIL, ContactPoint.Kind.FAX}
    ]
    zones = zones_of([row.state for row in known.addresses], user.organization)
    lines = [_phone(point, n, zones) for n, point in enumerate(phones)]
    if not lines:
        lines = [{"label": _("Phone"), "text": display.not_recorded()}]
    lines += [_person(person) for person in known.people if person.is_proxy_on(today, patient.birth_date)]
    lines.append({"label": _("Language"), "text": language_words(patient)})
    if patient.communication_needs:
        lines.append({"label": _("Needs"), "text": patient.communication_needs})
    return lines


def _phone(point: ContactPoint, n: int, zones: list[ZoneInfo]) -> dict[str, Any]:
    line = line_of(point, at=timezone.now(), zones=zones)
    unasked = point.voicemail == ContactPoint.Voicemail.UNKNOWN and not line["struck"]
    words = [
        _("preferred") if n == 0 and not line["why_not"] else "",
        *line["words"],
        _("voicemail not asked") if unasked else "",
        point.note,
    ]
    return line | {"label": line["kind"], "text": ", ".join(word for word in words if word)}


def _person(person: RelatedPerson) -> dict[str, Any]:
    who = ", ".join(part for part in (person.name, person.relationship) if part)
    line = {"label": _("Proxy"), "before": who, "number": display.phone(person.phone) if person.phone else ""}
    return line | {"tel": display.tel(person.phone), "text": ""}


def follow_up_words(due: dt.datetime, user: User) -> str:
    return display.day_short(due.astimezone(user.organization.zone).date())
