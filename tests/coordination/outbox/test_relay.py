"""Delivered exactly once, or seen by a person."""

import datetime as dt
import threading

import pytest
from django.db import connection, transaction
from django.utils import timezone

from coordination.audit.models import Event
from coordination.outbox import relay
from coordination.outbox.actions import post
from coordination.outbox.models import Message
from coordination.outbox.relay import claim, deliver, deliver_due, settle_abandoned, wait_after
from tests.coordination.outbox import handlers
from tests.coordination.outbox.handlers import noted

State = Message.State


def make_due() -> None:
    Message.objects.filter(state=State.QUEUED).update(not_before=timezone.now() - dt.timedelta(seconds=1))


def end_leases() -> None:
    Message.objects.filter(state=State.SENDING).update(lease_until=timezone.now() - dt.timedelta(seconds=1))


def test_it_delivers_what_is_due(posted):
    message = posted("note", task_id="7")
    assert deliver_due() == 1
    message.refresh_from_db()
    assert (message.state, message.attempts, message.lease_until) == (State.SENT, 1, None)
    assert message.settled_at is not None
    event = Event.objects.get(name="test.noted")
    assert event.detail == {"task_id": "7"}
    assert (event.door, event.request_id) == ("outbox:test.note", str(message.pk))
    assert deliver_due() == 0


def test_what_is_not_due_waits(posted):
    posted("note", not_before=timezone.now() + dt.timedelta(hours=1))
    assert deliver_due() == 0


def test_the_longest_due_goes_first(posted):
    posted("note", not_before=timezone.now() - dt.timedelta(minutes=1), n=2)
    posted("note", not_before=timezone.now() - dt.timedelta(minutes=2), n=1)
    deliver_due()
    assert [event.detail["n"] for event in Event.objects.filter(name="test.noted").order_by("at")] == [1, 2]


def test_the_handler_sees_the_organization_of_the_message_and_no_other(cast, posted):
    for organization, number in [(cast.riverbend, 1), (cast.hillside, 0)]:
        posted("count_patients", organization_id=organization.pk)
        deliver_due()
        assert Event.objects.filter(name="test.counted").latest("at").detail == {"n": number}


def test_without_an_organization_it_sees_no_patient(cast, posted):
    with connection.cursor() as cursor:
        cursor.execute("select set_config('app.organization', '', true)")
    posted("count_patients")
    deliver_due()
    assert Event.objects.get(name="test.counted").detail == {"n": 0}


class TestAFailure:
    def test_it_leaves_nothing_behind_and_is_tried_again_later(self, posted):
        message = posted("fail", task_id="7")
        deliver_due()
        message.refresh_from_db()
        assert noted() == 0
        assert (message.state, message.attempts) == (State.QUEUED, 1)
        assert timezone.now() < message.not_before + dt.timedelta(seconds=1)
        assert message.not_before < timezone.now() + dt.timedelta(seconds=10)

    def test_its_reason_names_the_place_and_no_value(self, posted):
        message = posted("fail", task_id="7")
        deliver_due()
        message.refresh_from_db()
        assert message.last_error.startswith("ValueError at tests/coordination/outbox/handlers.py:")
        assert handlers.CANARY not in message.last_error

    def test_after_eight_tries_it_is_given_up(self, posted, settings):
        message = posted("fail")
        for _ in range(settings.OUTBOX_MAX_ATTEMPTS):
            message.refresh_from_db()
            assert message.state == State.QUEUED
            make_due()
            assert deliver_due() == 1
        message.refresh_from_db()
        assert (message.state, message.attempts) == (State.DEAD, 8)
        assert deliver_due() == 0
        assert list(Message.objects.troubled()) == [message]

    def test_a_bad_message_holds_up_nobody(self, posted):
        posted("fail")
        for _ in range(3):
            posted("note")
        posted("gone")
        assert deliver_due() == 5
        assert noted() == 3
        assert Message.objects.filter(state=State.SENT).count() == 3

    def test_a_handler_that_is_gone_is_a_failure_too(self, posted):
        message = posted("gone")
        deliver_due()
        message.refresh_from_db()
        assert message.state == State.QUEUED
        assert message.last_error.startswith("ImportError")

    def test_waits_grow_are_capped_and_never_the_same(self):
        for attempts, most in [(1, 10), (2, 40), (3, 160), (7, 14_400), (60, 14_400)]:
            waits = {wait_after(attempts) for _ in range(50)}
            assert len(waits) == 50
            assert min(waits) >= 0
            assert most / 2 < max(waits) <= most

    def test_two_transactions_that_collide_try_again_at_once(self, posted):
        message = posted("collide_twice")
        deliver_due()
        message.refresh_from_db()
        assert (message.state, message.attempts, noted()) == (State.SENT, 1, 1)

    def test_another_fault_of_the_database_is_a_failure(self, posted):
        message = posted("break_the_database")
        deliver_due()
        message.refresh_from_db()
        assert (message.state, message.attempts) == (State.QUEUED, 1)


