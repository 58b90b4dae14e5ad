"""One act on many tasks: previewed, done in one transaction, each row with its own result, undone as one."""

import datetime as dt
import uuid

import pytest
import time_machine
from django.utils import timezone

from coordination.audit.models import Event
from coordination.lib.refusal import Refused
from coordination.lib.rls import organization
from coordination.notifications.models import Notification
from coordination.outbox.models import Message
from coordination.worklist import actions
from coordination.worklist.access import get_batch
from coordination.worklist.actions import Order, act_on_many
from coordination.worklist.due import Due
from coordination.worklist.handlers import notify_owner_of_many
from coordination.worklist.models import Act, Batch, Change, Task
from patients.models import Patient
from tests.at_once import at_once
from tests.coordination.worklist.test_undo import caseload, columns
from tests.factories import PatientFactory, TaskFactory, UserFactory, join_care_team

LATER = timezone.now() + dt.timedelta(days=2)
ORDERS = {
    "done": lambda cast: Order(Act.CLOSE),
    "snooze": lambda cast: Order(Act.SNOOZE, until=LATER, reason="Away"),
    "assign": lambda cast: Order(Act.ASSIGN, owner=cast.max),
    "move": lambda cast: Order(Act.MOVE, due=Due(LATER, has_time=True)),
}


def day(n):
    return (timezone.localdate() + dt.timedelta(days=n)).isoformat()


SENT = {
    "done": lambda cast: {},
    "snooze": lambda cast: {"when": "pick", "day": day(2), "reason": "Away"},
    "assign": lambda cast: {"to": f"user:{cast.max.pk}"},
    "move": lambda cast: {"day": day(2)},
}


@pytest.fixture
def rows(cast):
    """Tasks of several patients of North."""

    def make(n):
        tasks = []
        for _n in range(n):
            patient = PatientFactory(organization=cast.riverbend, team=cast.north, coordinator=cast.ana)
            join_care_team(patient, cast.ana, role="coordinator", is_primary=True)
            tasks.append(TaskFactory(patient=patient, due_has_time=False))
            Patient.objects.filter(pk=patient.pk).update(open_tasks=1, next_due_at=tasks[-1].due_at)
        return tasks

    return make


def ids(tasks):
    return [f"{task.pk}:{task.version}" for task in tasks]


@pytest.mark.parametrize("act", ORDERS)
class TestEveryAct:
    def test_previewed_done_and_undone_all_is_as_it_was(self, cast, signed_in, inside, rows, act):
        tasks = rows(3)
        before = [(columns(task), caseload(task.patient)) for task in tasks]
        client = signed_in(cast.ana)
        preview = client.post("/tasks/bulk/", {"act": act, "ids": [task.pk for task in tasks]})
        body = preview.content.decode()
        assert preview.status_code == 200
        for task in tasks:
            assert task.patient.display_name in body
            assert task.patient.record_number in body
            assert f'value="{task.pk}:1"' in body
        sent = {"act": act, "ids": ids(tasks)} | SENT[act](cast)
        done = client.post("/tasks/bulk/commit/", sent)
        inside(cast.riverbend)
        batch = Batch.objects.get()
        assert (done.status_code, done["Location"].split("?")[0]) == (302, f"/tasks/bulk/{batch.pk}/")
        assert (batch.asked, batch.done, batch.refused, batch.by) == (3, 3, [], cast.ana)
        assert Change.objects.filter(batch=batch, version=2).count() == 3
        assert [columns(task) != row for task, (row, _counted) in zip(tasks, before, strict=True)] == [
            True
        ] * 3
        result = client.get(done["Location"]).content.decode()
        assert "for 3 patients." in result
        assert f'action="/undo/{batch.pk}/"' in result
        assert client.post(f"/undo/{batch.pk}/").status_code == 302
        inside(cast.riverbend)
        assert [(columns(task), caseload(task.patient)) for task in tasks] == before
        assert Event.objects.filter(name="task.undone").count() == 3
        assert Event.objects.filter(name="batch.done").count() == 1

    def test_it_costs_the_same_for_three_rows_and_for_thirty(self, cast, rows, statements, act):
        counts, every = [], rows(33)  # sight is read once: the patients are there first
        for tasks in (every[:3], every[3:]):
            n = len(tasks)
            with statements() as seen:
                outcome = act_on_many(tasks=tasks, order=ORDERS[act](cast), by=cast.ana, versions={})
            assert outcome.batch.done == n
            batch, changes = get_batch(cast.ana, outcome.batch.pk)
            with statements() as undone:
                actions.undo_batch(batch=batch, by=cast.ana, within=changes)
            counts.append((len(seen), len(undone)))
        # whom the new owner sees is read once for each person
        assert counts[1][0] <= counts[0][0], counts
        assert counts[1][1] <= counts[0][1], counts
        assert counts[0][0] <= 13, seen
        assert counts[0][1] <= 13, undone

    def test_the_same_key_acts_once(self, cast, signed_in, inside, rows, act):
        client = signed_in(cast.ana)
        sent = {"act": act, "ids": ids(rows(2)), "idempotency_key": str(uuid.uuid4())}
        first, second = (client.post("/tasks/bulk/commit/", sent | SENT[act](cast)) for _n in range(2))
        assert first["Location"] == second["Location"]
        assert second["Idempotent-Replay"] == "true"
        inside(cast.riverbend)
        assert Batch.objects.count() == 1


