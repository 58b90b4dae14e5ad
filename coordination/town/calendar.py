"""The town's today. Everything in it is dated from there, so the town can be moved to any day."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from coordination.lib.days import add_business_days, end_of_day


@dataclass(frozen=True)
class Calendar:
    today: dt.date
    zone: ZoneInfo

    def day(self, offset: int) -> dt.date:
        return self.today + dt.timedelta(days=offset)

    def at(self, offset: int, hour: int, minute: int = 0) -> dt.datetime:
        """Return a local time of a day as an instant."""
        return dt.datetime.combine(self.day(offset), dt.time(hour, minute), tzinfo=self.zone).astimezone(
            dt.UTC
        )

    def by_end_of(self, offset: int) -> dt.datetime:
        return end_of_day(self.day(offset), self.zone)

    def business_days_after(self, offset: int, count: int) -> dt.datetime:
        """Return the end of the day `count` business days after (CMS TCM: two)."""
        return end_of_day(add_business_days(self.day(offset), count), self.zone)
