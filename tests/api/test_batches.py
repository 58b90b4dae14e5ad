"""One act on many tasks by a program: foreseen, done in one batch, each row with its own answer, undone as one."""

import datetime as dt
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from coordination.worklist.actions import assign_task
from coordination.worklist.models import Batch, Change, Task
from tests.factories import PatientFactory, TaskFactory

SOON = "2099-01-05"


@pytest.fixture
def tasks(cast):
    return [TaskFactory(patient=cast.pat, owner=cast.ana) for _ in range(3)]


def body(act, tasks, **more):
    return {"act": act, "tasks": [{"id": str(task.pk), "version": task.version} for task in tasks]} | more


def states(answer):
    return {row["task_id"]: row["state"] for row in answer.json()["rows"]}


@pytest.mark.parametrize(
    ("act", "more"),
    [
        ("close", {}),
        ("snooze", {"until": "+1", "reason": "Away"}),
        ("assign", {"owner_id": "max"}),
        ("assign", {"queue_id": "north"}),
        ("move", {"due_on": SOON, "reason": "Agreed"}),
    ],
)
def test_foreseen_done_told_and_undone(cast, api, tasks, act, more):
    one = api(cast.ana)
    if "until" in more:
        more = more | {"until": (timezone.now() + dt.timedelta(minutes=30)).isoformat()}
    more = {
        name: str(getattr(cast, value).pk) if name.endswith("_id") else value for name, value in more.items()
    }
    sent = body(act, tasks, **more)
    before = [one.get(f"tasks/{task.pk}/").json() for task in tasks]
    preview = one.post("batches/preview/", sent, Idempotency_Key=None)
    assert preview.status_code == 200, preview.content
    assert (preview.json()["id"], preview.json()["done"]) == (None, 3)
    assert set(states(preview).values()) == {"able"}
    assert not Batch.objects.exists()
    assert not Change.objects.exists()

    done = one.post("batches/", sent)
    assert done.status_code == 201, done.content
    batch = done.json()
    assert (batch["act"], batch["asked"], batch["done"], batch["not_found"]) == (act, 3, 3, [])
    assert set(states(done).values()) == {"done"}
    assert {row["version"] for row in batch["rows"]} == {2}
    assert one.get(f"batches/{batch['id']}/").json() == batch
    history = one.get(f"tasks/{tasks[0].pk}/changes/").json()["items"]
    assert [row["batch_id"] for row in history] == [batch["id"]]

    undone = one.post(f"batches/{batch['id']}/undo/")
    assert undone.status_code == 200, undone.content
    assert (set(states(undone).values()), undone.json()["undo_until"]) == ({"undone"}, None)
    moved = {"version", "updated_at"}
    after = [one.get(f"tasks/{task.pk}/").json() for task in tasks]
    for was, now in zip(before, after, strict=True):
        assert {k: v for k, v in was.items() if k not in moved} == {
            k: v for k, v in now.items() if k not in moved
        }
    assert one.post(f"batches/{batch['id']}/undo/").status_code == 422


def test_each_row_is_refused_by_itself(cast, api, tasks):
    one, able = api(cast.ana), tasks[0]
    safety = TaskFactory(patient=cast.pat, owner=cast.ana, priority=1)
    changed = TaskFactory(patient=cast.pat, owner=cast.ana)
    assign_task(task=changed, by=cast.sue, owner=cast.max)
    elsewhere = PatientFactory(organization=cast.riverbend, team=cast.south, coordinator=cast.sam)
    hidden = TaskFactory(patient=elsewhere, owner=cast.sam)
    sent = body("close", [able, safety, changed, hidden])
    preview, done = one.post("batches/preview/", sent, Idempotency_Key=None), one.post("batches/", sent)
    assert done.status_code == 201
    for answer, state in ((preview, "able"), (done, "done")):
        assert states(answer) == {str(able.pk): state, str(safety.pk): "refused", str(changed.pk): "refused"}
        said = {row["task_id"]: row["detail"] for row in answer.json()["rows"]}
        assert "safety matter is ended by itself" in said[str(safety.pk)]
        assert "Changed by Sue Park while you looked" in said[str(changed.pk)]
        assert answer.json()["not_found"] == [str(hidden.pk)]
    safety.refresh_from_db()
    assert safety.is_open


