"""What an app may be allowed. A scope never gives: it only leaves of a person's own rights what the app was meant to have."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from coordination.lib.permissions import Permission as P  # noqa: N817 - a table of them


@dataclass(frozen=True)
class Scope:
    """`label` is what the person reads before they agree."""

    name: str
    label: Promise
    permissions: frozenset[P]


_SEE = {
    P.PATIENT_VIEW,
    P.PATIENT_VIEW_ORGANIZATION,
}  # whose rows there are; the rows have scopes of their own
_SENSITIVE = {
    P.SENSITIVE_BEHAVIORAL,
    P.SENSITIVE_SUBSTANCE_USE,
    P.SENSITIVE_SEXUAL,
    P.SENSITIVE_VIOLENCE,
    P.SENSITIVE_GENETIC,
}


def _scope(name: str, label: Promise, *permissions: P) -> tuple[str, Scope]:
    return name, Scope(name, label, frozenset(_SEE | set(permissions)))


SCOPES: dict[str, Scope] = dict(
    [
        _scope("patients:read", _("Read and search the patients you see")),
        _scope("patients:write", _("Add and change patients"), P.PATIENT_REGISTER, P.PATIENT_EDIT),
        _scope("tasks:read", _("Read tasks"), P.TASK_VIEW),
        _scope("tasks:write", _("Open, change and close tasks"), P.TASK_VIEW, P.TASK_WORK),
        _scope("contacts:read", _("Read contacts"), P.TASK_VIEW),
        _scope("contacts:write", _("Log contacts"), P.TASK_VIEW, P.CONTACT_LOG),
        _scope("history:read", _("Read the health history"), P.HISTORY_VIEW, *_SENSITIVE),
    ]
)


def narrowed(permissions: frozenset[P], scopes: Iterable[str]) -> frozenset[P]:
    """Return what is left of a person's rights under these scopes. An unknown scope leaves nothing."""
    named = (SCOPES[name].permissions for name in scopes if name in SCOPES)
    return permissions & frozenset().union(*named)
