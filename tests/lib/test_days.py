"""Deadlines counted as CMS and HEDIS count them: the computed vectors of the domain facts."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination.lib.days import (
    add_business_days,
    end_of_day,
    federal_holidays,
    is_business_day,
    local_date,
    start_of_day,
)

NEW_YORK = ZoneInfo("America/New_York")
VECTORS = [
    ("2026-03-06", "2026-03-10"),  # over a weekend
    ("2026-03-08", "2026-03-10"),  # discharged on a Sunday, the day the clocks change
    ("2026-03-09", "2026-03-11"),
    ("2026-11-25", "2026-11-30"),  # Thanksgiving; the Friday after counts
    ("2026-07-02", "2026-07-07"),  # 4 July is a Saturday, observed on Friday
    ("2026-12-24", "2026-12-29"),
    ("2027-12-30", "2028-01-04"),  # 1 January 2028 is a Saturday, observed in the year before
]


@pytest.mark.parametrize(("discharged", "contact_by"), VECTORS)
def test_two_business_days_after_discharge(discharged, contact_by):
    assert add_business_days(dt.date.fromisoformat(discharged), 2) == dt.date.fromisoformat(contact_by)


def test_new_years_day_on_a_saturday_closes_the_year_before():
    assert dt.date(2027, 12, 31) in federal_holidays(2027)
    assert len(federal_holidays(2026)) >= 11


def test_a_closed_day_of_the_organization_does_not_count():
    monday = dt.date(2026, 3, 9)
    assert add_business_days(monday, 1, closed={dt.date(2026, 3, 10)}) == dt.date(2026, 3, 11)


def test_a_negative_count_is_refused():
    with pytest.raises(ValueError, match="negative"):
        add_business_days(dt.date(2026, 3, 9), -1)


@given(st.dates(dt.date(2020, 1, 1), dt.date(2035, 1, 1)), st.integers(1, 15))
def test_the_last_day_is_a_business_day_and_that_many_lie_between(day, count):
    end = add_business_days(day, count)
    between = [day + dt.timedelta(days=n) for n in range(1, (end - day).days + 1)]
    assert is_business_day(end)
    assert sum(is_business_day(each) for each in between) == count


@pytest.mark.parametrize("day", [dt.date(2026, 3, 8), dt.date(2026, 11, 1), dt.date(2026, 6, 15)])
def test_a_local_day_ends_where_the_next_begins(day):
    end = end_of_day(day, NEW_YORK)
    assert local_date(end, NEW_YORK) == day
    assert end + dt.timedelta(microseconds=1) == start_of_day(day + dt.timedelta(days=1), NEW_YORK)
