"""Saved views as a person meets them: what a list was asked for, where a view leads, how much it opens today."""

import re
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from coordination.accounts.models import User
from coordination.accounts.permissions import Permission
from coordination.lib.paging import count_within
from coordination.worklist.access import (
    ESCALATED,
    clock_of,
    desk_named,
    list_saved_views,
    list_work,
    read_desks,
)
from coordination.worklist.actions.saved import PINNED_MOST
from coordination.worklist.day import BUCKETS, View, chips
from coordination.worklist.forms import DayFilter
from coordination.worklist.models import SavedView
from patients.registry import FILTERS, kept_lists, label_of

ROUTES = {"worklist:day": SavedView.Page.DAY, "patients:registry": SavedView.Page.PATIENTS}
ADDRESSES = {page: route for route, page in ROUTES.items()}
COUNTED_MOST = 1000  # as the list of patients counts
COUNTS_LAST = 60  # seconds
FOUND_MOST = 50
_KEPT = "pinned_views"
_READ_BY = {*ROUTES, "worklist:views"}
_DESK = re.compile(rf"mine|{ESCALATED}|(?:queue|cover):[0-9a-f-]{{36}}")
_PLAIN = {"status": "active", "sort": "name"}  # what the list of patients shows without being asked


@dataclass(frozen=True)
class Opening:
    """What a saved view opens today, in words too; `gone` says what of it is not there any more."""

    rows: QuerySet[Any] | None
    said: str = ""
    gone: str = ""


def asked_of(page: str, query: QueryDict) -> str:
    """What a list is asked for, in one order and without what goes without saying; never what was searched."""
    if page == SavedView.Page.DAY:
        view = View.read(query)
        desk = view.desk if _DESK.fullmatch(view.desk) else "mine"
        return View(desk, view.bucket, view.sort, view.risk, view.kind).address().partition("?")[2]
    named = ((name, query.get(name, "")) for name in FILTERS)
    return urlencode([(name, value) for name, value in named if value and value != _PLAIN.get(name)])


def address_of(view: SavedView) -> str:
    """The list as it was saved. It names the view, so that the page knows what was changed since."""
    parts = [part for part in (view.query, f"view={view.pk}") if part]
    return f"{reverse(ADDRESSES[view.page])}?{'&'.join(parts)}"  # type: ignore[index]


def openings(user: User, views: Sequence[SavedView]) -> list[Opening]:
    """What each view opens today, by the rules of the list itself. No rows are read."""
    of_patients = [view for view in views if view.page == SavedView.Page.PATIENTS]
    asked = [QueryDict(view.query).dict() for view in of_patients]
    lists = dict(zip([view.pk for view in of_patients], kept_lists(user, asked), strict=True))
    days = {view.pk: View.read(QueryDict(view.query)) for view in views if view.page == SavedView.Page.DAY}
    desks = {"mine": _("My work")}
    if any(day.desk != "mine" for day in days.values()):
        desks = {desk.key: desk.label for desk in read_desks(user, asked=ESCALATED)[0]}
    found = []
    for view in views:
        if view.team is not None and not view.team.is_active:
            words = _("The team %(team)s is retired. Save the list as your own to keep it.")
            found.append(Opening(None, gone=words % {"team": view.team}))
        elif view.page == SavedView.Page.PATIENTS:
            kept = lists[view.pk]
            found.append(Opening(kept.rows, kept.said, _gone_filters(kept.gone)))
        else:
            found.append(_opening_of_day(user, days[view.pk], desks))
    return found


def _opening_of_day(user: User, day: View, desks: dict[str, str]) -> Opening:
    if day.desk not in desks:
        return Opening(None, gone=_("The queue or the cover it shows is not yours any more."))
    tasks = list_work(user, desk_named(user, day.desk))
    words = [desks[day.desk], str(BUCKETS[day.bucket]).lower(), *(chip["label"] for chip in chips(day))]
    if day.sort != View.sort:
        order = dict(DayFilter.base_fields["sort"].choices)[day.sort]  # type: ignore[attr-defined]
        words.append(_("sorted by %(column)s") % {"column": str(order).lower()})
    rows = tasks.in_bucket(day.bucket, clock_of(user)).filter(day.narrowed)
    return Opening(rows, ", ".join(words))


def _gone_filters(names: list[str]) -> str:
    if not names:
        return ""
    labels = ", ".join(str(label_of(name)) for name in names)
    return _("What it asks for is gone: %(filters)s. It shows more than it did.") % {"filters": labels}


def counted(user: User, lists: Sequence[QuerySet[Any]]) -> list[int]:
    """How many rows each list has, no further than COUNTED_MOST + 1, in one statement for all of them."""
    if not lists:
        return []
    counts = {f"n{n}": count_within(rows, COUNTED_MOST) for n, rows in enumerate(lists)}
    (row,) = User.objects.filter(pk=user.pk).values(**counts)
    return [row[f"n{n}"] for n in range(len(lists))]


