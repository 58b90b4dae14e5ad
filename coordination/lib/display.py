"""How days, times, ages and phone numbers are written for a person to read.

Months are always letters, so 03-04 can never be read two ways. Times are said in the zone and
clock of the reader: both are set for the length of one request, as Django does for the language.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar, Token
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

import phonenumbers
from django.utils import timezone
from django.utils.dates import MONTHS_3, WEEKDAYS_ABBR
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

Clock = Literal["24", "12"]
DateOrder = Literal["dmy", "mdy", "ymd"]
Tone = Literal["red", "amber", ""]


@dataclass(frozen=True)
class Style:
    """What one reader chose in their settings."""

    clock: Clock = "24"
    date: DateOrder = "dmy"


USUAL = Style()
_style: ContextVar[Style] = ContextVar("display_style", default=USUAL)


def activate(*, clock: Clock = "24", date: DateOrder = "dmy") -> Token[Style]:
    """Use this reader's clock and order of date until the request ends."""
    return _style.set(Style(clock=clock, date=date))


def deactivate(token: Token[Style]) -> None:
    _style.reset(token)


def not_recorded() -> str:
    return _("Not recorded")


def local(value: date | datetime) -> date | datetime:
    """A moment moves to the reader's zone; a calendar day stays the day it is."""
    if isinstance(value, datetime) and timezone.is_aware(value):
        return timezone.localtime(value)
    return value


def as_day(value: date | datetime) -> date:
    here = local(value)
    return here.date() if isinstance(here, datetime) else here


def _month(value: date) -> str:
    return capfirst(str(MONTHS_3[value.month])).rstrip(".")


def day(value: date | datetime | None) -> str:
    """14-Mar-1958."""
    if value is None:
        return not_recorded()
    d = as_day(value)
    match _style.get().date:
        case "mdy":
            return f"{_month(d)} {d.day:02}, {d.year}"
        case "ymd":
            return f"{d.year}-{_month(d)}-{d.day:02}"
        case _:
            return f"{d.day:02}-{_month(d)}-{d.year}"


def day_short(value: date | datetime | None) -> str:
    """15-Nov; the year is added unless it is this one. Never for a date of birth."""
    if value is None:
        return not_recorded()
    d = as_day(value)
    if d.year != timezone.localdate().year:
        return day(d)
    return f"{d.day:02}-{_month(d)}" if _style.get().date == "dmy" else f"{_month(d)} {d.day:02}"


def hour(value: datetime | None) -> str:
    """09:12, or 9:12 AM for those who chose the 12-hour clock."""
    if value is None:
        return not_recorded()
    here = local(value)
    assert isinstance(here, datetime)
    return hour_of(here.time())


def hour_of(value: time) -> str:
    """A time on some wall, in the reader's style: 09:12, or 9:12 AM."""
    if _style.get().clock == "24":
        return f"{value:%H:%M}"
    half = pgettext("clock", "AM") if value.hour < 12 else pgettext("clock", "PM")
    return f"{value.hour % 12 or 12}:{value.minute:02} {half}"


def moment(value: datetime | None) -> str:
    """17-Nov-2026, 09:12."""
    return f"{day(value)}, {hour(value)}" if value else not_recorded()


def moment_short(value: datetime | None) -> str:
    """16-Nov 15:20."""
    return f"{day_short(value)} {hour(value)}" if value else not_recorded()


def weekday(value: date | datetime) -> str:
    return capfirst(str(WEEKDAYS_ABBR[as_day(value).weekday()]))


def _whole_months(start: date, end: date) -> int:
    return (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)


