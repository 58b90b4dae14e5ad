"""A death stops what reaches out to the patient, and nothing else."""

import datetime as dt

import pytest

from coordination.outbox.models import Message
from coordination.worklist.handlers import stop_outreach
from coordination.worklist.models import Task
from patients.actions.care import record_death
from tests.factories import TaskFactory

pytestmark = pytest.mark.django_db


def test_calls_end_and_papers_stay(cast):
    call, visit, paper = (
        TaskFactory(patient=cast.pat, kind=kind) for kind in ("call", "home_visit", "document")
    )
    closed = TaskFactory(
        patient=cast.pat,
        kind="call",
        status="done",
        outcome="completed",
        closed_at=dt.datetime.now(dt.UTC),
        closed_by=cast.ana,
    )
    record_death(patient=cast.pat, died_on=None, by=cast.ana)
    message = Message.objects.get(topic="patient.died")
    stop_outreach(message)
    stop_outreach(message)  # told twice, done once
    after = {task.pk: task for task in Task.objects.all()}
    assert [after[task.pk].outcome for task in (call, visit, paper, closed)] == [
        "deceased",
        "deceased",
        "",
        "completed",
    ]
    assert after[call.pk].status == "cancelled"
    assert after[call.pk].closed_by.is_system
    cast.pat.refresh_from_db()
    assert cast.pat.open_tasks == 1


def test_a_mistake_corrected_before_the_message_ends_nothing(cast):
    call = TaskFactory(patient=cast.pat, kind="call")
    record_death(patient=cast.pat, died_on=None, by=cast.ana)
    cast.pat.is_deceased = False
    cast.pat.save(update_fields=["is_deceased"])
    stop_outreach(Message.objects.get(topic="patient.died"))
    call.refresh_from_db()
    assert call.is_open
