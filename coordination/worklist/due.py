"""When a commitment is late: after the end of a local day, or after a moment."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from coordination.accounts.models import Organization
from coordination.lib.days import end_of_day, is_business_day


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
