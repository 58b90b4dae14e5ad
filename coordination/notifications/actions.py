"""Tell a person, once."""

import datetime as dt
import uuid
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from coordination.accounts.models import User
from coordination.notifications.models import Notification
from coordination.outbox.actions import post


@transaction.atomic
def notify(
    *,
    user: User,
    kind: str,
    text: str,
    route: str,
    key: str,
    subject_id: Any = None,
    patient_id: Any = None,
    by: User | None = None,
) -> Notification | None:
    """Put a line under the person's bell and see that an e-mail goes out. None if they know, or did it themselves.

    `route` and `subject_id` name the page it is about, `key` the news: the same news is told once.
    """
    if by is not None and by.pk == user.pk:
        return None
    line = Notification(
        organization_id=user.organization_id,
        user=user,
        kind=kind,
        text=text,
        route=route,
        subject_id=subject_id,
        patient_id=patient_id,
        key=key,
    )
    Notification.objects.bulk_create([line], ignore_conflicts=True)
    if not Notification.objects.filter(pk=line.pk).exists():
        return None
    _announce(line)
    return line


def _announce(line: Notification) -> None:
    """A safety alert is mailed at once; anything else waits for the end of the quarter hour and goes as one e-mail."""
    if line.kind == Notification.Kind.SAFETY:
        _post_mail(line, since=line.at, key=str(line.pk), not_before=None)
        return
    step = settings.NOTIFICATION_MAIL_MINUTES * 60
    begin = int(timezone.now().timestamp()) // step * step
    end = dt.datetime.fromtimestamp(begin + step, tz=dt.UTC)
    since = dt.datetime.fromtimestamp(begin, tz=dt.UTC)
    _post_mail(line, since=since, key=f"{line.user_id}.{begin}", not_before=end)


def _post_mail(line: Notification, *, since: dt.datetime, key: str, not_before: dt.datetime | None) -> None:
    post(
        "notification.mail",
        user_id=line.user_id,
        since=int(since.timestamp()),
        key=key,
        not_before=not_before,
        organization_id=line.organization_id,
    )


@transaction.atomic
def mark_read(*, notification: Notification, by: User) -> Notification:
    """The person saw it."""
    notification = Notification.objects.select_for_update().get(pk=notification.pk, user=by)
    if notification.read_at is None:
        notification.read_at = timezone.now()
        notification.save(update_fields=["read_at"])
    return notification


@transaction.atomic
def mark_all_read(*, by: User, until: uuid.UUID | None = None) -> int:
    """The person saw all of it: all that is older than the newest line on the page they had, if they say so."""
    unread = Notification.objects.visible_to(by).unread()
    if until is not None:
        unread = unread.filter(pk__lte=until)
    return unread.update(read_at=timezone.now())
