"""Messages of one lane go one at a time, in their order, and can rest together; nobody else waits for them."""

import datetime as dt
import threading
import time

import pytest
from django.db import connection, transaction
from django.utils import timezone

from coordination.audit.models import Event
from coordination.lib.ids import new_id
from coordination.outbox.actions import post, rest, wake
from coordination.outbox.models import Message
from coordination.outbox.relay import claim, deliver, deliver_due, settle_abandoned
from tests.coordination.outbox.handlers import noted

State = Message.State
ONE, TWO = new_id(), new_id()


def test_while_one_is_being_sent_the_others_of_its_lane_are_passed_over(posted):
    first, second = posted("note", lane=ONE, n=1), posted("note", lane=ONE, n=2)
    other, free = posted("note", lane=TWO), posted("note")
    claimed = [claim(), claim(), claim(), claim()]
    assert claimed == [first, other, free, None]
    deliver(claimed[0])
    assert claim() == second


def test_a_lane_keeps_its_order(posted):
    for n in range(4):
        posted("note", lane=ONE, n=n)
    assert deliver_due() == 4
    told = Event.objects.filter(name="test.noted").order_by("at", "pk")
    assert [event.detail["n"] for event in told] == [0, 1, 2, 3]


def test_a_process_that_died_gives_its_lane_back(posted):
    first, _second = posted("note", lane=ONE), posted("note", lane=ONE)
    assert claim() == first
    Message.objects.filter(pk=first.pk).update(lease_until=timezone.now() - dt.timedelta(seconds=1))
    settle_abandoned()
    assert claim() is not None


def test_not_now_is_no_try_and_leaves_nothing_behind(posted):
    message, other = posted("not_now", lane=ONE), posted("note", lane=ONE)
    assert deliver_due() == 2
    message.refresh_from_db()
    other.refresh_from_db()
    assert (message.state, message.attempts, message.last_error) == (State.QUEUED, 0, "")
    assert (message.lease_until, message.not_before.year) == (None, 2099)
    assert (other.state, noted()) == (State.SENT, 1)


def test_not_now_from_who_was_overtaken_changes_nothing(posted):
    posted("not_now")
    late = claim()
    Message.objects.update(lease_until=timezone.now() - dt.timedelta(seconds=1))
    settle_abandoned()
    before = Message.objects.values().get()
    deliver(late)
    assert Message.objects.values().get() == before


def test_a_lane_rests_and_wakes_as_one(posted, django_assert_num_queries):
    for n in range(3):
        posted("note", lane=ONE, n=n)
    other = posted("note", lane=TWO)
    with django_assert_num_queries(1):
        rest(ONE, timezone.now() + dt.timedelta(hours=1))
    assert deliver_due() == 1
    other.refresh_from_db()
    assert other.state == State.SENT
    with transaction.atomic():
        wake(ONE)
    assert deliver_due() == 3
    told = Event.objects.filter(name="test.noted").order_by("at", "pk").exclude(target_id=str(other.pk))
    assert [event.detail["n"] for event in told] == [0, 1, 2]


def test_a_rest_shortens_no_wait(posted):
    message = posted("note", lane=ONE, not_before=timezone.now() + dt.timedelta(hours=2))
    rest(ONE, timezone.now() + dt.timedelta(hours=1))
    assert Message.objects.get().not_before == message.not_before


@pytest.mark.django_db(transaction=True)
def test_of_two_relays_at_the_same_moment_the_database_refuses_one(posted):
    """The second claims while the first is not committed: it waits, is refused, and takes what is free instead."""
    first, _second, free = posted("note", lane=ONE), posted("note", lane=ONE), posted("note")
    found = []

    def work() -> None:
        found.append(claim())
        connection.close()

    other = threading.Thread(target=work)
    with transaction.atomic():
        assert claim() == first
        other.start()
        time.sleep(0.5)
        assert found == [], "it waits for what the first one does"
    other.join()
    assert found == [free]


@pytest.mark.django_db(transaction=True)
def test_four_relays_never_send_two_of_a_lane_at_once():
    with transaction.atomic():
        for n in range(40):
            post("test.note", lane=ONE, n=n)
            post("test.note", n=n)
    most, running = [], [True]

    def watch() -> None:
        while running[0]:
            most.append(Message.objects.filter(lane=ONE, state=State.SENDING).count())
        connection.close()

    def work() -> None:
        while Message.objects.filter(state=State.QUEUED).exists():
            deliver_due()
        connection.close()

    watcher = threading.Thread(target=watch)
    watcher.start()
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    running[0] = False
    watcher.join()
    assert max(most) == 1
    assert Message.objects.filter(state=State.SENT, attempts=1).count() == noted() == 80
