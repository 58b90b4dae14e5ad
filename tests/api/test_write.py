"""What a program changes goes through the actions of the pages: once, as it was read, refused with the same sentences."""

import datetime as dt
import json
import threading
import uuid

import pytest
from django.db import connections, transaction
from django.test import Client
from django.utils import timezone

from coordination.audit.models import Event
from coordination.clients.actions import register_app
from coordination.clients.scopes import SCOPES
from coordination.idempotency.models import Answer
from coordination.worklist.models import Contact, Task
from patients.models import Patient
from tests.api.conftest import RETURN, Api
from tests.factories import OrganizationFactory, TaskFactory, UserFactory

SOON = "2099-01-05"


@pytest.fixture
def task(cast):
    return TaskFactory(
        patient=cast.pat,
        owner=cast.ana,
        checklist=[{"text": "Ask", "done": False}, {"text": "Tell", "done": False}],
    )


@pytest.fixture
def ana(cast, api):
    return api(cast.ana)


def act(one, task, word, body=None, **headers):
    task.refresh_from_db()
    return one.post(f"tasks/{task.pk}/{word}/", body, **{"If_Match": f'"{task.version}"', **headers})


def new(**more):
    return {"title": "Call the pharmacy", "reason": "Refill is late", "due_on": SOON} | more


# --- tasks -------------------------------------------------------------------------------------------------------
def test_open(cast, ana):
    answer = ana.post("tasks/", new(patient_id=str(cast.pat.pk), kind="call", checklist=["Ask", "Tell"]))
    assert answer.status_code == 201
    body = answer.json()
    assert (body["owner_id"], body["patient_id"]) == (str(cast.ana.pk), str(cast.pat.pk))
    assert body["checklist"] == [{"text": "Ask", "done": False}, {"text": "Tell", "done": False}]
    assert answer["ETag"] == '"1"'
    cast.pat.refresh_from_db()
    assert cast.pat.open_tasks == 1
    assert Event.objects.get(name="task.opened").actor_id == cast.ana.pk


def test_open_what_comes_again_and_needs_another_first(cast, ana, task):
    sent = new(
        patient_id=str(cast.pat.pk), repeat_every=2, repeat_unit="week", repeat_until="2099-06-01", needs=[str(task.pk)] * 2
    )  # fmt: skip
    answer = ana.post("tasks/", sent)
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert (body["repeat_every"], body["repeat_unit"], body["repeat_until"]) == (2, "week", "2099-06-01")
    assert (body["status"], body["waiting_on"], body["needs"]) == ("blocked", task.title, [str(task.pk)])
    for more, pointer, words in [
        ({"repeat_every": 2}, "#/repeat_every", "how often it repeats"),
        (
            {"repeat_every": 2, "repeat_unit": "day", "repeat_until": "2001-01-01"},
            "#/repeat_until",
            "to come",
        ),
        ({"needs": [str(uuid.uuid4())]}, "#/needs", "has ended"),
        ({"needs": [str(task.pk)], "priority": 1}, "#/needs", "waits for no other task"),
    ]:
        refused = ana.post("tasks/", new(patient_id=str(cast.pat.pk)) | more)
        assert refused.status_code == 422
        (error,) = refused.json()["errors"]
        assert error["pointer"] == pointer
        assert words in refused.text
    assert Task.objects.count() == 2


def test_nobodys_task_needs_only_what_its_opener_sees(cast, ana):
    """The title of what it needs is said: not that of a colleague's own task."""
    own, other = (
        TaskFactory(organization=cast.riverbend, patient=None, owner=who, title="Private")
        for who in (cast.ana, cast.max)
    )
    assert ana.post("tasks/", new(needs=[str(own.pk)])).status_code == 201
    refused = ana.post("tasks/", new(owner_id=str(cast.max.pk), needs=[str(other.pk)]))
    assert refused.status_code == 422
    assert "Private" not in refused.text


