"""The patient banner: who this is, how to reach them safely, and what must not be overlooked.

    banner = banner_of(user, patient)          the banner alone
    page = record_page(user, patient, "tasks") banner, tabs and title, as every page of the record wants them

What a role may not see is not in it (front desk: no allergies, no safety note). One statement reads it all.
"""

import datetime as dt
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coordination.accounts.keys import COMMANDS, key_of, shown
from coordination.accounts.models import User
from coordination.accounts.permissions import Permission
from coordination.lib import display
from patients.alerts import alerts_of
from patients.facts import Facts, facts_of
from patients.models import Allergy, ContactPoint, Identifier, Patient
from patients.querysets import scope_of
from patients.words import (
    born_as_known,
    coverage_words,
    gender_words,
    language_words,
    phone_words,
    proxy_words,
)

Item = dict[str, Any]


@dataclass(frozen=True)
class Banner:
    """What templates/components/_banner.html shows."""

    patient_id: Any
    url: str
    name: str
    title: str
    preferred: str
    born: dt.date | None
    born_text: str  # the date as it is known, with the age
    died: dt.date | None
    dead: bool
    gender: str
    identifiers: list[Item]
    coordinator: str
    marks: list[Item] = field(default_factory=list)
    actions: list[Item] = field(default_factory=list)
    more: list[Item] = field(default_factory=list)
    facts: list[Item] = field(default_factory=list)
    details: list[Item] = field(default_factory=list)
    allergies: Item | None = None
    alerts: list[Item] = field(default_factory=list)
    walk: Item | None = None
    emergency: Item | None = None  # sight that ends by itself (components/_emergency.html)
    known: Facts | None = None  # the rows behind it, so that a page need not read them again


@dataclass(frozen=True)
class Tab:
    key: str
    route: str
    label: Promise
    any_of: tuple[Permission, ...]


TABS = [
    Tab("overview", "patients:patient", gettext_lazy("Overview"), (Permission.PATIENT_VIEW,)),
    Tab(
        "timeline",
        "patients:timeline",
        gettext_lazy("Timeline"),
        (Permission.HISTORY_VIEW, Permission.TASK_VIEW),
    ),
    Tab("tasks", "worklist:patient_tasks", gettext_lazy("Tasks"), (Permission.TASK_VIEW,)),
    Tab("people", "patients:people", gettext_lazy("People and consent"), (Permission.PATIENT_VIEW,)),
    Tab("coverage", "patients:coverage", gettext_lazy("Coverage"), (Permission.PATIENT_VIEW,)),
    Tab("history", "patients:history", gettext_lazy("Health history"), (Permission.HISTORY_VIEW,)),
    Tab("access", "patients:access", gettext_lazy("Access log"), (Permission.ACCESS_LOG_VIEW,)),
]


def record_page(
    user: User, patient: Patient, tab: str = "", *, label: str = "", walk: Item | None = None
) -> dict[str, Any]:
    """Return the context of a page of the record: patient, banner, tabs, a title that starts with who it is.

    `label` names a page that is no tab of its own ("Add an allergy"); it stays under `tab`. `walk` is the list one goes along
    (patients/walking.py).
    """
    current = next((entry for entry in TABS if entry.key == tab), None)
    query = walk["query"] if walk else ""
    return {
        "patient": patient,
        "along": query,
        "banner": banner_of(user, patient, walk=walk),
        "tabs": tabs_of(user, patient, tab, query),
        "page_title": page_title(patient, label or (str(current.label) if current else "")),
    }


def page_title(patient: Patient, label: str = "") -> str:
    """OKAFOR, Grace, born 14-Mar-1958 · Timeline: the tabs of the browser are safe to tell apart."""
    who = _("%(name)s, born %(day)s") % {"name": patient.display_name, "day": born_as_known(patient)}
    return f"{who} · {label}" if label else who


def tabs_of(user: User, patient: Patient, current: str = "", query: str = "") -> list[Item]:
    """The tabs this person may open, in their fixed order; each knows the list one goes along."""
    counts = {"tasks": patient.open_tasks or None}
    return [
        {
            "url": with_query(reverse(tab.route, args=[patient.pk]), query),
            "label": tab.label,
            "count": counts.get(tab.key),
            "current": tab.key == current,
        }
        for tab in TABS
        if any(user.may(permission) for permission in tab.any_of)
    ]


