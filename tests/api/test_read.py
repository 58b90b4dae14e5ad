"""What the API shows is what the pages show, in as few statements."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from coordination.audit.models import Event
from coordination.worklist.actions import NextStep, close_task, log_contact
from coordination.worklist.due import Due
from patients.models import Patient
from tests.factories import PatientFactory, TaskFactory, merged_into
from tests.factories.record import ConditionFactory

# token, calls, savepoint, organization, its end: what letting in costs
LETTING_IN = 5


def count(work):
    with CaptureQueriesContext(connection) as caught:
        response = work()
    assert response.status_code == 200, response.content
    return len(caught), [query["sql"] for query in caught]


@pytest.fixture
def many(cast):
    patients = [
        PatientFactory(organization=cast.riverbend, team=cast.north, family=f"Ford{n}", coordinator=cast.ana)
        for n in range(12)
    ]
    for patient in patients:
        TaskFactory(patient=patient, owner=cast.ana)
        ConditionFactory(patient=cast.pat)
    return patients


@pytest.mark.parametrize(
    "path",
    ["patients/", "patients/?risk=high&status=all", "tasks/", "tasks/?bucket=today", "patients/{pat}/contacts/",
     "patients/{pat}/conditions/", "patients/{pat}/observations/?limit=200"],
)  # fmt: skip
def test_a_list_is_few_statements(cast, many, api, path):
    one = api(cast.sue)
    path = path.format(pat=cast.pat.pk)
    one.get(path)
    statements, said = count(lambda: one.get(path))
    assert statements - LETTING_IN <= 5, said


def test_pages_meet_without_gap_or_repeat(cast, many, api):
    one, seen, path = api(cast.sue), [], "patients/?limit=5"
    while True:
        page = one.get(path).json()
        seen += [row["id"] for row in page["items"]]
        if page["next"] is None:
            break
        path = f"patients/?limit=5&after={page['next']}"
    assert len(seen) == len(set(seen)) == 13
    back = one.get(f"patients/?limit=5&before={page['previous']}").json()
    assert [row["id"] for row in back["items"]] == seen[5:10]


def test_filters(cast, many, api):
    one = api(cast.sue)
    Patient.objects.filter(pk=many[0].pk).update(risk="high", status="ended", care_ended_on="2026-01-01")

    def found(query):
        return {row["id"] for row in one.get(f"patients/?{query}").json()["items"]}

    assert found("risk=high&status=ended") == {str(many[0].pk)}
    assert str(many[0].pk) not in found("status=active")
    assert len(found(f"team_id={cast.north.pk}&status=all")) == 13
    assert found(f"team_id={cast.south.pk}") == set()
    soon = (timezone.now() + dt.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert found(f"updated_since={soon}") == set()


def test_tasks_by_default_are_ones_own(cast, many, api):
    own = TaskFactory(patient=cast.pat, owner=cast.ana)
    assert [row["id"] for row in api(cast.ana).get("tasks/").json()["items"]] == [str(own.pk)]
    assert api(cast.sue).get("tasks/").json()["items"] == []
    asked = api(cast.sue).get(f"tasks/?owner_id={cast.ana.pk}").json()["items"]
    assert len(asked) == 13
    assert [row["due_at"] for row in asked] == sorted(row["due_at"] for row in asked)
    assert asked[0]["due_at"].endswith("Z")


def test_what_a_role_or_token_does_not_open_is_null(cast, api):
    Patient.objects.filter(pk=cast.pat.pk).update(risk="high", open_tasks=3, language="es")
    full = api(cast.ana).get(f"patients/{cast.pat.pk}/").json()
    assert (full["risk"], full["open_tasks"], full["language"]) == ("high", 3, "es")
    bare = api(cast.ana, "patients:read").get(f"patients/{cast.pat.pk}/").json()
    assert (bare["risk"], bare["open_tasks"], bare["language"]) == (None, None, None)
    desk = api(cast.flo).get(f"patients/{cast.pat.pk}/").json()
    assert (desk["risk"], desk["language"]) == (None, "es")
    assert api(cast.flo).get("patients/?risk=high").status_code == 403, "a filter would tell"


def test_where_a_task_stands_is_told_to_those_who_may_know_the_risk(cast, api):
    Patient.objects.filter(pk=cast.pat.pk).update(risk="high")
    cast.pat.refresh_from_db()
    task = TaskFactory(patient=cast.pat, minutes=30, due_at=dt.datetime(2026, 11, 17, 18, 0, tzinfo=dt.UTC))
    for path in ("tasks/", f"tasks/{task.pk}/"):
        full, bare = (api(cast.ana, *scopes).get(path).json() for scopes in ((), ("tasks:read",)))
        full, bare = ((answer.get("items") or [answer])[0] for answer in (full, bare))
        assert full["head_start"] == {"risk": 240, "effort": 30}
        assert full["work_at"] == "2026-11-17T13:30:00Z"
        assert (bare["head_start"], bare["work_at"]) == (None, None)


def test_sensitive_history_stays_hidden(cast, api):
    ConditionFactory(patient=cast.pat, text="Asthma")
    ConditionFactory(patient=cast.pat, text="Opioid use", sensitivity="42CFRPart2")

    def texts(one):
        return {row["text"] for row in one.get(f"patients/{cast.pat.pk}/conditions/").json()["items"]}

    assert texts(api(cast.max)) == {"Asthma", "Opioid use"}
    assert texts(api(cast.ana)) == {"Asthma"}
    assert api(cast.flo).get(f"patients/{cast.pat.pk}/conditions/").status_code == 403


def test_search_keeps_names_out_of_addresses(cast, many, api):
    one = api(cast.sue)
    answer = one.post("patients/search/", {"text": "Rivera"}, Idempotency_Key=None)
    assert [row["family"] for row in answer.json()["items"]] == ["Rivera"]
    event = Event.objects.get(name="patient.searched")
    assert "Rivera" not in str(event.detail)
    assert api(cast.sam).post("patients/search/", {"text": "Rivera"}).json()["found"] == 0


def test_contacts(cast, api):
    task = TaskFactory(patient=cast.pat, owner=cast.ana)
    contact = log_contact(
        patient=cast.pat, by=cast.ana, outcome="left_voicemail", task=task,
        next_step=NextStep(Due(timezone.now() + dt.timedelta(days=1), has_time=True)),
    )  # fmt: skip
    one = api(cast.ana)
    (row,) = one.get(f"patients/{cast.pat.pk}/contacts/").json()["items"]
    assert (row["id"], row["task_id"], row["next_task_id"]) == (
        str(contact.pk), str(task.pk), str(contact.next_task_id),
    )  # fmt: skip
    assert one.get(f"contacts/{contact.pk}/").json() == row
    assert api(cast.sam).get(f"contacts/{contact.pk}/").status_code == 404


def test_a_closed_task_says_how_it_ended(cast, api):
    task = close_task(task=TaskFactory(patient=cast.pat, owner=cast.ana), by=cast.ana, note="Talked")
    one = api(cast.ana)
    answer = one.get(f"tasks/{task.pk}/")
    assert answer.json()["outcome"] == "completed"
    assert answer["ETag"] == f'"{task.version}"'
    assert str(task.pk) in {row["id"] for row in one.get("tasks/?status=closed").json()["items"]}
    assert one.get("tasks/?status=open").json()["items"] == []


@pytest.mark.parametrize(
    ("path", "place"),
    [("tasks/?owner=x", "owner"), ("tasks/?owner_id=x", "owner_id"), ("patients/?limit=201", "limit"),
     ("patients/?after=forged", "after"), ("tasks/?due_before=2026-01-01", "due_before"), ("tasks/?kind=call&kind=visit", "kind"),
     ("me/?x=1", "x"), ("tasks/?due_before=0001-01-01T00:00:00Z", "due_before")],
)  # fmt: skip
def test_a_wrong_query_is_refused_and_named(cast, api, path, place):
    answer = api(cast.ana).get(path)
    assert answer.status_code == 400
    body = answer.json()
    assert [error["parameter"] for error in body["errors"]] == [place]
    assert body["type"] == "urn:throughline:problem:invalid"
    assert body["instance"].startswith("urn:uuid:")


@pytest.mark.parametrize("who", ["sam", "olga"])
def test_hidden_and_never_there_are_the_same(cast, api, who):
    hidden = api(getattr(cast, who)).get(f"patients/{cast.pat.pk}/")
    never = api(getattr(cast, who)).get("patients/0198c5a0-0000-7000-8000-000000000000/")
    strip = {"instance"}
    assert hidden.status_code == never.status_code == 404
    assert {k: v for k, v in hidden.json().items() if k not in strip} == {
        k: v for k, v in never.json().items() if k not in strip
    }


def test_other_answers_have_the_same_form(cast, api):
    one = api(cast.ana)
    assert one.send("delete", "tasks/").status_code == 405
    assert one.send("options", "tasks/").status_code == 405
    assert one.get("tasks/", Accept="text/html").status_code == 406
    assert one.get("nowhere/").status_code == 404
    for answer in (one.send("delete", "tasks/"), one.get("tasks/", Accept="text/html"), one.get("nowhere/")):
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code
    assert one.get("tasks/")["Cache-Control"] == "private, no-store"


def test_a_merged_record_leads_to_the_one_that_stays_and_keeps_no_session(cast, api):
    old = merged_into(cast.pat, cast.sue, family="Older").merged_id
    answer = api(cast.ana).get(f"patients/{old}/")
    assert (answer.status_code, answer["Location"]) == (302, f"/api/v1/patients/{cast.pat.pk}/")
    assert not answer.cookies
    refused = api(cast.ana).patch(f"patients/{old}/", {"given": "Patricia"}, If_Match='"1"')
    assert (refused.status_code, refused["Content-Type"]) == (409, "application/problem+json")
    assert "merged into another one" in refused.json()["detail"]
