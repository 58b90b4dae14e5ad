"""The doors to notifications: one's own, nobody else's."""

from typing import Any

from django.db.models import Func
from django.shortcuts import get_object_or_404

from coordination.accounts.models import User
from coordination.lib.paging import Order, count_within
from coordination.notifications.models import Notification

NEWEST_FIRST: Order = [("at", "desc"), ("id", "desc")]
MANY = 100  # beyond this the bell says no number


def get_notification(user: User, pk: Any) -> Notification:
    notification: Notification = get_object_or_404(Notification.objects.visible_to(user), pk=pk)
    return notification


def list_notifications(user: User, *, unread_only: bool = False) -> Any:
    lines = Notification.objects.visible_to(user)
    return lines.unread() if unread_only else lines


def count_unread(user: User) -> int:
    """Return how many are unread, counted no further than a bell can show: one look at a partial index."""
    kept: int | None = user.__dict__.get("_unread")
    return kept if kept is not None else Notification.objects.visible_to(user).unread()[:MANY].count()


def unread_within(user: User) -> Func:
    """The same number as an expression, for a page that reads it with something else."""
    return count_within(Notification.objects.visible_to(user).unread(), MANY - 1)


def remember_unread(user: User, number: int) -> None:
    """Read already in this request (the user object lives as long as the request)."""
    user.__dict__["_unread"] = number
