"""My day, put together: which rows, in which groups, under which counts, and how the day is filled."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Q
from django.http import Http404, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from coordination.accounts.models import User
from coordination.lib import display
from coordination.lib.paging import Order, keyset
from coordination.lib.staleness import read_moment
from coordination.worklist.access import clock_of, desk_named, list_work, read_desks
from coordination.worklist.fit import fit_line, free_minutes, free_slots, moment, workday
from coordination.worklist.forms import DayFilter
from coordination.worklist.models import Task
from coordination.worklist.querysets import Clock, TaskQuerySet
from coordination.worklist.rows import Reader, row_of

PAGE = 30  # rows: more would pass 1,500 elements, the most a page may hold
PAGED_ON_FOR = dt.timedelta(hours=1)  # after that the groups of an address are too old to be believed
BUCKETS = {
    "all": gettext_lazy("All open"),
    "overdue": gettext_lazy("Overdue"),
    "today": gettext_lazy("Due today"),
    "transitions": gettext_lazy("Transitions"),
    "waiting": gettext_lazy("Waiting"),
    "upcoming": gettext_lazy("Upcoming"),
    "snoozed": gettext_lazy("Snoozed"),
}
GROUPS = {
    "now": gettext_lazy("Needs you now"),
    "overdue": gettext_lazy("Overdue"),
    "today": gettext_lazy("Due today"),
    "coming": gettext_lazy("Coming up"),
}
ORDERS: dict[str, Order] = {
    "due": [("rank", "asc", "none"), ("stands_at", "asc", "none"), ("id", "asc")],
    "patient": [("patient__sort_name", "asc"), ("id", "asc")],
    "risk": [("risk_rank", "asc", "none"), ("due_at", "asc"), ("id", "asc")],
    "contact": [("patient__last_contact_at", "asc", "first"), ("id", "asc")],
}
_RIBBON_KINDS = {"home_visit": "visit", "meeting": "conf", "call": "hold"}


@dataclass(frozen=True)
class View:
    """What the address asks for. Anything it does not know is the plain list."""

    desk: str = "mine"
    bucket: str = "all"
    sort: str = "due"
    risk: str = ""
    kind: str = ""
    after: str = ""
    seen: str = ""  # the group the page before ended in
    at: str = ""  # when the first page was read: what falls due meanwhile stays where it stood until the list is read anew
    selected: str = ""
    saved: str = ""  # the saved view one came from

    @classmethod
    def read(cls, query: QueryDict) -> "View":
        form = DayFilter(query)
        chosen = form.cleaned_data if form.is_valid() else {}
        bucket = query.get("bucket", "")
        return cls(
            desk=query.get("show", "") or "mine",
            bucket=bucket if bucket in BUCKETS else "all",
            sort=chosen.get("sort") or "due",
            risk=chosen.get("risk", ""),
            kind=chosen.get("kind", ""),
            after=query.get("after", ""),
            seen=query.get("seen", ""),
            at=query.get("at", ""),
            selected=query.get("sel", ""),
            saved=query.get("view", ""),
        )

    @property
    def narrowed(self) -> Q:
        narrow = Q(patient__risk=self.risk) if self.risk else Q()
        return narrow & Q(kind=self.kind) if self.kind else narrow

    @property
    def is_plain(self) -> bool:
        """One's own whole work in the order to do it, from the top: what a day is planned from."""
        return replace(self, selected="", saved="") == View()

    def query(self, **changes: str) -> str:
        """The same view with some things changed, as a query string without what goes without saying."""
        other = replace(self, after="", seen="", at="", selected="")
        other = replace(other, **changes)
        plain, query = View(), QueryDict(mutable=True)
        for name, key in [("desk", "show"), ("bucket", "bucket"), ("sort", "sort"), ("risk", "risk"), ("kind", "kind"),
                          ("saved", "view"), ("after", "after"), ("seen", "seen"), ("at", "at"), ("selected", "sel")]:  # fmt: skip
            if getattr(other, name) != getattr(plain, name):
                query[key] = getattr(other, name)
        return query.urlencode()

    def address(self, **changes: str) -> str:
        query = self.query(**changes)
        return f"{reverse('worklist:day')}{'?' if query else ''}{query}"


def changes_address(view: View, since: dt.datetime) -> str:
    """Where the page asks what others changed in its list."""
    query = QueryDict(view.query(), mutable=True)
    query["since"] = since.isoformat()
    return f"{reverse('worklist:day_changes')}?{query.urlencode()}"


def view_behind(current_url: str) -> View | None:
    """The view a fragment's page shows, when that page is My day."""
    address = urlsplit(current_url)
    return View.read(QueryDict(address.query)) if address.path == reverse("worklist:day") else None


