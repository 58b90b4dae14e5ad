"""Day arithmetic on local calendar dates (domain facts 0.2).

A business day is Monday to Friday without the eleven United States federal holidays, observed days
shifted (Saturday to Friday, Sunday to Monday). CMS counts transitional-care deadlines this way and ignores a
practice's own opening hours. A site's extra holidays are passed in; they are data, not code.
"""

import datetime as dt
from collections.abc import Collection
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

FIRST_YEAR, LAST_YEAR = 1850, 2199  # beyond them a date is a slip, and some clocks cannot count it


@lru_cache(maxsize=64)
def federal_holidays(year: int) -> frozenset[dt.date]:
    """Return the days on which federal offices are closed in `year`.

    New Year's Day on a Saturday is observed on 31 December of the year before, so the next year is asked too.
    """
    days = holidays.country_holidays("US", years=(year, year + 1), categories=("government",))
    return frozenset(day for day in days if day.year == year)


def is_business_day(day: dt.date, *, closed: Collection[dt.date] = ()) -> bool:
    return day.weekday() < 5 and day not in federal_holidays(day.year) and day not in closed


def add_business_days(day: dt.date, count: int, *, closed: Collection[dt.date] = ()) -> dt.date:
    """Return the date `count` business days after `day`; the day itself never counts (CMS TCM: two business days)."""
    if count < 0:
        raise ValueError("count must not be negative")
    while count:
        day += dt.timedelta(days=1)
        if is_business_day(day, closed=closed):
            count -= 1
    return day


def end_of_day(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """Return the last instant of the local day, in UTC: a commitment due on a date is late after it."""
    midnight = dt.datetime.combine(day + dt.timedelta(days=1), dt.time.min, tzinfo=zone)
    return midnight.astimezone(dt.UTC) - dt.timedelta(microseconds=1)


def start_of_day(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.min, tzinfo=zone).astimezone(dt.UTC)


def local_date(moment: dt.datetime, zone: ZoneInfo) -> dt.date:
    return moment.astimezone(zone).date()
