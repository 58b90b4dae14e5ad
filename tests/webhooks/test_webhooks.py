"""What happened reaches a receiver: signed so that another implementation agrees, again until it is taken, nowhere inside."""

import base64
import datetime as dt
import hashlib
import hmac
import ipaddress
import json
import socket

import pytest
from django.urls import reverse
from django.utils import timezone

from coordination.lib.refusal import Refused
from coordination.notifications.models import Notification
from coordination.outbox.models import Message
from coordination.webhooks import calling
from coordination.webhooks.actions import (
    add_endpoint,
    deliver_again,
    disable_endpoint,
    enable_endpoint,
    gather_news,
    rotate_secret,
)
from coordination.webhooks.calling import NotAllowed, NotTaken, call, check_url, is_global, resolve
from coordination.webhooks.models import Position
from coordination.worklist.actions import (
    NextStep,
    Order,
    act_on_many,
    assign_task,
    close_task,
    log_contact,
    undo_batch,
    undo_change,
)
from coordination.worklist.due import Due
from coordination.worklist.models import Act, Change
from tests.factories import TaskFactory
from tests.webhooks.receiving import seal_here, send


def news(cast):
    """A task ends, and the trail behind it is sealed; returns the message that waits."""
    task = close_task(task=TaskFactory(patient=cast.pat, owner=cast.ana), by=cast.ana, note="Grace is well")
    seal_here()
    assert gather_news() == 1
    return task, Message.objects.get(topic="webhook.due", state="queued")


def agrees(secret, headers, body):
    """Standard Webhooks, written again from its text."""
    key = base64.b64decode(secret.split("_", 1)[1])
    text = headers["webhook-id"].encode() + b"." + headers["webhook-timestamp"].encode() + b"." + body
    expected = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
    return any(part == f"v1,{expected}" for part in headers["webhook-signature"].split(" "))


# --- telling -------------------------------------------------------------------------------------------------------
def test_it_arrives_signed_and_holds_ids_only(cast, endpoint, receiver):
    _found, secret = endpoint
    task, message = news(cast)
    assert send(message).state == "sent"
    ((path, headers, body),) = receiver.got
    assert path == "/hook?team=1"
    assert headers["Host"] == f"localhost:{receiver.port}"
    assert agrees(secret, headers, body)
    assert not agrees(secret, headers, body + b" ")
    told = json.loads(body)
    assert told["type"] == "task.closed"
    assert told["data"] == {"task_id": str(task.pk), "patient_id": str(cast.pat.pk)}
    assert dt.datetime.fromisoformat(told["timestamp"])
    assert b"Grace" not in body
    assert abs(int(headers["webhook-timestamp"]) - timezone.now().timestamp()) < 60


def test_it_is_told_once_and_only_what_it_asked_for(cast, endpoint):
    news(cast)
    assert gather_news() == 0
    TaskFactory(patient=cast.pat, owner=cast.ana)
    seal_here()
    assert gather_news() == 0
    assert Message.objects.filter(topic="webhook.due").count() == 1


def test_another_organization_hears_nothing(cast, endpoint, receiver):
    add_endpoint(url=receiver.url, events=["task.closed"], by=cast.olga)
    news(cast)
    assert Message.objects.filter(topic="webhook.due").get().organization_id == cast.riverbend.pk


def test_a_new_endpoint_is_not_told_of_the_past(cast, settings, tmp_path):
    close_task(task=TaskFactory(patient=cast.pat, owner=cast.ana), by=cast.ana)
    seal_here()
    assert gather_news() == 0
    last = Position.objects.get().position
    assert last > 0


def test_a_repeat_has_the_same_id(cast, endpoint, receiver):
    found, _secret = endpoint
    receiver.answers = [(500, {})]
    _task, message = news(cast)
    assert send(message).state == "queued"
    assert message.not_before > timezone.now() - dt.timedelta(seconds=1)
    assert send(message).state == "sent"
    deliver_again(endpoint=found, message=message, by=cast.adam)
    send(Message.objects.get(topic="webhook.due", state="queued"))
    ids = {headers["webhook-id"] for _path, headers, _body in receiver.got}
    assert (len(receiver.got), len(ids)) == (3, 1)


