"""Every act can be taken back: from its message, from the history, by whoever may do it, while nobody changed the task since."""

import datetime as dt
import uuid

import pytest
import time_machine
from django.utils import timezone

from coordination.accounts.permissions import Permission
from coordination.audit.models import Event
from coordination.lib.refusal import Refused
from coordination.worklist import actions
from coordination.worklist.actions.changing import change_task
from coordination.worklist.due import Due
from coordination.worklist.models import Act, Change, Contact, Task
from patients.models import Patient
from tests.coordination.worklist.test_changing import ACTS, READY
from tests.factories import TaskFactory

LATER = timezone.now() + dt.timedelta(hours=20)
MOVES_ON = {"version", "updated_at", "updated_by"}


def columns(task):
    """Everything a row says, but who touched it last."""
    row = Task.objects.filter(pk=task.pk).values().get()
    return {name: value for name, value in row.items() if name.removesuffix("_id") not in MOVES_ON}


def caseload(patient):
    names = ["open_tasks", "next_due_at", "last_contact_at", "last_contact_outcome"]
    return Patient.objects.values(*names).get(pk=patient.pk)


def undo(change, by):
    return actions.undo_change(change=Change.objects.with_record().get(pk=change.pk), by=by)


def latest():
    return Change.objects.order_by("-at").first()


@pytest.fixture
def ready(cast):
    def prepare(act):
        queue = {"queue": cast.north} if act == "claim" else {}
        task = TaskFactory(patient=cast.pat, title="Check oxygen", **READY.get(act, {}), **queue)
        Patient.objects.filter(pk=cast.pat.pk).update(open_tasks=1, next_due_at=task.due_at)
        return task

    return prepare


@pytest.mark.parametrize("act", ACTS)
class TestEveryAct:
    def test_undone_through_its_address_it_is_as_it_was(self, cast, signed_in, inside, ready, act):
        task = ready(act)
        before, counted = columns(task), caseload(cast.pat)
        ACTS[act](cast, task)
        assert columns(task) != before
        response = signed_in(cast.ana).post(f"/undo/{latest().pk}/", {"next": "/day/"})
        assert (response.status_code, response["Location"]) == (302, "/day/")
        inside(cast.riverbend)
        assert (columns(task), caseload(cast.pat)) == (before, counted)
        change = latest()
        assert (change.undone_by, change.undone_at is not None) == (cast.ana, True)
        event = Event.objects.get(name="task.undone")
        assert (event.target_id, event.patient_id, event.actor_id) == (str(task.pk), cast.pat.pk, cast.ana.pk)
        assert event.detail == {"act": act, "change": str(change.pk)}
        assert set(event.changed) == set(change.before)

    def test_it_answers_a_page_with_the_row_as_it_was(self, cast, signed_in, ready, parts, act):
        task = ready(act)
        ACTS[act](cast, task)
        body = signed_in(cast.ana).post(f"/undo/{latest().pk}/", headers=parts).content.decode()
        assert f'hx-target="#task-{task.pk}"' in body
        assert 'hx-target="#buckets"' in body
        assert "RIVERA, Pat" in body

    def test_after_ten_minutes_it_is_history(self, cast, ready, act):
        task = ready(act)
        ACTS[act](cast, task)
        with time_machine.travel(timezone.now() + dt.timedelta(minutes=9, seconds=50)):
            undo(latest(), cast.ana)
        other = ready(act)
        ACTS[act](cast, other)
        with (
            time_machine.travel(timezone.now() + dt.timedelta(minutes=10, seconds=5)),
            pytest.raises(Refused, match="10 minutes"),
        ):
            undo(latest(), cast.ana)

    def test_changed_since_it_says_by_whom(self, cast, ready, act):
        task = ready(act)
        ACTS[act](cast, task)
        change = latest()
        stored = Task.objects.get(pk=task.pk)
        change_task(task=stored, act=Act.EDIT, values={"context": "New"}, by=cast.sue)
        left = columns(task)
        with pytest.raises(Refused, match="Changed since by Sue Park"):
            undo(change, cast.ana)
        assert columns(task) == left

    def test_strangers_do_not_learn_of_it(self, cast, signed_in, inside, ready, act):
        ACTS[act](cast, ready(act))
        url = f"/undo/{latest().pk}/"
        for stranger in (cast.sam, cast.olga, cast.flo, cast.adam):
            assert signed_in(stranger).post(url).status_code == 404
            inside(cast.riverbend)
        assert signed_in(cast.vic).post(url).status_code == 403
        assert signed_in(cast.ana).post(f"/undo/{uuid.uuid4()}/").status_code == 404
        assert signed_in(cast.ana).get(url).status_code == 405

    def test_the_same_key_undoes_once(self, cast, signed_in, ready, act):
        ACTS[act](cast, ready(act))
        client, sent = signed_in(cast.ana), {"idempotency_key": str(uuid.uuid4())}
        first, second = (client.post(f"/undo/{latest().pk}/", sent) for _n in range(2))
        assert (first.status_code, second.status_code, second["Idempotent-Replay"]) == (302, 302, "true")