def test_every_act(cast, ana, api, task):
    later = (timezone.now() + dt.timedelta(hours=1)).isoformat()
    steps = [
        ("tick", {"step": 1, "done": True}, lambda row: row["checklist"][1]["done"]),
        ("snooze", {"until": later}, lambda row: row["snoozed_until"]),
        ("wake", {}, lambda row: row["snoozed_until"] is None),
        ("wait", {"waiting_on": "Clinic"}, lambda row: row["status"] == "waiting"),
        ("wait", {"waiting_on": ""}, lambda row: row["status"] == "open"),
        ("move", {"due_on": SOON, "reason": "Agreed"}, lambda row: row["due_at"].startswith("2099-01-0")),
        ("move", {"due_at": "2099-01-05T10:00:00-05:00"}, lambda row: row["due_at"] == "2099-01-05T15:00:00Z"),
        ("assign", {"queue_id": str(cast.north.pk)}, lambda row: row["queue_id"] == str(cast.north.pk)),
        ("claim", {}, lambda row: row["owner_id"] == str(cast.ana.pk)),
        ("assign", {"owner_id": str(cast.sue.pk)}, lambda row: row["owner_id"] == str(cast.sue.pk)),
        ("close", {"outcome": "completed", "note": "Talked"}, lambda row: row["outcome"] == "completed"),
        ("reopen", {}, lambda row: row["closed_at"] is None),
    ]  # fmt: skip
    for word, body, holds in steps:
        answer = act(ana, task, word, body)
        assert answer.status_code == 200, f"{word}: {answer.content}"
        assert holds(answer.json()), word
        task.refresh_from_db()
        assert answer["ETag"] == f'"{task.version}"', word


@pytest.mark.parametrize(
    ("word", "body", "sentence"),
    [
        ("snooze", {"until": "2020-01-01T00:00:00Z"}, "still to come"),
        ("wake", {}, "not asleep"),
        ("claim", {}, "has this task already"),
        ("reopen", {}, "is open"),
        ("tick", {"step": 9, "done": True}, "not on the list"),
        ("wait", {"waiting_on": ""}, "Say on whom"),
    ],
)
def test_a_refusal_is_the_sentence_of_the_page(ana, task, word, body, sentence):
    before = task.version
    answer = act(ana, task, word, body)
    assert answer.status_code == 422
    assert sentence in answer.json()["detail"]
    task.refresh_from_db()
    assert task.version == before


def test_work_is_not_handed_to_someone_who_could_not_see_it(cast, ana, task):
    answer = act(ana, task, "assign", {"owner_id": str(cast.sam.pk)})
    assert answer.status_code == 422
    assert "cannot see this patient" in answer.json()["detail"]
    assert act(ana, task, "assign", {"owner_id": str(cast.olga.pk)}).status_code == 422
    assert act(ana, task, "assign", {"queue_id": str(cast.south.pk)}).status_code == 422


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (new(titel="x"), "#/titel"),
        (new(title=5), "#/title"),
        (new(due_at="2099-01-01T00:00:00Z"), "#/due_on"),
        (new(minutes=True), "#/minutes"),
        (new(checklist=["a", 3]), "#/checklist/1"),
        (new(kind="nothing"), "#/kind"),
        ([], "#"),
    ],
)
def test_a_wrong_body_is_refused_and_the_place_named(ana, body, pointer):
    answer = ana.post("tasks/", body)
    assert answer.status_code == 400
    assert pointer in {error["pointer"] for error in answer.json()["errors"]}
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ('{"title": NaN}', 400),
        ('{"title": "a", "title": "b"}', 400),
        ("[" * 60 + "]" * 60, 400),
        ("[" * 100_000 + "]" * 100_000, 400),
        ('{"title": "\\ud800"}', 400),
        ('{"title": "\\u0000"}', 400),
        ("{", 400),
        ("1" * 5000, 400),
        ('"' + "x" * (2 * 1024 * 1024) + '"', 413),
    ],
    ids=["nan", "twice", "deep", "very deep", "half", "zero", "cut", "long number", "large"],
)
def test_json_is_strict(ana, text, status):
    answer = ana.client.post(
        "/api/v1/tasks/", text, content_type="application/json",
        headers={"Authorization": f"Bearer {ana.value}", "Idempotency-Key": str(uuid.uuid4())},
    )  # fmt: skip
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"


