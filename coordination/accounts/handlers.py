"""Mails about signing in. They name the person they go to and nobody else, and no patient."""

from collections.abc import Callable
from functools import partial

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from coordination.accounts.models import User
from coordination.outbox.handling import leaves_the_system
from coordination.outbox.mail import letter, send_letter
from coordination.outbox.models import Message

Call = Callable[[], None]


@leaves_the_system
def send_invitation(message: Message) -> Call | None:
    return send_link(message, "accounts/mail/invitation.txt", _("Your account in Throughline"))


@leaves_the_system
def send_password_link(message: Message) -> Call | None:
    return send_link(message, "accounts/mail/password.txt", _("Choose a new password for Throughline"))


def send_link(message: Message, template: str, subject: str) -> Call | None:
    """Send a link that works once and for a day. The token is made here, so it stands in no table."""
    user = (
        User.objects.select_related("organization")
        .filter(pk=message.payload["user_id"], is_active=True, is_system=False)
        .first()
    )
    if user is None:
        return None
    key = {"uidb36": user.pk.hex, "key": default_token_generator.make_token(user)}
    url = settings.BASE_URL.rstrip("/") + reverse("account_reset_password_from_key", kwargs=key)
    hours = settings.PASSWORD_RESET_TIMEOUT // 3600
    return write(message, user, subject, template, url=url, hours=hours)


@leaves_the_system
def send_security_notice(message: Message) -> Call | None:
    """Tell a person that how they sign in, or what they may do, has changed: they would know if it was not them."""
    sentences = {
        "password.changed": _("Your password was changed."),
        "second_step.added": _("A second step was added to your sign-in."),
        "second_step.removed": _("A second step was removed from your sign-in."),
        "second_step.reset": _(
            "An administrator reset the second step of your sign-in. You set up a new one when you sign in next."
        ),
        "recovery_codes.made": _("New recovery codes were made. The old ones no longer work."),
        "user.roles_changed": _("An administrator changed what you may do."),
    }
    user = User.objects.select_related("organization").filter(pk=message.payload["user_id"]).first()
    if user is None:
        return None
    return write(
        message,
        user,
        _("Your Throughline account"),
        "accounts/mail/security.txt",
        sentence=sentences[message.payload["what"]],
    )


def write(message: Message, user: User, subject: str, template: str, **values: object) -> Call:
    """Return the call that sends the e-mail: the outbox makes it once, outside of the transaction."""
    text = render_to_string(template, {"user": user, "organization": user.organization, **values})
    return partial(send_letter, letter(message, to=user.email, subject=subject, body=text))
