"""What every page shows around its content."""

import json
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from coordination.accounts.keys import COMMANDS, key_of, list_shortcuts, remap, sheet, shown
from coordination.accounts.middleware import write_step
from coordination.accounts.permissions import Permission
from coordination.navigation import VIEWS_KEYS, navigation
from coordination.notifications.access import count_unread
from coordination.worklist.access import may_write
from coordination.worklist.saved import pinned_views, view_bar


def page(request: HttpRequest) -> dict[str, Any]:
    user: Any = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {
            "demo": settings.DEMO,
            "prefs": {"theme": "system", "density": "cozy", "type_size": 14, "keys": True, "clock": "24"},
        }
    return {
        "demo": settings.DEMO,
        "prefs": {
            "theme": user.theme,
            "density": user.density,
            "type_size": user.type_size,
            "keys": user.single_keys,
            "key": {name: shown(key_of(user, name)) for name in COMMANDS},
            "shortcuts": list_shortcuts(user, previews=True),
            "record_shortcuts": list_shortcuts(user, previews=False),
            "remap": json.dumps(remap(user)) if user.keys else "",
            "clock": user.clock,
        },
        "key_sheet": cache(lambda: sheet(user)),
        "new_items": new_items(user),
        "nav": navigation(user, request.resolver_match.view_name if request.resolver_match else ""),
        "jump_url": reverse("patients:registry") if user.may(Permission.PATIENT_VIEW) else "",
        "beside_url": reverse("beside") if user.may(Permission.PATIENT_VIEW) else "",
        "account_items": own_pages(user),
        "snippets_url": reverse("worklist:snippets_typed") if may_write(user) else "",
        "notifications_count": cache(lambda: count_unread(user)),  # asked only by a page that shows the bell
        "pinned_views": cache(lambda: pinned_views(request)),
        "views_url": reverse("worklist:views") if user.may(Permission.PATIENT_VIEW) else "",
        "views_keys": VIEWS_KEYS,
        "view_bar": cache(lambda: view_bar(request)),
        "session": session_times(),
    }


def new_items(user: Any) -> list[dict[str, str]]:
    """What this person may start from anywhere."""
    found = [
        ("worklist:contact_new", _("Log a contact"), "phone", Permission.CONTACT_LOG),
        ("worklist:task_new", _("Add a task"), "plus", Permission.TASK_WORK),
        ("patients:new", _("Add a patient"), "user-plus", Permission.PATIENT_REGISTER),
    ]
    return [
        {"url": reverse(route), "label": label, "icon": icon}
        for route, label, icon, permission in found
        if user.may(permission)
    ]


def own_pages(user: Any) -> list[dict[str, Any]]:
    """Where an act can still be undone once its message is gone; the words one writes often."""
    found = []
    if user.may(Permission.TASK_WORK):
        found.append({"url": reverse("worklist:history"), "label": _("What I did"), "icon": "history"})
    if may_write(user):
        found.append(
            {"url": reverse("worklist:snippets"), "label": _("My snippets"), "icon": "message-square-text"}
        )
    return found


def session_times() -> dict[str, Any]:
    """What the page counts down: like the server, which ends a session up to one step early, never late."""
    idle = settings.SESSION_IDLE_SECONDS - write_step()
    return {
        "idle_seconds": idle,
        "warn_seconds": idle - min(120, idle // 3),
        "keep_url": reverse("accounts:session_keep"),
        "sign_in_url": reverse("account_login"),
    }
