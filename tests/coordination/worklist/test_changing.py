"""Every act on a task leaves one row that says what was there before."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from coordination.lib.stored import packed, unpacked
from coordination.worklist import actions
from coordination.worklist.due import Due
from coordination.worklist.models import Change, Contact, Task
from tests.factories import TaskFactory

SOON = timezone.now() + dt.timedelta(hours=3, microseconds=123457)


def wait(cast, task):
    return actions.set_waiting(task=task, by=cast.ana, waiting_on="Payer")


ACTS = {
    "snooze": lambda cast, task: actions.snooze_task(task=task, by=cast.ana, until=SOON),
    "wake": lambda cast, task: actions.wake_task(task=task, by=cast.ana),
    "assign": lambda cast, task: actions.assign_task(task=task, by=cast.ana, owner=cast.max),
    "claim": lambda cast, task: actions.claim_task(task=task, by=cast.ana),
    "wait": wait,
    "resume": lambda cast, task: actions.set_waiting(task=task, by=cast.ana, waiting_on=""),
    "move": lambda cast, task: actions.change_due(task=task, by=cast.ana, due=Due(SOON, has_time=True)),
    "tick": lambda cast, task: actions.tick_checklist(task=task, by=cast.ana, step=0, done=True),
    "close": lambda cast, task: actions.close_task(task=task, by=cast.ana, note="Delivered"),
}
READY = {
    "wake": {"snoozed_until": SOON, "snooze_reason": "Away"},
    "claim": {"owner": None},
    "resume": {"status": "waiting", "waiting_on": "Payer", "waiting_since": SOON},
    "tick": {"checklist": [{"text": "Ask", "done": False}]},
}


@pytest.mark.parametrize("act", ACTS)
def test_it_keeps_what_was_there_and_what_is_there_now(cast, act):
    queue = {"queue": cast.north} if act == "claim" else {}
    task = TaskFactory(patient=cast.pat, **READY.get(act, {}), **queue)
    first = Task.objects.get(pk=task.pk)
    now = ACTS[act](cast, task)
    (change,) = Change.objects.all()
    assert (change.act, change.task, change.by, change.version) == (act, task, cast.ana, 2)
    assert now.last_change == change
    assert change.before == packed(first, change.before)
    assert change.after == packed(Task.objects.get(pk=task.pk), change.before)
    assert set(change.before) == set(change.after)
    for name, value in unpacked(Task, change.before).items():
        assert getattr(first, name) == value


def test_every_field_comes_back_from_json_as_it_was(cast, task):
    task.change(
        {"snoozed_until": SOON, "head_start": {"risk": 240}, "repeat_every": 1, "repeat_unit": "week"},
        by=cast.ana,
    )
    task.change(
        {"repeat_until": dt.date(2027, 3, 1), "checklist": [{"text": "Ask", "done": True}]}, by=cast.ana
    )
    fields = [field.name for field in Task._meta.concrete_fields]
    for name, value in unpacked(Task, packed(task, fields)).items():
        assert getattr(task, name) == value


def test_an_act_that_changes_nothing_leaves_nothing_to_undo(cast, task):
    wait(cast, task)
    assert wait(cast, task).last_change is None
    assert Change.objects.count() == 1


def test_opening_is_an_act(cast):
    task = actions.open_task(by=cast.ana, patient=cast.pat, title="Call", reason="Promised", due=Due(SOON))
    change = Change.objects.get()
    assert (change.act, change.version, change.before, task.last_change) == ("open", 1, {}, change)


def test_a_contact_is_kept_with_what_it_closed_and_opened(cast, task):
    contact = actions.log_contact(
        patient=cast.pat,
        by=cast.ana,
        outcome="wrong_number",
        task=task,
        next_step=actions.NextStep(Due(SOON)),
    )
    kept = {
        change.act: change for change in Change.objects.filter(contact=contact).exclude(task__kind="data")
    }
    assert (kept["contact"].task, kept["open"].task) == (task, contact.next_task)
    assert contact.last_change == kept["contact"]
    assert Change.objects.filter(contact=contact, act="open", task__kind="data").count() == 1


def test_a_contact_that_answers_no_task_is_kept_too(cast):
    contact = actions.log_contact(
        patient=cast.pat, by=cast.ana, outcome="reached_patient", no_follow_up_reason="All well"
    )
    assert (Change.objects.get().task, contact.last_change.contact) == (None, contact)


CONSTRAINTS = {
    "change_once_per_version": {"version": 2},
    "change_undone_pair": {"undone_at": SOON},
    "change_of_a_task_or_contact": {"task": None},
}


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_the_database_refuses(cast, task, name):
    wait(cast, task)
    values = {
        "organization": cast.riverbend,
        "task": task,
        "act": "wait",
        "version": 9,
        "at": SOON,
        "by": cast.ana,
    }
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Change.objects.create(**(values | CONSTRAINTS[name]))


def test_a_contact_is_undone_by_somebody(cast):
    contact = actions.log_contact(
        patient=cast.pat, by=cast.ana, outcome="no_answer", no_follow_up_reason="So"
    )
    with pytest.raises(IntegrityError, match="contact_undone_pair"), transaction.atomic():
        Contact.objects.filter(pk=contact.pk).update(undone_at=SOON)
