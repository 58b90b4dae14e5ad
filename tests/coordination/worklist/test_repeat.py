"""Commitments that come again."""

import datetime as dt

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from coordination.lib.days import is_business_day
from coordination.worklist.actions import close_task, undo_change
from coordination.worklist.due import Due, next_turn, turn_after
from coordination.worklist.models import Task
from coordination.worklist.turns import repeat_words
from patients.actions.care import record_death
from tests.coordination.worklist.test_edit import shown, stored, url
from tests.factories import TaskFactory

TURNS = [
    ("2026-11-21", 1, "day", "2026-11-22"),
    ("2026-12-31", 3, "day", "2027-01-03"),
    ("2026-11-20", 2, "week", "2026-12-04"),
    ("2026-11-25", 2, "business", "2026-11-30"),  # Thanksgiving; the Friday after counts
    ("2026-07-02", 1, "business", "2026-07-06"),  # 4 July is a Saturday, observed on Friday
    ("2026-12-24", 1, "business", "2026-12-28"),
    ("2026-11-15", 1, "month", "2026-12-15"),
    ("2026-12-15", 1, "month", "2027-01-15"),
    ("2026-01-30", 1, "month", "2026-02-28"),
    ("2026-01-31", 1, "month", "2026-02-28"),
    ("2026-02-28", 1, "month", "2026-03-31"),  # the last day of a month stays the last day
    ("2028-01-31", 1, "month", "2028-02-29"),
    ("2028-02-28", 1, "month", "2028-03-28"),
    ("2026-11-30", 15, "month", "2028-02-29"),
]


@pytest.mark.parametrize(("day", "every", "unit", "then"), TURNS)
def test_the_next_turn(day, every, unit, then):
    assert next_turn(dt.date.fromisoformat(day), every, unit) == dt.date.fromisoformat(then)


@given(
    st.dates(dt.date(2020, 1, 1), dt.date(2035, 1, 1)), st.integers(1, 24), st.sampled_from(Task.Unit.values)
)
def test_it_always_comes_later(day, every, unit):
    then = next_turn(day, every, unit)
    assert then > day
    assert unit != "business" or is_business_day(then)


def test_turns_that_passed_are_not_made_up_for():
    day = turn_after(dt.date(2026, 11, 2), 1, "week", today=dt.date(2026, 11, 23))
    assert day == dt.date(2026, 11, 30)


def test_the_hour_on_the_wall_stays_when_the_clocks_change(cast):
    house = cast.riverbend
    due = Due.at_time(dt.date(2026, 10, 28), dt.time(9, 30), house.zone)
    then = Due.at_time(
        next_turn(dt.date(2026, 10, 28), 1, "week"), due.at.astimezone(house.zone).time(), house.zone
    )
    assert then.at.astimezone(house.zone).time() == dt.time(9, 30)
    assert then.at - due.at == dt.timedelta(days=7, hours=1)


@pytest.fixture
def task(cast):
    return TaskFactory(
        patient=cast.pat,
        title="Weigh",
        repeat_every=2,
        repeat_unit="week",
        checklist=[{"text": "Call", "done": True}],
    )


def following(task):
    return Task.objects.filter(follows=task).first()


class TestClosing:
    @pytest.mark.parametrize(
        ("outcome", "comes"),
        [("completed", True), ("not_reached", True), ("not_needed", False), ("mistake", False)],
    )
    def test_the_next_one_opens_when_it_is_closed_in_its_turn(self, cast, task, outcome, comes):
        close_task(task=task, by=cast.ana, outcome=outcome)
        then = following(task)
        assert (then is not None) == comes
        if comes:
            assert (then.title, then.source, then.owner, then.repeat_every) == (
                "Weigh",
                "repeat",
                cast.ana,
                2,
            )
            assert then.checklist == [{"text": "Call", "done": False}]
            zone = cast.riverbend.zone
            assert (then.due_at.astimezone(zone).date() - task.due_at.astimezone(zone).date()).days == 14
            cast.pat.refresh_from_db()
            assert cast.pat.open_tasks == 1

    def test_once(self, cast, signed_in, inside, task):
        client = signed_in(cast.ana)
        assert client.post(f"/tasks/{task.pk}/done/").status_code == 302
        assert client.post(f"/tasks/{task.pk}/done/").status_code == 422
        inside(cast.riverbend)
        assert Task.objects.filter(follows=task).count() == 1

    def test_closed_taken_back_and_closed_again_it_comes_again(self, cast, task):
        undo_change(change=close_task(task=task, by=cast.ana).last_change, by=cast.ana)
        assert following(task).outcome == "mistake"
        task.refresh_from_db()
        close_task(task=task, by=cast.ana)
        assert Task.objects.open().filter(follows=task).count() == 1

    def test_the_last_day_ends_it(self, cast, task):
        Task.objects.filter(pk=task.pk).update(repeat_until=cast.riverbend.today() + dt.timedelta(days=13))
        close_task(task=task, by=cast.ana)
        assert following(task) is None

    def test_so_does_a_death(self, cast, task):
        record_death(patient=cast.pat, died_on=None, by=cast.ana)
        close_task(task=task, by=cast.ana)
        assert following(task) is None

    def test_and_the_end_of_care(self, cast, task):
        type(cast.pat).objects.filter(pk=cast.pat.pk).update(
            status="ended", care_ended_on=timezone.localdate()
        )
        close_task(task=task, by=cast.ana)
        assert following(task) is None

    def test_who_cannot_take_it_any_more_leaves_it_to_who_closed_it(self, cast, task):
        Task.objects.filter(pk=task.pk).update(owner=cast.sam)
        close_task(task=task, by=cast.ana)
        assert following(task).owner == cast.ana


class TestTheForm:
    def test_it_is_set_there_and_said_in_words(self, cast, signed_in, inside):
        task = TaskFactory(patient=cast.pat)
        client = signed_in(cast.ana)
        sent = shown(client, task) | {
            "repeat_every": "2",
            "repeat_unit": "week",
            "repeat_until": "2030-03-01",
        }
        assert client.post(url(task), sent).status_code == 302
        now = stored(task, inside, cast)
        assert (
            repeat_words(now)
            == "Repeats every 2 weeks until 01-Mar-2030; the next one opens when this one is closed"
        )
        assert repeat_words(now) in client.get(f"/tasks/{task.pk}/").text

    @pytest.mark.parametrize(
        "wrong", [{"repeat_every": "2"}, {"repeat_unit": "week"}, {"repeat_every": "0", "repeat_unit": "day"},
                  {"repeat_every": "1", "repeat_unit": "day", "repeat_until": "2020-01-01"}],
    )  # fmt: skip
    def test_half_a_repeat_is_none(self, cast, signed_in, wrong):
        task = TaskFactory(patient=cast.pat)
        client = signed_in(cast.ana)
        assert client.post(url(task), shown(client, task) | wrong).status_code == 422
