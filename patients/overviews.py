"""The figures on top of a record, the first steps with a new patient, and the access log in words."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coordination.accounts.models import User
from coordination.accounts.permissions import Permission
from coordination.lib import display
from patients.facts import Facts
from patients.models import Patient
from patients.timeline import title_words
from patients.words import coverage_words, language_words

Item = dict[str, Any]


def tiles(user: User, patient: Patient, known: Facts) -> list[Item]:
    """Each figure leads to what is behind it."""
    shown = _work_tiles(patient) if user.may(Permission.TASK_VIEW) else []
    return [
        *shown,
        _coverage_tile(user, patient, known),
        _team_tile(patient, known),
        _language_tile(user, patient),
    ]


def _work_tiles(patient: Patient) -> list[Item]:
    tasks = reverse("worklist:patient_tasks", args=[patient.pk])
    due = patient.next_due_at
    late = display.due_tone(due)
    return [
        {
            "url": tasks,
            "label": _("Next due"),
            "value": display.due_head(due) if due else _("Nothing open"),
            "small": display.due_text(due) if late else "",
            "small_tone": late,
            "note": _("The next promise made to the patient") if due else _("No promise is open"),
        },
        {
            "url": reverse("patients:timeline", args=[patient.pk]) + "?kind=contacts",
            "label": _("Last contact"),
            "value": display.ago(patient.last_contact_at),
            "note": ", ".join(
                part
                for part in (
                    title_words("contact", patient.last_contact_outcome),
                    display.moment_short(patient.last_contact_at) if patient.last_contact_at else "",
                )
                if part
            ),
        },
        {
            "url": tasks,
            "label": _("Open tasks"),
            "value": patient.open_tasks,
            "note": patient.coordinator.name if patient.coordinator else _("No coordinator"),
        },
    ]


def _coverage_tile(user: User, patient: Patient, known: Facts) -> Item:
    today = user.organization.today()
    paying = [row for row in known.coverages if row.pays_on(today)]
    checked = [row.verified_at for row in paying if row.verified_at]
    note = _("Verified %(day)s") % {"day": display.day(max(checked))} if checked else _("Not verified")
    return {
        "url": reverse("patients:coverage", args=[patient.pk]),
        "label": _("Coverage"),
        "value": coverage_words(paying[0]) if paying else display.not_recorded(),
        "note": note if paying else _("No plan in force"),
    }


def _team_tile(patient: Patient, known: Facts) -> Item:
    family = len(known.people)
    words = ngettext("%(n)s family or other contact", "%(n)s family and other contacts", family)
    return {
        "url": reverse("patients:people", args=[patient.pk]),
        "label": _("Care team"),
        "value": known.care_team,
        "note": words % {"n": family},
    }


def _language_tile(user: User, patient: Patient) -> Item:
    tile = {"label": _("Language"), "value": language_words(patient), "note": patient.communication_needs}
    return (
        {**tile, "url": reverse("patients:edit", args=[patient.pk])}
        if user.may(Permission.PATIENT_EDIT)
        else tile
    )


def starter_steps(user: User, patient: Patient, known: Facts) -> list[Item]:
    """What makes a new patient's record fit for work. Shown until the first contact; nothing for who may not do it."""
    if patient.last_contact_at is not None or not patient.may_be_contacted:
        return []
    people = reverse("patients:people", args=[patient.pk])
    history = reverse("patients:history", args=[patient.pk])
    steps = [
        (Permission.CONTACT_LOG, _("Make the first contact"), _contact_url(patient), False),
        (
            Permission.CARE_TEAM_EDIT,
            _("Name the primary coordinator"),
            people,
            patient.coordinator_id is not None,
        ),
        (Permission.CONSENT_EDIT, _("Record what the patient agrees to"), people, bool(known.consents)),
        (
            Permission.HISTORY_EDIT,
            _("Ask about allergies"),
            history,
            patient.allergy_status != "not_recorded",
        ),
        (
            Permission.COVERAGE_EDIT,
            _("Add coverage"),
            reverse("patients:coverage", args=[patient.pk]),
            bool(known.coverages),
        ),
    ]
    return [
        {"label": label, "url": url, "done": done} for right, label, url, done in steps if user.may(right)
    ]


def _contact_url(patient: Patient) -> str:
    return f"{reverse('worklist:contact_new')}?patient={patient.pk}"


def event_line(event: Any) -> Item:
    """One line of the access log: who, when, what, why."""
    page = event.detail.get("page", "")
    done = event.name.replace(".", " ").replace("_", " ")
    return {
        "at": event.at,
        "who": event.actor_name or _("The system"),
        "kind": event.get_kind_display(),
        "what": page or done,
        "why": event.reason
        or {"TREAT": _("Care"), "BTG": _("Break-glass")}.get(event.purpose, event.purpose),
        "denied": event.outcome == "denied",
    }
