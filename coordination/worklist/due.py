"""When a commitment is late: after the end of a local day, or after a moment."""

import datetime as dt
from calendar import monthrange
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from coordination.accounts.models import Organization
from coordination.lib.days import add_business_days, end_of_day, is_business_day


@dataclass(frozen=True)
class Due:
    at: dt.datetime
    has_time: bool = False

    @classmethod
    def on(cls, day: dt.date, organization: Organization) -> "Due":
        """A date alone means the whole of that day where the organization is."""
        return cls(end_of_day(day, organization.zone))

    @classmethod
    def at_time(cls, day: dt.date, time: dt.time, zone: ZoneInfo) -> "Due":
        """A time on the wall. An hour skipped in spring moves on by the shift; of an hour that comes twice the first counts."""
        return cls(dt.datetime.combine(day, time, tzinfo=zone).astimezone(dt.UTC), has_time=True)


def working_day(day: dt.date) -> dt.date:
    """Return `day`, or the next day on which people work."""
    while not is_business_day(day):
        day += dt.timedelta(days=1)
    return day


def next_turn(day: dt.date, every: int, unit: str) -> dt.date:
    """The day a repeated commitment is due after `day`. The last day of a month is followed by last days of months."""
    if unit == "business":
        return add_business_days(day, every)
    if unit != "month":
        return day + dt.timedelta(days=every * (7 if unit == "week" else 1))
    months = day.year * 12 + day.month - 1 + every
    year, month = months // 12, months % 12 + 1
    last = monthrange(year, month)[1]
    is_last = day.day == monthrange(day.year, day.month)[1]
    return dt.date(year, month, last if is_last else min(day.day, last))


def turn_after(day: dt.date, every: int, unit: str, *, today: dt.date) -> dt.date:
    """The next turn that is still to come: turns that passed while the task was late are not made up for."""
    day = next_turn(day, every, unit)
    while day <= today:
        day = next_turn(day, every, unit)
    return day
