"""My day: the right work, in the right order, under counts that agree with it."""

import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from coordination.accounts.models import Cover
from coordination.audit.models import Event
from coordination.worklist.access import clock_of, list_work, own_desk
from coordination.worklist.actions import set_waiting, snooze_task
from coordination.worklist.day import free_minutes, hours
from coordination.worklist.models import Task
from coordination.worklist.querysets import Clock
from tests.factories import PatientFactory, TaskFactory

NOON = dt.datetime(2026, 11, 17, 18, 0, tzinfo=dt.UTC)  # a Tuesday, 12:00 in Chicago


@pytest.fixture
def noon():
    with time_machine.travel(NOON, tick=False):
        yield NOON


def at(hours, minutes=0):
    return timezone.now() + dt.timedelta(hours=hours, minutes=minutes)


@pytest.fixture
def week(cast, noon):
    """One task of each sort."""
    make = {
        "late": {"due_at": at(-30)},
        "soon": {"due_at": at(2)},
        "tonight": {"due_at": at(11, 59), "due_has_time": False, "kind": "discharge_call"},
        "tomorrow": {"due_at": at(20)},
        "later": {"due_at": at(100)},
        "critical": {"due_at": at(1), "priority": 1, "title": "PHQ-9 item 9: safety check"},
    }
    tasks = {
        name: TaskFactory(patient=cast.pat, **({"title": name} | values)) for name, values in make.items()
    }
    snooze_task(task=tasks["later"], by=cast.ana, until=at(48))
    set_waiting(task=tasks["tomorrow"], by=cast.ana, waiting_on="Payer")
    return tasks


def titles(response):
    return [row["title"] for group in response.context["groups"] for row in group["rows"]]


