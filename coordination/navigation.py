"""The main navigation: one table, each entry behind the permission its page asks for."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from coordination.accounts.permissions import Permission as P


@dataclass(frozen=True)
class Entry:
    route: str
    label: Promise
    icon: str
    keys: str
    permission: P


ENTRIES = [
    Entry("worklist:day", _("My day"), "sun", "G D", P.TASK_VIEW),
    Entry("patients:registry", _("Patients"), "users", "G P", P.PATIENT_VIEW),
    Entry("interop:imports", _("Imports"), "upload", "G I", P.PATIENT_IMPORT),
    Entry("accounts:users", _("Users"), "user-cog", "G U", P.USER_MANAGE),
    Entry("accounts:teams", _("Teams"), "users-round", "G T", P.TEAM_MANAGE),
    Entry("audit:events", _("Audit"), "shield-check", "G A", P.AUDIT_VIEW),
    Entry("outbox:health", _("Health"), "activity", "G H", P.HEALTH_VIEW),
]


def navigation(user: Any, current: str) -> list[dict[str, Any]]:
    """Return the entries the person may open. A page inside an area lights up its area."""
    area = current.split(":")[0]
    return [
        {
            "route": entry.route,
            "url": reverse(entry.route),
            "label": entry.label,
            "icon": entry.icon,
            "keys": entry.keys,
            "current": current.startswith(entry.route.removesuffix("s")) or (entry.route.split(":")[0] == area and area in {"patients", "worklist", "interop"}),
        }
        for entry in ENTRIES
        if user.may(entry.permission)
    ]