def with_query(url: str, query: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{query}" if query else url


def banner_of(user: User, patient: Patient, *, walk: Item | None = None) -> Banner:
    """Everything the banner shows to this person. `get_patient` brings the coordinator and team along."""
    known = facts_of(user, patient)
    today = user.organization.today()
    return Banner(
        patient_id=patient.pk,
        url=with_query(reverse("patients:patient", args=[patient.pk]), walk["query"] if walk else ""),
        name=patient.display_name,
        title=patient.prefix,
        preferred=patient.preferred_name,
        born=patient.birth_date,
        born_text=_born_with_age(patient, today),
        died=patient.deceased_on,
        dead=patient.is_deceased,
        gender=gender_words(patient),
        identifiers=_identifiers(patient, known.identifiers, today),
        coordinator=_coordinator(user, patient),
        marks=_marks(patient),
        actions=_actions(user, patient),
        more=_more(user, patient),
        facts=_facts(patient, known, today),
        details=_details(user, patient, known, today),
        allergies=allergies_of(patient, known.allergies) if user.may(Permission.HISTORY_VIEW) else None,
        alerts=alerts_of(user, patient, known, today),
        walk=walk,
        emergency=emergency_of(user, patient),
        known=known,
    )


def emergency_of(user: User, patient: Patient) -> Item | None:
    """How long an emergency access to this patient still lasts; None for whoever sees them in the ordinary way."""
    running = scope_of(user).emergencies.get(patient.pk)
    return countdown(running.grant_id, running.ends_at) if running else None


def countdown(grant_id: Any, ends_at: dt.datetime) -> Item:
    seconds = (ends_at - timezone.now()).total_seconds()
    return {"pk": grant_id, "ends_at": ends_at, "minutes": max(0, math.ceil(seconds / 60))}


# --- zone 1: who this is --------------------------------------------------------------------------


def _born_with_age(patient: Patient, today: dt.date) -> str:
    text = born_as_known(patient)
    if patient.birth_date is None or patient.is_deceased:
        return text
    if patient.birth_precision != Patient.BirthPrecision.DAY:
        return _("%(day)s (about %(age)s)") % {
            "day": text,
            "age": _("%(years)s y") % {"years": patient.age_on(today)},
        }
    return f"{text} ({display.age(patient.birth_date, today)})"


def _identifiers(patient: Patient, identifiers: list[Identifier], today: dt.date) -> list[Item]:
    """The organization's own number first. A Social Security number is never shown."""
    own = {"label": _("Record number"), "value": patient.record_number or display.not_recorded()}
    shown = [
        row
        for row in identifiers
        if row.kind not in {"SS", "DL", "PPN"} and (row.ends_on is None or row.ends_on >= today)
    ]
    order = {"MC": 0, "MA": 1, "MR": 2, "MB": 3}
    shown.sort(key=lambda row: order.get(row.kind, 9))
    short = {
        "MC": _("Medicare"),
        "MA": _("Medicaid"),
        "MR": _("Other record number"),
        "MB": _("Member number"),
    }
    others = [
        {"label": short.get(row.kind, _("Identifier")), "value": row.value}
        for row in shown
        if row.value != patient.record_number
    ]
    return [own, *others]


def _coordinator(user: User, patient: Patient) -> str:
    if patient.coordinator is None:
        return _("None assigned")
    return (
        _("%(name)s (you)") % {"name": patient.coordinator.name}
        if patient.coordinator_id == user.pk
        else patient.coordinator.name
    )


def _marks(patient: Patient) -> list[Item]:
    if patient.status == Patient.Status.ENDED:
        return [
            {"text": _("Care ended %(day)s") % {"day": display.day(patient.care_ended_on)}, "icon": "ban"}
        ]
    return []


def actions_for(user: User, patient: Patient) -> list[Item]:
    """Everything this person may do from the record of this patient."""
    return [*_actions(user, patient), *_more(user, patient)]


def _actions(user: User, patient: Patient) -> list[Item]:
    actions = []
    if user.may(Permission.CONTACT_LOG) and patient.may_be_contacted:
        url = f"{reverse('worklist:contact_new')}?patient={patient.pk}"
        actions.append(
            {"label": _("Log contact"), "icon": "phone", "url": url, "primary": True, **_key(user, "log")}
        )
    if user.may(Permission.TASK_WORK) and patient.status == Patient.Status.ACTIVE:
        url = f"{reverse('worklist:task_new')}?patient={patient.pk}"
        actions.append(
            {"label": _("Add task"), "icon": "plus", "url": url, "primary": False, **_key(user, "assign")}
        )
    return actions


def _key(user: User, command: str) -> dict[str, str]:
    """The key as pages call it, and as this person has it: empty when single keys are off or this one was taken away."""
    return {
        "key": COMMANDS[command].key,
        "shown_key": shown(key_of(user, command)) if user.single_keys else "",
    }


def _more(user: User, patient: Patient) -> list[Item]:
    entries = [
        (Permission.PATIENT_EDIT, "patients:edit", _("Edit who and how to reach"), "pencil"),
        (Permission.PATIENT_PRINT, "patients:print", _("Print a summary"), "printer"),
        (Permission.PATIENT_MERGE, "patients:merge", _("Merge with another record"), "users"),
        (Permission.PATIENT_VIEW, "patients:sight", _("Who can see this record"), "eye"),
    ]
    return [
        {"label": label, "icon": icon, "url": reverse(route, args=[patient.pk])}
        for permission, route, label, icon in entries
        if user.may(permission)
    ]


# --- zone 2: reaching them, coverage, allergies ---------------------------------------------------


def allergies_of(patient: Patient, allergies: list[Allergy]) -> Item:
    """Exactly four states. Lines that stand win over the word; "known" without one to show is not "none"."""
    status = Patient.AllergyStatus
    state = {status.NONE_KNOWN: "none", status.NOT_RECORDED: "unrecorded"}.get(
        Patient.AllergyStatus(patient.allergy_status), "unavailable"
    )
    first = sorted(allergies, key=lambda row: row.criticality != Allergy.Criticality.HIGH)
    text = ", ".join(f"{row.text} ({row.reaction})" if row.reaction else row.text for row in first)
    return {
        "state": "known" if allergies else state,
        "count": len(allergies),
        "text": text,
        "checked": patient.allergies_checked_on,
    }


def _facts(patient: Patient, known: Facts, today: dt.date) -> list[Item]:
    proxies = [person for person in known.people if person.is_proxy_on(today, patient.birth_date)]
    payers = [coverage_words(row) for row in known.coverages if row.pays_on(today)]
    no_payer = _("None in force") if known.coverages else display.not_recorded()
    return [
        _address(known, today),
        {"label": _("Phone and e-mail"), "value": _reach(known), "wrap": True},
        {
            "label": _("Proxy"),
            "value": "; ".join(map(proxy_words, proxies)) or _("None recorded"),
            "wrap": True,
        },
        {"label": _("Coverage"), "value": ", ".join(payers) or no_payer},
    ]


def _address(known: Facts, today: dt.date) -> Item:
    """The address to use now: a confidential one is the only one to use (45 CFR 164.522(b))."""
    current = [row for row in known.addresses if row.ends_on is None or row.ends_on >= today]
    current.sort(key=lambda row: not row.is_confidential)
    if not current:
        return {"label": _("Address"), "value": display.not_recorded()}
    label = _("Confidential address") if current[0].is_confidential else _("Address")
    return {"label": label, "value": current[0].one_line}


def _reach(known: Facts) -> str:
    usable = [row for row in known.phones if not row.do_not_use and row.kind != ContactPoint.Kind.FAX]
    usable.sort(key=lambda row: row.kind == ContactPoint.Kind.EMAIL)
    if usable:
        return phone_words(usable[0])
    return _("No safe number") if known.phones else display.not_recorded()


def _details(user: User, patient: Patient, known: Facts, today: dt.date) -> list[Item]:
    """Everything behind the arrow. A line nobody recorded is left out here: the four above say so."""
    proxies = [person for person in known.people if person.is_proxy_on(today, patient.birth_date)]
    lines: list[tuple[str, Iterable[str]]] = [
        (_("Address"), (f"{row.one_line} ({row.get_use_display().lower()})" for row in known.addresses)),
        (
            _("Phone and e-mail"),
            (f"{point.get_kind_display()}: {phone_words(point)}" for point in known.phones),
        ),
        (_("Proxy"), map(proxy_words, proxies)),
        (
            _("Coverage"),
            (
                f"{coverage_words(row)} {row.member_id}".strip()
                for row in known.coverages
                if row.pays_on(today)
            ),
        ),
        (
            _("Identifiers"),
            (f"{item['label']} {item['value']}" for item in _identifiers(patient, known.identifiers, today)),
        ),
        (_("Language"), [language_words(patient)]),
        (_("Communication needs"), [patient.communication_needs]),
        (_("Cultural and faith needs"), [patient.cultural_needs]),
        (_("How to say the name"), [patient.pronunciation]),
        (_("Former names"), [patient.former_names]),
        (_("Team"), [patient.team.name if patient.team else ""]),
        (_("Merged from"), (f"{row.display_name}, {row.record_number}" for row in known.merged)),
    ]
    if user.may(Permission.HISTORY_VIEW):
        allergies = (
            " ".join(part for part in (row.text, row.reaction and f"({row.reaction})") if part)
            for row in known.allergies
        )
        lines += [(_("Allergies"), allergies), (_("Safety note"), [patient.safety_note])]
    joined = [(label, "\n".join(value for value in values if value)) for label, values in lines]
    return [{"label": label, "value": value} for label, value in joined if value]
