"""The doors to exports: only whoever asked for one sees it, and only while the list itself still opens for them."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from coordination.accounts.models import User
from coordination.interop.office.export.lists import lists_of, open_list, query_of
from coordination.interop.office.models import ExportJob
from coordination.lib.listing import Listing


def list_exports(user: User) -> QuerySet[ExportJob]:
    return ExportJob.objects.filter(organization_id=user.organization_id, created_by=user)


def get_export(user: User, pk: Any) -> ExportJob:
    """404 for an export of anybody else: nobody takes a file another person asked for."""
    return get_object_or_404(list_exports(user).select_related("created_by__organization"), pk=pk)


def get_file(user: User, pk: Any) -> ExportJob:
    """An export whose list this person may still open: 404 or 403 like the list's own page."""
    job = get_export(user, pk)
    open_list(user, job.listing, query_of(job.choices))
    return job


def list_choices(user: User) -> list[tuple[str, Listing]]:
    """What can be exported without opening a list first. 403 for whoever sees no list at all."""
    found = lists_of(user)
    if not found:
        raise PermissionDenied
    return found
