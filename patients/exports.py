"""The list of patients and the timeline of one of them, as they can be taken away."""

import datetime as dt
import uuid
from typing import Any

from django.http import Http404, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from coordination.accounts.models import User
from coordination.lib.display import as_day
from coordination.lib.languages import language_name
from coordination.lib.listing import Column, Listing, words_of
from coordination.lib.permissions import Permission, require
from patients import registry as table
from patients.access import get_patient, list_patients
from patients.models import Patient
from patients.panels import Ahead
from patients.timeline import GROUPS, Entry, WholeTimeline, group_in, timeline_right


def registry(user: User, query: QueryDict) -> Listing:
    """The patients of the registry with its filters, its order and the columns of the role. A typed search is not kept."""
    require(user, Permission.PATIENT_VIEW)
    form, _also = table.filters_of(user, query, searching=False)
    chosen = form.chosen()
    choices = dict(chosen)
    sort = chosen.pop("sort", "name")
    chosen.setdefault("status", table.default_status(searching=False))
    column = table.columns_for(user)[sort.lstrip("-")]
    address = QueryDict(mutable=True)
    address.update(choices)
    sentence = ", ".join(table.said(form, chosen).values())
    return Listing(
        stem="patients",
        title=_("Patients"),
        sentence=f"{sentence[:1].upper()}{sentence[1:]}",
        rows=table.annotated(table.narrowed(list_patients(user), chosen, user), column.key),
        order=column.order(descending=sort.startswith("-")),
        columns=_columns(user),
        url=f"{reverse('patients:registry')}{'?' if choices else ''}{address.urlencode()}",
        choices=choices,
    )


def timeline(user: User, query: QueryDict) -> Listing:
    """The timeline in one of its groups: what is ahead, then what happened. A typed search is not kept."""
    patient = patient_in(user, query, permission=timeline_right(user))
    group = group_in(query)
    url = reverse("patients:timeline", args=[patient.pk])
    return of_patient(
        patient,
        stem="timeline",
        title=_("Timeline"),
        narrowed=str(GROUPS[group]),
        rows=WholeTimeline(user, patient, group),
        columns=[
            Column("day", _("Day"), _day, "day", 12),
            Column("at", _("When"), lambda entry: entry.at, "moment"),
            Column("title", _("What"), lambda entry: entry.title, width=40),
            Column("text", _("Details"), lambda entry: entry.text, width=60),
            Column("by", _("By"), lambda entry: entry.by),
            Column("tags", _("Kind"), _tags),
        ],
        url=f"{url}?kind={group}" if group else url,
        choices={"kind": group} if group else {},
    )


def _day(entry: Entry | Ahead) -> dt.date | None:
    """The hour may be unknown, the day is not; of what is only planned it may be."""
    moment = entry.moment if isinstance(entry, Entry) else entry.at
    return moment and as_day(moment)


def _tags(entry: Entry | Ahead) -> str:
    return ", ".join(tag["text"] for tag in entry.tags) if isinstance(entry, Entry) else _("Ahead")


def of_patient(
    patient: Patient, *, columns: list[Column], narrowed: str = "", choices: Any = None, **listing: Any
) -> Listing:
    """A list that is all about one patient. Who it is stands in every row: a file can lose its name."""
    number = _("One patient, record number %(number)s") % {"number": patient.record_number}
    return Listing(
        sentence=f"{number}, {narrowed}" if narrowed else number,
        columns=[
            Column("family", _("Family name"), lambda _row: patient.family),
            Column("given", _("Given name"), lambda _row: patient.given),
            Column("born", _("Date of birth"), lambda _row: patient.birth_date, "day", 12),
            Column("number", _("Record number"), lambda _row: patient.record_number),
            *columns,
        ],
        choices={"patient": str(patient.pk), **(choices or {})},
        patient_id=patient.pk,
        **listing,
    )


def patient_in(user: User, query: QueryDict, *, permission: Permission) -> Patient:
    """The patient a list is about: 404 and 403 as everywhere."""
    try:
        pk = uuid.UUID(query.get("patient", ""))
    except ValueError:
        raise Http404 from None
    return get_patient(user, pk, permission=permission)


def _columns(user: User) -> list[Column]:
    seen = table.columns_for(user)
    always = [
        Column("family", _("Family name"), lambda patient: patient.family),
        Column("given", _("Given name"), lambda patient: patient.given),
        Column("born", _("Date of birth"), lambda patient: patient.birth_date, "day", 12),
        Column("sex", _("Legal sex"), words_of(Patient, "sex"), width=12),
        Column("number", _("Record number"), lambda patient: patient.record_number),
        Column("status", _("Status"), _status),
        Column(
            "coordinator", _("Coordinator"), lambda patient: patient.coordinator and patient.coordinator.name
        ),
        Column("team", _("Team"), lambda patient: patient.team and patient.team.name),
    ]
    by_role: dict[str, list[Column]] = {
        "risk": [Column("risk", _("Risk"), words_of(Patient, "risk"), width=12)],
        "language": [
            Column("language", _("Language"), lambda patient: language_name(patient.language)),
            Column(
                "interpreter",
                _("Interpreter needed"),
                words_of(Patient, "interpreter_needed"),
            ),
        ],
        "contact": [Column("contact", _("Last contact"), lambda patient: patient.last_contact_at, "moment")],
        "due": [Column("due", _("Next due"), lambda patient: patient.next_due_at, "moment")],
        "tasks": [Column("tasks", _("Open tasks"), lambda patient: patient.open_tasks, "number", 10)],
    }
    return [*always, *(column for key, columns in by_role.items() if key in seen for column in columns)]


def _status(patient: Any) -> str:
    if patient.is_deceased:
        return _("Died")
    return str(Patient.Status(patient.status).label)