def test_each_row_has_its_own_answer(cast, signed_in, inside, rows):
    fine, critical, closed, repeated, changed = tasks = rows(5)
    sent = ids(tasks)
    critical.change({"priority": 1}, by=cast.sue)
    actions.close_task(task=closed, by=cast.sue)
    repeated.change({"repeat_every": 1, "repeat_unit": "week"}, by=cast.sue)
    changed.change({"context": "New"}, by=cast.sue)
    sent[1], sent[3] = f"{critical.pk}:2", f"{repeated.pk}:2"
    client = signed_in(cast.ana)
    body = client.post("/tasks/bulk/", {"act": "done", "ids": sent}).content.decode()
    sentences = [
        "A safety matter is ended by itself",
        "Sue Park closed this task",
        "the next one comes of it",
        "while you looked",
    ]
    for sentence in sentences:
        assert sentence in body
    assert "Done: 1 task<" in body
    done = client.post("/tasks/bulk/commit/", {"act": "done", "ids": sent})
    body = client.get(done["Location"]).content.decode()
    inside(cast.riverbend)
    for sentence in sentences:
        assert sentence in body
    batch = Batch.objects.get()
    assert (batch.asked, batch.done, len(batch.refused)) == (5, 1, 4)
    assert Task.objects.get(pk=fine.pk).status == "done"
    assert Task.objects.get(pk=critical.pk).is_open


class TestSeenBeforeItIsDone:
    """What the chosen owner or day cannot have is said before anything is done."""

    @pytest.fixture
    def asked(self, cast, rows):
        """Two tasks for Sam, who sees the patient of the first only."""
        tasks = rows(2)
        join_care_team(tasks[0].patient, cast.sam)
        return {"act": "assign", "ids": ids(tasks), "looked": "1", "to": f"user:{cast.sam.pk}"}

    def test_when_an_owner_is_chosen(self, signed_in, inside, cast, parts, asked):
        answer = signed_in(cast.ana).post("/tasks/bulk/", asked, headers=parts)
        assert answer.status_code == 200
        assert "<html" not in answer.text
        assert "cannot see this patient" in answer.text
        assert "1 of 2 can be done like this" in answer.text
        assert "Assign: 1 task<" in answer.text
        assert 'name="left"' in answer.text
        inside(cast.riverbend)
        assert not Batch.objects.exists()

    def test_without_a_script_the_second_step_shows_it(self, signed_in, inside, cast, asked):
        client = signed_in(cast.ana)
        shown = client.post("/tasks/bulk/commit/", asked)
        assert shown.status_code == 422
        assert "Nothing was done yet" in shown.text
        assert "cannot see this patient" in shown.text
        inside(cast.riverbend)
        assert not Batch.objects.exists()
        left = shown.text.split('name="left" value="')[1].split('"')[0]
        assert client.post("/tasks/bulk/commit/", asked | {"left": left}).status_code == 302
        inside(cast.riverbend)
        assert (Batch.objects.get().asked, Batch.objects.get().done) == (2, 1)

    def test_when_a_day_is_chosen(self, signed_in, cast, rows):
        first, second = tasks = rows(2)
        first.change({"priority": 1}, by=cast.sue)
        sent = {"act": "move", "ids": [f"{first.pk}:2", f"{second.pk}:1"], "looked": "1"}
        client = signed_in(cast.ana)
        assert "cannot be moved out" not in client.post("/tasks/bulk/", sent).text
        page = client.post("/tasks/bulk/", sent | {"day": day(3)}).text
        assert "The limit of a safety matter cannot be moved out." in page
        assert f'value="{day(3)}"' in page
        assert len(tasks) == 2

    def test_none_can_be_done_and_another_choice_is_still_open(self, signed_in, cast, asked):
        page = signed_in(cast.ana).post("/tasks/bulk/", asked | {"ids": asked["ids"][1:]}).text
        assert "None of these can be done like this" in page
        assert "Check again" in page

    def test_what_others_changed_stays_left_out(self, signed_in, inside, cast, rows):
        first, second = tasks = rows(2)
        sent = {"act": "done", "ids": ids(tasks), "looked": "1"}
        first.change({"context": "New"}, by=cast.sue)
        page = signed_in(cast.ana).post("/tasks/bulk/", sent).text
        assert f'value="{first.pk}:1"' in page
        sent["left"] = str(first.pk)
        assert signed_in(cast.ana).post("/tasks/bulk/commit/", sent).status_code == 302
        inside(cast.riverbend)
        assert Task.objects.get(pk=first.pk).is_open
        assert not Task.objects.get(pk=second.pk).is_open


