"""A promise in what somebody typed: "I will call you Friday" names what and by when. Read, never acted on: a person decides.

Every pattern looks at one sentence at a time and repeats nothing inside a repetition, so that the time grows with the text only.
"""

import datetime as dt
import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

LONGEST = 200  # characters of a sentence that are looked at
_SENTENCES = re.compile(r"[.!?;\n]")
_WILL = re.compile(r"\b(?:i|we)(?:\s+will|\s+shall|['’]ll)\s+", re.IGNORECASE)
_NOT = re.compile(r"(?:not|never)\b", re.IGNORECASE)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"(?P<month>{'|'.join(_MONTHS)})[a-z]{{0,6}}"
_WHEN = re.compile(
    rf"\b(?:by |on |until |before )?(?:(?P<plain>today|tomorrow)|(?P<week>next week)|(?:this |next )?(?P<weekday>{'|'.join(_WEEKDAYS)})"
    r"|(?P<n>\d{1,2})/(?P<d>\d{1,2}))\b"
    rf"|\b(?:by |on |until |before )?(?:(?P<day>\d{{1,2}})[- ]{_MONTH}|{_MONTH.replace('month', 'month2')} (?P<day2>\d{{1,2}}))\b",
    re.IGNORECASE,
)
_YOU = (
    (re.compile(r"\byour\b", re.IGNORECASE), "their"),
    (re.compile(r"\byou\b", re.IGNORECASE), "the patient"),
)


@dataclass(frozen=True)
class Promise:
    """What was promised, as the title of a task, and the day it was promised for."""

    words: str
    day: dt.date


def find_promise(note: str, today: dt.date) -> Promise | None:
    """The first promise with a day in `note` that is still to come. English only, as the notes are."""
    for whole in _SENTENCES.split(note):
        sentence = whole[:LONGEST]
        start = _WILL.search(sentence)
        if start is None or _NOT.match(sentence, start.end()):
            continue
        when = _WHEN.search(sentence, start.end())
        day = _day(when, today) if when is not None else None
        words = _title(sentence[start.end() : when.start()]) if when is not None else ""
        if day is not None and day >= today and words:
            return Promise(words, day)
    return None


def promise_days(today: dt.date) -> dict[str, tuple[dt.date, str]]:
    """The days one chip away. "Next week" is kept by the end of its Friday."""
    tomorrow, friday = today + dt.timedelta(days=1), _next(today, 4)
    days = {"tomorrow": (tomorrow, _("Tomorrow"))}
    if friday != tomorrow:
        days["friday"] = (friday, _("Friday"))
    return days | {"week": (_end_of_next_week(today), _("Next week"))}


def _day(when: re.Match[str], today: dt.date) -> dt.date | None:
    found = {name: value.lower() for name, value in when.groupdict().items() if value}
    if "plain" in found:
        return today if found["plain"] == "today" else today + dt.timedelta(days=1)
    if "week" in found:
        return _end_of_next_week(today)
    if "weekday" in found:
        return _next(today, _WEEKDAYS.index(found["weekday"]))
    if "n" in found:
        return _date(today, int(found["n"]), int(found["d"]))
    month = found.get("month") or found["month2"]
    return _date(today, _MONTHS.index(month) + 1, int(found.get("day") or found["day2"]))


def _date(today: dt.date, month: int, day: int) -> dt.date | None:
    """A day without a year is the next one of that name; half a year back is a day that has passed."""
    for year in (today.year, today.year + 1):
        try:
            found = dt.date(year, month, day)
        except ValueError:
            continue
        if found >= today - dt.timedelta(days=182):
            return found
    return None


def _next(today: dt.date, weekday: int) -> dt.date:
    return today + dt.timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def _end_of_next_week(today: dt.date) -> dt.date:
    return today + dt.timedelta(days=11 - today.weekday())


def _title(words: str) -> str:
    for pattern, instead in _YOU:
        words = pattern.sub(instead, words)
    words = " ".join(words.split()).strip(" ,:-")
    return words[:1].upper() + words[1:180]
