"""The table of slots decides who runs: any number of clocks may tick at once."""

import datetime as dt
import threading

import pytest
from django.db import connection
from django.utils import timezone

from coordination.audit.actions import record
from coordination.audit.models import Event
from coordination.outbox import jobs, schedule
from coordination.outbox.models import Slot
from coordination.outbox.schedule import latest_slot, run_due

HERE = "tests.coordination.outbox.test_schedule"
NOON = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)


def run_well() -> None:
    record("test.ran", by=None)


def run_badly() -> None:
    raise ValueError("Quillfeather Zanzibar")


def ran() -> int:
    return Event.objects.filter(name="test.ran").count()


@pytest.fixture(autouse=True)
def jobs_of_the_test(settings) -> None:
    settings.SCHEDULE = {"well": (f"{HERE}.run_well", 60)}


def test_each_slot_runs_once(db):
    assert run_due(NOON) == ["well"]
    assert run_due(NOON + dt.timedelta(minutes=59)) == []
    assert run_due(NOON + dt.timedelta(minutes=60)) == ["well"]
    assert ran() == 2
    slot = Slot.objects.earliest("due_at")
    assert (slot.due_at, slot.error, slot.finished_at is None) == (NOON, "", False)
    assert str(slot) == "well 2026-11-21 12:00"


def test_of_missed_slots_only_the_latest_runs(db):
    run_due(NOON)
    assert run_due(NOON + dt.timedelta(hours=5, minutes=3)) == ["well"]
    assert list(Slot.objects.order_by("due_at").values_list("due_at", flat=True)) == [
        NOON,
        NOON + dt.timedelta(hours=5),
    ]


@pytest.mark.parametrize("minutes", [1, 60, 1440])
def test_slots_are_utc_and_no_clock_change_skips_or_repeats_one(minutes):
    begin = dt.datetime(2026, 11, 1, 4, 0, tzinfo=dt.UTC)  # the night New York turns its clocks back
    seconds = 6 * 3600
    slots = {latest_slot(begin + dt.timedelta(seconds=n), minutes) for n in range(0, seconds, 30)}
    expected = {latest_slot(begin, minutes)} | {
        begin + dt.timedelta(minutes=n) for n in range(seconds // 60) if (begin.hour * 60 + n) % minutes == 0
    }
    assert slots == expected


def test_a_job_that_fails_keeps_no_other_waiting_and_tells_no_value(db, settings):
    settings.SCHEDULE = {"badly": (f"{HERE}.run_badly", 60), "gone": (f"{HERE}.gone", 60)} | settings.SCHEDULE
    assert run_due(NOON) == ["badly", "gone", "well"]
    assert ran() == 1
    slot = Slot.objects.get(job="badly")
    assert slot.error.startswith("ValueError at tests/coordination/outbox/test_schedule.py:")
    assert slot.finished_at is not None
    assert run_due(NOON) == [], "it waits for its next slot"


def test_a_slot_whose_runner_died_is_claimed_again_after_the_lease(db, settings):
    assert schedule.claim("well", NOON)
    assert not schedule.claim("well", NOON)
    Slot.objects.update(claimed_at=timezone.now() - dt.timedelta(seconds=settings.OUTBOX_LEASE_SECONDS + 1))
    assert run_due(NOON) == ["well"]
    assert run_due(NOON) == []


@pytest.mark.django_db(transaction=True)
def test_three_clocks_at_once_run_each_slot_once():
    start = threading.Barrier(3)

    def clock() -> None:
        start.wait(10)
        for minute in range(20):
            run_due(NOON + dt.timedelta(hours=minute))
        connection.close()

    clocks = [threading.Thread(target=clock) for _ in range(3)]
    for thread in clocks:
        thread.start()
    for thread in clocks:
        thread.join()
    assert (Slot.objects.count(), ran()) == (20, 20)


def test_the_tick_is_a_job(db):
    jobs.tick()
    jobs.tick()
    assert ran() == 1