def test_only_json(ana):
    answer = ana.client.post(
        "/api/v1/tasks/",
        {"title": "a"},
        headers={"Authorization": f"Bearer {ana.value}", "Idempotency-Key": str(uuid.uuid4())},
    )
    assert answer.status_code == 415


# --- versions ----------------------------------------------------------------------------------------------------
def test_a_change_says_what_it_saw(ana, task):
    assert ana.post(f"tasks/{task.pk}/close/").status_code == 428
    stale = act(ana, task, "close", If_Match='"7"')
    assert stale.status_code == 412
    assert stale.json()["current_version"] == task.version
    assert stale["ETag"] == f'"{task.version}"'
    for odd in ("*", 'W/"1"', "1", '"1", "2"'):
        assert act(ana, task, "close", If_Match=odd).status_code == 412, odd
    task.refresh_from_db()
    assert task.is_open


# --- once --------------------------------------------------------------------------------------------------------
def test_a_key_is_needed_and_is_a_uuid(ana):
    missing = ana.post("tasks/", new(), Idempotency_Key=None)
    assert missing.status_code == 400
    assert "Idempotency-Key" in missing.content.decode()
    odd = ana.post("tasks/", new(), Idempotency_Key="abc")
    assert odd.status_code == 400
    assert odd["Content-Type"] == "application/problem+json"


def test_the_same_key_gives_the_same_answer(ana):
    key = str(uuid.uuid4())
    first, second = (ana.post("tasks/", new(), Idempotency_Key=key) for _ in range(2))
    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert second["ETag"] == first["ETag"]
    assert second["Idempotent-Replay"] == "true"
    assert Task.objects.count() == 1
    other = ana.post("tasks/", new(title="Something else"), Idempotency_Key=key)
    assert other.status_code == 409
    assert other.json()["type"].endswith("conflict")


def test_a_patch_may_carry_a_key(ana, task):
    """Its version keeps it from being done twice; with a key the repeat hears what the first one heard."""
    body, seen = {"title": "Call again"}, {"If_Match": '"1"'}
    key = str(uuid.uuid4())
    first, second = (ana.patch(f"tasks/{task.pk}/", body, **seen, Idempotency_Key=key) for _ in range(2))
    assert first.status_code == second.status_code == 200
    assert first.content == second.content
    assert second["Idempotent-Replay"] == "true"
    assert ana.patch(f"tasks/{task.pk}/", body, **seen).status_code == 412
    other = ana.patch(f"tasks/{task.pk}/", {"title": "Write"}, If_Match='"2"', Idempotency_Key=key)
    assert other.status_code == 409
    task.refresh_from_db()
    assert (task.title, task.version) == ("Call again", 2)
    odd = ana.patch(f"tasks/{task.pk}/", body, If_Match='"2"', Idempotency_Key="abc")
    assert odd.status_code == 400


def test_a_refused_request_leaves_the_key_free(ana, task):
    key = str(uuid.uuid4())
    assert act(ana, task, "wake", Idempotency_Key=key).status_code == 422
    assert not Answer.objects.exists()


# --- contacts ----------------------------------------------------------------------------------------------------
def test_log(cast, ana, task):
    body = {
        "outcome": "left_voicemail",
        "task_id": str(task.pk),
        "next_step": {"due_on": SOON},
        "note": "Try mornings",
    }
    answer = ana.post(f"patients/{cast.pat.pk}/contacts/", body)
    assert answer.status_code == 201, answer.content
    row = answer.json()
    task.refresh_from_db()
    follows = Task.objects.get(pk=row["next_task_id"])
    assert (task.outcome, follows.attempt, follows.follows_id) == ("not_reached", 2, task.pk)