def read_day(user: User, view: View) -> dict[str, Any]:
    """Everything the page shows, in two statements: the rows, and all that is said about them."""
    clock = clock_of(user)
    tasks = list_work(user, desk_named(user, view.desk))
    within = tasks.figures_within(clock, bucket=view.bucket, narrowed=view.narrowed)
    desks, row = read_desks(user, asked=view.desk, figures=within)
    desk = next((desk for desk in desks if desk.key == view.desk), None)
    if desk is None:
        raise Http404
    figures = row["figures"] or nothing()
    rows = read_rows(user, view, tasks, clock_of_list(user, view, clock), figures)
    return (
        rows
        | {
            "desks": [
                {"label": each.label, "url": view.address(desk=each.key), "current": each == desk}
                for each in desks
            ],
            "desk": desk,
            "is_own": desk.key == "mine",
            "view": view,
            "greeting": greeting(user, clock.now),
            "promises": figures["promises"] if desk.key == "mine" else 0,
            "ribbon": ribbon(user, figures["appointments"], clock),
            "filter": DayFilter(initial={"sort": view.sort, "risk": view.risk, "kind": view.kind}),
            "hidden": [
                (key, value)
                for key, value in [("show", view.desk), ("bucket", view.bucket), ("view", view.saved)]
                if value not in {"mine", "all", ""}
            ],
            "chips": chips(view),
            "clear_url": view.address(risk="", kind=""),
            "peek_url": peek_address(view.selected),
            "refreshed_at": clock.now,
            "changes_url": changes_address(view, clock.now),
            "poll_seconds": settings.STALE_POLL_SECONDS,
        }
        | counts(user, view, figures, clock)
    )


def nothing() -> dict[str, Any]:
    """The figures of an empty list."""
    counted = [
        *(f"bucket_{name}" for name in BUCKETS),
        *(f"group_{name}" for name in GROUPS),
        "work_minutes",
        "promises",
    ]
    return dict.fromkeys(counted, 0) | {"next_due": None, "appointments": []}


def clock_of_list(user: User, view: View, clock: Clock) -> Clock:
    """The clock the first page was ordered by, so that no row is skipped or shown twice; nonsense or long ago: now."""
    then = first_read(view.at, clock.now) if view.after else None
    return clock if then is None else clock_of(user, then)


def first_read(at: str, now: dt.datetime) -> dt.datetime | None:
    """When the first page of a list was read, as the address of a later one carries it; nonsense or long ago: None."""
    then = read_moment(at)
    return then if then is not None and dt.timedelta() <= now - then <= PAGED_ON_FOR else None


def read_rows(
    user: User, view: View, tasks: TaskQuerySet, clock: Clock, figures: dict[str, Any]
) -> dict[str, Any]:
    found = tasks.in_bucket(view.bucket, clock).filter(view.narrowed).with_patient().ranked(clock)
    page = keyset(found, order=ORDERS[view.sort], after=view.after, size=PAGE)
    reader = Reader(user, clock.now, peeks=True, selected=view.selected, day=view.query())
    groups = grouped(page.rows, reader, clock, view, figures)
    if view.is_plain:
        say_what_fits(groups, fit_line(page.rows, free_slots(user, figures["appointments"], clock), clock))
    last = groups[-1]["key"] if groups else ""
    return {
        "groups": groups,
        "shown": len(page.rows),
        "total": figures[f"bucket_{view.bucket}"],
        "more_url": view.address(after=page.next_cursor, seen=last, at=clock.now.isoformat())
        if page.next_cursor
        else "",
        "first_url": view.address() if view.after else "",
    }


def say_what_fits(groups: list[dict[str, Any]], line: tuple[Any, str] | None) -> None:
    """Put the sentence below the last row that fits into today."""
    for row in [row for group in groups for row in group["rows"]]:
        if line is not None and row["id"] == line[0]:
            row["fit"] = line[1]


def counts(user: User, view: View, figures: dict[str, Any], clock: Clock) -> dict[str, Any]:
    """What changes on the page after an action: counts and the sentence under the greeting."""
    tabs = [
        {
            "url": view.address(bucket=name),
            "label": label,
            "count": figures[f"bucket_{name}"],
            "tone": "red" if name == "overdue" else "",
            "current": name == view.bucket,
        }
        for name, label in BUCKETS.items()
    ]
    return {
        "buckets": tabs,
        "group_counts": [(key, figures[f"group_{key}"]) for key in GROUPS] if view.sort == "due" else [],
        "summary": summary(user, figures, clock),
        "next_due": moment(figures["next_due"]),
    }


def counts_behind(user: User, current_url: str) -> dict[str, Any]:
    """The counts of the My day page an action came from; nothing for any other page. One statement."""
    view = view_behind(current_url)
    if view is None:
        return {}
    clock = clock_of(user)
    figures = list_work(user, desk_named(user, view.desk)).figures(
        clock, bucket=view.bucket, narrowed=view.narrowed
    )
    return counts(user, view, figures, clock)


