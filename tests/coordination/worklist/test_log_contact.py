"""One save: the contact, the end of the task it answers, and the next step; or none of them."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coordination.audit.models import Event
from coordination.lib.refusal import Refused, Stale
from coordination.outbox.models import Message
from coordination.worklist.actions import NextStep, close_task, log_contact
from coordination.worklist.due import Due
from coordination.worklist.models import Contact, Task
from patients.models import ContactPoint, Patient
from tests.factories import PatientFactory, TaskFactory


@pytest.fixture
def task(cast):
    return TaskFactory(
        patient=cast.pat, kind="discharge_call", title="Post-discharge call", attempt=1, attempts_planned=3
    )


def tomorrow(cast):
    return Due.on(cast.riverbend.today() + dt.timedelta(days=1), cast.riverbend)


def counts():
    return Contact.objects.count(), Task.objects.open().count(), Task.objects.closed().count()


def test_voicemail_closes_the_attempt_and_opens_the_next(cast, task):
    contact = log_contact(
        patient=cast.pat,
        by=cast.ana,
        task=task,
        outcome="left_voicemail",
        note="Left name and number",
        next_step=NextStep(tomorrow(cast)),
    )
    task.refresh_from_db()
    following = contact.next_task
    assert (task.status, task.outcome, task.closed_by) == ("done", "not_reached", cast.ana)
    assert (following.follows, following.attempt, following.attempts_planned) == (task, 2, 3)
    assert following.headline == "Post-discharge call, attempt 2 of 3"
    assert following.reason.startswith("Attempt 2 of 3, left voicemail on ")
    assert (following.kind, following.source, following.owner) == ("discharge_call", "contact", cast.ana)
    assert following.due_at == tomorrow(cast).at
    assert not contact.is_interactive
    cast.pat.refresh_from_db()
    assert (cast.pat.open_tasks, cast.pat.next_due_at) == (1, following.due_at)
    assert (cast.pat.last_contact_at, cast.pat.last_contact_outcome) == (
        contact.occurred_at,
        "left_voicemail",
    )


def test_reached_with_nothing_to_follow_up_says_why(cast, task):
    contact = log_contact(
        patient=cast.pat,
        by=cast.ana,
        task=task,
        outcome="reached_patient",
        no_follow_up_reason="All arranged",
        minutes=12,
    )
    task.refresh_from_db()
    assert (task.outcome, contact.next_task, contact.no_follow_up_reason) == ("reached", None, "All arranged")
    assert contact.is_interactive
    cast.pat.refresh_from_db()
    assert cast.pat.open_tasks == 0


def test_reached_with_a_follow_up_is_a_new_promise(cast, task):
    contact = log_contact(
        patient=cast.pat,
        by=cast.ana,
        task=task,
        outcome="reached_patient",
        next_step=NextStep(tomorrow(cast)),
    )
    assert (contact.next_task.kind, contact.next_task.attempt) == ("follow_up", 0)
    assert contact.next_task.reason.startswith("Promised in the contact of ")


def test_it_ends_in_a_next_step_or_in_words(cast, task):
    with pytest.raises(Refused, match="follow up") as refused:
        log_contact(patient=cast.pat, by=cast.ana, task=task, outcome="no_answer")
    assert refused.value.field == "follow_up"
    assert counts() == (0, 1, 0)


def test_a_wrong_number_is_put_right_by_someone(cast, task):
    point = ContactPoint.objects.create(
        organization=cast.riverbend,
        patient=cast.pat,
        kind="mobile",
        value="+15555550142",
        created_by=cast.ana,
        updated_by=cast.ana,
    )
    step = NextStep(tomorrow(cast))
    first = log_contact(
        patient=cast.pat, by=cast.ana, task=task, outcome="wrong_number", contact_point=point, next_step=step
    )
    correction = Task.objects.get(kind="data")
    assert (correction.title, correction.owner) == ("Correct the phone number", cast.ana)
    assert correction.reason.startswith("Wrong number on ")
    log_contact(
        patient=cast.pat,
        by=cast.ana,
        task=first.next_task,
        outcome="wrong_number",
        contact_point=point,
        next_step=step,
    )
    assert Task.objects.filter(kind="data").count() == 1  # once while it is open
    close_task(task=correction, by=cast.ana)
    log_contact(patient=cast.pat, by=cast.ana, outcome="disconnected", contact_point=point, next_step=step)
    assert Task.objects.filter(kind="data").count() == 2


def test_returned_mail_is_about_the_address(cast):
    log_contact(
        patient=cast.pat,
        by=cast.ana,
        outcome="returned_mail",
        mode="letter",
        no_follow_up_reason="Address first",
    )
    assert Task.objects.get(kind="data").title == "Correct the address"


def test_a_patient_who_died_is_not_called(cast):
    Patient.objects.filter(pk=cast.pat.pk).update(is_deceased=True)
    with pytest.raises(Refused, match="has died"):
        log_contact(patient=cast.pat, by=cast.ana, outcome="no_answer", no_follow_up_reason="-")
    contact = log_contact(
        patient=cast.pat,
        by=cast.ana,
        outcome="reached_caregiver",
        target="caregiver",
        no_follow_up_reason="Condolences",
    )
    assert contact.target == "caregiver"


def test_a_contact_of_the_future_is_a_task(cast):
    with pytest.raises(Refused, match="still to come is a task"):
        log_contact(
            patient=cast.pat,
            by=cast.ana,
            outcome="no_answer",
            no_follow_up_reason="-",
            occurred_at=timezone.now() + dt.timedelta(hours=1),
        )


def test_a_follow_up_lies_ahead(cast):
    with pytest.raises(Refused, match="still to come"):
        log_contact(
            patient=cast.pat,
            by=cast.ana,
            outcome="no_answer",
            next_step=NextStep(Due(timezone.now() - dt.timedelta(hours=1))),
        )


def test_a_task_or_number_of_another_patient_is_refused(cast):
    other = PatientFactory(organization=cast.riverbend, team=cast.north, coordinator=cast.ana)
    task = TaskFactory(patient=other)
    with pytest.raises(Refused, match="another patient"):
        log_contact(patient=cast.pat, by=cast.ana, task=task, outcome="no_answer", no_follow_up_reason="-")
    point = ContactPoint.objects.create(
        organization=cast.riverbend,
        patient=other,
        kind="mobile",
        value="1",
        created_by=cast.ana,
        updated_by=cast.ana,
    )
    with pytest.raises(Refused, match="another patient"):
        log_contact(
            patient=cast.pat, by=cast.ana, outcome="no_answer", no_follow_up_reason="-", contact_point=point
        )


def test_a_task_someone_closed_meanwhile_is_refused(cast, task):
    close_task(task=task, by=cast.sue)
    with pytest.raises(Refused, match="Sue Park closed this task"):
        log_contact(
            patient=cast.pat, by=cast.ana, task=task, outcome="reached_patient", no_follow_up_reason="-"
        )
    assert Contact.objects.count() == 0


def test_an_older_version_is_stale(cast, task):
    task.change({"context": "More"}, by=cast.sue)
    with pytest.raises(Stale):
        log_contact(
            patient=cast.pat, by=cast.ana, task=task, outcome="no_answer", no_follow_up_reason="-", version=1
        )


class TestSafety:
    """A matter that needs someone now."""

    @pytest.fixture
    def task(self, cast):
        return TaskFactory(
            patient=cast.pat, kind="safety", priority=1, due_at=timezone.now() + dt.timedelta(hours=2)
        )

    def test_reached_needs_words(self, cast, task):
        with pytest.raises(Refused, match="how it ended"):
            log_contact(
                patient=cast.pat, by=cast.ana, task=task, outcome="reached_patient", no_follow_up_reason="-"
            )

    def test_not_reached_needs_another_attempt_soon(self, cast, task):
        with pytest.raises(Refused, match="plan the next attempt"):
            log_contact(
                patient=cast.pat, by=cast.ana, task=task, outcome="no_answer", no_follow_up_reason="-"
            )
        late = NextStep(Due(timezone.now() + dt.timedelta(days=3)))
        with pytest.raises(Refused, match="within a day"):
            log_contact(patient=cast.pat, by=cast.ana, task=task, outcome="no_answer", next_step=late)
        soon = NextStep(Due(timezone.now() + dt.timedelta(hours=3), has_time=True))
        assert log_contact(
            patient=cast.pat, by=cast.ana, task=task, outcome="no_answer", next_step=soon
        ).next_task.is_critical


def test_an_older_contact_entered_later_is_not_the_last(cast):
    now = timezone.now()
    log_contact(
        patient=cast.pat, by=cast.ana, outcome="reached_patient", no_follow_up_reason="-", occurred_at=now
    )
    log_contact(
        patient=cast.pat,
        by=cast.ana,
        outcome="no_answer",
        no_follow_up_reason="-",
        occurred_at=now - dt.timedelta(days=2),
    )
    cast.pat.refresh_from_db()
    assert (cast.pat.last_contact_at, cast.pat.last_contact_outcome) == (now, "reached_patient")


def test_it_is_written_down_without_a_word_of_it(cast, task):
    contact = log_contact(
        patient=cast.pat,
        by=cast.ana,
        task=task,
        outcome="left_voicemail",
        note="canary",
        next_step=NextStep(tomorrow(cast)),
    )
    names = list(Event.objects.order_by("id").values_list("name", flat=True))
    assert names == ["task.opened", "task.closed", "contact.logged"]
    assert "canary" not in str(list(Event.objects.values()))
    assert Event.objects.get(name="contact.logged").detail["next_task"] == str(contact.next_task_id)


def test_a_next_step_for_a_colleague_is_announced(cast, task):
    step = NextStep(tomorrow(cast), title="Reconcile medications", kind="medication", owner=cast.max)
    contact = log_contact(patient=cast.pat, by=cast.ana, task=task, outcome="reached_patient", next_step=step)
    assert contact.next_task.owner == cast.max
    message = Message.objects.get(topic="task.assigned")
    assert message.payload == {
        "task_id": str(contact.next_task_id),
        "user_id": str(cast.max.pk),
        "by_id": str(cast.ana.pk),
    }


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    outcome=st.sampled_from(Contact.Outcome.values),
    mode=st.sampled_from(Contact.Mode.values),
    target=st.sampled_from(Contact.Target.values),
    direction=st.sampled_from(Contact.Direction.values),
    days=st.none() | st.integers(-2, 30),
    words=st.sampled_from(["", "  ", "No need"]),
    priority=st.sampled_from([1, 3]),
    note=st.sampled_from(["", "Said so"]),
    died=st.booleans(),
)
def test_saved_means_closed_and_followed(
    cast, outcome, mode, target, direction, days, words, priority, note, died
):
    """Contact saved <=> task closed <=> a next step exists or the words why not. Refused: nothing at all is left."""
    step = NextStep(Due(timezone.now() + dt.timedelta(days=days, minutes=5))) if days is not None else None
    with transaction.atomic():
        Patient.objects.filter(pk=cast.pat.pk).update(is_deceased=died)
        task = TaskFactory(patient=cast.pat, priority=priority, kind="other")
        before = counts()
        try:
            contact = log_contact(
                patient=cast.pat, by=cast.ana, task=task, outcome=outcome, mode=mode, target=target, direction=direction,
                next_step=step, no_follow_up_reason=words, note=note,
            )  # fmt: skip
        except Refused:
            assert counts() == before
            assert not Event.objects.exists()
        else:
            task.refresh_from_db()
            assert not task.is_open
            assert (contact.next_task is not None) != bool(contact.no_follow_up_reason)
            assert contact.next_task is None or (
                contact.next_task.is_open and contact.next_task.follows == task
            )
            patient = Patient.objects.get(pk=cast.pat.pk)
            assert patient.open_tasks == Task.objects.of(patient).open().count()
        transaction.set_rollback(True)


def test_when_one_part_fails_nothing_is_saved(cast, task, monkeypatch):
    """The audit row is the last thing written; without it there is no contact, no end, no next step."""

    def full(*args, **kwargs):
        raise IntegrityError("disk full")

    monkeypatch.setattr("coordination.worklist.actions.contacts.record", full)
    with pytest.raises(IntegrityError):
        log_contact(
            patient=cast.pat, by=cast.ana, task=task, outcome="no_answer", next_step=NextStep(tomorrow(cast))
        )
    assert counts() == (0, 1, 0)
    task.refresh_from_db()
    cast.pat.refresh_from_db()
    assert task.is_open
    assert cast.pat.last_contact_at is None


CONSTRAINTS = {
    "contact_has_a_next_step": {"no_follow_up_reason": ""},
    "contact_outcome_known": {"outcome": "magic"},
    "contact_mode_known": {"mode": "pigeon"},
    "contact_direction_known": {"direction": "up"},
    "contact_target_known": {"target": "nobody"},
    "contact_interpreter_known": {"interpreter": "cat"},
}


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_the_database_refuses(cast, name):
    values = {"outcome": "no_answer", "no_follow_up_reason": "-"} | CONSTRAINTS[name]
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Contact.objects.create(
            organization=cast.riverbend, patient=cast.pat, occurred_at=timezone.now(), staff=cast.ana, created_by=cast.ana,
            updated_by=cast.ana, **values,
        )  # fmt: skip
