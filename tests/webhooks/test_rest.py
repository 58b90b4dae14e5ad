"""A receiver that hangs or fails rests: nobody waits for it, nothing is lost, and it is told everything once it answers."""

import datetime as dt
import socket
import threading
import time

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from coordination.lib import rls
from coordination.outbox.models import Message
from coordination.outbox.relay import deliver_due
from coordination.webhooks import calling
from coordination.webhooks.actions import (
    add_endpoint,
    deliver_again,
    disable_endpoint,
    enable_endpoint,
    gather_news,
    rest_after,
)
from coordination.webhooks.calling import NotTaken, call, seconds_of
from coordination.worklist.actions import close_task
from tests.factories import TaskFactory
from tests.webhooks.receiving import seal_here, send

State = Message.State


def tell(cast, n):
    """So many tasks end, and the endpoints are to hear of it."""
    with rls.organization(cast.riverbend.pk):
        for _ in range(n):
            close_task(task=TaskFactory(patient=cast.pat, owner=cast.ana), by=cast.ana)
        seal_here()
        gather_news()


def to(endpoint):
    return Message.objects.filter(lane=endpoint.pk).order_by("id")


def seconds_until(moment):
    return (moment - timezone.now()).total_seconds()


def let_time_pass(endpoint):
    """Its rest is over, and so is the wait of each of its messages."""
    past = timezone.now() - dt.timedelta(seconds=1)
    type(endpoint).objects.filter(pk=endpoint.pk, resting_until__isnull=False).update(resting_until=past)
    to(endpoint).filter(state=State.QUEUED).update(not_before=past)


@pytest.mark.django_db(transaction=True)
def test_one_that_hangs_holds_up_nobody_and_is_told_everything_later(cast, endpoint, receiver, monkeypatch):
    monkeypatch.setattr(calling, "TOTAL_SECONDS", 1)
    well, _secret = endpoint
    ill, _secret = add_endpoint(url=receiver.url_of("/ill"), events=["task.closed"], by=cast.adam)
    receiver.hanging.add("/ill")
    tell(cast, 12)
    Message.objects.filter(lane=ill.pk).update(
        not_before=timezone.now() - dt.timedelta(minutes=1)
    )  # it comes first
    began, flowed = time.monotonic(), []

    def work():
        deliver_due(seconds=2)
        connection.close()

    def watch():
        while to(well).exclude(state=State.SENT).exists():
            time.sleep(0.02)
        flowed.append(time.monotonic() - began)
        connection.close()

    threads = [threading.Thread(target=one) for one in (work, work, watch)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert flowed[0] < 1.5, "the twelve others did not wait for twelve times a second"
    assert receiver.most_at_once["/ill"] == 1, "it never holds two workers"

    while _failures(ill) < 3:
        to(ill).filter(state=State.QUEUED).update(not_before=timezone.now())
        deliver_due(seconds=0)
    called = _called(receiver, "/ill")
    assert called == 3
    assert seconds_until(ill.rests_until) > 50
    assert deliver_due() == 0, "nothing of it is due"
    to(ill).update(not_before=timezone.now())
    assert deliver_due() == 12
    assert _called(receiver, "/ill") == called, "nobody was called"
    assert sum(to(ill).values_list("attempts", flat=True)) == 3, "only calls count as tries"
    assert set(to(ill).values_list("state", flat=True)) == {State.QUEUED}

    receiver.hanging.clear()
    let_time_pass(ill)
    assert deliver_due() == 12
    ill.refresh_from_db()
    assert (ill.failures, ill.resting_until) == (0, None)
    assert set(to(ill).values_list("state", flat=True)) == {State.SENT}
    ids = {headers["webhook-id"] for path, headers, _body in receiver.got[-12:] if path == "/ill"}
    assert len(ids) == 12


def _failures(endpoint):
    endpoint.refresh_from_db()
    return endpoint.failures


def _called(receiver, wanted):
    return sum(path == wanted for path, _headers, _body in receiver.got)


def test_it_rests_after_some_failures_and_longer_after_each_probe(cast, endpoint, receiver):
    found, _secret = endpoint
    receiver.answers = [(500, {})] * 5
    tell(cast, 3)
    for failures, seconds in [(1, None), (2, None), (3, 60), (4, 120), (5, 240)]:
        send(to(found).first())
        assert _failures(found) == failures
        if seconds is None:
            assert found.resting_until is None
            continue
        assert seconds - 5 < seconds_until(found.rests_until) <= seconds
        waits = [message.not_before for message in to(found)[1:]]
        assert waits == [found.resting_until] * 2, "they are put off together"
        let_time_pass(found)
        found.refresh_from_db()
        assert found.rests_until is None
    assert [message.attempts for message in to(found)] == [5, 0, 0]
    assert deliver_due() == 3
    assert _failures(found) == 0


def test_while_it_rests_only_one_message_finds_out(cast, endpoint, receiver, settings):
    """The probe fails: the others that were due with it are put off again without a call."""
    settings.WEBHOOK_REST_AFTER = 1
    receiver.answers = [(500, {}), (500, {})]
    tell(cast, 4)
    deliver_due()
    assert len(receiver.got) == 1
    let_time_pass(endpoint[0])
    deliver_due()
    assert len(receiver.got) == 2


def test_news_during_a_rest_waits_for_its_end(cast, endpoint, receiver, settings):
    settings.WEBHOOK_REST_AFTER = 1
    receiver.answers = [(500, {})]
    found, _secret = endpoint
    tell(cast, 1)
    failed = send(to(found).get())
    tell(cast, 1)
    found.refresh_from_db()
    deliver_again(endpoint=found, message=failed, by=cast.adam)
    assert [message.not_before for message in to(found)[1:]] == [found.resting_until] * 2


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (2, 0), (3, 60), (4, 120), (8, 1920), (9, 3600), (5000, 3600)]
)
def test_rests_grow_up_to_an_hour(failures, seconds):
    assert rest_after(failures) == seconds


