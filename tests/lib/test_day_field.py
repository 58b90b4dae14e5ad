"""A day somebody types may be a slip of the hand, but never one that breaks a clock."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from coordination.lib.day_field import DayField


@pytest.mark.parametrize("day", ["1850-01-01", "2199-12-31"])
def test_a_day_people_live_in(day):
    assert DayField().clean(day) == dt.date.fromisoformat(day)


@pytest.mark.parametrize("day", ["0001-01-01", "1849-12-31", "2200-01-01", "9999-12-31"])
def test_a_day_no_clock_counts(day):
    with pytest.raises(ValidationError, match="between 1850 and 2199"):
        DayField().clean(day)


def test_no_day_at_all():
    assert DayField(required=False).clean("") is None
