"""When, by whom and in which order a commitment is kept."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from coordination.audit.models import Event
from coordination.lib.refusal import Refused, Stale
from coordination.lib.rls import organization
from coordination.outbox.models import Message
from coordination.worklist.actions import (
    assign_task,
    change_due,
    claim_task,
    open_task,
    set_waiting,
    snooze_task,
    tick_checklist,
    wake_task,
)
from coordination.worklist.due import Due, working_day
from coordination.worklist.models import Task
from tests.at_once import at_once, names
from tests.coordination.worklist.test_close import in_hours, serialized  # noqa: F401
from tests.factories import OrganizationFactory, TaskFactory, TeamFactory, UserFactory, grant_team


@pytest.fixture
def task(cast):
    return TaskFactory(patient=cast.pat)


def hours(n):
    return timezone.now() + dt.timedelta(hours=n)


class TestSnooze:
    def test_it_sleeps_and_wakes(self, cast, task):
        slept = snooze_task(task=task, by=cast.ana, until=hours(2))
        assert slept.snoozed_until is not None
        assert wake_task(task=task, by=cast.ana).snoozed_until is None
        with pytest.raises(Refused, match="not asleep"):
            wake_task(task=task, by=cast.ana)

    def test_past_its_due_time_it_needs_a_reason(self, cast, task):
        with pytest.raises(Refused, match="Say why") as refused:
            snooze_task(task=task, by=cast.ana, until=hours(20))
        assert refused.value.field == "reason"
        assert (
            snooze_task(task=task, by=cast.ana, until=hours(20), reason="Away until Thursday").snooze_reason
            == "Away until Thursday"
        )

    def test_a_safety_matter_never_sleeps_past_its_limit(self, cast):
        task = TaskFactory(patient=cast.pat, priority=1)
        with pytest.raises(Refused, match="cannot sleep past its limit"):
            snooze_task(task=task, by=cast.ana, until=hours(20), reason="Later")
        assert snooze_task(task=task, by=cast.ana, until=hours(1)).snoozed_until

    def test_it_wakes_in_the_future_and_not_too_far(self, cast, task):
        with pytest.raises(Refused, match="still to come"):
            snooze_task(task=task, by=cast.ana, until=hours(-1))
        with pytest.raises(Refused, match="at most 60 days"):
            snooze_task(task=task, by=cast.ana, until=hours(24 * 61), reason="-")

    def test_an_older_version_is_stale(self, cast, task):
        with pytest.raises(Stale):
            snooze_task(task=task, by=cast.ana, until=hours(2), version=7)


class TestAssign:
    def test_it_is_handed_over_and_announced(self, cast, task):
        assigned = assign_task(task=task, by=cast.ana, owner=cast.max)
        assert assigned.owner == cast.max
        assert Message.objects.get(topic="task.assigned").payload["user_id"] == str(cast.max.pk)
        assert Event.objects.get(name="task.assigned").changed == ["owner"]

    def test_nobody_gets_work_they_cannot_see(self, cast, task):
        with pytest.raises(Refused, match="Sam Cole cannot see this patient"):
            assign_task(task=task, by=cast.ana, owner=cast.sam)
        with pytest.raises(Refused, match="own team"):
            assign_task(task=task, by=cast.ana, queue=cast.south)
        cast.max.is_active = False
        with pytest.raises(Refused, match="not work here"):
            assign_task(task=task, by=cast.ana, owner=cast.max)

    def test_someone_gets_it(self, cast, task):
        with pytest.raises(Refused, match="one person or one team"):
            assign_task(task=task, by=cast.ana)
        with pytest.raises(Refused, match="has it already"):
            assign_task(task=task, by=cast.ana, owner=cast.ana)

    def test_a_queue_is_claimed(self, cast, task):
        queued = assign_task(task=task, by=cast.ana, queue=cast.north)
        assert (queued.owner, queued.queue) == (None, cast.north)
        claimed = claim_task(task=task, by=cast.sue)
        assert (claimed.owner, claimed.queue) == (cast.sue, None)
        with pytest.raises(Refused, match="Sue Park has this task already"):
            claim_task(task=task, by=cast.max)


@pytest.mark.django_db(transaction=True)
def test_of_eight_people_who_claim_at_once_one_gets_it(serialized):  # noqa: F811
    task, people = serialized
    with organization(task.organization_id):
        team = task.patient.team or _team(task, people)
        queued = assign_task(task=task, by=people[0], queue=team)
    calls = [lambda person=person: claim_task(task=queued, by=person) for person in people]
    assert names(at_once(task.organization_id, *calls)) == ["Refused"] * 7 + ["done"]
    with organization(task.organization_id):
        assert Event.objects.filter(name="task.claimed").count() == 1


def _team(task, people):
    team = TeamFactory(organization=people[0].organization)
    task.patient.team = team
    task.patient.save(update_fields=["team"])
    return team


class TestWaiting:
    def test_it_says_on_whom_and_since_when(self, cast, task):
        waiting = set_waiting(task=task, by=cast.ana, waiting_on="Payer")
        since = waiting.waiting_since
        assert (waiting.status, waiting.waiting_on) == ("waiting", "Payer")
        again = set_waiting(task=task, by=cast.ana, waiting_on="Payer, second level")
        assert again.waiting_since == since
        resumed = set_waiting(task=task, by=cast.ana, waiting_on=" ")
        assert (resumed.status, resumed.waiting_on, resumed.waiting_since) == ("open", "", None)

    def test_it_waits_on_somebody(self, cast, task):
        with pytest.raises(Refused, match="on whom"):
            set_waiting(task=task, by=cast.ana, waiting_on="")

    def test_a_safety_matter_waits_on_nobody(self, cast):
        with pytest.raises(Refused, match="waits on nobody"):
            set_waiting(task=TaskFactory(patient=cast.pat, priority=1), by=cast.ana, waiting_on="Lab")


class TestDue:
    def test_it_moves_and_the_caseload_row_follows(self, cast, task):
        task.change({"due_rule": "TCM 2-day limit"}, by=cast.ana)
        moved = change_due(task=task, by=cast.ana, due=in_hours(30))
        assert moved.due_rule == ""
        cast.pat.refresh_from_db()
        assert cast.pat.next_due_at == moved.due_at

    def test_not_into_the_past(self, cast, task):
        with pytest.raises(Refused, match="still to come"):
            change_due(task=task, by=cast.ana, due=in_hours(-3))

    def test_the_limit_of_a_safety_matter_moves_closer_only(self, cast):
        task = TaskFactory(patient=cast.pat, priority=1)
        with pytest.raises(Refused, match="cannot be moved out"):
            change_due(task=task, by=cast.ana, due=in_hours(30))
        assert change_due(task=task, by=cast.ana, due=in_hours(1))

    def test_a_safety_matter_wakes_when_its_limit_comes_closer_than_its_sleep(self, cast):
        task = TaskFactory(patient=cast.pat, priority=1, due_at=hours(8), snoozed_until=hours(6))
        moved = change_due(task=task, by=cast.ana, due=in_hours(4))
        assert moved.snoozed_until is None


class TestChecklist:
    def test_steps_are_ticked_one_by_one(self, cast):
        task = TaskFactory(
            patient=cast.pat, checklist=[{"text": "A", "done": False}, {"text": "B", "done": False}]
        )
        stale_copy = Task.objects.get(pk=task.pk)
        tick_checklist(task=task, by=cast.ana, step=0, done=True)
        ticked = tick_checklist(task=stale_copy, by=cast.sue, step=1, done=True)
        assert [step["done"] for step in ticked.checklist] == [True, True]
        assert ticked.checklist_done == 2
        assert tick_checklist(task=task, by=cast.ana, step=0, done=False).checklist_done == 1

    def test_a_step_that_is_not_there_is_refused(self, cast, task):
        for step in (-1, 0, 99):
            with pytest.raises(Refused, match="not on the list"):
                tick_checklist(task=task, by=cast.ana, step=step, done=True)


class TestLocalTime:
    """A date means the end of that local day; a time is on the wall of whoever enters it."""

    @pytest.mark.parametrize(
        ("zone", "day", "utc"),
        [
            ("America/New_York", dt.date(2026, 11, 20), "2026-11-21T04:59:59.999999"),
            ("America/New_York", dt.date(2026, 10, 31), "2026-11-01T03:59:59.999999"),  # still summer time
            ("America/New_York", dt.date(2026, 11, 1), "2026-11-02T04:59:59.999999"),  # 25 hours long
            ("America/New_York", dt.date(2026, 3, 8), "2026-03-09T03:59:59.999999"),  # 23 hours long
            ("Pacific/Honolulu", dt.date(2026, 11, 20), "2026-11-21T09:59:59.999999"),
            ("Asia/Kathmandu", dt.date(2026, 11, 20), "2026-11-20T18:14:59.999999"),
        ],
    )
    def test_a_date_ends_at_local_midnight(self, zone, day, utc):
        due = Due.on(day, OrganizationFactory.build(time_zone=zone))
        assert (due.at, due.has_time) == (dt.datetime.fromisoformat(utc).replace(tzinfo=dt.UTC), False)

    @pytest.mark.parametrize(
        ("day", "time", "utc"),
        [
            (dt.date(2026, 11, 20), dt.time(17), "2026-11-20T22:00:00"),
            (dt.date(2026, 3, 8), dt.time(2, 30), "2026-03-08T07:30:00"),  # skipped: 03:30 on the new clock
            (dt.date(2026, 11, 1), dt.time(1, 30), "2026-11-01T05:30:00"),  # twice: the first
        ],
    )
    def test_a_time_is_on_the_wall(self, day, time, utc):
        due = Due.at_time(day, time, ZoneInfo("America/New_York"))
        assert (due.at, due.has_time) == (dt.datetime.fromisoformat(utc).replace(tzinfo=dt.UTC), True)

    def test_working_days(self):
        assert working_day(dt.date(2026, 11, 20)) == dt.date(2026, 11, 20)
        assert working_day(dt.date(2026, 11, 21)) == dt.date(2026, 11, 23)
        assert working_day(dt.date(2026, 11, 26)) == dt.date(2026, 11, 27)  # Thanksgiving


def test_a_colleague_who_covers_is_a_colleague_who_sees(cast):
    """The check asks the one rule for sight, whatever grants it."""
    newcomer = UserFactory(organization=cast.riverbend)
    task = open_task(by=cast.ana, patient=cast.pat, title="Call", reason="So", due=in_hours(2))
    with pytest.raises(Refused):
        assign_task(task=task, by=cast.ana, owner=newcomer)
    fresh = type(newcomer).objects.get(pk=newcomer.pk)
    grant_team(fresh, cast.north)
    assert assign_task(task=task, by=cast.ana, owner=fresh).owner == fresh
