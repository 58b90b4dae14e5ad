"""What one does with one task, through its address."""

import datetime as dt
import uuid

import pytest
from django.utils import timezone

from coordination.audit.models import Event
from coordination.worklist.actions import assign_task, close_task, snooze_task
from coordination.worklist.models import Change, Task
from tests.factories import TaskFactory

FORMS = ["snooze", "assign", "waiting", "due", "done"]
AT_ONCE = ["claim", "wake", "checklist"]


def tomorrow():
    return (timezone.localdate() + dt.timedelta(days=2)).isoformat()


def good(cast, act):
    return {
        "snooze": {"when": "pick", "day": tomorrow(), "reason": "Away"},
        "assign": {"to": f"user:{cast.max.pk}"},
        "waiting": {"waiting_on": "Payer"},
        "due": {"day": tomorrow()},
        "done": {},
        "claim": {},
        "wake": {},
        "checklist": {"step": "0", "done": "1"},
    }[act]


@pytest.fixture
def ready(cast, task):
    """The task in the state each act wants."""

    def prepare(act):
        if act == "claim":
            assign_task(task=task, by=cast.ana, queue=cast.north)
        if act == "wake":
            snooze_task(task=task, by=cast.ana, until=timezone.now() + dt.timedelta(hours=1))
        if act == "checklist":
            task.change({"checklist": [{"text": "A", "done": False}]}, by=cast.ana)
        return f"/tasks/{task.pk}/{act}/"

    return prepare


RESULTS = {
    "snooze": lambda task: task.snooze_reason == "Away",
    "assign": lambda task: task.owner.name == "Max Weber",
    "waiting": lambda task: task.waiting_on == "Payer",
    "due": lambda task: not task.due_has_time,
    "done": lambda task: task.outcome == "completed",
    "claim": lambda task: task.owner.name == "Ana Ruiz",
    "wake": lambda task: task.snoozed_until is None,
    "checklist": lambda task: task.checklist_done == 1,
}


@pytest.mark.parametrize("act", FORMS + AT_ONCE)
class TestEveryAct:
    def test_it_works_and_leads_back(self, cast, signed_in, inside, task, ready, act):
        response = signed_in(cast.ana).post(ready(act), good(cast, act) | {"next": "/day/?bucket=today"})
        assert (response.status_code, response["Location"]) == (302, "/day/?bucket=today")
        inside(cast.riverbend)
        task.refresh_from_db()
        assert RESULTS[act](task)

    def test_it_answers_a_page_with_the_parts_that_changed(self, cast, signed_in, task, ready, parts, act):
        response = signed_in(cast.ana).post(ready(act), good(cast, act), headers=parts)
        assert response.status_code == 200
        assert b"<html" not in response.content
        target = f"steps-{task.pk}" if act == "checklist" else f"#task-{task.pk}"
        assert target.encode() in response.content
        assert "HX-Request" in response["Vary"]
        if act != "checklist":
            assert b'hx-target="#buckets"' in response.content
            assert response["HX-Trigger"] == "closeDialog"

    def test_it_hides_what_a_stranger_must_not_know(self, cast, signed_in, inside, ready, act):
        url = ready(act)
        for stranger in (cast.sam, cast.olga, cast.flo, cast.adam):
            assert signed_in(stranger).post(url, good(cast, act)).status_code == 404
            inside(cast.riverbend)
        assert signed_in(cast.ana).post(f"/tasks/{uuid.uuid4()}/{act}/").status_code == 404

    def test_it_refuses_those_who_may_only_look(self, cast, signed_in, ready, act):
        assert signed_in(cast.vic).post(ready(act), good(cast, act)).status_code == 403
        assert Event.objects.filter(kind="denial", actor_id=cast.vic.pk).exists()

    def test_it_asks_for_sign_in(self, cast, client, ready, act):
        assert "login" in client.post(ready(act), good(cast, act))["Location"]

    def test_the_same_key_acts_once(self, cast, signed_in, inside, task, ready, act):
        client, key, url = signed_in(cast.ana), str(uuid.uuid4()), ready(act)
        first = client.post(url, good(cast, act) | {"idempotency_key": key})
        second = client.post(url, good(cast, act) | {"idempotency_key": key})
        assert (first.status_code, second.status_code) == (302, 302)
        assert second["Idempotent-Replay"] == "true"

    def test_other_methods_are_not_allowed(self, cast, signed_in, ready, act):
        client, url = signed_in(cast.ana), ready(act)
        assert client.put(url).status_code == 405
        if act in AT_ONCE:
            assert client.get(url).status_code == 405


@pytest.mark.parametrize("act", FORMS)
class TestEveryForm:
    def test_it_is_a_page_and_a_dialog(self, cast, signed_in, task, parts, act):
        client = signed_in(cast.ana)
        page, dialog = (
            client.get(f"/tasks/{task.pk}/{act}/"),
            client.get(f"/tasks/{task.pk}/{act}/", headers=parts),
        )
        assert page.status_code == dialog.status_code == 200
        assert b"<html" in page.content
        assert b"<html" not in dialog.content
        for body in (page.content.decode(), dialog.content.decode()):
            assert "RIVERA, Pat" in body  # the commit button and the strip name the patient
            assert 'name="idempotency_key"' in body
            assert f'name="version" value="{task.version}"' in body

    def test_an_older_version_shows_what_is_stored(self, cast, signed_in, task, act):
        sent = good(cast, act) | {"version": "1", "outcome": "completed"}
        task.change({"context": "New"}, by=cast.sue)
        response = signed_in(cast.ana).post(f"/tasks/{task.pk}/{act}/", sent)
        assert response.status_code == 409
        assert b'name="version" value="2"' in response.content
        assert b"while you were editing" in response.content