def test_none_of_them_leaves_nothing(cast, signed_in, inside, rows):
    (task,) = rows(1)
    task.change({"priority": 1}, by=cast.sue)
    response = signed_in(cast.ana).post("/tasks/bulk/commit/", {"act": "done", "ids": ids([task])})
    inside(cast.riverbend)
    assert response.status_code == 422
    assert "None of these" in response.content.decode()
    assert not Batch.objects.exists()


def test_a_row_changed_since_is_named_and_the_rest_is_undone(cast, signed_in, inside, rows):
    first, second = tasks = rows(2)
    batch = act_on_many(tasks=tasks, order=Order(Act.ASSIGN, owner=cast.max), by=cast.ana, versions={}).batch
    actions.set_waiting(task=first, by=cast.sue, waiting_on="Payer")
    client = signed_in(cast.ana)
    assert client.post(f"/undo/{batch.pk}/").status_code == 302
    body = client.get("/day/").content.decode()
    assert "1 task is as it was." in body
    assert f"{first.patient.display_name}: Changed since by Sue Park" in body
    inside(cast.riverbend)
    assert Task.objects.get(pk=first.pk).owner == cast.max
    assert Task.objects.get(pk=second.pk).owner == cast.ana
    with pytest.raises(Refused, match="Ana Ruiz undid this"):
        actions.undo_batch(batch=batch, by=cast.sue, within=[])


def test_after_ten_minutes_a_batch_is_history(cast, rows):
    batch = act_on_many(tasks=rows(2), order=Order(Act.CLOSE), by=cast.ana, versions={}).batch
    with (
        time_machine.travel(timezone.now() + dt.timedelta(minutes=11)),
        pytest.raises(Refused, match="10 minutes"),
    ):
        actions.undo_batch(batch=batch, by=cast.ana, within=list(batch.changes.all()))


def test_an_owner_hears_of_it_once(cast, rows):
    act_on_many(tasks=rows(4), order=Order(Act.ASSIGN, owner=cast.max), by=cast.ana, versions={})
    message = Message.objects.get(topic="tasks.assigned")
    assert not Message.objects.filter(topic="task.assigned").exists()
    notify_owner_of_many(message)
    notify_owner_of_many(message)
    assert Notification.objects.get(user=cast.max).text == "Ana Ruiz gave you 4 tasks."


def test_someone_who_cannot_see_a_patient_does_not_get_that_one(cast, rows):
    tasks = rows(2)
    join_care_team(tasks[0].patient, cast.sam)
    outcome = act_on_many(tasks=tasks, order=Order(Act.ASSIGN, owner=cast.sam), by=cast.ana, versions={})
    assert (outcome.batch.done, list(outcome.refused)) == (1, [tasks[1].pk])
    assert "cannot see this patient" in outcome.refused[tasks[1].pk]


