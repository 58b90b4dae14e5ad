"""Where a task stands, and why: the parts, the order, the words, and that they are kept true."""

import datetime as dt
import random
from urllib.parse import urlencode

import pytest
import time_machine
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from coordination.outbox.models import Message
from coordination.worklist import actions
from coordination.worklist.access import clock_of, list_open_tasks, list_work, own_desk
from coordination.worklist.actions.weighing import have_weighed
from coordination.worklist.day import GROUPS, group_of
from coordination.worklist.due import Due
from coordination.worklist.handlers import weigh_tasks
from coordination.worklist.jobs import weigh
from coordination.worklist.models import Act, Change, Task
from coordination.worklist.priority import head_start, head_start_of, work_at
from coordination.worklist.standing import standing_words
from patients.actions.merging import merge_patients
from patients.models import Patient
from tests.factories import PatientFactory, TaskFactory, join_care_team

NOON = dt.datetime(2026, 11, 17, 18, 0, tzinfo=dt.UTC)  # a Tuesday, 12:00 in Chicago
PARTS = {
    ("high", 45, 2): {"risk": 240, "effort": 45, "reach": 120},
    ("rising", 15, 0): {"risk": 120, "effort": 15},
    ("low", 15, 1): {"effort": 15, "reach": 60},
    ("unknown", 0, 0): {},
    ("", 10, 9): {"effort": 10, "reach": 180},
}
CASES = [
    ({"kind": "call", "minutes": 20, "risk": "high"}, {"risk": 240, "effort": 20}),
    ({"kind": "call", "minutes": 20, "risk": "low", "attempt": 1}, {"effort": 20}),
    ({"kind": "call", "minutes": 20, "risk": "low", "attempt": 3}, {"effort": 20, "reach": 120}),
    ({"kind": "call", "minutes": 20, "risk": "low", "last_outcome": "no_answer"}, {"effort": 20, "reach": 60}),
    ({"kind": "call", "minutes": 20, "risk": "low", "last_outcome": "busy", "attempt": 2}, {"effort": 20, "reach": 60}),
    ({"kind": "call", "minutes": 20, "risk": "low", "last_outcome": "reached_patient"}, {"effort": 20}),
    ({"kind": "document", "minutes": 20, "risk": "low", "last_outcome": "no_answer"}, {"effort": 20}),
    ({"kind": "home_visit", "minutes": 60, "risk": "high", "last_outcome": "no_answer"}, {}),
    ({"kind": "meeting", "minutes": 60}, {}),
    ({"kind": "call", "minutes": 60}, {}),  # a block for calls
    ({"kind": "other", "minutes": 25}, {"effort": 25}),
]  # fmt: skip


@pytest.fixture
def noon():
    with time_machine.travel(NOON, tick=False):
        yield NOON


def at(hours):
    return timezone.now() + dt.timedelta(hours=hours)


def open_task(cast, patient=None, hours=10.0, **values):
    values = {"title": "Call", "reason": "Promised", "kind": "call"} | values
    due = Due(at(hours), has_time=True)
    return actions.open_task(by=cast.ana, patient=patient or cast.pat, due=due, **values)


def order(cast):
    tasks = list_work(cast.ana, own_desk(cast.ana))
    return list(tasks.in_work_order(clock_of(cast.ana)).values_list("title", flat=True))