class TestTheList:
    def test_it_shows_ones_work_in_the_order_to_do_it(self, cast, signed_in, week):
        response = signed_in(cast.ana).get("/day/")
        assert titles(response) == ["PHQ-9 item 9: safety check", "late", "soon", "tonight", "tomorrow"]
        groups = [(str(group["title"]), group["count"]) for group in response.context["groups"]]
        assert groups == [("Needs you now", 1), ("Overdue", 1), ("Due today", 2), ("Coming up", 1)]
        body = response.content.decode()
        assert "Good afternoon, Ana" in body
        assert "5 open, 1 overdue. About 1 h of work due today" in body
        assert "Waiting on Payer since 17-Nov" in body
        assert "RIVERA, Pat" in body
        assert "14-Mar-1958" in body
        assert cast.pat.record_number in body

    def test_counts_and_lists_follow_the_same_rule(self, cast, signed_in, week):
        client = signed_in(cast.ana)
        expected = {
            "all": 5,
            "overdue": 1,
            "today": 3,
            "transitions": 1,
            "waiting": 1,
            "upcoming": 1,
            "snoozed": 1,
        }
        for bucket, count in expected.items():
            response = client.get(f"/day/?bucket={bucket}")
            tab = next(tab for tab in response.context["buckets"] if tab["current"])
            assert (bucket, len(titles(response)), tab["count"]) == (bucket, count, count)
            assert sum(group["count"] for group in response.context["groups"]) == count

    def test_the_shape_of_the_day(self, cast, signed_in, noon):
        TaskFactory(patient=cast.pat, kind="home_visit", due_at=at(1), minutes=60, title="Falls")
        TaskFactory(
            organization=cast.riverbend,
            patient=None,
            owner=cast.ana,
            kind="call",
            title="Call block",
            due_at=at(4),
            minutes=60,
        )
        TaskFactory(
            organization=cast.riverbend,
            patient=None,
            owner=cast.ana,
            kind="meeting",
            title="Huddle",
            due_at=at(-3),
            minutes=30,
        )
        response = signed_in(cast.ana).get("/day/")
        entries = {entry["title"]: entry for entry in response.context["ribbon"]["entries"]}
        assert (
            entries["Home visit"]["column"],
            entries["Home visit"]["width"],
            entries["Home visit"]["kind"],
        ) == (21, 4, "visit")
        assert entries["Home visit"]["note"] == "RIVERA, Pat"
        assert (entries["Call block"]["column"], entries["Call block"]["kind"]) == (33, "hold")
        assert entries["Huddle"]["kind"] == "past"
        assert response.context["ribbon"]["now"]["column"] == 17
        assert "with 3 h free" not in response.content.decode()  # nothing but appointments is due

    def test_free_time_counts_an_hour_once(self, cast, noon):
        clock = clock_of(cast.ana)
        both = [{"at": at(1), "minutes": 60}, {"at": at(1, 30), "minutes": 60}]
        assert free_minutes(cast.ana, both, clock) == 5 * 60 - 90
        assert free_minutes(cast.ana, [], Clock(at(9), clock.start_of_today, clock.end_of_today)) == 0
        assert [hours(n) for n in (5, 60, 220)] == ["5 min", "1 h", "3 h 40 min"]

    def test_what_is_asked_survives_in_the_address(self, cast, signed_in, week):
        response = signed_in(cast.ana).get("/day/?bucket=today&risk=high&kind=call&sort=risk")
        assert titles(response) == []
        labels = [chip["label"] for chip in response.context["chips"]]
        assert labels == ["Risk: High", "Kind: Call"]
        assert "No task matches these filters" in response.content.decode()
        assert "bucket=overdue" in response.content.decode()
        assert "sort=risk" in next(tab["url"] for tab in response.context["buckets"])

    @pytest.mark.parametrize(
        "query", ["bucket=magic", "sort=magic", "risk=magic", "after=magic", "sel=magic", "after=x&seen=y"]
    )
    def test_nonsense_is_the_plain_list(self, cast, signed_in, week, query):
        assert len(titles(signed_in(cast.ana).get(f"/day/?{query}"))) == 5

    @pytest.mark.parametrize("sort", ["due", "patient", "risk", "contact"])
    def test_it_is_sorted_by_what_one_asks(self, cast, signed_in, noon, sort):
        for n, (family, risk) in enumerate([("Adams", "low"), ("Baker", "high"), ("Clark", "rising")]):
            patient = PatientFactory(
                organization=cast.riverbend, family=family, given="X", risk=risk, team=cast.north, coordinator=cast.sue,
                last_contact_at=at(-24 * n) if n else None,
            )  # fmt: skip
            TaskFactory(patient=patient, title=family, due_at=at(10 - n))
        expected = {
            "due": ["Baker", "Clark", "Adams"],  # at risk, each before its hour
            "patient": ["Adams", "Baker", "Clark"],
            "risk": ["Baker", "Clark", "Adams"],
            "contact": ["Adams", "Clark", "Baker"],
        }
        assert titles(signed_in(cast.sue).get(f"/day/?sort={sort}")) == expected[sort]

    def test_nothing_overdue_says_what_comes_next(self, cast, signed_in, noon):
        TaskFactory(patient=cast.pat, due_at=at(2))
        body = signed_in(cast.ana).get("/day/?bucket=overdue").content.decode()
        assert "Nothing overdue" in body
        assert "The next task is due 17-Nov 14:00." in body

    def test_a_first_day_says_where_work_comes_from(self, cast, signed_in):
        assert "Tasks come from discharges" in signed_in(cast.ana).get("/day/").content.decode()

    def test_a_task_about_nobody_says_so(self, cast, signed_in, noon):
        TaskFactory(organization=cast.riverbend, patient=None, owner=cast.ana, title="Order handouts")
        body = signed_in(cast.ana).get("/day/").content.decode()
        assert "No patient" in body
        assert "Order handouts" in body


class TestWhoseWork:
    def test_a_team_works_its_queue(self, cast, signed_in, noon):
        TaskFactory(patient=cast.pat, owner=None, queue=cast.north, title="Queued", created_by=cast.ana)
        response = signed_in(cast.sue).get(f"/day/?show=queue:{cast.north.pk}")
        assert titles(response) == ["Queued"]
        assert [desk["label"] for desk in response.context["desks"]] == ["My work", "Queue of North"]
        assert 'data-act="claim"' in response.content.decode()

    def test_one_covers_for_a_colleague(self, cast, signed_in, noon):
        today = cast.riverbend.today()
        TaskFactory(patient=cast.pat, title="Ana's")
        Cover.objects.create(
            organization=cast.riverbend,
            absent=cast.ana,
            covering=cast.sam,
            starts_on=today,
            ends_on=today,
            created_by=cast.sue,
        )
        response = signed_in(cast.sam).get(f"/day/?show=cover:{cast.ana.pk}")
        assert titles(response) == ["Ana's"]
        assert "Covering for Ana Ruiz" in response.content.decode()

    def test_nobody_looks_at_a_desk_that_is_not_theirs(self, cast, signed_in, week):
        for desk in (f"queue:{cast.north.pk}", f"cover:{cast.ana.pk}", "cover:x", "magic:1"):
            assert signed_in(cast.sam).get(f"/day/?show={desk}").status_code == 404

    def test_each_sees_what_the_rule_lets_them(self, cast, signed_in, inside, noon):
        foreign = TaskFactory(
            patient=cast.pat, owner=cast.sam, created_by=cast.ana
        )  # as an import might leave it
        assert Task.objects.visible_to(cast.sue).filter(pk=foreign.pk).exists()
        assert titles(signed_in(cast.sam).get("/day/")) == []
        for stranger in (cast.flo, cast.adam, cast.aud):
            assert signed_in(stranger).get("/day/").status_code == 403
        assert titles(signed_in(cast.petra).get("/day/")) == []  # has tasks of her own only
        inside(cast.riverbend)
        for who, sees in {"ana": 1, "sue": 1, "max": 1, "vic": 1, "sam": 0, "flo": 0, "petra": 0}.items():
            assert Task.objects.visible_to(getattr(cast, who)).count() == sees, who

    def test_those_who_may_only_look_get_no_buttons(self, cast, signed_in, noon):
        TaskFactory(patient=cast.pat, owner=cast.vic, created_by=cast.ana)
        body = signed_in(cast.vic).get("/day/").content.decode()
        assert "RIVERA, Pat" in body
        for act in ("done", "snooze", "assign", "log"):
            assert f'data-act="{act}"' not in body

    def test_it_asks_for_sign_in(self, client, db):
        assert "login" in client.get("/day/")["Location"]

    def test_it_is_for_reading(self, cast, signed_in):
        assert signed_in(cast.ana).post("/day/").status_code == 405