def lines(user: User, views: Sequence[SavedView]) -> list[dict[str, Any]]:
    """Each view with its address, its count and what is gone, as a page or the navigation shows it."""
    found = openings(user, views)
    numbers = iter(counted(user, [each.rows for each in found if each.rows is not None and not each.gone]))
    return [
        {
            "id": str(view.pk),
            "name": view.name,
            "team": view.team.name if view.team is not None else "",
            "page": str(SavedView.Page(view.page).label),
            "icon": "sun" if view.page == SavedView.Page.DAY else "users",
            "gone": opening.gone,
            "said": opening.said,
            "count": "" if opening.gone else count_words(next(numbers)),
            "url": reverse("worklist:view", args=[view.pk]) if opening.gone else address_of(view),
            "is_pinned": view.is_pinned,
        }
        for view, opening in zip(views, found, strict=True)
    ]


def count_words(number: int) -> str:
    return f"{COUNTED_MOST}+" if number > COUNTED_MOST else str(number)


@dataclass(frozen=True)
class Pinned:
    """The pinned views of the side navigation. `ask_url`: where the page asks for them again, if what it shows is old."""

    lines: list[dict[str, Any]]
    ask_url: str = ""


def pinned_views(request: HttpRequest) -> Pinned:
    """As the session keeps them. The page of a list asks for them anew once it has opened, at most once a minute, and waits for
    nothing; any other page shows what was read, and a count no longer than it holds."""
    user: Any = request.user
    if not user.may(Permission.PATIENT_VIEW):
        return Pinned([])
    kept = request.session.get(_KEPT) or {"until": 0.0, "lines": []}
    is_fresh, current = kept["until"] > time.time(), request.GET.get("view", "")
    name = request.resolver_match.view_name if request.resolver_match else ""
    if is_fresh or name not in _READ_BY:
        return Pinned(_marked(kept["lines"], current, are_counted=is_fresh))
    ask_url = reverse("worklist:views_pinned") + (f"?{urlencode({'view': current})}" if current else "")
    return Pinned(_marked(kept["lines"], current), ask_url)


def read_pinned(request: HttpRequest) -> Pinned:
    """Read them, and keep them in the session with the names of all others."""
    user: Any = request.user
    views = list(list_saved_views(user)[:FOUND_MOST])
    pinned = lines(user, [view for view in views if view.is_pinned][:PINNED_MOST])
    names = [{"label": view.name, "url": reverse("worklist:view", args=[view.pk])} for view in views]
    request.session[_KEPT] = {"until": time.time() + COUNTS_LAST, "lines": pinned, "names": names}
    return Pinned(_marked(pinned, request.GET.get("view", "")))


def _marked(pinned: list[dict[str, Any]], current: str, *, are_counted: bool = True) -> list[dict[str, Any]]:
    return [
        line | {"current": line["id"] == current, "count": line["count"] if are_counted else ""}
        for line in pinned
    ]


def named_views(request: HttpRequest) -> list[dict[str, Any]]:
    """Every view the session knows, to be found by name without a statement. Opening one goes through its door."""
    kept = request.session.get(_KEPT) or {}
    return [line | {"icon": "star"} for line in kept.get("names", [])]


def forget_pinned(request: HttpRequest) -> None:
    """Read again on the next page of a list: a view was saved, changed or deleted."""
    request.session.pop(_KEPT, None)


def view_bar(request: HttpRequest) -> dict[str, Any] | None:
    """The saved view a list was opened from, whether it was changed since, and how to save what is shown."""
    page = ROUTES.get(request.resolver_match.view_name) if request.resolver_match else None
    if page is None or request.GET.get("s"):
        return None
    user: Any = request.user
    asked, view = asked_of(page, request.GET), _named(user, page, request.GET.get("view", ""))
    if view is None and not asked:
        return None
    save_as = f"{reverse('worklist:view_new')}?{urlencode({'page': page, 'query': asked})}"
    if view is None:
        return {"save_as_url": save_as}
    is_changed = asked != view.query
    may_change = view.team_id is None or user.may(Permission.TEAM_MANAGE)
    return {
        "name": view.name,
        "is_changed": is_changed,
        "query": asked,
        "url": address_of(view),
        "save_as_url": save_as,
        "edit_url": reverse("worklist:view_edit", args=[view.pk]) if may_change else "",
        "change_url": reverse("worklist:view_change", args=[view.pk]) if is_changed and may_change else "",
    }


def _named(user: User, page: str, text: str) -> SavedView | None:
    try:
        pk = uuid.UUID(text)
    except ValueError:
        return None
    return list_saved_views(user).filter(pk=pk, page=page).first()