def test_strangers_do_not_learn_of_the_rows(cast, signed_in, inside, rows):
    tasks = rows(2)
    sent = {"act": "done", "ids": ids(tasks)}
    for stranger, status in [(cast.sam, 404), (cast.olga, 404), (cast.vic, 403), (cast.flo, 403)]:
        assert signed_in(stranger).post("/tasks/bulk/commit/", sent).status_code == status
        inside(cast.riverbend)
    batch = act_on_many(tasks=tasks, order=Order(Act.CLOSE), by=cast.ana, versions={}).batch
    for stranger in (cast.sam, cast.olga):
        assert signed_in(stranger).get(f"/tasks/bulk/{batch.pk}/").status_code == 404
        assert signed_in(stranger).post(f"/undo/{batch.pk}/").status_code == 404
        inside(cast.riverbend)
    assert batch.changes.filter(undone_at__isnull=True).count() == 2


@pytest.mark.parametrize(
    "sent",
    [{}, {"act": "done"}, {"act": "magic", "ids": [str(uuid.uuid4())]}, {"act": "done", "ids": ["x", ":"]}],
)
def test_without_rows_it_says_so(cast, signed_in, sent):
    assert signed_in(cast.ana).post("/tasks/bulk/", sent).status_code == 302


def test_at_most_so_many_at_once(cast, signed_in, rows, settings):
    settings.BULK_ROWS = 2
    response = signed_in(cast.ana).post("/tasks/bulk/commit/", {"act": "done", "ids": ids(rows(3))})
    assert response.status_code == 422
    assert "At most 2 tasks" in response.content.decode()


def test_a_batch_is_one_line_of_what_i_did(cast, signed_in, rows):
    batch = act_on_many(tasks=rows(3), order=Order(Act.CLOSE), by=cast.ana, versions={}).batch
    body = signed_in(cast.ana).get("/day/history/").content.decode()
    assert body.count(f'action="/undo/{batch.pk}/"') == 1
    assert "with 3 tasks at once" in body


@pytest.mark.django_db(transaction=True)
def test_two_batches_over_the_same_patients_at_once(transactional_db):
    ana = UserFactory(name="Ana Ruiz")
    with organization(ana.organization_id):
        people = [
            PatientFactory(organization=ana.organization, coordinator=ana, created_by=ana) for _n in range(6)
        ]
        first = [TaskFactory(patient=patient, owner=ana) for patient in people]
        second = [TaskFactory(patient=patient, owner=ana) for patient in reversed(people)]

    def close(tasks):
        assert act_on_many(tasks=tasks, order=Order(Act.CLOSE), by=ana, versions={}).batch.done == 6

    told = at_once(ana.organization_id, lambda: close(first), lambda: close(second))
    assert told == ["done", "done"]
    with organization(ana.organization_id):
        assert set(Patient.objects.values_list("open_tasks", flat=True)) == {0}


def test_another_owner_starts_the_count_of_what_is_late_anew(cast, rows):
    (task,) = rows(1)
    Task.objects.filter(pk=task.pk).update(escalated_at=timezone.now(), escalated_to=cast.sue)
    order = Order(Act.ASSIGN, owner=cast.max)
    act_on_many(tasks=[task], order=order, by=cast.ana, versions={})
    task.refresh_from_db()
    assert (task.owner, task.escalated_at, task.escalated_to) == (cast.max, None, None)


def test_who_has_it_already_is_not_given_it_again(cast, rows):
    (task,) = rows(1)
    Task.objects.filter(pk=task.pk).update(escalated_at=timezone.now(), escalated_to=cast.sue)
    outcome = act_on_many(tasks=[task], order=Order(Act.ASSIGN, owner=cast.ana), by=cast.sue, versions={})
    assert outcome.refused == {task.pk: "That is who has it already."}


def test_what_came_of_it_is_told_also_when_a_refused_patient_is_out_of_sight(cast, signed_in, rows):
    done, safety = rows(2)
    Task.objects.filter(pk=safety.pk).update(priority=1)
    outcome = act_on_many(tasks=[done, safety], order=Order(Act.CLOSE), by=cast.ana, versions={})
    safety.patient.careteammember_set.all().delete()
    Patient.objects.filter(pk=safety.patient_id).update(coordinator=cast.sam, team=cast.south)
    page = signed_in(cast.ana).get(f"/tasks/bulk/{outcome.batch.pk}/")
    assert page.status_code == 200
    assert done.patient.record_number in page.content.decode()
    assert safety.patient.record_number not in page.content.decode()