class TestManyRows:
    @pytest.fixture
    def many(self, cast, noon):
        def make(count):
            TaskFactory.create_batch(count, patient=cast.pat, due_at=at(5))

        return make

    def test_the_same_statements_for_twenty_rows_and_fifty(self, cast, signed_in, inside, many, statements):
        client, seen = signed_in(cast.ana), {}
        for count in (20, 30):
            inside(cast.riverbend)
            many(count)
            client.get("/day/")
            with statements() as seen[count]:
                client.get("/day/")
        assert len(seen[20]) == len(seen[30]), seen
        assert len(seen[30]) <= 8, seen[30]

    def test_it_goes_on_where_it_stopped(self, cast, signed_in, many, parts):
        many(33)
        client = signed_in(cast.ana)
        first = client.get("/day/")
        assert len(titles(first)) == 30
        more = first.context["more_url"]
        assert more in first.content.decode().replace("&amp;", "&")
        page = client.get(more)
        assert len(titles(page)) == 3
        assert page.context["first_url"] == "/day/"
        fragment = client.get(more, headers=parts)
        assert b"<html" not in fragment.content
        assert b'hx-target="#worklist"' in fragment.content
        assert "Due today" not in fragment.content.decode()  # its heading stands above already
        assert not set(titles(first)) & set(titles(page))


def test_looking_at_ones_day_is_written_down_once(cast, signed_in, inside, week):
    signed_in(cast.ana).get("/day/")
    inside(cast.riverbend)
    event = Event.objects.get(kind="view")
    assert (event.name, event.actor_id, event.detail["rows"]) == ("worklist.viewed", cast.ana.pk, 5)


def test_the_day_on_paper(cast, signed_in, inside, week):
    response = signed_in(cast.ana).get("/day/print/")
    body = response.content.decode()
    assert [row["title"] for row in response.context["rows"]] == [
        "PHQ-9 item 9: safety check",
        "late",
        "soon",
        "tonight",
    ]
    assert "Printed by Ana Ruiz, 17-Nov-2026, 12:00" in body
    inside(cast.riverbend)
    assert Event.objects.get(kind="print").name == "worklist.printed"
    assert signed_in(cast.flo).get("/day/print/").status_code == 403


def test_a_day_sheet_says_when_it_does_not_hold_all(cast, signed_in, inside, week, monkeypatch):
    client = signed_in(cast.ana)
    assert "Overdue and due today, 4 tasks." in client.get("/day/print/").text
    monkeypatch.setattr("coordination.worklist.views.day.ON_PAPER", 3)
    response = client.get("/day/print/")
    assert len(response.context["rows"]) == 3
    assert "Overdue and due today, the first 3 of 4 tasks." in response.text
    assert "This sheet holds the first 3 of 4 tasks." in response.text


def test_today_is_the_organizations_day(cast, noon):
    """At 23:30 in Chicago it is tomorrow in London; the work of the day stays the work of the day."""
    late = TaskFactory(patient=cast.pat, due_at=clock_of(cast.ana).end_of_today, due_has_time=False)
    cast.ana.time_zone = "Europe/London"
    with time_machine.travel(dt.datetime(2026, 11, 18, 5, 30, tzinfo=dt.UTC), tick=False):
        assert list_work(cast.ana, own_desk(cast.ana)).in_bucket("today", clock_of(cast.ana)).get() == late