class TestTheParts:
    @pytest.mark.parametrize(("asked", "parts"), PARTS.items())
    def test_each_is_said_in_minutes_and_what_is_nothing_is_left_out(self, asked, parts):
        risk, minutes, missed = asked
        assert head_start(risk=risk, minutes=minutes, missed=missed) == parts

    @pytest.mark.parametrize(("asked", "parts"), CASES)
    def test_of_one_task(self, asked, parts):
        assert head_start_of(**asked) == parts

    def test_the_weights_are_the_houses(self, settings):
        settings.PRIORITY_RISK_MINUTES = {"low": 5}
        settings.PRIORITY_TRIES, settings.PRIORITY_TRY_MINUTES = 1, 7
        assert head_start(risk="low", minutes=1, missed=4) == {"risk": 5, "effort": 1, "reach": 7}
        assert head_start(risk="high") == {}

    @given(
        risk=st.sampled_from(["high", "rising", "low", "unknown", ""]),
        minutes=st.integers(0, 480),
        missed=st.integers(0, 50),
        more=st.integers(1, 50),
    )
    def test_more_of_any_part_never_stands_lower(self, risk, minutes, missed, more):
        usual = sum(head_start(risk=risk, minutes=minutes, missed=missed).values())
        assert sum(head_start(risk=risk, minutes=minutes + more, missed=missed).values()) > usual
        assert sum(head_start(risk=risk, minutes=minutes, missed=missed + more).values()) >= usual
        assert sum(head_start(risk="high", minutes=minutes, missed=missed).values()) >= usual

    @given(
        hours=st.integers(-10_000, 10_000),
        closer=st.integers(0, 10_000),
        parts=st.dictionaries(st.sampled_from(["risk", "effort", "reach"]), st.integers(1, 480)),
    )
    def test_a_closer_deadline_never_stands_lower(self, hours, closer, parts):
        due = NOON + dt.timedelta(hours=hours)
        assert work_at(due - dt.timedelta(minutes=closer), parts) <= work_at(due, parts)
        assert work_at(due, parts) <= due


class TestTheOrder:
    def test_a_head_start_moves_a_task_within_its_group_only(self, cast, noon):
        low = cast.pat
        high = PatientFactory(organization=cast.riverbend, coordinator=cast.ana, risk="high")
        join_care_team(high, cast.ana)
        for title, hours, who in [
            ("today", 2, low),
            ("today, at risk", 5, high),
            ("tomorrow, at risk", 13, high),
            ("tomorrow", 14, low),
            ("tomorrow, later and at risk", 16, high),
        ]:
            open_task(cast, who, hours, title=title)
        TaskFactory(patient=low, title="late", due_at=at(-1))
        TaskFactory(patient=low, title="critical", due_at=at(3), priority=1)
        assert order(cast) == [
            "critical",
            "late",
            "today, at risk",
            "today",
            "tomorrow, at risk",
            "tomorrow, later and at risk",
            "tomorrow",
        ]

    def test_a_closer_deadline_never_lowers_any_task(self, cast, noon):
        """The order of the database, over whatever mixture of work."""
        dice = random.Random(5)
        patients = [cast.pat] + [
            PatientFactory(
                organization=cast.riverbend, coordinator=cast.ana, risk=risk, last_contact_outcome=outcome
            )
            for risk in ("high", "rising", "low", "unknown")
            for outcome in ("", "no_answer")
        ]
        for n in range(40):
            TaskFactory(
                work_at=None, patient=dice.choice(patients), title=str(n), minutes=dice.randrange(5, 90), owner=cast.ana,
                due_at=at(dice.uniform(-40, 60)), due_has_time=dice.random() < 0.5, priority=dice.choice((1, 3, 3, 3)),
                kind=dice.choice(("call", "home_visit", "document", "assessment")), attempt=dice.randrange(4), created_by=cast.ana,
            )  # fmt: skip
        weigh()
        tasks = Task.objects.filter(owner=cast.ana)
        clock = clock_of(cast.ana)
        names = list(GROUPS)

        def found():
            return [task.pk for task in tasks.in_work_order(clock)]

        def key(task):
            return (names.index(group_of(task, clock)), task.work_at, task.pk)

        assert found() == [task.pk for task in sorted(tasks, key=key)]
        for task in tasks.order_by("?")[:15]:
            before = found().index(task.pk)
            due = task.due_at - dt.timedelta(hours=dice.uniform(0, 30))
            Task.objects.filter(pk=task.pk).update(due_at=due, work_at=work_at(due, task.head_start))
            assert found().index(task.pk) <= before

    def test_what_was_never_weighed_stands_at_its_deadline_until_the_job_comes(self, cast, noon):
        cast.pat.risk = "high"
        cast.pat.save(update_fields=["risk"])
        TaskFactory(patient=cast.pat, title="unweighed", due_at=at(20), minutes=30, work_at=None)
        weighed = TaskFactory(patient=cast.pat, title="weighed", due_at=at(18), work_at=at(18))
        assert order(cast) == ["weighed", "unweighed"]
        weigh()
        assert order(cast) == ["unweighed", "weighed"]
        (task,) = Task.objects.filter(title="unweighed")
        assert (task.version, task.head_start) == (1, {"risk": 240, "effort": 30})
        weighed.refresh_from_db()
        assert weighed.head_start == {}, "only what never was"

    def test_the_page_of_a_patient_and_the_export_follow_the_same_rule(self, cast, signed_in, inside, noon):
        open_task(cast, hours=5, title="short", minutes=5)
        open_task(cast, hours=6, title="long", minutes=90)
        assert order(cast) == ["long", "short"]
        assert [task.title for task in list_open_tasks(cast.ana, cast.pat)] == ["long", "short"]
        for address in ("/day/", "/day/print/"):
            page = signed_in(cast.ana).get(address)
            groups = page.context.get("groups") or [{"rows": page.context["rows"]}]
            assert [row["title"] for group in groups for row in group["rows"]] == ["long", "short"], address
            inside(cast.riverbend)