def test_a_contact_never_ends_in_nothing(cast, ana):
    answer = ana.post(f"patients/{cast.pat.pk}/contacts/", {"outcome": "no_answer"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "#/follow_up"
    assert not Contact.objects.exists()


def test_a_task_of_another_patient_is_not_closed_by_it(cast, ana, api):
    hidden = TaskFactory(patient=None, organization=cast.riverbend, owner=cast.sam, created_by=cast.sam)
    body = {"outcome": "no_answer", "task_id": str(hidden.pk), "no_follow_up_reason": "None"}
    assert ana.post(f"patients/{cast.pat.pk}/contacts/", body).status_code == 404


# --- patients ----------------------------------------------------------------------------------------------------
def test_register(cast, ana):
    body = {"family": "Nwosu", "given": "Ada", "birth_date": "1961-02-03", "team_id": str(cast.north.pk)}
    answer = ana.post("patients/", body)
    assert answer.status_code == 201, answer.content
    assert answer.json()["record_number"]
    again = ana.post("patients/", body)
    assert again.status_code == 422
    assert again.json()["errors"][0]["pointer"] == "#/not_duplicate"
    assert ana.post("patients/", {"given": "Ada"}).status_code == 422, "someone must answer for the patient"
    for wrong in (
        {"birth_date": "2999-01-01"},
        {"language": "xx-none"},
        {"family": "", "given": ""},
        {"race": "x"},
    ):
        assert ana.post("patients/", body | wrong).status_code == 400, wrong
    elsewhere = ana.post("patients/", {"family": "Other", "team_id": str(uuid.uuid4())})
    assert elsewhere.status_code == 422


def test_edit(cast, ana):
    cast.pat.refresh_from_db()
    url, etag = f"patients/{cast.pat.pk}/", f'"{cast.pat.version}"'
    answer = ana.patch(url, {"preferred_name": "Patty"}, If_Match=etag)
    assert answer.status_code == 200
    assert (answer.json()["preferred_name"], answer.json()["family"]) == ("Patty", "Rivera")
    assert ana.patch(url, {"given": "Q"}, If_Match=etag).status_code == 412
    assert ana.patch(url, {"risk": "high"}, If_Match=answer["ETag"]).status_code == 400
    Patient.objects.filter(pk=cast.pat.pk).update(is_deceased=True, deceased_on="2020-01-01")
    late = ana.patch(url, {"birth_date": "2021-01-01"}, If_Match=answer["ETag"])
    assert late.status_code == 422


# --- at the same moment ------------------------------------------------------------------------------------------
def at_once(works):
    found, barrier = [], threading.Barrier(len(works))

    def run(work):
        try:
            barrier.wait(30)
            found.append(work())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


@pytest.fixture
def committed(transactional_db):
    """One app of one coordinator, there for other connections too."""
    with transaction.atomic():
        user = UserFactory(organization=OrganizationFactory(), name="Ana Ruiz", roles=["coordinator"])
        app, _secret = register_app(
            name="Connector", redirect_uris=[RETURN], scopes=SCOPES, is_public=False, by=user
        )
    return Api(app, user, tuple(SCOPES))


@pytest.mark.django_db(transaction=True)
def test_the_same_key_fifty_times_at_once_is_one_row(committed):
    one, key = committed, str(uuid.uuid4())
    headers = {"Authorization": f"Bearer {one.value}", "Idempotency-Key": key}
    body = json.dumps(new())

    def send():
        return Client().post("/api/v1/tasks/", body, content_type="application/json", headers=headers)

    answers = [answer for _ in range(5) for answer in at_once([send] * 10)]
    assert len(answers) == 50
    assert {answer.status_code for answer in answers} <= {201, 409}
    made = {answer.json()["id"] for answer in answers if answer.status_code == 201}
    assert len(made) == 1
    assert [row["id"] for row in one.get("tasks/").json()["items"]] == list(made)
    assert all("being saved" in answer.json()["detail"] for answer in answers if answer.status_code == 409)


@pytest.mark.django_db(transaction=True)
def test_of_those_who_saw_the_same_one_wins(committed):
    one = committed
    made = one.post("tasks/", new()).json()

    def send(number):
        return Client().post(
            f"/api/v1/tasks/{made['id']}/move/", json.dumps({"due_on": f"2099-02-{number + 1:02}"}),
            content_type="application/json",
            headers={"Authorization": f"Bearer {one.value}", "Idempotency-Key": str(uuid.uuid4()), "If-Match": '"1"'},
        )  # fmt: skip

    answers = at_once([lambda number=number: send(number) for number in range(12)])
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 412, 409}
    won = next(answer.json() for answer in answers if answer.status_code == 200)
    assert one.get(f"tasks/{made['id']}/").json()["due_at"] == won["due_at"]
