"""The doors to imports: whoever may import sees the imports of the organization."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from coordination.accounts.access import list_teams
from coordination.accounts.models import User
from coordination.accounts.roles import ROLES
from coordination.audit.actions import record_access
from coordination.audit.models import Event
from coordination.lib.permissions import Permission, require
from patients.models import ImportIssue, ImportJob

CARRIERS = [name for name, role in ROLES.items() if Permission.CONTACT_LOG in role.permissions]


def list_imports(user: User) -> QuerySet[ImportJob]:
    require(user, Permission.PATIENT_IMPORT)
    return ImportJob.objects.filter(organization_id=user.organization_id).select_related("created_by", "team")


def get_import(user: User, pk: Any) -> ImportJob:
    """404 for an import of another organization, 403 for who may not import."""
    jobs = ImportJob.objects.filter(organization_id=user.organization_id)
    job = get_object_or_404(jobs.select_related("created_by", "team", "coordinator"), pk=pk)
    require(user, Permission.PATIENT_IMPORT)
    return job


def list_issues(job: ImportJob, severity: str = "") -> QuerySet[ImportIssue]:
    """What was rejected or remarked upon in an import that came through the door."""
    issues = ImportIssue.objects.filter(job=job)
    return issues.filter(severity=severity) if severity in ImportIssue.Severity.values else issues


def export_issues(user: User, job: ImportJob) -> QuerySet[ImportIssue]:
    """All issues, to take away: that is written down."""
    record_access(Event.Kind.EXPORT, "import.issues_exported", by=user, target=job)
    return list_issues(job).order_by("id")


def list_sources(user: User) -> list[str]:
    """Systems that sent something before: the same name next time updates instead of adding."""
    require(user, Permission.PATIENT_IMPORT)
    names = (
        ImportJob.objects.filter(organization_id=user.organization_id)
        .order_by("source")
        .values_list("source", flat=True)
    )
    return list(names.distinct()[:50])


def list_import_teams(user: User) -> Any:
    return list_teams(user)
