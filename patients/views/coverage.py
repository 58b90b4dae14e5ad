"""Who pays: plans by rank, checked with the payer, changed and ended."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coordination.accounts.permissions import Permission
from patients import access
from patients.actions import coverage as actions
from patients.banner import record_page
from patients.forms.coverage import CoverageForm
from patients.forms.record import ConfirmForm, EndForm
from patients.models import Coverage, Patient
from patients.views.editing import Work, answer
from patients.walking import walk_here
from patients.words import source_words

either = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def coverage(request: HttpRequest, pk: UUID) -> HttpResponse:
    user: Any = request.user
    patient = access.open_record(user, pk, page="coverage")
    today = user.organization.today()
    rows = list(access.rows_of(user, Coverage, patient).select_related("verified_by", "updated_by"))
    valid = [row for row in rows if row.status != Coverage.Status.ENTERED_IN_ERROR]
    context = {
        **record_page(user, patient, "coverage", walk=walk_here(request, patient, "coverage")),
        "paying": [_card(patient, row) for row in valid if row.pays_on(today)],
        "others": [_card(patient, row) for row in valid if not row.pays_on(today)],
        "can_edit": user.may(Permission.COVERAGE_EDIT),
        "add_url": reverse("patients:coverage_add", args=[patient.pk]),
    }
    return render(request, "patients/coverage.html", context)


@either
def add(request: HttpRequest, pk: UUID) -> HttpResponse:
    user: Any = request.user
    patient = access.get_patient(user, pk, permission=Permission.COVERAGE_EDIT)
    work = _work(patient, _("Add a plan"), _("Save plan"), _("Plan added."))
    form = CoverageForm(request.POST or None, patient=patient)
    return answer(
        request,
        patient,
        work,
        form,
        lambda filled: actions.add_coverage(patient=patient, values=filled.values(), by=user),
    )


@either
def edit(request: HttpRequest, pk: UUID, coverage_pk: UUID) -> HttpResponse:
    user: Any = request.user
    patient, row = _editable(user, pk, coverage_pk)
    work = _work(patient, _("Change %(payer)s") % {"payer": row.payer}, _("Save plan"), _("Plan changed."))
    form = CoverageForm(request.POST or None, patient=patient, row=row)
    return answer(
        request,
        patient,
        work,
        form,
        lambda filled: actions.change_coverage(coverage=row, **filled.edited(), by=user),
    )


@either
def end(request: HttpRequest, pk: UUID, coverage_pk: UUID) -> HttpResponse:
    user: Any = request.user
    patient, row = _editable(user, pk, coverage_pk)
    work = _work(patient, _("End %(payer)s") % {"payer": row.payer}, _("End plan"), _("Plan ended."))
    form = EndForm(request.POST or None, patient=patient, row=row)
    return answer(
        request,
        patient,
        work,
        form,
        lambda filled: actions.end_coverage(
            coverage=row, on=filled.cleaned_data["on"], version=filled.shown_version, by=user
        ),
    )


@require_POST
def verify(request: HttpRequest, pk: UUID, coverage_pk: UUID) -> HttpResponse:
    user: Any = request.user
    patient, row = _editable(user, pk, coverage_pk)
    label = _("Verify %(payer)s") % {"payer": row.payer}
    work = _work(patient, label, _("Verified today"), _("Plan verified."))
    form = ConfirmForm(request.POST, patient=patient, row=row)
    return answer(
        request,
        patient,
        work,
        form,
        lambda filled: actions.verify_coverage(coverage=row, version=filled.shown_version, by=user),
    )


def _editable(user: Any, pk: UUID, coverage_pk: UUID) -> tuple[Patient, Coverage]:
    patient = access.get_patient(user, pk, permission=Permission.COVERAGE_EDIT)
    return patient, access.get_of_patient(
        user, Coverage, patient, coverage_pk, permission=Permission.COVERAGE_EDIT
    )


def _work(patient: Patient, label: str, commit: str, said: str) -> Work:
    return Work("coverage", label, commit, reverse("patients:coverage", args=[patient.pk]), said)


def _card(patient: Patient, row: Coverage) -> dict[str, Any]:
    args = [patient.pk, row.pk]
    return {
        "row": row,
        "source": source_words(row.source, row.updated_by.name),
        "verify_form": ConfirmForm(patient=patient, row=row, auto_id=False),
        "edit_url": reverse("patients:coverage_edit", args=args),
        "end_url": reverse("patients:coverage_end", args=args),
        "verify_url": reverse("patients:coverage_verify", args=args),
    }