def age(
    born: date | datetime | None, on: date | datetime | None = None, *, unit_of_years: bool = True
) -> str:
    """The age in the unit a clinician would use: hours, days, weeks, months, then years."""
    if born is None:
        return not_recorded()
    end = on or timezone.now()
    days = (as_day(end) - as_day(born)).days
    if days < 0:
        return not_recorded()
    if days < 2 and isinstance(born, datetime) and isinstance(end, datetime):
        hours = int((end - born).total_seconds() // 3600)
        return ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}
    if days < 28:
        return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}
    months = _whole_months(as_day(born), as_day(end))
    if months < 12:
        return ngettext("%(n)s week", "%(n)s weeks", days // 7) % {"n": days // 7}
    if months < 24:
        return ngettext("%(n)s month", "%(n)s months", months) % {"n": months}
    if not unit_of_years:
        return str(months // 12)
    if months < 18 * 12 and months % 12:
        return _("%(years)s y %(months)s mo") % {"years": months // 12, "months": months % 12}
    return _("%(years)s y") % {"years": months // 12}


def _minutes(n: int) -> str:
    return _("%(n)s min") % {"n": n}


def _hours(n: int) -> str:
    return _("%(n)s h") % {"n": n}


def _days(n: int) -> str:
    return _("%(n)s d") % {"n": n}


def ago(value: date | datetime | None, now: datetime | None = None) -> str:
    """'5 min ago', '3 h ago', '4 d ago'; 'never' when nothing happened yet."""
    if value is None:
        return pgettext("last contact", "never")
    now = now or timezone.now()
    days = (as_day(now) - as_day(value)).days
    if isinstance(value, datetime) and abs(days) < 2:
        minutes = int((now - value).total_seconds() // 60)
        if -1 <= minutes < 1:
            return _("just now")
        if abs(minutes) < 60 or days == 0:
            span = _minutes(abs(minutes)) if abs(minutes) < 60 else _hours(abs(minutes) // 60)
            return (_("%(span)s ago") if minutes > 0 else _("in %(span)s")) % {"span": span}
    if days == 0:
        return _("today")
    if days < 0:
        return _("tomorrow") if days == -1 else _("in %(span)s") % {"span": _days(-days)}
    return _("%(span)s ago") % {"span": _days(days)}


def _due(value: date | datetime) -> date | datetime:
    """A deadline at the very end of a day is meant for the day, not for 23:59."""
    here = local(value)
    if isinstance(here, datetime) and (here.hour, here.minute, here.second) == (23, 59, 59):
        return here.date()
    return value


def due_head(value: date | datetime | None) -> str:
    """The first line of a due column: the hour when it is today, else the day."""
    if value is None:
        return _("No date")
    value = _due(value)
    if as_day(value) != timezone.localdate():
        return day_short(value)
    return hour(value) if isinstance(value, datetime) else _("Today")


def due_text(value: date | datetime | None, now: datetime | None = None) -> str:
    """How far away it is, in words: '2 d overdue', 'in 78 min', 'today', 'tomorrow', 'in 5 d'."""
    if value is None:
        return ""
    value = _due(value)
    now = now or timezone.now()
    days = (as_day(value) - as_day(now)).days
    if isinstance(value, datetime):
        minutes = int((value - now).total_seconds() // 60)
        if minutes < 0 and days == 0:
            late = _minutes(-minutes) if minutes > -60 else _hours(-minutes // 60)
            return _("%(span)s overdue") % {"span": late}
        if 0 <= minutes < 120:
            return _("in %(span)s") % {"span": _minutes(minutes)}
    if days < 0:
        return _("%(span)s overdue") % {"span": _days(-days)}
    if days == 0:
        return _("today")
    return _("tomorrow") if days == 1 else _("in %(span)s") % {"span": _days(days)}


def due_more(value: date | datetime | None, now: datetime | None = None) -> str:
    """The second line of a due column; empty when the first already says it ('Today')."""
    if value is None:
        return ""
    whole_day = not isinstance(_due(value), datetime)
    return "" if whole_day and as_day(value) == as_day(now or timezone.now()) else due_text(value, now)


def due_tone(value: date | datetime | None, now: datetime | None = None) -> Tone:
    """Red when it is late, amber when it is due today, no color otherwise."""
    if value is None:
        return ""
    value = _due(value)
    now = now or timezone.now()
    days = (as_day(value) - as_day(now)).days
    if days < 0 or (isinstance(value, datetime) and value < now):
        return "red"
    return "amber" if days == 0 else ""


def day_heading(value: date | datetime) -> str:
    """The heading over one day of a timeline: 'Today, 17-Nov', 'Yesterday, 16-Nov', '12-Nov'."""
    d, today = as_day(value), timezone.localdate()
    if d == today:
        return _("Today, %(day)s") % {"day": day_short(d)}
    if d == today - timedelta(days=1):
        return _("Yesterday, %(day)s") % {"day": day_short(d)}
    return day_short(d)


def phone(value: str | None, region: str = "US") -> str:
    """(555) 555-0142 at home, +44 20 7946 0018 abroad; what cannot be read is shown as it was written."""
    if not value:
        return not_recorded()
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        return value
    home = number.country_code == phonenumbers.country_code_for_region(region)
    form = phonenumbers.PhoneNumberFormat.NATIONAL if home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, form)


def tel(value: str | None, region: str = "US") -> str:
    """The same number as a link a telephone understands; empty when it cannot be dialed."""
    try:
        number = phonenumbers.parse(value or "", region)
    except phonenumbers.NumberParseException:
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.RFC3966)


def initials(name: str) -> str:
    """'Dana Whitfield' -> 'DW', for an avatar. Never the only name of anyone on a page."""
    words = [word for word in name.replace(",", " ").split() if word]
    ends = words[:1] + words[1:][-1:]
    return "".join(word[0] for word in ends).upper()


def change_words(line: Mapping[str, str]) -> str:
    """What one field was and is: `label`, `before` and `after`, either of which may be empty."""
    after = line["after"] or _("none")
    if line["before"]:
        after = _("%(before)s to %(after)s") % {"before": line["before"], "after": after}
    return f"{line['label']}: {after}"
