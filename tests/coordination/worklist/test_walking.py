"""J and K on a record that was opened from My day: to the next patient in the order of the work."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from patients.models import Patient
from tests.factories import PatientFactory, TaskFactory, join_care_team

pytestmark = pytest.mark.django_db


@pytest.fixture
def work(cast, inside):
    """Ana's day: Adams, Baker, Adams again, Clark, something about nobody, Davis. Evans is Sam's."""
    inside(cast.riverbend)
    people = {}
    for family in ("Adams", "Baker", "Clark", "Davis", "Evans"):
        owner = cast.sam if family == "Evans" else cast.ana
        team = cast.south if family == "Evans" else cast.north
        risk = "high" if family in {"Baker", "Davis"} else "low"
        people[family] = PatientFactory(organization=cast.riverbend, team=team, family=family, risk=risk)
        join_care_team(people[family], owner, role="coordinator", is_primary=True)
    tasks = {}
    for n, name in enumerate(["Adams", "Baker", "Adams2", "Evans", "Clark", "", "Davis"]):
        about = people.get(name.rstrip("2"))
        due = timezone.now() + timedelta(days=2 + 20 * n)  # no head start reaches that far
        more = {"organization": cast.riverbend} if about is None else {}
        owner = cast.sam if name == "Evans" else cast.ana
        tasks[name] = TaskFactory(patient=about, owner=owner, due_at=due, **more)
    return people, tasks


def led_to(body: str, key: str) -> str:
    found = re.search(rf'href="([^"]+)" data-key="{key}"', body)
    return unescape(found[1]) if found else ""


def families(body: str) -> tuple[str, str]:
    addresses = led_to(body, "k"), led_to(body, "j")
    return tuple(Patient.objects.get(pk=a.split("/")[2]).family if a else "" for a in addresses)  # type: ignore[return-value]


def record(client, people, tasks, name, more=""):
    return client.get(
        f"/patients/{people[name.rstrip('2')].pk}/", {"along": f"of=day{more}&sel={tasks[name].pk}"}
    ).content.decode()


@pytest.mark.parametrize(
    ("name", "more", "expected"),
    [
        ("Adams", "", ("", "Baker")),
        ("Baker", "", ("Adams", "Clark")),
        ("Adams2", "", ("Baker", "Clark")),
        ("Clark", "", ("Baker", "Davis")),
        ("Davis", "", ("Clark", "")),
        ("Davis", "&sort=risk", ("Baker", "Adams")),
        ("Baker", "&risk=high", ("", "Davis")),
        ("Clark", "&sort=patient", ("Baker", "Davis")),
        ("Clark", "&bucket=upcoming", ("Baker", "Davis")),
    ],
)
def test_each_patient_once_in_the_order_of_the_work(cast, work, signed_in, inside, name, more, expected):
    body = record(signed_in(cast.ana), *work, name, more)
    inside(cast.riverbend)
    assert families(body) == expected


def test_my_day_leads_to_its_records_with_itself(cast, work, signed_in, inside):
    client, (people, tasks) = signed_in(cast.ana), work
    body = client.get("/day/", {"bucket": "upcoming"}).content.decode()
    (address,) = re.findall(rf'href="(/patients/{people["Baker"].pk}/[^"]*)"', body)
    page = client.get(unescape(address)).content.decode()
    inside(cast.riverbend)
    assert families(page) == ("Adams", "Clark")
    assert f'href="/day/?bucket=upcoming&amp;sel={tasks["Baker"].pk}"' in page
    assert "My day: Upcoming" in page
    on = client.get(led_to(page, "j")).content.decode()
    inside(cast.riverbend)
    assert families(on) == ("Baker", "Davis")


def test_what_was_done_keeps_its_place(cast, work, signed_in, inside):
    client, (people, tasks) = signed_in(cast.ana), work
    client.post(f"/tasks/{tasks['Baker'].pk}/done/")
    body = record(client, people, tasks, "Baker")
    inside(cast.riverbend)
    tasks["Baker"].refresh_from_db()
    assert not tasks["Baker"].is_open
    assert families(body) == ("Adams", "Clark")


def test_a_task_of_another_patient_says_nothing(cast, work, signed_in):
    people, tasks = work
    client = signed_in(cast.ana)
    for task in (tasks["Evans"].pk, tasks["Clark"].pk, "nonsense", ""):
        body = client.get(f"/patients/{people['Baker'].pk}/", {"along": f"of=day&sel={task}"})
        assert body.status_code == 200
        assert led_to(body.content.decode(), "j") == ""


def test_it_costs_one_statement_at_any_length(cast, work, signed_in, inside):
    client, (people, tasks) = signed_in(cast.ana), work
    record(client, people, tasks, "Adams")
    with CaptureQueriesContext(connection) as without:
        client.get(f"/patients/{people['Adams'].pk}/")
    with CaptureQueriesContext(connection) as along:
        record(client, people, tasks, "Adams")
    assert len(along) <= len(without) + 1
