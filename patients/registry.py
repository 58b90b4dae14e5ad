"""The list of patients: its columns, how it is narrowed, and how that is said in words."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as __

from coordination.accounts.access import read_nearby
from coordination.accounts.models import User
from coordination.lib.languages import language_name
from coordination.lib.paging import Order
from coordination.lib.permissions import Permission
from coordination.lib.staleness import by_others
from coordination.lib.typed import read_words
from patients.access import list_patients
from patients.forms.registry import FilterForm
from patients.models import Patient
from patients.ordering import RISK_RANK, SPOKEN
from patients.querysets import scope_of

PAGE = 50


@dataclass(frozen=True)
class Column:
    """One thing the list can be sorted by. `any_of`: the rights of which one opens it."""

    key: str
    label: Promise
    field: str
    any_of: tuple[Permission, ...] = (Permission.PATIENT_VIEW,)
    nulls: str = "last"  # rows without a value, whichever way the list is sorted
    upward_nulls: str = ""  # unless they mean the beginning: never contacted is longest ago

    def order(self, *, descending: bool) -> Order:
        way = "desc" if descending else "asc"
        nulls = self.nulls if descending or not self.upward_nulls else self.upward_nulls
        tail = [] if self.key in {"name", "number"} else [("sort_name", "asc")]
        return [(self.field, way, nulls), *tail, ("id", "asc")]  # type: ignore[list-item]


TASK, CLINICAL = (Permission.TASK_VIEW,), (Permission.HISTORY_VIEW,)
LANGUAGE = (Permission.HISTORY_VIEW, Permission.PATIENT_EDIT)
COLUMNS = [
    Column("name", __("Patient"), "sort_name"),
    Column("born", __("Date of birth"), "birth_date"),
    Column("number", __("Record number"), "record_number"),
    Column("coordinator", __("Coordinator"), "coordinator__name"),
    Column("team", __("Team"), "team__name"),
    Column("risk", __("Risk"), "risk_rank", CLINICAL, "none"),
    Column("language", __("Language"), "spoken", LANGUAGE),
    Column("contact", __("Last contact"), "last_contact_at", TASK, "last", "first"),
    Column("due", __("Next due"), "next_due_at", TASK),
    Column("tasks", __("Open tasks"), "open_tasks", TASK),
]


def columns_for(user: User) -> dict[str, Column]:
    """The columns this person may see, and therefore sort by."""
    return {column.key: column for column in COLUMNS if any(user.may(right) for right in column.any_of)}


def sorts_for(user: User, *, searching: bool) -> list[tuple[str, Any]]:
    """Each column both ways, for the list of choices that stands in for the heads on a small screen."""
    both = [
        (
            f"{sign}{column.key}",
            _("%(column)s, downward") % {"column": column.label} if sign else column.label,
        )
        for column in columns_for(user).values()
        for sign in ("", "-")
    ]
    return [("match", _("Closest match")), *both] if searching else both


def annotated(patients: Any, key: str) -> Any:
    if key == "risk":
        return patients.annotate(risk_rank=RISK_RANK)
    if key == "language":
        return patients.annotate(spoken=SPOKEN)
    return patients


def is_few(user: User, chosen: Mapping[str, str], key: str) -> bool:
    """Whether these are the patients of a team or two or of one coordinator. Their names stand in an index of their own."""
    if key == "name":
        return False
    if chosen.get("team") or chosen.get("coordinator", "none") != "none":
        return True
    return scope_of(user).is_few


def default_status(*, searching: bool) -> str:
    """The list shows who is in care; a search finds everyone."""
    return "all" if searching else "active"


def narrowed(patients: QuerySet[Any], chosen: Mapping[str, str], user: User) -> QuerySet[Any]:
    now = timezone.now()
    patients = patients.filter(_status(chosen["status"]))
    if who := chosen.get("coordinator"):
        patients = patients.filter(coordinator={"me": user.pk, "none": None}.get(who, who))
    if team := chosen.get("team"):
        patients = patients.filter(team=team)
    if risk := chosen.get("risk"):
        patients = patients.filter(risk=risk)
    if language := chosen.get("language"):
        # es and es-MX, and no est: between "es" and "es." is nothing else a language may be called (BCP 47)
        patients = patients.alias(spoken=SPOKEN).filter(spoken__gte=language, spoken__lt=f"{language}.")
    if needed := chosen.get("interpreter"):
        patients = patients.filter(interpreter_needed=needed)
    if days := chosen.get("quiet"):
        since = now - dt.timedelta(days=int(days))
        patients = patients.filter(Q(last_contact_at__isnull=True) | Q(last_contact_at__lt=since))
    if tasks := chosen.get("tasks"):
        by_task = {"open": Q(open_tasks__gt=0), "overdue": Q(next_due_at__lt=now), "none": Q(open_tasks=0)}
        patients = patients.filter(by_task[tasks])
    return patients


def count_changes(
    user: User, listed: QuerySet[Any] | None, since: dt.datetime, shown: Collection[uuid.UUID]
) -> int:
    """How many records others changed: those that are shown, wherever they went, and those that came in. One statement.

    `listed` is what the list asks for; a search has none, for it finds what it found.
    """
    others = by_others(user, since)
    changed = Patient.objects.visible_to(user).filter(others, pk__in=shown).order_by().values("pk")
    if listed is not None:
        changed = changed.union(listed.filter(others).order_by().values("pk"))
    return changed.count()


def _status(status: str) -> Q:
    return {
        "active": Q(status="active", is_deceased=False),
        "ended": Q(status="ended"),
        "deceased": Q(is_deceased=True),
        "all": Q(),
    }[status]


FILTERS = [name for name in FilterForm.base_fields if name != "offered"]  # and the order, last


def label_of(name: str) -> Any:
    return FilterForm.base_fields[name].label


def filters_of(
    user: User, asked: QueryDict, *, searching: bool, **also: Any
) -> tuple[FilterForm, dict[str, Any]]:
    """What the list can be narrowed by, and what else was read in the same statement."""
    people, teams = [asked.get("coordinator", "")], [asked.get("team", "")]
    named = read_words(asked.get("offered", ""), 60)
    nearby, said = read_nearby(user, named=named, people=people, teams=teams, **also)
    return FilterForm(asked, user=user, sorts=sorts_for(user, searching=searching), nearby=nearby), said


@dataclass(frozen=True)
class Kept:
    """A list somebody kept: the patients it finds today, what it asks for in words, the filters no longer on offer."""

    rows: QuerySet[Any]
    said: str
    gone: list[str]


def kept_lists(user: User, kept: list[dict[str, str]]) -> list[Kept]:
    if not kept:
        return []
    people, teams = ([values.get(name, "") for values in kept] for name in ("coordinator", "team"))
    nearby, _also = read_nearby(user, people=people, teams=teams)
    form = FilterForm({}, user=user, sorts=sorts_for(user, searching=False), nearby=nearby)
    found = []
    for values in kept:
        chosen, gone = form.offers(values)
        chosen.setdefault("status", default_status(searching=False))
        words = [word[:1].upper() + word[1:] for word in said(form, chosen).values()]
        if sort := chosen.get("sort"):
            words.append(_("sorted by %(column)s") % {"column": form.words("sort", sort).lower()})
        found.append(Kept(narrowed(list_patients(user), chosen, user), ", ".join(words), gone))
    return found


def said(form: FilterForm, chosen: Mapping[str, str]) -> dict[str, str]:
    """Each filter in words, by its name in the address."""
    words = {"status": form.words("status", chosen["status"])}
    for name, value in chosen.items():
        label = form.words(name, value)
        if name == "coordinator":
            words[name] = {"me": _("mine"), "none": _("no coordinator")}.get(value) or _(
                "coordinator %(name)s"
            ) % {"name": label}
        elif name == "team":
            words[name] = _("team %(name)s") % {"name": label}
        elif name == "risk":
            words[name] = _("risk: %(risk)s") % {"risk": label.lower()}
        elif name == "language":
            words[name] = _("speaks %(language)s") % {"language": label}
        elif name == "interpreter":
            words[name] = {"yes": _("interpreter needed"), "no": _("no interpreter needed")}.get(
                value, _("interpreter not asked")
            )
        elif name == "quiet":
            words[name] = _("no contact in %(days)s") % {"days": label}
        elif name == "tasks":
            words[name] = label.lower()
    return words


def chips(words: Mapping[str, str], query: QueryDict) -> list[dict[str, str]]:
    """One way out of each filter a person chose."""
    found = []
    for name, label in words.items():
        if not query.get(name):
            continue
        left = query.copy()
        for gone in (name, "after", "before"):
            left.pop(gone, None)
        found.append({"label": label, "remove_url": f"?{left.urlencode()}"})
    return found


def rows(patients: list[Patient], user: User, *, along: str = "") -> list[dict[str, Any]]:
    """What a row shows, nothing the person may not see. `along` tells a record which list it was opened from."""
    seen, after = columns_for(user), f"?{along}" if along else ""
    return [
        {
            "pk": patient.pk,
            "who": {
                "name": patient.display_name,
                "born": patient.birth_date,
                "sex": patient.get_sex_display(),
                "identifier": patient.record_number,
                "url": reverse("patients:patient", args=[patient.pk]) + after,
                "died": patient.deceased_on,
                "similar": patient.has_similar_name,
            },
            "is_deceased": patient.is_deceased,
            "has_ended": patient.status == Patient.Status.ENDED,
            "coordinator": patient.coordinator.name if patient.coordinator else "",
            "team": patient.team.name if patient.team else "",
            "risk": patient.risk if "risk" in seen else "",
            "language": language_name(patient.language) if "language" in seen else "",
            "interpreter": "language" in seen and patient.interpreter_needed == Patient.YesNo.YES,
            "last_contact": patient.last_contact_at if "contact" in seen else None,
            "next_due": patient.next_due_at if "due" in seen else None,
            "open_tasks": patient.open_tasks if "tasks" in seen else None,
        }
        for patient in patients
    ]