def test_for_a_day_both_secrets_sign(cast, endpoint, receiver):
    found, old = endpoint
    found, new = rotate_secret(endpoint=found, by=cast.adam)
    assert old not in found.secret
    assert new not in found.secret
    _task, message = news(cast)
    send(message)
    ((_path, headers, body),) = receiver.got
    assert agrees(old, headers, body)
    assert agrees(new, headers, body)
    found.old_secret_expires_at = timezone.now()
    found.save()
    send(message)
    assert not agrees(old, receiver.got[-1][1], receiver.got[-1][2])


def test_what_fails_too_often_is_turned_off_and_told(cast, endpoint, receiver, settings):
    settings.WEBHOOK_FAILURES = 2
    found, _secret = endpoint
    receiver.answers = [(503, {}), (302, {"Location": "https://localhost/"})]
    _task, message = news(cast)
    send(message)
    found.refresh_from_db()
    assert (found.failures, found.disabled_at) == (1, None)
    send(message)
    found.refresh_from_db()
    assert found.disabled_by.is_system
    assert Notification.objects.get(user=cast.adam).subject_id == found.pk
    assert len(receiver.got) == 2, "the redirect was not followed"
    send(message)
    assert len(receiver.got) == 2, "off is off"
    assert (message.state, message.last_error) == ("cancelled", "endpoint turned off")
    with pytest.raises(Refused):
        deliver_again(endpoint=found, message=message, by=cast.adam)
    enable_endpoint(endpoint=found, by=cast.adam)
    send(message)
    found.refresh_from_db()
    assert (len(receiver.got), found.failures) == (3, 0)


def test_gone_is_gone(cast, endpoint, receiver):
    receiver.answers = [(410, {})]
    _task, message = news(cast)
    send(message)
    endpoint[0].refresh_from_db()
    assert endpoint[0].disabled_at is not None


def test_a_certificate_nobody_vouches_for_is_refused(endpoint, receiver, settings):
    settings.WEBHOOK_CA_FILE = ""
    with pytest.raises(NotTaken):
        call(receiver.url, b"{}", {})
    assert receiver.got == []


