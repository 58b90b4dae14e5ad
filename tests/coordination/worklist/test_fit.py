"""The work of a day against its free time."""

import datetime as dt

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from coordination.worklist.access import clock_of
from coordination.worklist.fit import free_slots, how_many_fit
from tests.factories import TaskFactory

NOON = dt.datetime(2026, 11, 17, 18, 0, tzinfo=dt.UTC)  # a Tuesday, 12:00 in Chicago; work ends at 17:00
minutes = st.integers(0, 240)


@pytest.fixture
def noon():
    with time_machine.travel(NOON, tick=False):
        yield NOON


@given(st.lists(minutes), st.lists(minutes), minutes)
def test_no_more_is_done_than_there_is_time_for(work, slots, more):
    fits = how_many_fit(work, slots)
    assert sum(work[:fits]) <= sum(slots)
    assert all(any(slot >= piece for slot in slots) for piece in work[:fits])
    assert how_many_fit(work, [*slots, more]) >= fits  # more time never makes it less
    assert how_many_fit(work[:fits], slots) == fits
    if fits < len(work):
        assert how_many_fit([*work[:fits], 0], slots) == fits + bool(slots)


def test_the_gaps_between_appointments(cast, noon):
    clock = clock_of(cast.ana)
    both = [
        {"at": noon + dt.timedelta(hours=1), "minutes": 60},
        {"at": noon + dt.timedelta(hours=1, minutes=30), "minutes": 60},
    ]
    assert free_slots(cast.ana, both, clock) == [60, 150]
    assert free_slots(cast.ana, [{"at": noon - dt.timedelta(minutes=10), "minutes": 30}], clock) == [280]
    assert free_slots(cast.ana, [{"at": noon + dt.timedelta(hours=4), "minutes": 120}], clock) == [240]


@pytest.mark.parametrize(
    ("ahead", "says"),
    [
        ([1, 2, 3, 30, 40], "Fits today: 3 of 5 shown. 2 can wait until tomorrow."),
        ([1, 2, 3, 4, 30], "Fits today: 3 of 5 shown. 1 can wait until tomorrow. 1 below is due today and will be late: move it or hand it over."),
        ([1, 2, 3, 4, 5], "Fits today: 3 of 5 shown. 2 below are due today and will be late: move them or hand them over."),
        ([1, 2, 3], ""),
    ],
)  # fmt: skip
def test_the_list_says_what_can_wait_and_what_will_be_late(cast, signed_in, noon, ahead, says):
    for hours in ahead:
        TaskFactory(patient=cast.pat, due_at=noon + dt.timedelta(hours=hours), minutes=90)
    page = signed_in(cast.ana).get("/day/")
    rows = [row for group in page.context["groups"] for row in group["rows"]]
    assert [row.get("fit", "") for row in rows] == (["", "", says, "", ""] if says else ["", "", ""])
    if says:
        assert says in page.content.decode()
    assert "Fits today" not in signed_in(cast.ana).get("/day/?bucket=today").content.decode()


def test_an_appointment_takes_its_own_time(cast, signed_in, noon):
    TaskFactory(patient=cast.pat, kind="home_visit", due_at=noon + dt.timedelta(hours=1), minutes=180)
    for hours in (2, 3, 4):
        TaskFactory(patient=cast.pat, due_at=noon + dt.timedelta(hours=hours), minutes=60)
    body = signed_in(cast.ana).get("/day/").content.decode()
    assert "Fits today: 2 of 3 shown. 1 below is due today" in body
