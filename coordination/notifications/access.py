"""The doors to notifications: one's own, nobody else's."""

from typing import Any

from django.shortcuts import get_object_or_404

from coordination.accounts.models import User
from coordination.notifications.models import Notification

MANY = 100  # beyond this the bell says no number


def get_notification(user: User, pk: Any) -> Notification:
    notification: Notification = get_object_or_404(Notification.objects.visible_to(user), pk=pk)
    return notification


def list_notifications(user: User, *, unread_only: bool = False) -> Any:
    lines = Notification.objects.visible_to(user)
    return lines.unread() if unread_only else lines


def count_unread(user: User) -> int:
    """Return how many are unread, counted no further than a bell can show: one look at a partial index."""
    return Notification.objects.visible_to(user).unread()[:MANY].count()