def test_what_was_changed_since_stays_when_the_batch_is_undone(cast, api, tasks):
    one = api(cast.ana)
    batch = one.post("batches/", body("assign", tasks, owner_id=str(cast.sue.pk))).json()
    assign_task(task=Task.objects.get(pk=tasks[1].pk), by=cast.sue, owner=cast.max)
    undone = one.post(f"batches/{batch['id']}/undo/")
    rows = {row["task_id"]: row for row in undone.json()["rows"]}
    assert [rows[str(task.pk)]["state"] for task in tasks] == ["undone", "done", "undone"]
    assert "Changed since by Sue Park" in rows[str(tasks[1].pk)]["detail"]


def test_when_none_allows_it_nothing_is_done_and_each_place_is_named(cast, api, tasks):
    safety = [TaskFactory(patient=cast.pat, owner=cast.ana, priority=1) for _ in range(2)]
    answer = api(cast.ana).post("batches/", body("close", safety))
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["#/tasks/0", "#/tasks/1"]
    assert not Batch.objects.exists()


@pytest.mark.parametrize(
    ("act", "more", "pointer"),
    [
        ("close", {"reason": "x"}, "#/reason"),
        ("snooze", {}, "#/until"),
        ("assign", {}, "#/owner_id"),
        ("assign", {"owner_id": str(uuid.uuid4()), "queue_id": str(uuid.uuid4())}, "#/owner_id"),
        ("move", {"due_on": SOON, "until": "2099-01-01T00:00:00Z"}, "#/until"),
        ("tick", {}, "#/act"),
        ("close", {"tasks": []}, "#/tasks"),
        ("close", {"tasks": [{"id": str(uuid.uuid4())}]}, "#/tasks/0/version"),
        ("close", {"tasks": [{"id": str(uuid.UUID(int=n)), "version": 1} for n in range(201)]}, "#/tasks"),
        ("close", {"tasks": [{"id": str(uuid.UUID(int=1)), "version": 1}] * 2}, "#/tasks"),
    ],
)  # fmt: skip
def test_a_wrong_batch_is_refused_and_the_place_named(cast, api, tasks, act, more, pointer):
    answer = api(cast.ana).post("batches/", body(act, tasks) | more)
    assert answer.status_code == 400
    assert pointer in {error["pointer"] for error in answer.json()["errors"]}


def test_the_same_doors_as_the_pages(cast, api, tasks):
    one, sent = api(cast.ana), body("close", tasks)
    for path in ("batches/", "batches/preview/"):
        assert api(cast.vic).post(path, sent).status_code == 403
        assert api(cast.sam).post(path, sent).status_code == 404
        assert api(cast.ana, "tasks:read").post(path, sent).status_code == 403
    batch = one.post("batches/", sent).json()["id"]
    assert api(cast.sam).get(f"batches/{batch}/").status_code == 404
    assert api(cast.sam).post(f"batches/{batch}/undo/").status_code == 404
    assert api(cast.vic).post(f"batches/{batch}/undo/").status_code == 403


def test_it_costs_the_same_for_three_rows_and_for_thirty(cast, api):
    one, costs = api(cast.ana), []
    for n in (3, 30):
        tasks = [TaskFactory(patient=cast.pat, owner=cast.ana) for _ in range(n)]
        for path in ("batches/preview/", "batches/"):
            with CaptureQueriesContext(connection) as caught:
                assert one.post(path, body("close", tasks)).status_code in {200, 201}
            costs.append(len(caught))
    assert costs[2] <= costs[0], costs
    assert costs[3] <= costs[1], costs