def test_a_colleague_who_sees_it_may_undo_it(cast, task):
    actions.close_task(task=task, by=cast.ana)
    undo(latest(), cast.sue)
    assert latest().undone_by == cast.sue


def test_it_is_undone_once(cast, task):
    actions.close_task(task=task, by=cast.ana)
    undo(latest(), cast.sue)
    with pytest.raises(Refused, match="Sue Park undid this"):
        undo(latest(), cast.ana)


def test_a_change_outside_of_the_history_counts_too(cast, task):
    actions.close_task(task=task, by=cast.ana)
    Task.objects.get(pk=task.pk).change({"context": "New"}, by=cast.sue)
    with pytest.raises(Refused, match="Changed since by Sue Park"):
        undo(latest(), cast.ana)


def test_what_was_done_and_undone_since_is_no_obstacle(cast, task):
    before = columns(task)
    actions.set_waiting(task=task, by=cast.ana, waiting_on="Payer")
    first = latest()
    actions.snooze_task(task=task, by=cast.sue, until=timezone.now() + dt.timedelta(hours=1))
    undo(latest(), cast.sue)
    undo(first, cast.ana)
    assert columns(task) == before


def test_a_task_opened_by_mistake_ends_as_that(cast, signed_in):
    Patient.objects.filter(pk=cast.pat.pk).update(open_tasks=0)
    task = actions.open_task(
        by=cast.ana, patient=cast.pat, title="Call", reason="So", due=Due(LATER), priority=1
    )
    undo(latest(), cast.ana)
    task.refresh_from_db()
    assert (task.status, task.outcome, task.closed_by) == ("cancelled", "mistake", cast.ana)
    assert caseload(cast.pat)["open_tasks"] == 0


class TestContact:
    @pytest.fixture
    def log(self, cast, task):
        actions.log_contact(
            patient=cast.pat, by=cast.ana, outcome="reached_patient", no_follow_up_reason="Well",
            occurred_at=timezone.now() - dt.timedelta(days=3),
        )  # fmt: skip

        def log(**values):
            values = {
                "outcome": "wrong_number",
                "task": task,
                "next_step": actions.NextStep(Due(LATER)),
            } | values
            return actions.log_contact(patient=cast.pat, by=cast.ana, **values)

        return log

    def test_what_it_closed_is_open_and_what_it_opened_was_a_mistake(self, cast, task, log):
        before, counted = columns(task), caseload(cast.pat) | {"open_tasks": 1, "next_due_at": task.due_at}
        contact = log()
        undo(contact.last_change, cast.ana)
        assert (columns(task), caseload(cast.pat)) == (before, counted)
        opened = Task.objects.exclude(pk=task.pk)
        assert {(each.outcome, each.status) for each in opened} == {("mistake", "cancelled")}
        assert opened.count() == 2
        contact.refresh_from_db()
        assert (contact.undone_by, contact.note) == (cast.ana, "")
        assert Event.objects.filter(name="contact.undone", target_id=str(contact.pk)).count() == 1
        assert not Change.objects.filter(contact=contact, undone_at__isnull=True).exists()

    def test_the_next_step_is_undone_by_whoever_may_undo_the_contact(self, cast, task, log):
        change = Change.objects.get(task=log().next_task)
        assert change.may_be_undone_by(cast.ana)
        cast.ana.__dict__["permissions"] = cast.ana.permissions - {Permission.CONTACT_LOG}
        assert not change.may_be_undone_by(cast.ana)

    def test_undoing_the_next_step_undoes_the_contact(self, cast, task, log):
        contact = log()
        undo(Change.objects.get(task=contact.next_task), cast.ana)
        contact.refresh_from_db()
        assert contact.undone_at is not None
        assert Task.objects.get(pk=task.pk).is_open

    def test_not_once_the_next_step_was_worked_on(self, cast, task, log):
        contact = log()
        actions.set_waiting(task=contact.next_task, by=cast.sue, waiting_on="Payer")
        with pytest.raises(Refused, match="Changed since by Sue Park"):
            undo(contact.last_change, cast.ana)
        contact.refresh_from_db()
        assert contact.undone_at is None
        assert not Task.objects.get(pk=task.pk).is_open

    def test_one_that_answers_no_task(self, cast, log):
        counted = caseload(cast.pat)
        contact = log(task=None, next_step=None, no_follow_up_reason="All well", outcome="reached_patient")
        undo(contact.last_change, cast.ana)
        contact.refresh_from_db()
        assert contact.undone_by == cast.ana
        assert caseload(cast.pat) == counted | {
            "next_due_at": caseload(cast.pat)["next_due_at"],
            "open_tasks": 1,
        }

    def test_the_timeline_and_the_task_say_that_it_was_undone(self, cast, signed_in, task, log):
        contact = log()
        client = signed_in(cast.ana)
        client.post(f"/undo/{contact.last_change.pk}/")
        for url in (f"/patients/{cast.pat.pk}/timeline/", f"/tasks/{task.pk}/"):
            body = client.get(url).content.decode()
            assert "Wrong number" in body
            assert "Undone" in body


