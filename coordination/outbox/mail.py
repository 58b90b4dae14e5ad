"""Send one e-mail so that "certainly not taken" and "nobody knows" are told apart."""

from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException, SMTPSenderRefused

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from coordination.outbox.handling import NotSent
from coordination.outbox.models import Message

REFUSED = (SMTPRecipientsRefused, SMTPSenderRefused, SMTPResponseException)


def letter(message: Message, *, to: str, subject: str, body: str) -> EmailMessage:
    """Write an e-mail that carries the message's id, so that a server that saw it before may drop a second copy."""
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ")
    return EmailMessage(subject, body, to=[to], headers={"Message-ID": f"<{message.pk}@{domain}>"})


def send_letter(mail: EmailMessage) -> None:
    """Raise NotSent when the mail server was not reached or refused; any other error leaves it open."""
    connection = get_connection()
    try:
        connection.open()
    except (OSError, SMTPException) as error:
        raise NotSent from error
    try:
        connection.send_messages([mail])
    except REFUSED as error:
        raise NotSent from error
    finally:
        connection.close()
