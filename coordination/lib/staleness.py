"""Whether a list is still what somebody reads: asked by the page itself, which is told a number and keeps its rows where they are."""

import datetime as dt
from typing import Any

from django.db.models import Q
from django.utils.dateparse import parse_datetime

from coordination.lib.days import FIRST_YEAR, LAST_YEAR

SHOWN_MOST = 60  # ids a page may ask about; more would be a long address
# what was saved just before the list was read and only then became visible is told rather than missed
MARGIN = dt.timedelta(seconds=2)


def read_moment(text: str) -> dt.datetime | None:
    """The moment in an address; None for anything else."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    if moment is None or moment.tzinfo is None or not FIRST_YEAR <= moment.year <= LAST_YEAR:
        return None
    return moment


def by_others(user: Any, since: dt.datetime) -> Q:
    """What somebody else saved since."""
    return Q(updated_at__gt=since - MARGIN) & ~Q(updated_by=user)