def group_of(task: Task, clock: Clock) -> str:
    if task.is_critical:
        return "now"
    if task.due_at < clock.now:
        return "overdue"
    return "today" if task.due_at <= clock.end_of_today else "coming"


def grouped(
    tasks: Iterable[Task], reader: Reader, clock: Clock, view: View, figures: dict[str, Any]
) -> list[dict[str, Any]]:
    """Rows under their headings. Sorted by anything but time there is one group without a heading."""
    groups: list[dict[str, Any]] = []
    for task in tasks:
        key = group_of(task, clock) if view.sort == "due" else "rows"
        if not groups or groups[-1]["key"] != key:
            goes_on = not groups and view.seen == key
            titled = "" if goes_on or key == "rows" else GROUPS[key]
            groups.append({"key": key, "title": titled, "count": figures.get(f"group_{key}", 0), "rows": []})
        groups[-1]["rows"].append(row_of(task, reader))
    return groups


def greeting(user: User, now: dt.datetime) -> str:
    hour = now.astimezone(user.zone).hour
    words = _("Good morning, %(name)s") if hour < 12 else _("Good afternoon, %(name)s")
    return (_("Good evening, %(name)s") if hour >= 18 else words) % {"name": user.first_name}


def summary(user: User, figures: dict[str, Any], clock: Clock) -> str:
    """How much there is, how much of it is due today, and how much time there is for it."""
    total, late = figures["bucket_all"], figures["bucket_overdue"]
    sentences = [_("%(open)s open, %(late)s overdue.") % {"open": total, "late": late}]
    if figures["work_minutes"]:
        words = {
            "work": hours(figures["work_minutes"]),
            "free": hours(free_minutes(user, figures["appointments"], clock)),
        }
        if figures["appointments"]:
            sentences.append(
                _("About %(work)s of work due today, with %(free)s free between appointments.") % words
            )
        else:
            sentences.append(_("About %(work)s of work due today, with %(free)s left of the day.") % words)
    return " ".join(sentences)


def hours(minutes: int) -> str:
    if minutes < 60:
        return ngettext("%(n)s min", "%(n)s min", minutes) % {"n": minutes}
    if minutes % 60 == 0:
        return _("%(h)s h") % {"h": minutes // 60}
    return _("%(h)s h %(n)s min") % {"h": minutes // 60, "n": minutes % 60}


def ribbon(user: User, appointments: list[dict[str, Any]], clock: Clock) -> dict[str, Any] | None:
    """Today's appointments in quarter hours; none, no ribbon."""
    starts, ends = workday(user, clock.now)
    first = starts.hour
    shown = [entry for entry in appointments if moment(entry["at"]).astimezone(user.zone) < ends]
    if not shown:
        return None
    hours_shown = [
        {"column": (hour - first) * 4 + 1, "label": display.hour(starts.replace(hour=hour))}
        for hour in range(first, ends.hour)
    ]
    now = clock.now if starts <= clock.now < ends else None
    return {
        "first_hour": first,
        "hours": hours_shown,
        "entries": [ribbon_entry(entry, user, clock, first) for entry in shown],
        "now": {"column": column(now, user, first), "label": display.hour(now)} if now else None,
    }


def ribbon_entry(entry: dict[str, Any], user: User, clock: Clock, first: int) -> dict[str, Any]:
    begins = moment(entry["at"])
    ended = begins + dt.timedelta(minutes=entry["minutes"]) <= clock.now
    start = column(begins, user, first)
    name = ", ".join(part for part in ((entry["family"] or "").upper(), entry["given"]) if part)
    return {
        "column": start,
        "width": max(1, min(37 - start, round(max(entry["minutes"], 15) / 15))),
        "kind": "past" if ended else _RIBBON_KINDS.get(entry["kind"], ""),
        "start": begins,
        "title": Task.Kind(entry["kind"]).label
        if name and entry["kind"] in {"home_visit", "visit"}
        else entry["title"],
        "note": name,
        "url": reverse("worklist:task", args=[entry["id"]]),
    }


def column(value: dt.datetime, user: User, first: int) -> int:
    here = value.astimezone(user.zone)
    return min(36, max(1, (here.hour - first) * 4 + here.minute // 15 + 1))


def peek_address(selected: str) -> str:
    """Where the preview of the selected task is fetched, once the page stands."""
    try:
        return reverse("worklist:peek", args=[uuid.UUID(selected)])
    except ValueError:
        return ""


def chips(view: View) -> list[dict[str, Any]]:
    """What narrows the list, in words, and how to take each away."""
    found: list[dict[str, Any]] = []
    choices = DayFilter.base_fields
    for name in ("risk", "kind"):
        if value := getattr(view, name):
            label = dict(choices[name].choices)[value]  # type: ignore[attr-defined]
            words = {"name": choices[name].label, "value": label}
            found.append(
                {"label": _("%(name)s: %(value)s") % words, "remove_url": view.address(**{name: ""})}
            )
    return found
