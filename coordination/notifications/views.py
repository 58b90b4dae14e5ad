"""What others did that needs you."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from coordination.accounts.middleware import passive
from coordination.lib.paging import keyset
from coordination.notifications import actions
from coordination.notifications.access import (
    NEWEST_FIRST,
    count_unread,
    get_notification,
    list_notifications,
)
from coordination.notifications.models import Notification

ICONS = {
    Notification.Kind.ASSIGNED: "user-check",
    Notification.Kind.DUE: "alarm-clock",
    Notification.Kind.SAFETY: "triangle-alert",
    Notification.Kind.IMPORT: "upload",
    Notification.Kind.SYSTEM: "activity",
}


def _lines(notifications: list[Notification]) -> list[dict[str, Any]]:
    return [{"it": it, "icon": ICONS[Notification.Kind(it.kind)]} for it in notifications]


@require_safe
def notifications(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    unread_only = request.GET.get("show") == "unread"
    page = keyset(
        list_notifications(user, unread_only=unread_only),
        order=NEWEST_FIRST,
        after=request.GET.get("after"),
        before=request.GET.get("before"),
    )
    unread = count_unread(user)
    here = reverse("notifications:list")
    context = {
        "lines": _lines(page.rows),
        "newest": page.rows[0].pk if page.rows else None,
        "pager": page.links(request.GET),
        "unread": unread,
        "unread_only": unread_only,
        "notifications_count": unread,
        "tabs": [
            {"url": here, "label": _("All"), "count": None, "current": not unread_only},
            {"url": f"{here}?show=unread", "label": _("Unread"), "count": unread, "current": unread_only},
        ],
    }
    return render(request, "notifications/list.html", context)


@passive
@require_safe
def badge(request: HttpRequest) -> HttpResponse:
    """The bell asks each minute; that is not the person using the page."""
    user: Any = request.user
    return render(request, "notifications/_bell.html", {"notifications_count": count_unread(user)})


@require_POST
def open_subject(request: HttpRequest, pk: Any) -> HttpResponse:
    """Read it and go where it leads."""
    user: Any = request.user
    notification = actions.mark_read(notification=get_notification(user, pk), by=user)
    return redirect(_address(notification))


@require_POST
def read(request: HttpRequest, pk: Any) -> HttpResponse:
    user: Any = request.user
    notification = actions.mark_read(notification=get_notification(user, pk), by=user)
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("notifications:list")
    context = {
        "line": _lines([notification])[0],
        "notifications_count": count_unread(user),
        "with_bell": True,
    }
    return render(request, "notifications/_notification.html", context)


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark what the person had on the page, not what came in since."""
    user: Any = request.user
    newest = request.POST.get("newest", "")
    if newest:
        actions.mark_all_read(by=user, until=get_notification(user, newest).pk)
    return redirect("notifications:list")


def _address(notification: Notification) -> str:
    args = [notification.subject_id] if notification.subject_id else []
    try:
        return reverse(notification.route, args=args)
    except NoReverseMatch:
        return reverse("notifications:list")
