"""Everything a person may be allowed to do, by one name each. Roles (accounts/roles.py) are sets of these.

They stand at the bottom because the pages of the audit trail and of the outbox, which lie under accounts, ask too.
"""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import models
from django.utils.translation import gettext_lazy as _


class Permission(models.TextChoices):
    # patients
    PATIENT_VIEW = "patient_view", _("See patients they care for")
    PATIENT_VIEW_ORGANIZATION = "patient_view_organization", _("See every patient of the organization")
    PATIENT_REGISTER = "patient_register", _("Add a patient")
    PATIENT_EDIT = "patient_edit", _("Change who the patient is and how to reach them")
    PATIENT_MERGE = "patient_merge", _("Merge two records of one patient, and take them apart again")
    PATIENT_IMPORT = "patient_import", _("Import patients")
    PATIENT_PRINT = "patient_print", _("Print a patient summary")
    HISTORY_VIEW = "history_view", _("See health history")
    HISTORY_EDIT = "history_edit", _("Add to health history")
    SENSITIVE_BEHAVIORAL = "sensitive_behavioral", _("See behavioral and mental health items")
    SENSITIVE_SUBSTANCE_USE = "sensitive_substance_use", _("See substance use items (42 CFR Part 2)")
    SENSITIVE_SEXUAL = "sensitive_sexual", _("See HIV, sexual and reproductive health items")
    SENSITIVE_VIOLENCE = "sensitive_violence", _("See domestic and sexual violence items")
    SENSITIVE_GENETIC = "sensitive_genetic", _("See genetic items")
    COVERAGE_EDIT = "coverage_edit", _("Change coverage")
    CONSENT_EDIT = "consent_edit", _("Record and revoke consents")
    CARE_TEAM_EDIT = "care_team_edit", _("Change the care team")
    # worklist
    TASK_VIEW = "task_view", _("See tasks")
    TASK_WORK = "task_work", _("Open, assign, snooze and close tasks")
    OWN_TASKS = "own_tasks", _("Work tasks of their own that are about no patient")
    CONTACT_LOG = "contact_log", _("Log a contact")
    # people, trust, running
    BREAK_GLASS = "break_glass", _("Open a record in an emergency")
    ACCESS_LOG_VIEW = "access_log_view", _("See who opened a record")
    ACCESS_EXPLAIN = "access_explain", _("Ask why a person sees a patient")
    ACCESS_REVIEW = "access_review", _("Review emergency access")
    AUDIT_VIEW = "audit_view", _("Read the audit trail")
    USER_MANAGE = "user_manage", _("Manage users and their roles")
    TEAM_MANAGE = "team_manage", _("Manage teams, sites and grants")
    INTEGRATION_MANAGE = "integration_manage", _("Let other programs in")
    HEALTH_VIEW = "health_view", _("See the health of the system")
    HEALTH_REPAIR = "health_repair", _("Decide what happens to stuck messages")


def require(user: Any, permission: Permission) -> None:
    """Raise PermissionDenied (403) unless one of the person's roles allows this."""
    if not user.may(permission):
        raise PermissionDenied(str(permission.label))


def require_any(user: Any, *permissions: Permission) -> None:
    """Raise PermissionDenied (403), named after the first, unless one of the person's roles allows one of these."""
    if not any(map(user.may, permissions)):
        raise PermissionDenied(str(permissions[0].label))
