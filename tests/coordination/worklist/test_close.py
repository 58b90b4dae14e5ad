"""Ending a commitment."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from coordination.audit.models import Event
from coordination.lib.refusal import Refused, Stale
from coordination.lib.rls import organization
from coordination.worklist.actions import close_task, open_task
from coordination.worklist.due import Due
from coordination.worklist.models import Task
from patients.models import Patient
from tests.at_once import at_once, names
from tests.factories import PatientFactory, TaskFactory, UserFactory, join_care_team


@pytest.fixture
def task(cast):
    return open_task(
        by=cast.ana,
        patient=cast.pat,
        title="Call about oxygen",
        reason="Delivery not confirmed",
        due=in_hours(4),
    )


def in_hours(n):
    return Due(timezone.now() + dt.timedelta(hours=n), has_time=True)


def test_it_closes_with_an_outcome_and_keeps_the_caseload_row(cast, task):
    other = open_task(by=cast.ana, patient=cast.pat, title="Second", reason="So", due=in_hours(9))
    cast.pat.refresh_from_db()
    assert (cast.pat.open_tasks, cast.pat.next_due_at) == (2, task.due_at)
    closed = close_task(task=task, by=cast.ana, outcome="not_needed", note="Delivered")
    assert (closed.status, closed.outcome, closed.closed_by) == ("cancelled", "not_needed", cast.ana)
    cast.pat.refresh_from_db()
    assert (cast.pat.open_tasks, cast.pat.next_due_at) == (1, other.due_at)
    close_task(task=other, by=cast.ana)
    cast.pat.refresh_from_db()
    assert (cast.pat.open_tasks, cast.pat.next_due_at) == (0, None)


def test_it_writes_down_who_did_what(cast, task):
    close_task(task=task, by=cast.sue)
    opened, closed = Event.objects.filter(target_id=str(task.pk)).order_by("id")
    assert (opened.name, opened.actor_id, closed.name, closed.actor_id) == (
        "task.opened",
        cast.ana.pk,
        "task.closed",
        cast.sue.pk,
    )
    assert closed.patient_id == cast.pat.pk
    assert "status" in closed.changed
    assert closed.detail == {"outcome": "completed"}


def test_it_closes_once(cast, task):
    close_task(task=task, by=cast.ana)
    with pytest.raises(Refused, match="Ana Ruiz closed this task"):
        close_task(task=task, by=cast.sue)


def test_a_safety_matter_ends_with_words(cast):
    task = TaskFactory(patient=cast.pat, priority=1)
    with pytest.raises(Refused, match="how it ended"):
        close_task(task=task, by=cast.ana, note="  ")
    assert close_task(task=task, by=cast.ana, note="Seen by Dr. Weber, safe plan made").status == "done"


def test_an_older_version_is_stale(cast, task):
    task.change({"context": "More"}, by=cast.sue)
    with pytest.raises(Stale) as stale:
        close_task(task=task, by=cast.ana, version=1)
    assert stale.value.version == 2


def test_nothing_that_reaches_out_is_planned_for_someone_who_died(cast):
    Patient.objects.filter(pk=cast.pat.pk).update(is_deceased=True)
    with pytest.raises(Refused, match="has died"):
        open_task(by=cast.ana, patient=cast.pat, title="Call", reason="So", due=in_hours(1), kind="call")
    assert open_task(
        by=cast.ana, patient=cast.pat, title="Return device", reason="So", due=in_hours(1), kind="other"
    ).is_open


def test_the_same_cause_opens_one_task(cast):
    first = open_task(
        by=cast.ana, patient=cast.pat, title="A", reason="B", due=in_hours(1), source_key="discharge:7"
    )
    second = open_task(
        by=cast.ana, patient=cast.pat, title="A", reason="B", due=in_hours(1), source_key="discharge:7"
    )
    assert first == second


def test_a_task_about_nobody_is_ones_own(cast):
    task = open_task(by=cast.ana, title="Order handouts", reason="Box is empty", due=in_hours(1))
    assert (task.patient, task.owner, task.queue) == (None, cast.ana, None)
    assert close_task(task=task, by=cast.ana).status == "done"


@pytest.mark.django_db(transaction=True)
def test_eight_people_click_done_at_once_and_one_closes_it(serialized):
    task, people = serialized
    calls = [lambda person=person: close_task(task=task, by=person) for person in people]
    assert names(at_once(task.organization_id, *calls)) == ["Refused"] * 7 + ["done"]
    with organization(task.organization_id):
        assert Event.objects.filter(name="task.closed", target_id=str(task.pk)).count() == 1
        assert Patient.objects.get(pk=task.patient_id).open_tasks == 0


@pytest.mark.django_db(transaction=True)
def test_eight_tasks_of_one_patient_close_at_once_and_the_count_is_right(serialized):
    task, people = serialized
    with organization(task.organization_id):
        tasks = [
            open_task(by=people[0], patient=task.patient, title=f"T{n}", reason="So", due=in_hours(n + 1))
            for n in range(8)
        ]
    calls = [lambda t=t, p=p: close_task(task=t, by=p) for t, p in zip(tasks, people, strict=True)]
    assert at_once(task.organization_id, *calls) == ["done"] * 8
    with organization(task.organization_id):
        patient = Patient.objects.get(pk=task.patient_id)
        assert (patient.open_tasks, patient.next_due_at) == (1, task.due_at)


@pytest.fixture
def serialized(transactional_db):
    """A patient with one open task, committed, and eight colleagues."""
    ana = UserFactory(name="Ana Ruiz")
    people = [ana, *(UserFactory(organization=ana.organization) for _ in range(7))]
    with organization(ana.organization_id):
        patient = PatientFactory(organization=ana.organization, coordinator=ana, created_by=ana)
        join_care_team(patient, ana, role="coordinator", is_primary=True)
        task = open_task(by=ana, patient=patient, title="Call", reason="Promised", due=in_hours(20))
    return task, people


CONSTRAINTS = {
    "task_has_one_owner": {"owner": None},
    "task_has_a_reason": {"reason": ""},
    "task_ends_with_an_outcome": {"status": "done"},
    "task_waiting_says_on_whom": {"status": "waiting"},
    "task_status_known|task_ends_with_an_outcome": {"status": "lost"},
    "task_kind_known": {"kind": "magic"},
    "task_priority_known": {"priority": 9},
    "task_source_known": {"source": "oracle"},
    "task_outcome_known": {"outcome": "magic", "status": "done", "closed_at": timezone.now()},
}


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_the_database_refuses(cast, name):
    values = CONSTRAINTS[name] | ({"closed_by": cast.ana} if "closed_at" in CONSTRAINTS[name] else {})
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        TaskFactory(patient=cast.pat, created_by=cast.ana, **values)


def test_the_database_refuses_the_same_cause_twice(cast):
    TaskFactory(patient=cast.pat, source_key="x")
    with pytest.raises(IntegrityError, match="task_once_per_cause"), transaction.atomic():
        TaskFactory(patient=cast.pat, source_key="x")


def test_the_database_refuses_an_owner_and_a_queue(cast):
    with pytest.raises(IntegrityError, match="task_has_one_owner"), transaction.atomic():
        TaskFactory(patient=cast.pat, owner=cast.ana, queue=cast.north)
    assert Task.objects.count() == 0
