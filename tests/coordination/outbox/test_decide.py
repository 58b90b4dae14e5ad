"""A person decides about a message a machine may not decide about."""

import uuid

import pytest
from django.urls import reverse

from coordination.audit.models import Event
from coordination.lib.refusal import Refused
from coordination.outbox import actions
from coordination.outbox.models import Message

State = Message.State
ROUTES = {
    "send_again": (State.QUEUED, "message.sent_again"),
    "mark_sent": (State.SENT, "message.marked_sent"),
    "cancel": (State.CANCELLED, "message.cancelled"),
}


def stuck(organization_id: uuid.UUID | None, state: str = State.DEAD) -> Message:
    return Message.objects.create(
        topic="test.note",
        handler="tests.coordination.outbox.handlers.note",
        key=str(uuid.uuid4()),
        state=state,
        attempts=8,
        organization_id=organization_id,
        last_error="ValueError at coordination/x.py:1",
    )


def send(client, route: str, message: Message, **data: str):
    return client.post(reverse(f"outbox:{route}", args=[message.pk]), data)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("state", [State.DEAD, State.UNCERTAIN])
def test_it_decides_and_is_audited(cast, signed_in, route, state):
    message = stuck(cast.riverbend.pk, state)
    answer = send(signed_in(cast.adam), route, message)
    assert (answer.status_code, answer["Location"]) == (302, reverse("outbox:health"))
    message.refresh_from_db()
    after, name = ROUTES[route]
    assert (message.state, message.settled_by_id) == (after, cast.adam.pk)
    assert (message.settled_at is None) == (after == State.QUEUED)
    event = Event.objects.get(name=name)
    assert (event.actor_id, event.target_id) == (cast.adam.pk, str(message.pk))
    assert event.detail == {"topic": "test.note", "was": state}


def test_sent_again_it_has_all_its_tries_and_is_due(cast, signed_in):
    message = stuck(cast.riverbend.pk)
    send(signed_in(cast.adam), "send_again", message)
    message.refresh_from_db()
    assert message.attempts == 0
    assert list(Message.objects.due(message.not_before)) == [message]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("state", [State.QUEUED, State.SENT, State.CANCELLED])
def test_it_says_why_not(cast, signed_in, route, state):
    message = stuck(cast.riverbend.pk, state)
    answer = send(signed_in(cast.adam), route, message)
    assert answer.status_code == 422
    assert (
        f"This message needs no decision any more: {message.get_state_display()}." in answer.content.decode()
    )
    assert not Event.objects.filter(name__startswith="message.").exists()


@pytest.mark.parametrize("route", ROUTES)
def test_it_hides_messages_of_others_but_not_those_of_the_system(cast, signed_in, route):
    client = signed_in(cast.adam)
    assert send(client, route, stuck(cast.hillside.pk)).status_code == 404
    assert send(client, route, Message(pk=uuid.uuid4())).status_code == 404
    assert send(client, route, stuck(None)).status_code == 302


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("name", ["ana", "sue", "petra", "aud", "vic"])
def test_it_refuses_who_may_not_repair(cast, signed_in, route, name):
    message = stuck(cast.riverbend.pk)
    assert send(signed_in(getattr(cast, name)), route, message).status_code == 403
    message.refresh_from_db()
    assert message.state == State.DEAD


@pytest.mark.parametrize("route", ROUTES)
def test_it_rejects_get_and_strangers(cast, signed_in, client, route):
    message = stuck(cast.riverbend.pk)
    assert signed_in(cast.adam).get(reverse(f"outbox:{route}", args=[message.pk])).status_code == 405
    assert send(client, route, message).status_code == 302
    message.refresh_from_db()
    assert message.state == State.DEAD


def test_it_decides_once(cast, signed_in):
    message, key = stuck(cast.riverbend.pk), str(uuid.uuid4())
    client = signed_in(cast.adam)
    answers = [send(client, "cancel", message, idempotency_key=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert Event.objects.filter(name="message.cancelled").count() == 1


def test_two_people_at_once_decide_once(cast):
    message = stuck(cast.riverbend.pk)
    actions.cancel(message=message, by=cast.adam)
    with pytest.raises(Refused, match="Cancelled"):
        actions.send_again(message=message, by=cast.adam)