class TestThePages:
    """Paging on while the clock goes on."""

    @pytest.fixture
    def many(self, cast, noon):
        """What stands last is due first: it would leap over the pages before."""
        for n in range(65):
            due = at(0.70 - n / 100)  # 36 seconds before the one above, and three minutes less work
            TaskFactory(patient=cast.pat, title=f"T{n:02}", due_at=due, minutes=300 - 3 * n)

    def test_no_row_is_skipped_or_shown_twice(self, cast, signed_in, many, parts):
        client = signed_in(cast.ana)
        first = client.get("/day/")
        seen, more = titles(first), first.context["more_url"]
        for minutes in (10, 24):  # by then the last 12, then 35 of them are late
            with time_machine.travel(NOON + dt.timedelta(minutes=minutes), tick=False):
                page = client.get(more, headers=parts)
                seen += titles(page)
                more = page.context["more_url"]
                assert "Overdue" not in page.content.decode()
        assert seen == [f"T{n:02}" for n in range(65)]
        assert more == ""

    def test_a_row_that_was_done_keeps_its_place(self, cast, signed_in, inside, many):
        client = signed_in(cast.ana)
        first = client.get("/day/")
        inside(cast.riverbend)
        actions.close_task(task=Task.objects.get(title=titles(first)[-1]), by=cast.ana)
        assert titles(client.get(first.context["more_url"]))[0] == "T30"

    @pytest.mark.parametrize("moment", ["", "nonsense", "2026-11-17T12:00:00", "2026-11-17T16:59:00+00:00", "2026-11-17T19:00:00+00:00",
                                        "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "\x00"])  # fmt: skip
    def test_a_moment_that_cannot_be_is_now(self, cast, signed_in, many, moment):
        client = signed_in(cast.ana)
        more = client.get("/day/").context["more_url"].partition("&at=")[0]
        page = client.get(f"{more}&{urlencode({'at': moment})}")
        assert page.status_code == 200
        assert titles(page)[0] == "T30"
        assert "2026-11-17T18%3A00%3A00" in page.context["more_url"]


class TestWeighedAgain:
    """What the head start rests on changes; the task follows, and nothing else about it does."""

    def told(self):
        """Deliver what was posted since; returns how many messages there were."""
        waiting = Message.objects.filter(topic="patient.weighed")
        for message in waiting:
            weigh_tasks(message)
        return waiting.delete()[0]

    def test_opening_and_every_change_set_it(self, cast, noon):
        task = open_task(cast, minutes=30)
        assert (task.head_start, task.work_at) == ({"effort": 30}, at(9.5))
        task = actions.edit_task(task=task, by=cast.ana, values={"minutes": 90}).task
        task = actions.change_due(task=task, by=cast.ana, due=Due(at(20), has_time=True))
        task = actions.edit_task(task=task, by=cast.ana, values={"kind": "home_visit"}).task
        assert (task.head_start, task.work_at) == ({}, at(20))
        stored = Task.objects.get(pk=task.pk)
        assert (stored.head_start, stored.work_at) == ({}, at(20))
        assert not any({"work_at", "head_start"} & set(change.before) for change in Change.objects.all())

    def test_a_batch_and_its_undo_set_it(self, cast, noon):
        task = open_task(cast, minutes=30)
        moved = actions.Order(Act.MOVE, due=Due(at(30), has_time=True))
        batch = actions.act_on_many(tasks=[task], order=moved, by=cast.ana, versions={}).batch
        task.refresh_from_db()
        assert task.work_at == at(29.5)
        Patient.objects.filter(pk=cast.pat.pk).update(risk="high")
        actions.undo_batch(batch=batch, by=cast.ana, within=Change.objects.with_record().filter(batch=batch))
        task.refresh_from_db()
        assert (task.due_at, task.work_at) == (at(10), at(5.5)), "the weight of today, not the one of then"

    def test_the_next_turn_of_a_repeat_has_one(self, cast, noon):
        task = open_task(cast, minutes=30, repeat_every=1, repeat_unit="day")
        actions.close_task(task=task, by=cast.ana)
        (turn,) = Task.objects.open()
        assert turn.work_at == turn.due_at - dt.timedelta(minutes=30)

    def test_a_contact_weighs_the_other_work_when_it_tells_something_new(self, cast, noon):
        other, task = open_task(cast, minutes=10), open_task(cast, minutes=10)
        step = actions.NextStep(Due(at(24), has_time=True))
        actions.log_contact(patient=cast.pat, by=cast.ana, task=task, outcome="no_answer", next_step=step)
        (again,) = Task.objects.open().filter(attempt=2)
        assert again.head_start == {"effort": 10, "reach": 60}
        other.refresh_from_db()
        assert other.head_start == {"effort": 10}, "the act itself leaves it"
        assert self.told() == 1
        other.refresh_from_db()
        assert (other.head_start, other.version) == ({"effort": 10, "reach": 60}, 1)
        actions.log_contact(patient=cast.pat, by=cast.ana, outcome="busy", no_follow_up_reason="Open")
        assert self.told() == 0, "nothing new"
        actions.log_contact(patient=cast.pat, by=cast.ana, outcome="reached_patient", next_step=step)
        assert self.told() == 1
        other.refresh_from_db()
        assert other.head_start == {"effort": 10}
        assert Task.objects.open().get(kind="follow_up").head_start == {"effort": 15}

    def test_alone_a_contact_tells_nobody(self, cast, noon):
        step = actions.NextStep(Due(at(24), has_time=True))
        actions.log_contact(patient=cast.pat, by=cast.ana, outcome="no_answer", next_step=step)
        assert self.told() == 0

    def test_undoing_a_contact_weighs_again_and_is_not_refused_because_of_it(self, cast, noon):
        other, task = open_task(cast, minutes=10), open_task(cast, minutes=10)
        contact = actions.log_contact(
            patient=cast.pat, by=cast.ana, task=task, outcome="no_answer", no_follow_up_reason="Later"
        )
        self.told()
        actions.undo_change(change=contact.last_change, by=cast.ana)
        self.told()
        for each in (other, task):
            each.refresh_from_db()
            assert (each.is_open, each.head_start) == (True, {"effort": 10})

    def test_a_risk_that_changed_leaves_undo_alone_and_is_not_taken_back_by_it(self, cast, noon):
        task = open_task(cast, minutes=10)
        task = actions.edit_task(task=task, by=cast.ana, values={"minutes": 20}).task
        Patient.objects.filter(pk=cast.pat.pk).update(risk="rising")
        have_weighed(cast.pat.pk, organization_id=cast.riverbend.pk)
        assert self.told() == 1
        acts, before = Change.objects.count(), Task.objects.get(pk=task.pk)
        assert (before.head_start, before.version, before.updated_at) == (
            {"risk": 120, "effort": 20},
            task.version,
            task.updated_at,
        )
        actions.undo_change(change=Change.objects.with_record().get(act="edit"), by=cast.ana)
        task.refresh_from_db()
        assert (task.minutes, task.head_start) == (10, {"risk": 120, "effort": 10})
        assert Change.objects.count() == acts

    def test_a_merge_weighs_what_moved(self, cast, noon):
        cast.pat.risk = "high"
        cast.pat.save(update_fields=["risk"])
        other = PatientFactory(organization=cast.riverbend, team=cast.north, birth_date=cast.pat.birth_date)
        join_care_team(other, cast.ana)
        task = open_task(cast, other, minutes=10)
        merge_patients(
            survivor=cast.pat, merged=other, chosen={}, second_identifier=other.record_number, reason="Same card", by=cast.sue,
        )  # fmt: skip
        self.told()
        task.refresh_from_db()
        assert (task.patient, task.head_start) == (cast.pat, {"risk": 240, "effort": 10})

    def test_it_costs_the_same_for_one_task_and_for_thirty(self, cast, noon, statements):
        seen = {}
        for count, risk in ((1, "high"), (30, "rising")):
            for _n in range(count):
                TaskFactory(patient=cast.pat, minutes=0)
            Patient.objects.filter(pk=cast.pat.pk).update(risk=risk)
            with statements() as seen[count]:
                have_weighed(cast.pat.pk, organization_id=cast.riverbend.pk)
                self.told()
        assert len(seen[1]) == len(seen[30]), seen
        assert not Task.objects.exclude(head_start={"risk": 120}).exists()


class TestTheWords:
    @pytest.mark.parametrize(
        ("risk", "start", "words"),
        [
            ("high", {"risk": 240, "effort": 30}, "Placed 4 h 30 min ahead of its deadline: high risk 4 h, 30 min of work."),
            ("rising", {"risk": 120}, "Placed 2 h ahead of its deadline: rising risk 2 h."),
            ("low", {"effort": 5, "reach": 60}, "Placed 1 h 5 min ahead of its deadline: 5 min of work, hard to reach 1 h."),
            ("low", {"risk": 240}, "Placed 4 h ahead of its deadline: risk 4 h."),  # it fell, and is weighed in a moment
            ("high", {}, ""),
        ],
    )  # fmt: skip
    def test_they_are_said_in_the_preview_and_on_the_page(self, cast, signed_in, parts, risk, start, words):
        Patient.objects.filter(pk=cast.pat.pk).update(risk=risk)
        task = TaskFactory(patient=cast.pat, head_start=start)
        client = signed_in(cast.ana)
        for address in (f"/tasks/{task.pk}/peek/", f"/tasks/{task.pk}/"):
            body = client.get(address, headers=parts if "peek" in address else {}).content.decode()
            assert words in body
            assert ("ahead of its deadline" in body) == bool(words)

    def test_what_has_ended_stands_nowhere(self, cast):
        task = actions.close_task(task=open_task(cast), by=cast.ana)
        assert task.head_start
        assert standing_words(task) == ""


def titles(page):
    return [row["title"] for group in page.context["groups"] for row in group["rows"]]
