"""Roles are code: a review sees every change. A user holds one or more, by short name."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from coordination.accounts.permissions import Permission as P  # noqa: N817 - a table of a hundred of them


@dataclass(frozen=True)
class Role:
    name: str
    label: Promise
    description: Promise
    permissions: frozenset[P]


_SENSITIVE = {
    P.SENSITIVE_BEHAVIORAL,
    P.SENSITIVE_SUBSTANCE_USE,
    P.SENSITIVE_SEXUAL,
    P.SENSITIVE_VIOLENCE,
    P.SENSITIVE_GENETIC,
}
_READ = {P.PATIENT_VIEW, P.HISTORY_VIEW, P.TASK_VIEW}
_COORDINATE = _READ | {
    P.PATIENT_REGISTER,
    P.PATIENT_EDIT,
    P.PATIENT_PRINT,
    P.HISTORY_EDIT,
    P.SENSITIVE_BEHAVIORAL,
    P.SENSITIVE_SEXUAL,
    P.SENSITIVE_VIOLENCE,
    P.COVERAGE_EDIT,
    P.CONSENT_EDIT,
    P.CARE_TEAM_EDIT,
    P.TASK_WORK,
    P.CONTACT_LOG,
    P.BREAK_GLASS,
    P.ACCESS_LOG_VIEW,
}


def _role(name: str, label: Promise, description: Promise, permissions: Iterable[P]) -> tuple[str, Role]:
    return name, Role(name, label, description, frozenset(permissions))


ROLES: dict[str, Role] = dict(
    [
        _role(
            "coordinator",
            _("Care coordinator"),
            _("Carries a caseload and keeps every promise made to it."),
            _COORDINATE,
        ),
        _role(
            "clinician",
            _("Clinician"),
            _("Sees and adds to the health history of the patients they treat."),
            _READ
            | _SENSITIVE
            | {
                P.PATIENT_EDIT,
                P.PATIENT_PRINT,
                P.HISTORY_EDIT,
                P.TASK_WORK,
                P.CONTACT_LOG,
                P.BREAK_GLASS,
                P.ACCESS_LOG_VIEW,
            },
        ),
        _role(
            "supervisor",
            _("Supervisor"),
            _("Answers for a team's caseload: assigns, covers, unblocks."),
            _COORDINATE
            | {P.PATIENT_MERGE, P.PATIENT_IMPORT, P.TEAM_MANAGE, P.SENSITIVE_GENETIC, P.ACCESS_REVIEW},
        ),
        _role(
            "program_manager",
            _("Program manager"),
            _("Follows programs and their caseloads."),
            _READ | {P.PATIENT_IMPORT, P.TEAM_MANAGE},
        ),
        _role(
            "admin",
            _("Administrator"),
            _("Manages people, teams and the system. Sees no clinical data."),
            {
                P.USER_MANAGE,
                P.TEAM_MANAGE,
                P.INTEGRATION_MANAGE,
                P.HEALTH_VIEW,
                P.HEALTH_REPAIR,
                P.PATIENT_IMPORT,
                P.ACCESS_EXPLAIN,
            },
        ),
        _role(
            "privacy_officer",
            _("Privacy officer"),
            _("Reviews who opened which record and why."),
            {
                P.PATIENT_VIEW,
                P.PATIENT_VIEW_ORGANIZATION,
                P.OWN_TASKS,  # a review is a task with an owner and a due time; those of patients stay closed
                P.ACCESS_LOG_VIEW,
                P.ACCESS_EXPLAIN,
                P.ACCESS_REVIEW,
                P.AUDIT_VIEW,
            },
        ),
        _role(
            "front_desk",
            _("Front desk"),
            _("Keeps names, phones, addresses and coverage right. Sees no clinical detail."),
            {P.PATIENT_VIEW, P.PATIENT_REGISTER, P.PATIENT_EDIT, P.COVERAGE_EDIT},
        ),
        _role("read_only", _("Read only"), _("May look, not touch."), _READ),
        _role("auditor", _("Auditor"), _("Reads the audit trail of the organization."), {P.AUDIT_VIEW}),
    ]
)


def permissions_of(roles: Iterable[str]) -> frozenset[P]:
    """Return what a person with these roles may do. An unknown role gives nothing."""
    return frozenset().union(*(ROLES[name].permissions for name in roles if name in ROLES))


def roles_with(permission: P) -> list[str]:
    """Return the names of the roles that allow this."""
    return [name for name, role in ROLES.items() if permission in role.permissions]