def test_a_receiver_that_never_answers_is_left(monkeypatch, settings):
    monkeypatch.setattr(calling, "TOTAL_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        port = deaf.getsockname()[1]
        settings.WEBHOOK_LOCAL = [f"127.0.0.1:{port}"]
        began = timezone.now()
        with pytest.raises(NotTaken):
            call(f"https://127.0.0.1:{port}/", b"{}", {})
        assert timezone.now() - began < dt.timedelta(seconds=5)


# --- nowhere inside ------------------------------------------------------------------------------------------------
INSIDE = [
    "127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255",
    "::1", "::", "fe80::1", "fc00::1", "ff02::1", "ff0e::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1",
    "64:ff9b::a01:203", "2002:7f00:1::", "2001:0:7f00:1::", "fe80::1%eth0",
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_never_called(address, monkeypatch):
    assert not is_global(address)
    family = [(0, 0, 0, "", ("1.1.1.1", 443)), (0, 0, 0, "", (address, 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: family)
    with pytest.raises(NotAllowed):
        resolve("mixed.example", 443)
    host = f"[{address}]" if ":" in address else address
    if "%" not in address:
        with pytest.raises(NotAllowed):
            check_url(f"https://{host}/")


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1"])
def test_the_internet_may_be_called(address):
    assert ipaddress.ip_address(address)
    assert is_global(address)


@pytest.mark.parametrize(
    "url",
    ["http://a.example/", "https://a.example:8443/", "https://u:p@a.example/", "https://a.example/#x", "https://", "ftp://a.example/",
     "https://[::1", "https://a.example:99999/", "file:///etc/passwd", "https://localhost:443@10.0.0.1/"],
)  # fmt: skip
def test_an_odd_address_is_refused(cast, url):
    with pytest.raises(NotAllowed):
        check_url(url)
    with pytest.raises(Refused):
        add_endpoint(url=url, events=["task.closed"], by=cast.adam)


@pytest.mark.parametrize("name", ["localhost", "127.1", "2130706433", "0x7f.1"])
def test_a_name_for_this_machine_is_found_out(name):
    with pytest.raises((NotAllowed, NotTaken)):
        call(f"https://{name}/", b"{}", {})


def test_a_name_is_asked_once_and_that_answer_is_called(monkeypatch):
    """Rebinding: a second answer would lead inside, so there is no second question."""
    answers, called = [["1.1.1.1"], ["127.0.0.1"]], []
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *a, **k: [(0, 0, 0, "", (one, 443)) for one in answers.pop(0)]
    )

    def connect(address, timeout):
        called.append(address)
        raise OSError

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(NotTaken):
        call("https://turns.example/", b"{}", {})
    assert called == [("1.1.1.1", 443)]
    assert len(answers) == 1


def test_no_proxy_of_the_environment_is_asked(receiver, monkeypatch):
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert call(receiver.url, b"{}", {}) == 204


# --- the pages -----------------------------------------------------------------------------------------------------
def test_the_pages(cast, signed_in, receiver):
    adam = signed_in(cast.adam)
    made = adam.post(reverse("webhooks:endpoints"), {"url": receiver.url, "events": ["task.closed"]})
    secret = made.context["secret"]
    assert secret in made.content.decode()
    found = made.context["endpoint"]
    page = adam.get(reverse("webhooks:endpoint", args=[found.pk])).content.decode()
    assert receiver.url in page
    assert secret not in page
    assert "whsec_" in adam.post(reverse("webhooks:rotate", args=[found.pk])).content.decode()
    assert adam.post(reverse("webhooks:disable", args=[found.pk])).status_code == 302
    assert adam.post(reverse("webhooks:disable", args=[found.pk])).status_code == 422
    assert adam.post(reverse("webhooks:enable", args=[found.pk])).status_code == 302
    wrong = adam.post(reverse("webhooks:endpoints"), {"url": "http://a.example/", "events": ["task.closed"]})
    assert wrong.status_code == 422
    assert "begins with https" in wrong.content.decode()
    assert disable_endpoint(endpoint=found, by=cast.adam)


# --- an undo is news too -------------------------------------------------------------------------------------------
class TestUndone:
    @pytest.fixture
    def told(self, cast, receiver, tmp_path, settings):
        settings.AUDIT_HEADS_FILE = tmp_path / "heads.log"
        Position.objects.create(pk=1, position=0)
        events = ["task.opened", "task.closed", "task.reopened", "contact.undone"]
        add_endpoint(url=receiver.url, events=events, by=cast.adam)

        def told():
            """The types of what is told since the last time, and of which task, as a receiver reads them."""
            seal_here()
            gather_news()
            for message in Message.objects.filter(topic="webhook.due", state="queued").order_by("pk"):
                assert send(message).state == "sent"
            bodies = [json.loads(body) for _path, _headers, body in receiver.got]
            receiver.got.clear()
            return [(body["type"], body["data"].get("task_id")) for body in bodies]

        return told

    def test_the_end_of_a_task_taken_back_opens_it_for_a_receiver_too(self, cast, told):
        closed = close_task(task=TaskFactory(patient=cast.pat, owner=cast.ana), by=cast.ana)
        assert told() == [("task.closed", str(closed.pk))]
        undo_change(change=closed.last_change, by=cast.ana)
        assert told() == [("task.reopened", str(closed.pk))]

    def test_a_contact_taken_back_opens_what_it_closed_and_ends_what_it_opened(self, cast, told):
        task = TaskFactory(patient=cast.pat, owner=cast.ana)
        step = NextStep(Due(timezone.now() + dt.timedelta(days=1)))
        contact = log_contact(patient=cast.pat, by=cast.ana, outcome="no_answer", task=task, next_step=step)
        told()
        undo_change(change=contact.last_change, by=cast.ana)
        opened = str(contact.next_task_id)
        assert sorted(told(), key=str) == [
            ("contact.undone", None), ("task.closed", opened), ("task.reopened", str(task.pk))
        ]  # fmt: skip

    def test_of_many_at_once_each(self, cast, told):
        tasks = [TaskFactory(patient=cast.pat, owner=cast.ana) for _n in range(3)]
        done = act_on_many(tasks=tasks, order=Order(Act.CLOSE), by=cast.ana, versions={})
        told()
        undo_batch(
            batch=done.batch, by=cast.ana, within=Change.objects.with_record().filter(batch=done.batch)
        )
        assert sorted(told()) == sorted(("task.reopened", str(task.pk)) for task in tasks)

    def test_what_stays_open_is_not_opened_again(self, cast, told):
        task = assign_task(task=TaskFactory(patient=cast.pat, owner=cast.ana), by=cast.ana, owner=cast.max)
        undo_change(change=task.last_change, by=cast.ana)
        assert told() == []
