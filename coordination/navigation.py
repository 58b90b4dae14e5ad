"""The main navigation: one table, each entry behind the permission its page asks for."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from coordination.accounts.permissions import Permission


@dataclass(frozen=True)
class Entry:
    route: str
    label: Promise
    icon: str
    keys: str
    permission: Permission
    or_else: Permission | None = None  # a narrower right that opens the page too


ENTRIES = [
    Entry("worklist:day", _("My day"), "sun", "G D", Permission.TASK_VIEW, Permission.OWN_TASKS),
    Entry("patients:registry", _("Patients"), "users", "G P", Permission.PATIENT_VIEW),
    Entry("interop:imports", _("Imports"), "upload", "G I", Permission.PATIENT_IMPORT),
    Entry("accounts:users", _("Users"), "user-cog", "G U", Permission.USER_MANAGE),
    Entry("accounts:teams", _("Teams"), "users-round", "G T", Permission.TEAM_MANAGE),
    Entry("clients:apps", _("Apps"), "network", "G C", Permission.INTEGRATION_MANAGE),
    Entry("access:reviews", _("Emergency access"), "shield-alert", "G E", Permission.ACCESS_REVIEW),
    Entry("covers:list", _("Cover"), "calendar-clock", "G W", Permission.TEAM_MANAGE),
    Entry("audit:events", _("Audit"), "shield-check", "G A", Permission.AUDIT_VIEW),
    Entry("outbox:health", _("Health"), "activity", "G H", Permission.HEALTH_VIEW),
]

VIEWS_KEYS = "G V"  # the saved views, which the navigation holds below these


def navigation(user: Any, current: str) -> list[dict[str, Any]]:
    """Return the entries the person may open. A page inside an area lights up its area."""
    return [
        {
            "route": entry.route,
            "url": reverse(entry.route),
            "label": entry.label,
            "icon": entry.icon,
            "keys": entry.keys,
            "current": is_within(current, entry.route),
        }
        for entry in ENTRIES
        if user.may(entry.permission) or (entry.or_else and user.may(entry.or_else))
    ]


WHOLE_AREAS = {
    "patients",
    "worklist",
    "interop",
    "access",
    "covers",
}  # one entry stands for every page of these


def is_within(current: str, route: str) -> bool:
    if current.startswith("worklist:view"):
        return False  # saved views have a place of their own
    area = route.partition(":")[0]
    same_area = current.partition(":")[0] == area
    return current.startswith(route.removesuffix("s")) or (same_area and area in WHOLE_AREAS)
