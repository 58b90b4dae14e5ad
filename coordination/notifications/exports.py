"""One's notifications as they can be taken away."""

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from coordination.accounts.models import User
from coordination.lib.listing import Column, Listing, words_of
from coordination.notifications.access import NEWEST_FIRST, list_notifications
from coordination.notifications.models import Notification


def notifications(user: User, query: QueryDict) -> Listing:
    """One's own, all or the unread ones."""
    unread_only = query.get("show") == "unread"
    url = reverse("notifications:list")
    return Listing(
        stem="notifications",
        title=_("Notifications"),
        sentence=_("Unread") if unread_only else _("All"),
        rows=list_notifications(user, unread_only=unread_only),
        order=NEWEST_FIRST,
        columns=[
            Column("at", _("When"), lambda line: line.at, "moment"),
            Column("kind", _("Kind"), words_of(Notification, "kind"), width=28),
            Column("text", _("What"), lambda line: line.text, width=60),
            Column("read", _("Read"), lambda line: line.read_at, "moment"),
        ],
        url=f"{url}?show=unread" if unread_only else url,
        choices={"show": "unread"} if unread_only else {},
    )