BAD = [
    ("snooze", {"when": "pick"}, "Pick the day it comes back."),
    ("snooze", {}, "This field is required."),
    ("snooze", {"when": "pick", "day": "2020-01-01"}, "still to come"),
    ("snooze", {"when": "week"}, "Say why that is all right."),
    ("assign", {"to": ""}, "This field is required."),
    ("assign", {"to": f"user:{uuid.uuid4()}"}, "Select a valid choice"),
    ("waiting", {"waiting_on": ""}, "Say on whom it waits."),
    ("due", {"day": "2020-01-01"}, "still to come"),
    ("due", {"day": "soon"}, "Enter a valid date."),
    ("done", {"outcome": "magic"}, "Select a valid choice"),
    ("claim", {}, "has this task already"),
    ("wake", {}, "not asleep"),
    ("checklist", {"step": "99"}, "not on the list"),
    ("checklist", {"step": "x"}, "not on the list"),
]


@pytest.mark.parametrize(("act", "sent", "words"), BAD)
def test_it_says_why_not(cast, signed_in, inside, task, parts, act, sent, words):
    client = signed_in(cast.ana)
    for headers in ({}, parts):
        response = client.post(f"/tasks/{task.pk}/{act}/", sent, headers=headers)
        assert response.status_code == 422
        assert words in response.content.decode()
    inside(cast.riverbend)
    before = task.version
    task.refresh_from_db()
    assert task.version == before


def test_nobody_is_offered_who_could_not_work_it(cast, signed_in, task):
    body = signed_in(cast.ana).get(f"/tasks/{task.pk}/assign/").content.decode()
    assert "Max Weber" in body
    assert "North" in body
    for name in ("Vic Stone", "Flo Haas", "South", "Olga Berg"):
        assert name not in body


def test_a_colleague_without_sight_is_refused_with_a_sentence(cast, signed_in, task):
    response = signed_in(cast.ana).post(f"/tasks/{task.pk}/assign/", {"to": f"user:{cast.sam.pk}"})
    assert response.status_code == 422
    assert "Sam Cole cannot see this patient" in response.content.decode()


def test_a_safety_matter_ends_by_its_form(cast, signed_in, inside):
    task = TaskFactory(patient=cast.pat, priority=1)
    client = signed_in(cast.ana)
    assert client.post(f"/tasks/{task.pk}/done/").status_code == 422
    assert (
        client.post(f"/tasks/{task.pk}/done/", {"outcome": "completed", "note": "Seen, safe"}).status_code
        == 302
    )
    inside(cast.riverbend)
    task.refresh_from_db()
    assert task.outcome_note == "Seen, safe"


def test_a_row_that_is_done_offers_the_way_back(cast, signed_in, inside, task, parts):
    response = signed_in(cast.ana).post(f"/tasks/{task.pk}/done/", headers=parts)
    inside(cast.riverbend)
    body = response.content.decode()
    undo = f'hx-post="/undo/{Change.objects.get().pk}/"'
    assert body.count(undo) == 2  # in the row and in the message
    assert 'class="row done"' in body
    assert "Done: RIVERA, Pat, Check oxygen." in body


def test_it_never_leads_off_the_site(cast, signed_in, task):
    for bad in ("https://evil.example/", "//evil.example", "javascript:alert(1)"):
        response = signed_in(cast.ana).post(f"/tasks/{task.pk}/waiting/", {"waiting_on": bad, "next": bad})
        assert response["Location"].startswith("/")
        assert not response["Location"].startswith("//")


def test_without_a_word_it_leads_back_where_one_came_from(cast, signed_in, task):
    response = signed_in(cast.ana).post(
        f"/tasks/{task.pk}/done/", headers={"Referer": "http://testserver/day/?bucket=overdue"}
    )
    assert response["Location"] == "/day/?bucket=overdue"


@pytest.mark.parametrize("kind", ["call", "visit"])
def test_how_many_statements_a_click_costs(cast, signed_in, parts, statements, kind):
    task = TaskFactory(patient=cast.pat, title="Check oxygen", kind=kind)
    client = signed_in(cast.ana)
    client.get("/day/")
    with statements() as seen:
        form = {"idempotency_key": str(uuid.uuid4())}
        assert client.post(f"/tasks/{task.pk}/done/", form, headers=parts).status_code == 200
    # the session with its person; the organization with what they see and the claim of the form's key; the task and its lock;
    # all that is written; the counts; the answer that is kept
    assert len(seen) <= 6, seen


def test_the_database_keeps_nothing_of_a_refused_act(cast, signed_in, inside, task):
    close_task(task=task, by=cast.sue)
    events = Event.objects.count()
    assert signed_in(cast.ana).post(f"/tasks/{task.pk}/done/").status_code == 422
    inside(cast.riverbend)
    assert Event.objects.count() == events
    assert Task.objects.get(pk=task.pk).closed_by == cast.sue