class TestWhatLeavesTheSystem:
    def outcome(self, posted, outcome: str) -> Message:
        message = posted("send", outcome=outcome)
        deliver_due()
        message.refresh_from_db()
        return message

    def test_taken(self, posted):
        message = self.outcome(posted, "taken")
        assert (message.state, handlers.posted) == (State.SENT, [message.key])

    def test_nothing_to_send_is_done(self, posted):
        assert self.outcome(posted, "nothing").state == State.SENT
        assert handlers.posted == []

    def test_certainly_not_taken_is_tried_again(self, posted):
        message = self.outcome(posted, "refused")
        assert message.state == State.QUEUED
        assert message.last_error.startswith("ConnectionRefusedError")
        assert handlers.CANARY not in message.last_error

    def test_a_fault_before_anything_left_is_tried_again(self, posted):
        assert self.outcome(posted, "unprepared").state == State.QUEUED
        assert noted() == 0

    def test_nobody_knows_is_for_a_person(self, posted):
        message = self.outcome(posted, "lost")
        assert message.state == State.UNCERTAIN
        assert message.last_error.startswith("TimeoutError at tests/coordination/outbox/handlers.py:")
        make_due()
        end_leases()
        assert deliver_due() == 0, "a machine never sends it again"
        assert len(handlers.posted) == 1

    def test_an_answer_after_the_lease_settles_what_was_uncertain(self, posted):
        assert self.outcome(posted, "late").state == State.SENT

    def test_a_decision_made_meanwhile_stands(self, posted):
        assert self.outcome(posted, "overtaken").state == State.CANCELLED

    @pytest.mark.django_db(transaction=True)
    def test_no_transaction_is_open_during_the_call(self, posted, monkeypatch):
        seen = []
        monkeypatch.setattr(
            handlers, "_call", lambda message, outcome: seen.append(connection.in_atomic_block)
        )
        posted("send", outcome="taken")
        deliver_due()
        assert seen == [False]

    @pytest.mark.django_db(transaction=True)
    def test_taken_but_not_marked_is_for_a_person(self, posted, monkeypatch):
        message = posted("send", outcome="taken")

        def broken(message: Message) -> None:
            raise ConnectionError

        monkeypatch.setattr(relay, "_mark_sent", broken)
        deliver_due()
        message.refresh_from_db()
        assert (message.state, len(handlers.posted)) == (State.UNCERTAIN, 1)


class TestWhatCommitsByItself:
    def test_it_is_done(self, posted):
        message = posted("commit_in_steps")
        deliver_due()
        message.refresh_from_db()
        assert (message.state, noted()) == (State.SENT, 1)

    @pytest.mark.django_db(transaction=True)
    def test_what_it_committed_stays_when_it_fails(self, posted):
        message = posted("commit_in_steps", fails=True)
        deliver_due()
        message.refresh_from_db()
        assert (message.state, noted()) == (State.QUEUED, 1)
        assert Event.objects.get(name="test.commits").detail == {"in_transaction": False}


class TestAProcessThatDied:
    """It claimed the message and was never heard of again."""

    def left_by_the_dead(self, posted, topic: str, attempts: int = 1) -> Message:
        message = posted(topic)
        assert claim() == message
        Message.objects.update(attempts=attempts)
        assert settle_abandoned() == 0, "while the lease lasts nobody else touches it"
        end_leases()
        assert settle_abandoned() == 1
        message.refresh_from_db()
        return message

    def test_what_stayed_inside_is_tried_again(self, posted):
        message = self.left_by_the_dead(posted, "note")
        assert (message.state, message.last_error, message.attempts) == (State.QUEUED, "process died", 1)
        make_due()
        deliver_due()
        assert noted() == 1

    def test_what_kills_each_process_is_given_up(self, posted, settings):
        assert self.left_by_the_dead(posted, "note", settings.OUTBOX_MAX_ATTEMPTS).state == State.DEAD

    def test_what_may_have_left_is_for_a_person(self, posted):
        assert self.left_by_the_dead(posted, "send").state == State.UNCERTAIN

    def test_what_nobody_here_can_tell_is_for_a_person(self, posted):
        assert self.left_by_the_dead(posted, "gone").state == State.UNCERTAIN

    def test_who_comes_back_after_the_lease_changes_nothing(self, posted):
        message = posted("note")
        late = claim()
        end_leases()
        settle_abandoned()
        make_due()
        deliver_due()
        assert noted() == 1
        deliver(late)
        message.refresh_from_db()
        assert (message.state, message.attempts, noted()) == (State.SENT, 2, 1)

    def test_a_failure_told_after_the_lease_changes_nothing(self, posted):
        message = posted("fail")
        late = claim()
        end_leases()
        settle_abandoned()
        before = Message.objects.values().get()
        deliver(late)
        assert Message.objects.values().get() == before
        assert message.pk == before["id"]


def test_a_long_queue_lets_others_in_and_rings_again(posted, monkeypatch):
    rung = []
    monkeypatch.setattr(relay, "ring", lambda: rung.append(1))
    for _ in range(3):
        posted("note")
    assert deliver_due(seconds=-1) == 1
    assert rung == [1]
    assert deliver_due() == 2
    assert rung == [1]


@pytest.mark.django_db(transaction=True)
def test_four_relays_deliver_each_message_once():
    with transaction.atomic():
        for n in range(120):
            post("test.note", n=n)
            post("test.send", n=n)

    def work() -> None:
        deliver_due()
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    deliver_due()
    assert Message.objects.filter(state=State.SENT, attempts=1).count() == 240
    assert noted() == 240
    assert len(handlers.posted) == len(set(handlers.posted)) == 120


@pytest.mark.django_db(transaction=True)
def test_a_row_somebody_else_looks_at_is_passed_over(posted):
    first, second = posted("note", n=1), posted("note", n=2)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Message.objects.select_for_update().get(pk=first.pk)
            held.set()
            done.wait(10)
        connection.close()

    other = threading.Thread(target=hold)
    other.start()
    held.wait(10)
    assert claim() == second
    assert claim() is None
    done.set()
    other.join()
    assert claim() == first