def _date(seconds):
    return (dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)).strftime("%a, %d %b %Y %H:%M:%S GMT")


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("120", 120), ("0", 0), ("", 0), ("soon", 0), ("-5", 0), ("1.5", 0), ("999999999", 86400), ("9" * 40, 0),
     ("Mon, 1 Jan 99999999999999999999 00:00:00 GMT", 0)],
)  # fmt: skip
def test_it_reads_how_long_to_wait(said, seconds):
    assert seconds_of(said) == seconds


def test_it_reads_until_when_to_wait():
    assert 590 <= seconds_of(_date(600)) <= 600
    assert 590 <= seconds_of(_date(600).replace("GMT", "-0000")) <= 600
    assert seconds_of(_date(-600)) == 0
    assert seconds_of(_date(10**7)) == 86400


@pytest.mark.parametrize(
    ("status", "said", "least", "most"),
    [(429, "300", 290, 300), (503, "300", 290, 300), (429, None, 0, 0), (500, "300", 0, 0), (503, "99999999", 86000, 86400)],
)  # fmt: skip
def test_who_asks_to_be_left_alone_is(cast, endpoint, receiver, status, said, least, most):
    receiver.answers = [(status, {} if said is None else {"Retry-After": said})]
    found, _secret = endpoint
    tell(cast, 2)
    send(to(found).first())
    assert _failures(found) == 1
    if most == 0:
        assert found.resting_until is None
        return
    assert least <= seconds_until(found.rests_until) <= most
    assert to(found).last().not_before == found.resting_until


def test_one_that_is_slow_lets_others_go_first(cast, endpoint, receiver, settings):
    settings.WEBHOOK_SLOW_SECONDS = 0
    found, _secret = endpoint
    tell(cast, 2)
    began = timezone.now()
    assert send(to(found).first()).state == State.SENT
    assert _failures(found) == 0
    assert found.resting_until is None
    second = to(found).last()
    assert (second.state, second.attempts) == (State.QUEUED, 0)
    assert second.not_before > began


def test_turned_on_again_it_is_told_at_once(cast, endpoint, receiver, settings):
    settings.WEBHOOK_REST_AFTER = 1
    receiver.answers = [(500, {})]
    found, _secret = endpoint
    tell(cast, 2)
    send(to(found).first())
    found = disable_endpoint(endpoint=found, by=cast.adam)
    enable_endpoint(endpoint=found, by=cast.adam)
    assert _failures(found) == 0
    assert found.resting_until is None
    assert deliver_due() == 2
    assert set(to(found).values_list("state", flat=True)) == {State.SENT}


def test_the_page_says_that_it_rests_and_what_waits(cast, endpoint, receiver, settings, signed_in):
    settings.WEBHOOK_REST_AFTER = 1
    found, _secret = endpoint
    adam = signed_in(cast.adam)
    one = reverse("webhooks:endpoint", args=[found.pk])
    assert "Resting" not in adam.get(one).content.decode()
    receiver.answers = [(500, {})]
    tell(cast, 3)
    deliver_due()
    for address in (one, reverse("webhooks:endpoints")):
        assert "Resting until" in adam.get(address).content.decode()
    page = adam.get(one).content.decode()
    assert "3 messages wait" in page
    assert "Nothing is lost" in page


# --- the deadline --------------------------------------------------------------------------------------------------
def _refused_within(seconds, url):
    began = time.monotonic()
    with pytest.raises(NotTaken):
        call(url, b"{}", {})
    assert time.monotonic() - began < seconds


def test_a_call_takes_half_of_what_is_allowed():
    assert calling.CONNECT_SECONDS <= 3
    assert calling.CONNECT_SECONDS < calling.TOTAL_SECONDS <= 10


def test_one_that_hangs_is_left(receiver, monkeypatch):
    monkeypatch.setattr(calling, "TOTAL_SECONDS", 0.5)
    receiver.hanging.add("/here")
    _refused_within(1.5, receiver.url_of("/here"))


def test_one_that_took_it_and_then_sends_a_byte_now_and_then_is_left_too(receiver, monkeypatch):
    monkeypatch.setattr(calling, "TOTAL_SECONDS", 0.5)
    receiver.dripping.add("/here")
    began = time.monotonic()
    assert call(receiver.url_of("/here"), b"{}", {}) == 200
    assert time.monotonic() - began < 1.5


def test_a_name_server_that_hangs_is_left_too(monkeypatch):
    monkeypatch.setattr(calling, "CONNECT_SECONDS", 0.3)
    ended = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: ended.wait(10) and [])
    _refused_within(1.5, "https://hangs.example/")
    ended.set()


def test_what_the_look_up_took_is_not_given_again(receiver, monkeypatch):
    """The deadline is one: it counts from the look-up on."""
    monkeypatch.setattr(calling, "TOTAL_SECONDS", 1)
    look_up = socket.getaddrinfo

    def slow(host, *args, **more):
        time.sleep(0.8 if host == "localhost" else 0)
        return look_up(host, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    receiver.hanging.add("/here")
    _refused_within(1.5, receiver.url_of("/here"))
