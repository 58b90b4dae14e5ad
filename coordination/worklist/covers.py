"""Absences and cover: what is due while somebody is away, what would fall between, and the handover when a cover ends."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coordination.accounts.access import covers_beside, list_covers
from coordination.accounts.models import Cover, Organization, User
from coordination.lib import display
from coordination.lib.days import add_business_days
from coordination.lib.paging import Order, Page, keyset
from coordination.lib.rls import organization
from coordination.notifications.actions import notify
from coordination.notifications.models import Notification
from coordination.worklist.models import Task

Days = tuple[dt.date, dt.date]
ONE_DAY = dt.timedelta(days=1)
SOONEST_FIRST: Order = [("starts_on", "asc"), ("id", "asc")]


@dataclass(frozen=True)
class Load:
    """Open tasks that fall into some days; critical ones among them."""

    tasks: int = 0
    critical: int = 0


@dataclass(frozen=True)
class Line:
    """One cover as the page shows it. `gaps`: sentences about days on which nobody would look."""

    it: Cover
    is_now: bool
    load: Load
    gaps: list[str] = field(default_factory=list)


def page_of_covers(user: User, *, after: str | None, before: str | None) -> tuple[list[Line], Page[Any]]:
    """Covers in force and to come, soonest first, each with what is due in its days. Three statements for a page."""
    page = keyset(list_covers(user), order=SOONEST_FIRST, after=after, before=before)
    return lines_of(user, page.rows), page


def lines_of(user: User, covers: Sequence[Cover]) -> list[Line]:
    people = {pk for cover in covers for pk in (cover.absent_id, cover.covering_id)}
    away: dict[uuid.UUID, list[Cover]] = defaultdict(list)
    for cover in covers_beside(user, list(people)):
        away[cover.absent_id].append(cover)
    due = _due_days(user.organization, [cover.absent_id for cover in covers])
    today = user.organization.today()
    return [_line(cover, away, due[cover.absent_id], today) for cover in covers]


def _line(cover: Cover, away: dict[uuid.UUID, list[Cover]], due: dict[dt.date, Load], today: dt.date) -> Line:
    began = cover.starts_on <= today
    # what is late already waits for whoever covers now
    load = _sum(due, dt.date.min if began else cover.starts_on, cover.ends_on)
    gaps = [*_chained(cover, away[cover.covering_id], due), *_between(cover, away[cover.absent_id], due)]
    left = cover.covering.left_on
    if not cover.covering.is_active or (left is not None and left < cover.ends_on):
        gaps.append(_("%(name)s leaves before this cover ends.") % {"name": cover.covering})
    return Line(cover, began, load, gaps)


def _chained(cover: Cover, absences: Sequence[Cover], due: dict[dt.date, Load]) -> Iterator[str]:
    """The person who covers is away too. Whoever covers for them does not see these patients through it."""
    for other in absences:
        days = max(other.starts_on, cover.starts_on), min(other.ends_on, cover.ends_on)
        if days[0] <= days[1]:
            away = _("%(name)s is away too, %(days)s.") % {"name": cover.covering, "days": _said(days)}
            yield f"{away} {_falls_due(_sum(due, *days))}"


def _between(cover: Cover, covers: Sequence[Cover], due: dict[dt.date, Load]) -> Iterator[str]:
    """Days between this cover and the next one of the same person: nobody looks, and nobody is back."""
    later = [other.starts_on for other in covers if other.starts_on > cover.ends_on]
    if later and min(later) > cover.ends_on + ONE_DAY:
        days = cover.ends_on + ONE_DAY, min(later) - ONE_DAY
        yield f"{_('Nobody covers %(days)s.') % {'days': _said(days)}} {_falls_due(_sum(due, *days))}"


def _said(days: Days) -> str:
    first, last = map(display.day_short, days)
    return first if first == last else _("%(first)s to %(last)s") % {"first": first, "last": last}


def _falls_due(load: Load) -> str:
    return ngettext("%(n)s task falls due then.", "%(n)s tasks fall due then.", load.tasks) % {
        "n": load.tasks
    }


def _sum(due: dict[dt.date, Load], first: dt.date, last: dt.date) -> Load:
    loads = [load for day, load in due.items() if first <= day <= last]
    return Load(sum(load.tasks for load in loads), sum(load.critical for load in loads))


def _due_days(house: Organization, people: list[uuid.UUID]) -> dict[uuid.UUID, dict[dt.date, Load]]:
    """How many open tasks of each person fall due on each day, where the organization is."""
    found: dict[uuid.UUID, dict[dt.date, Load]] = defaultdict(dict)
    tasks = Task.objects.open().filter(organization=house, owner__in=people)
    by_day = tasks.annotate(day=TruncDate("due_at", tzinfo=house.zone)).values_list("owner_id", "day")
    counted = by_day.annotate(n=Count("pk"), critical=Count("pk", filter=Q(priority=Task.Priority.CRITICAL)))
    for owner_id, day, number, critical in counted.order_by():
        found[owner_id][day] = Load(number, critical)
    return found


# --- by the clock -----------------------------------------------------------------------------------------------------
def hand_over() -> None:
    """A cover that ends by the next business day while critical tasks are open: everyone concerned is told once."""
    for house in Organization.objects.order_by("pk"):
        with organization(house.pk):
            _hand_over(house)


def _hand_over(house: Organization) -> None:
    today = house.today()
    ending = Cover.objects.filter(
        organization=house, starts_on__lte=today, ends_on__gte=today, ends_on__lte=add_business_days(today, 1)
    )
    for cover in ending.select_related("absent", "covering", "created_by"):
        open_now = Task.objects.open().filter(owner=cover.absent, priority=Task.Priority.CRITICAL).count()
        if open_now:
            _tell_of_handover(cover, open_now)


def _tell_of_handover(cover: Cover, critical: int) -> None:
    sentence = ngettext(
        "The cover of %(covering)s for %(absent)s ends %(day)s with %(n)s critical task open. Hand it over.",
        "The cover of %(covering)s for %(absent)s ends %(day)s with %(n)s critical tasks open. Hand them over.",
        critical,
    )
    day = display.day_short(cover.ends_on)
    words = {"covering": cover.covering, "absent": cover.absent, "day": day, "n": critical}
    for user, route in (
        (cover.covering, "worklist:day"),
        (cover.absent, "worklist:day"),
        (cover.created_by, "covers:list"),
    ):
        notify(
            user=user, kind=Notification.Kind.DUE, text=sentence % words, route=route,
            key=f"cover.ending:{cover.pk}:{cover.ends_on}",
        )  # fmt: skip
