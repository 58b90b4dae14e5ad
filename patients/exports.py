"""The lists of patients, and those of one patient that are no work, as they can be taken away."""

import datetime as dt
import uuid
from collections.abc import Callable
from operator import attrgetter
from typing import Any

from django.http import Http404, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from coordination.accounts.models import User
from coordination.audit.access import NEWEST_FIRST
from coordination.lib.display import as_day
from coordination.lib.languages import language_name
from coordination.lib.listing import Column, Listing, words_of
from coordination.lib.permissions import Permission, require
from patients import registry as table
from patients.access import access_log_of, get_patient, list_patients, sees_all_visits
from patients.attention import section_in, sections_of
from patients.emergency import NEWEST_GRANT_FIRST, list_reviews
from patients.models import AccessGrant, Patient, SimilarName
from patients.overviews import event_line
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


def attention(user: User, query: QueryDict) -> Listing:
    """The records that need a person, one section of them."""
    require(user, Permission.PATIENT_EDIT)
    section = section_in(query, sections_of(user))
    if section.rows.model is SimilarName:
        people = [*_identity(attrgetter("patient")), *_identity(attrgetter("other"), again=True)]
    else:
        people = _identity(lambda patient: patient)
    return Listing(
        stem="attention",
        title=_("Records that need a person"),
        sentence=str(section.label),
        rows=section.rows,
        order=section.order,  # type: ignore[arg-type]
        columns=[
            *people,
            Column("why", _("Why"), lambda row: section.row(row)["why"], width=40),
            Column("next", _("What comes next"), lambda row: _steps(section.row(row)), width=30),
        ],
        url=f"{reverse('patients:attention')}?show={section.key}",
        choices={"show": section.key},
    )


def _steps(item: dict[str, Any]) -> str:
    return ", ".join(action["label"] for action in item["actions"])


def _identity(of: Callable[[Any], Patient], *, again: bool = False) -> list[Column]:
    """A patient by four identifiers, as a list shows them; of a pair, the second one says so."""
    sex = words_of(Patient, "sex")
    key, label = ("other_", _("%(what)s (the other)")) if again else ("", "%(what)s")
    return [
        Column(f"{key}family", label % {"what": _("Family name")}, lambda row: of(row).family),
        Column(f"{key}given", label % {"what": _("Given name")}, lambda row: of(row).given),
        Column(f"{key}born", label % {"what": _("Date of birth")}, lambda row: of(row).birth_date, "day", 12),
        Column(f"{key}sex", label % {"what": _("Legal sex")}, lambda row: sex(of(row)), width=12),
        Column(f"{key}number", label % {"what": _("Record number")}, lambda row: of(row).record_number),
    ]


def access_log(user: User, query: QueryDict) -> Listing:
    """Who opened a record: one's own visits, or everyone's for whom the page shows them."""
    patient = patient_in(user, query, permission=Permission.ACCESS_LOG_VIEW)
    return of_patient(
        patient,
        stem="access-log",
        title=_("Access log"),
        narrowed="" if sees_all_visits(user) else _("your own visits"),
        rows=access_log_of(user, patient),
        order=NEWEST_FIRST,
        columns=[
            Column("at", _("When"), lambda event: event.at, "moment"),
            Column("who", _("Who"), lambda event: event_line(event)["who"]),
            Column("kind", _("What"), lambda event: event_line(event)["kind"]),
            Column(
                "refused", _("Refused"), lambda event: _("Refused") if event_line(event)["denied"] else ""
            ),
            Column("what", _("Details"), lambda event: event_line(event)["what"], width=30),
            Column("why", _("Why"), lambda event: event_line(event)["why"], width=30),
        ],
        url=reverse("patients:access", args=[patient.pk]),
    )


def reviews(user: User, query: QueryDict) -> Listing:
    """Emergency access to the records one may review: what waits, or what was found."""
    reviewed = query.get("show") == "reviewed"
    url = reverse("access:reviews")
    return Listing(
        stem="emergency-access",
        title=_("Emergency access"),
        sentence=_("Reviewed") if reviewed else _("To review"),
        rows=list_reviews(user, reviewed=reviewed),
        order=NEWEST_GRANT_FIRST,
        columns=[
            Column("who", _("Who"), lambda grant: grant.user.name, width=28),
            *_identity(attrgetter("patient")),
            Column("from", _("From"), lambda grant: grant.starts_at, "moment"),
            Column("until", _("Until"), lambda grant: grant.ended_at, "moment"),
            Column("reason", _("Why"), words_of(AccessGrant, "reason"), width=28),
            Column("note", _("In their words"), lambda grant: grant.note, width=60),
            Column("finding", _("Finding"), words_of(AccessGrant, "finding")),
            Column("finding_note", _("Note"), lambda grant: grant.finding_note, width=60),
            Column("by", _("Reviewed by"), lambda grant: grant.reviewed_by and grant.reviewed_by.name),
            Column("at", _("Reviewed"), lambda grant: grant.reviewed_at, "moment"),
        ],
        url=f"{url}?show=reviewed" if reviewed else url,
        choices={"show": "reviewed"} if reviewed else {},
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
