"""The promises one made to patients, and how well they are kept: counts, and behind each count its list."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coordination.accounts.models import User
from coordination.lib.paging import Direction, Order, keyset
from coordination.worklist.access import list_promises
from coordination.worklist.rows import Reader, row_of

PAGE = 30
STATES = {
    "open": gettext_lazy("Open"),
    "late": gettext_lazy("Late"),
    "kept": gettext_lazy("Kept"),
    "broken": gettext_lazy("Broken"),
}
KEPT_BY = ["completed", "reached"]
# it ended because there was nothing left to keep: neither kept nor broken
RELEASED = ["not_needed", "deceased", "mistake", "refused"]


def states(now: dt.datetime) -> dict[str, Q]:
    """Kept: done or reached by its due time. Late: due and still open. Broken: it ended late, or without being kept."""
    since = now - dt.timedelta(days=settings.PROMISES_DAYS)
    ended = Q(closed_at__isnull=False, due_at__gte=since) & ~Q(outcome__in=RELEASED)
    kept = Q(outcome__in=KEPT_BY, closed_at__lte=F("due_at"))
    is_open = Q(closed_at__isnull=True)
    return {
        "open": is_open & Q(due_at__gte=now),
        "late": is_open & Q(due_at__lt=now),
        "kept": ended & kept,
        "broken": ended & ~kept,
    }


def state_in(query: Mapping[str, Any]) -> str:
    """The state an address asks for; any other word stands for what is open."""
    asked = str(query.get("state", ""))
    return asked if asked in STATES else "open"


def order_of(state: str) -> Order:
    """What is to be kept: the next first. What ended: the newest first."""
    way: Direction = "desc" if state in {"kept", "broken"} else "asc"
    return [("due_at", way), ("id", way)]


def read_promises(user: User, query: Any, now: dt.datetime) -> dict[str, Any]:
    """Everything the page shows: one statement for the figures, one for the rows."""
    state = state_in(query)
    rules = states(now)
    promises = list_promises(user)
    figures = promises.order_by().aggregate(
        **{name: Count("pk", filter=rule) for name, rule in rules.items()}
    )
    page = keyset(
        promises.filter(rules[state]).with_patient(),
        order=order_of(state),
        after=query.get("after"),
        before=query.get("before"),
        size=PAGE,
    )
    reader = Reader(user, now)
    return {
        "rows": [row_of(task, reader) | {"task": task} for task in page.rows],
        "pager": page.links(query, total=figures[state]),
        "state": state,
        "tabs": [
            {
                "url": f"{reverse('worklist:promises')}?state={name}",
                "label": label,
                "count": figures[name],
                "tone": "red" if name in {"late", "broken"} else "",
                "current": name == state,
            }
            for name, label in STATES.items()
        ],
        "rate": rate_words(figures),
    }


def rate_words(figures: dict[str, int]) -> str:
    """ "8 of 10 promises kept in 90 days (80 %)." What is late counts as not kept so far."""
    total = figures["kept"] + figures["broken"] + figures["late"]
    words = {"kept": figures["kept"], "total": total, "days": settings.PROMISES_DAYS}
    if not total:
        return _("No promise came due in the last %(days)s days.") % words
    words["rate"] = round(100 * figures["kept"] / total)
    return _("%(kept)s of %(total)s promises kept in the last %(days)s days: %(rate)s %%.") % words
