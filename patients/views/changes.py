"""What was done to a record, with the values before and after, and the way back."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from coordination.lib.coming_back import page_before
from coordination.lib.paging import keyset
from coordination.lib.refusal import Refused
from patients import access
from patients.actions.undoing import undo_record_change
from patients.banner import record_page
from patients.changes import told, undone_words
from patients.models import Patient

PAGE = 30


@require_safe
def changes(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Newest first; an act still within its time has its Undo here (WCAG 2.2.1)."""
    user: Any = request.user
    return _page(request, access.open_record(user, pk, page="changes"))


@require_POST
def undo(request: HttpRequest, pk: UUID, change_pk: UUID) -> HttpResponse:
    """Take one act back. Refused, the page of changes says why."""
    user: Any = request.user
    patient = access.get_patient(user, pk)
    change = access.get_record_change(user, patient, change_pk)
    try:
        undo_record_change(change=change, by=user)
    except Refused as refusal:
        access.record_visit(user, patient, page="changes")
        return _page(request, patient, refusal=refusal.sentence, status=422)
    messages.success(request, undone_words(change))
    return redirect(page_before(request) or reverse("patients:changes", args=[patient.pk]))


def _page(request: HttpRequest, patient: Patient, *, refusal: str = "", status: int = 200) -> HttpResponse:
    user: Any = request.user
    page = keyset(
        access.changes_of(patient),
        order=[("at", "desc"), ("id", "desc")],
        after=request.GET.get("after"),
        before=request.GET.get("before"),
        size=PAGE,
    )
    context = {
        **record_page(user, patient, "", label=_("Changes")),
        "acts": told(page.rows, user),
        "pager": page.links(request.GET),
        "minutes": settings.UNDO_MINUTES,
        "refusal": refusal,
    }
    return render(request, "patients/changes.html", context, status=status)
