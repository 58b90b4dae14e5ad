"""An e-mail is sent once, or known not to be sent, or for a person to decide."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from coordination.outbox.handling import NotSent, leaves_the_system
from coordination.outbox.mail import letter, send_letter
from coordination.outbox.models import Message
from coordination.outbox.relay import deliver_due
from tests.coordination.outbox.mailserver import Server, mail_server

State = Message.State


@leaves_the_system
def write(message: Message) -> Any:
    return partial(send_letter, letter(message, to="ana@example.org", subject="1 new item", body="Sign in"))


@pytest.fixture
def server(settings) -> Iterator[Server]:
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.OUTBOX_HANDLERS = {"test.mail": ["tests.coordination.outbox.test_mail.write"]}
        yield server


def test_it_arrives_with_the_id_of_the_message(server, posted):
    message = posted("mail")
    deliver_due()
    message.refresh_from_db()
    assert message.state == State.SENT
    (text,) = server.letters
    assert f"Message-ID: <{message.pk}@throughline.invalid>" in text
    assert "Subject: 1 new item" in text


@pytest.mark.parametrize(
    ("behavior", "state", "reason"),
    [
        ("busy", State.QUEUED, "SMTPConnectError"),
        ("unknown person", State.QUEUED, "SMTPRecipientsRefused"),
        ("refuse", State.QUEUED, "SMTPDataError"),
        ("hang up", State.UNCERTAIN, "SMTPServerDisconnected"),
    ],
)
def test_what_the_server_does_decides(server, posted, behavior, state, reason):
    server.behavior = behavior
    message = posted("mail")
    deliver_due()
    message.refresh_from_db()
    assert message.state == state
    assert message.last_error.startswith(reason)


def test_a_server_that_is_not_there_was_certainly_not_told(server, settings, db):
    settings.EMAIL_PORT = 1
    with pytest.raises(NotSent):
        send_letter(letter(Message(), to="ana@example.org", subject="x", body="y"))
