"""Going along a list from record to record (J and K): who stands before and after, in the order of the list one came from."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

from django.conf import settings
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from coordination.accounts.access import Nearby, uuids
from coordination.accounts.models import User
from coordination.lib.paging import Order, beside
from patients import registry as table
from patients.access import list_patients
from patients.banner import TABS
from patients.finding import find
from patients.forms.registry import FilterForm
from patients.models import Patient
from patients.searches import searches_of

ALONG = "along"  # in the address of a record: the list one goes along, as its own address asks for it
LIST = "of"  # within it: whose list, by its name in settings.PATIENT_WALKS; without it, the list of patients
LONGEST = 500


@dataclass(frozen=True)
class Stop:
    """A patient on the way, and what the address of their record carries on."""

    patient_id: Any
    asked: str


@dataclass(frozen=True)
class Way:
    """Where on a list one is: the list in words, its address, and who stands before and after."""

    label: str
    url: str
    before: Stop | None
    after: Stop | None


def along(asked: str) -> str:
    """What the address of a record carries to know its list: filters, order and the name of a search, never its words."""
    return urlencode({ALONG: asked})


def asked_of(query: QueryDict) -> str:
    """How the list of patients is asked for, without the page one is on."""
    asked = query.copy()
    for name in ("after", "before", "offered"):
        asked.pop(name, None)
    return asked.urlencode() or "sort=name"


def walk_here(request: HttpRequest, patient: Patient, tab: str) -> dict[str, Any] | None:
    """For `record_page`: J and K keep the tab, the tabs keep the list."""
    user: Any = request.user
    return walk_of(user, patient, request.GET.get(ALONG, ""), searches_of(request), tab=tab)


def walk_of(
    user: User, patient: Patient, text: str, searches: Mapping[str, str], *, tab: str
) -> dict[str, Any] | None:
    """The list a record was opened from, and its neighbors there; None when it was opened from no list.

    `searches` are the words of this person's searches by their names. The neighbors are opened at the same `tab`.
    """
    if not text or len(text) > LONGEST:
        return None
    asked = QueryDict(text.replace("\x00", ""))
    if (walker := settings.PATIENT_WALKS.get(asked.get(LIST, ""))) is not None:
        way = import_string(walker)(user, patient, asked)
    else:
        way = _along_registry(user, patient, asked, searches.get(asked.get("s", ""), ""))
    if way is None or (way.before is None and way.after is None):
        return None
    route = next(entry.route for entry in TABS if entry.key == tab)
    return {
        "label": way.label,
        "url": way.url,
        "previous_url": _address(route, way.before),
        "next_url": _address(route, way.after),
        "query": along(text),
    }


def _along_registry(user: User, patient: Patient, asked: QueryDict, words: str) -> Way:
    text = asked_of(asked)
    stops = [Stop(pk, text) if pk is not None else None for pk in _neighbors(user, patient, asked, words)]
    return Way(_("Patients"), f"{reverse('patients:registry')}?{asked.urlencode()}", *stops)


def _neighbors(user: User, patient: Patient, asked: QueryDict, words: str) -> tuple[Any, Any]:
    chosen = _chosen(user, asked, words)
    sort = chosen.pop("sort", "match" if words else "name")
    chosen.setdefault("status", table.default_status(searching=bool(words)))
    patients = table.narrowed(list_patients(user), chosen, user)
    if words:
        found = find(user, patients, words)
        if sort == "match":
            return _next_to(patient.pk, found[: table.PAGE])
        patients = patients.filter(pk__in=found)
    column = table.columns_for(user)[sort.lstrip("-")]
    ordered = table.annotated(patients, column.key)
    order = column.order(descending=sort.startswith("-"))
    few, known = table.is_few(user, chosen, column.key), _known(patient, order)
    pair = beside(ordered, order=order, of={"pk": patient.pk}, known=known, few=few)
    return tuple(row[0] if row is not None else None for row in pair)  # type: ignore[return-value]


def _known(patient: Patient, order: Order) -> dict[str, Any]:
    """The columns of the record itself, and of its coordinator and team, who were read with it."""
    columns = {field.name for field in Patient._meta.concrete_fields}
    known = {}
    for name, *_way in order:
        first, *rest = name.split(LOOKUP_SEP)
        if first in columns:
            known[name] = reduce(lambda row, part: getattr(row, part, None), rest, getattr(patient, first))
    return known


def _chosen(user: User, asked: QueryDict, words: str) -> dict[str, str]:
    """The filters as the list reads them. A coordinator or team is taken as it is named: who does not see theirs finds none."""
    named = ([(pk, "") for pk in map(str, uuids([asked.get(name, "")]))] for name in ("coordinator", "team"))
    sorts = table.sorts_for(user, searching=bool(words))
    return FilterForm(asked, user=user, sorts=sorts, nearby=Nearby(*named)).chosen()


def _next_to(pk: Any, found: list[Any]) -> tuple[Any, Any]:
    if pk not in found:
        return None, None
    place = found.index(pk)
    return found[place - 1] if place else None, next(iter(found[place + 1 :]), None)


def _address(route: str, stop: Stop | None) -> str:
    return f"{reverse(route, args=[stop.patient_id])}?{along(stop.asked)}" if stop is not None else ""