class TestRules:
    """What comes back is held to the same rules as what is new."""

    def test_work_does_not_go_back_to_someone_who_left(self, cast, task):
        task.change({"owner": cast.max}, by=cast.sue)
        actions.assign_task(task=task, by=cast.sue, owner=cast.ana)
        cast.max.is_active = False
        cast.max.save()
        with pytest.raises(Refused, match="Max Weber does not work here any more"):
            undo(latest(), cast.sue)

    def test_nor_is_it_opened_again_for_them(self, cast, task):
        task.change({"owner": cast.max}, by=cast.sue)
        actions.close_task(task=task, by=cast.sue)
        cast.max.is_active = False
        cast.max.save()
        with pytest.raises(Refused, match="does not work here"):
            undo(latest(), cast.sue)

    def test_nor_to_a_queue_that_is_not_the_patients(self, cast):
        task = TaskFactory(patient=cast.pat, owner=None, queue=cast.north)
        actions.claim_task(task=task, by=cast.ana)
        Patient.objects.filter(pk=cast.pat.pk).update(team=cast.south)
        with pytest.raises(Refused, match="own team"):
            undo(latest(), cast.ana)

    def test_nothing_that_reaches_out_is_opened_again_for_someone_who_died(self, cast, task):
        actions.close_task(task=task, by=cast.ana)
        Patient.objects.filter(pk=cast.pat.pk).update(is_deceased=True)
        with pytest.raises(Refused, match="has died"):
            undo(latest(), cast.ana)

    def test_a_safety_matter_does_not_sleep_past_its_limit(self, cast, task):
        task.change({"snoozed_until": task.due_at + dt.timedelta(days=1), "priority": 1}, by=cast.ana)
        actions.wake_task(task=task, by=cast.ana)
        with pytest.raises(Refused, match="cannot sleep past its limit"):
            undo(latest(), cast.ana)

    def test_nor_wait(self, cast):
        task = TaskFactory(
            patient=cast.pat, priority=1, status="waiting", waiting_on="P", waiting_since=LATER
        )
        actions.set_waiting(task=task, by=cast.ana, waiting_on="")
        with pytest.raises(Refused, match="waits on nobody"):
            undo(latest(), cast.ana)


def test_a_task_about_nobody_comes_back_to_who_gave_it_away(cast, signed_in, inside):
    task = actions.open_task(by=cast.ana, title="Order handouts", reason="Box is empty", due=Due(LATER))
    actions.assign_task(task=task, by=cast.ana, owner=cast.max)
    assert signed_in(cast.ana).post(f"/undo/{latest().pk}/").status_code == 302
    inside(cast.riverbend)
    assert Task.objects.get(pk=task.pk).owner == cast.ana


def test_refused_it_says_why_and_leads_to_the_task(cast, signed_in, inside, task, parts):
    actions.close_task(task=task, by=cast.ana)
    url = f"/undo/{latest().pk}/"
    Task.objects.get(pk=task.pk).change({"context": "New"}, by=cast.sue)
    for headers in ({}, parts):
        response = signed_in(cast.ana).post(url, headers=headers)
        inside(cast.riverbend)
        assert response.status_code == 422
        assert "Changed since by Sue Park" in response.content.decode()
        assert f'href="/tasks/{task.pk}/"' in response.content.decode()


def test_the_message_on_the_next_page_offers_it(cast, signed_in, inside, task):
    client = signed_in(cast.ana)
    client.post(f"/tasks/{task.pk}/done/", {"next": "/day/"})
    assert "messages" not in client.cookies  # they name patients
    body = client.get("/day/").content.decode()
    inside(cast.riverbend)
    assert f'<form method="post" action="/undo/{Change.objects.get().pk}/">' in body


@pytest.mark.parametrize("act", ["snooze", "close"])
def test_how_many_statements_it_costs(cast, ready, statements, act):
    ACTS[act](cast, ready(act))
    change = Change.objects.with_record().get()
    with statements() as seen:
        actions.undo_change(change=change, by=cast.ana)
    # an end is held, and what came of it; the tasks, the patients, what was done since; the marks, the rows, the caseload, the audit trail;
    # what needs a task that is open again
    assert len(seen) == (10 if act == "close" else 7), seen


def test_contacts_before_this_say_nothing_of_undo(cast):
    contact = actions.log_contact(
        patient=cast.pat, by=cast.ana, outcome="no_answer", no_follow_up_reason="So"
    )
    assert Contact.objects.get(pk=contact.pk).undone_at is None
