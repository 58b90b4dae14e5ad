"""FHIR dates: a year, a month, a day or an instant, each with how exactly it is known."""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

Precision = Literal["year", "month", "day", "instant"]

_PARTIAL = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?")
_FRACTION = re.compile(r"\.(\d+)")
FIRST_YEAR, LAST_YEAR = 1800, 2200  # outside is a slip of the keyboard


@dataclass(frozen=True)
class FhirDate:
    """What was sent, as a day and as a moment: the first one it can mean."""

    day: dt.date
    precision: Precision
    moment: dt.datetime | None = None

    def at(self, zone: ZoneInfo) -> dt.datetime:
        """Return the moment in UTC; a mere day begins at midnight where the organization is."""
        moment = self.moment or dt.datetime.combine(self.day, dt.time(), tzinfo=zone)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
        return moment.astimezone(dt.UTC)

    def day_in(self, zone: ZoneInfo) -> dt.date:
        return self.at(zone).astimezone(zone).date() if self.moment else self.day

    @property
    def remark(self) -> str:
        """What to write beside a date that is known to the year or month only."""
        if self.precision == "year":
            return _("Date known to the year only.")
        return _("Date known to the month only.") if self.precision == "month" else ""


def parse(text: str) -> FhirDate:
    """Read a FHIR date, dateTime or instant. Raises ValueError with the reason."""
    found = _PARTIAL.fullmatch(text)
    if found:
        year, month, day = (int(part) if part else None for part in found.groups())
        precision: Precision = "day" if day else "month" if month else "year"
        return FhirDate(_within(dt.date(year or 0, month or 1, day or 1)), precision)
    if not _INSTANT.fullmatch(text):
        raise ValueError("shape")
    moment = dt.datetime.fromisoformat(_FRACTION.sub(_six_digits, text))
    return FhirDate(_within(moment.date()), "instant", moment)


def _six_digits(found: re.Match[str]) -> str:
    return f".{found[1][:6]:0<6}"


def _within(day: dt.date) -> dt.date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError("year")
    return day
