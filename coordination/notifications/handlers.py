"""The e-mail that says something waits, and never what or about whom."""

import datetime as dt
from collections.abc import Callable
from functools import partial
from urllib.parse import urljoin

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coordination.accounts.models import User
from coordination.notifications.models import Notification
from coordination.outbox.handling import leaves_the_system
from coordination.outbox.mail import letter, send_letter
from coordination.outbox.models import Message


@leaves_the_system
def send_mail(message: Message) -> Callable[[], None] | None:
    """One e-mail for all that came since the window began. None when it was read meanwhile, or the person has left."""
    user = User.objects.filter(pk=message.payload["user_id"], is_active=True, is_system=False).first()
    if user is None:
        return None
    since = dt.datetime.fromtimestamp(message.payload["since"], tz=dt.UTC)
    count = Notification.objects.visible_to(user).unread().filter(at__gte=since).count()
    if not count:
        return None
    subject = ngettext("%(n)s new item in Throughline", "%(n)s new items in Throughline", count) % {
        "n": count
    }
    link = urljoin(settings.BASE_URL, reverse("notifications:list"))
    body = _(
        "Sign in to see what needs you:\n%(link)s\n\nThis e-mail says nothing about anybody on purpose."
    ) % {"link": link}
    return partial(send_letter, letter(message, to=user.email, subject=subject, body=body))
