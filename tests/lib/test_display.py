"""Days, times, ages and numbers as a person reads them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone, translation

from coordination.lib import display

NOON = datetime(2026, 11, 17, 14, 12, tzinfo=UTC)  # 09:12 in New York
TODAY = date(2026, 11, 17)


@pytest.fixture(autouse=True)
def new_york() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False), timezone.override(ZoneInfo("America/New_York")):
        yield


def local(hour: int, minute: int = 0, day: int = 17) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZoneInfo("America/New_York"))


def test_a_day_has_its_month_in_letters() -> None:
    assert display.day(date(1958, 3, 14)) == "14-Mar-1958"
    assert display.day(date(1958, 9, 4)) == "04-Sep-1958"
    assert display.day(None) == "Not recorded"


def test_a_moment_is_told_in_the_zone_of_the_reader() -> None:
    late = datetime(2026, 11, 18, 3, 30, tzinfo=UTC)
    assert display.day(late) == "17-Nov-2026"
    assert display.moment(late) == "17-Nov-2026, 22:30"
    assert display.moment_short(late) == "17-Nov 22:30"
    assert display.hour(late) == "22:30"
    assert display.moment(None) == display.moment_short(None) == display.hour(None) == "Not recorded"


@pytest.mark.parametrize(
    ("order", "whole", "short"),
    [("dmy", "04-Sep-1958", "04-Nov"), ("mdy", "Sep 04, 1958", "Nov 04"), ("ymd", "1958-Sep-04", "Nov 04")],
)
def test_the_order_of_a_date_is_a_choice(order: display.DateOrder, whole: str, short: str) -> None:
    token = display.activate(date=order)
    assert display.day(date(1958, 9, 4)) == whole
    assert display.day_short(date(2026, 11, 4)) == short
    display.deactivate(token)
    assert display.day(date(1958, 9, 4)) == "04-Sep-1958"


@pytest.mark.parametrize(
    ("hour", "text"), [(0, "12:05 AM"), (9, "9:05 AM"), (12, "12:05 PM"), (17, "5:05 PM"), (23, "11:05 PM")]
)
def test_the_clock_is_a_choice(hour: int, text: str) -> None:
    token = display.activate(clock="12")
    assert display.hour(local(hour, 5)) == text
    display.deactivate(token)


def test_months_speak_the_language_of_the_reader() -> None:
    with translation.override("es"):
        assert display.day(date(1958, 3, 14)) == "14-Mar-1958"
        assert display.day(date(1958, 1, 14)) == "14-Ene-1958"


def test_a_short_day_says_the_year_when_it_is_another() -> None:
    assert display.day_short(date(2026, 11, 15)) == "15-Nov"
    assert display.day_short(date(2025, 11, 15)) == "15-Nov-2025"
    assert display.day_short(None) == "Not recorded"


def test_the_headings_of_a_timeline() -> None:
    assert display.day_heading(local(7)) == "Today, 17-Nov"
    assert display.day_heading(date(2026, 11, 16)) == "Yesterday, 16-Nov"
    assert display.day_heading(date(2026, 11, 12)) == "12-Nov"
    assert display.weekday(date(2026, 11, 19)) == "Thu"


@pytest.mark.parametrize(
    ("born", "text"),
    [
        (TODAY, "0 days"),
        (date(2026, 11, 16), "1 day"),
        (date(2026, 10, 21), "27 days"),
        (date(2026, 10, 20), "4 weeks"),
        (date(2025, 11, 18), "52 weeks"),
        (date(2025, 11, 17), "12 months"),
        (date(2024, 11, 18), "23 months"),
        (date(2024, 11, 17), "2 y"),
        (date(2019, 8, 1), "7 y 3 mo"),
        (date(2008, 11, 18), "17 y 11 mo"),
        (date(2008, 11, 17), "18 y"),
        (date(1958, 3, 14), "68 y"),
        (date(1958, 11, 18), "67 y"),
        (date(2026, 11, 18), "Not recorded"),
        (None, "Not recorded"),
    ],
)
def test_an_age_is_told_in_the_unit_a_clinician_uses(born: date | None, text: str) -> None:
    assert display.age(born) == text


def test_the_first_two_days_are_told_in_hours_when_the_hour_is_known() -> None:
    assert display.age(NOON - timedelta(hours=1)) == "1 hour"
    assert display.age(NOON - timedelta(hours=26)) == "26 hours"


def test_an_age_at_another_day() -> None:
    assert display.age(date(1940, 11, 17), date(2026, 10, 2)) == "85 y"
    assert display.age(date(2000, 2, 29), date(2027, 2, 28)) == "26 y"
    assert display.age(date(2000, 2, 29), date(2027, 3, 1)) == "27 y"


def test_a_row_says_bare_years_but_never_a_bare_week() -> None:
    assert display.age(date(1958, 3, 14), unit_of_years=False) == "68"
    assert display.age(date(2026, 10, 12), unit_of_years=False) == "5 weeks"


@pytest.mark.parametrize(
    ("when", "text"),
    [
        (NOON, "just now"),
        (NOON - timedelta(minutes=5), "5 min ago"),
        (NOON - timedelta(hours=3), "3 h ago"),
        (NOON - timedelta(hours=12), "1 d ago"),
        (local(23, 50, 16), "1 d ago"),
        (date(2026, 11, 13), "4 d ago"),
        (TODAY, "today"),
        (date(2026, 11, 18), "tomorrow"),
        (date(2026, 11, 22), "in 5 d"),
        (NOON + timedelta(minutes=20), "in 20 min"),
        (NOON + timedelta(hours=5), "in 5 h"),
        (None, "never"),
    ],
)
def test_how_long_ago(when: date | datetime | None, text: str) -> None:
    assert display.ago(when) == text


def test_just_before_midnight_is_minutes_ago_not_a_day() -> None:
    with time_machine.travel(local(0, 10, 18), tick=False):
        assert display.ago(local(23, 50, 17)) == "20 min ago"


@pytest.mark.parametrize(
    ("due", "head", "text", "more", "tone"),
    [
        (local(9, 12) - timedelta(minutes=30), "08:42", "30 min overdue", "30 min overdue", "red"),
        (local(6), "06:00", "3 h overdue", "3 h overdue", "red"),
        (date(2026, 11, 15), "15-Nov", "2 d overdue", "2 d overdue", "red"),
        (local(17, 0, 16), "16-Nov", "1 d overdue", "1 d overdue", "red"),
        (local(10, 30), "10:30", "in 78 min", "in 78 min", "amber"),
        (local(17), "17:00", "today", "today", "amber"),
        (TODAY, "Today", "today", "", "amber"),
        (local(23, 59).replace(second=59, microsecond=999999), "Today", "today", "", "amber"),
        (date(2026, 11, 18), "18-Nov", "tomorrow", "tomorrow", ""),
        (date(2026, 11, 22), "22-Nov", "in 5 d", "in 5 d", ""),
        (None, "No date", "", "", ""),
    ],
)
def test_when_something_is_due(
    due: date | datetime | None, head: str, text: str, more: str, tone: str
) -> None:
    assert display.due_head(due) == head
    assert display.due_text(due) == text
    assert display.due_more(due) == more
    assert display.due_tone(due) == tone


@pytest.mark.parametrize(
    ("number", "text", "link"),
    [
        ("+15555550142", "(555) 555-0142", "tel:+1-555-555-0142"),
        ("555.555.0142", "(555) 555-0142", "tel:+1-555-555-0142"),
        ("+442079460018", "+44 20 7946 0018", "tel:+44-20-7946-0018"),
        ("call the neighbor", "call the neighbor", ""),
        ("", "Not recorded", ""),
        (None, "Not recorded", ""),
    ],
)
def test_a_phone_number(number: str | None, text: str, link: str) -> None:
    assert display.phone(number) == text
    assert display.tel(number) == link


def test_initials() -> None:
    assert display.initials("Dana Whitfield") == "DW"
    assert display.initials("Ana Maria de la Cruz") == "AC"
    assert display.initials("Cher") == "C"
    assert display.initials("") == ""


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [("20-Jan", "21-Jan", "Due: 20-Jan to 21-Jan"), ("", "21-Jan", "Due: 21-Jan"), ("20-Jan", "", "Due: 20-Jan to none"), ("", "", "Due: none")],
)  # fmt: skip
def test_a_change_in_words(before: str, after: str, said: str) -> None:
    assert display.change_words({"label": "Due", "before": before, "after": after}) == said
