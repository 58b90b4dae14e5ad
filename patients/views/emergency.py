"""Opening one record in an emergency: two identifiers, a reason, some minutes."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coordination.accounts.access import step_up_url, stepped_up
from coordination.accounts.middleware import passive
from coordination.drafts.access import read_draft
from coordination.drafts.actions import let_go
from coordination.lib.permissions import Permission, require
from coordination.lib.refusal import Refused
from patients.access import seen_of
from patients.actions.sight import break_glass, end_emergency, look_up
from patients.banner import countdown
from patients.drafts import emergency_key
from patients.emergency import get_grant_to_end, get_own_grant, pass_for, read_pass
from patients.forms.sight import ReasonForm, TwoIdentifiersForm
from patients.models import Patient
from patients.sight import helpers


@require_http_methods(["GET", "HEAD", "POST"])
def emergency(request: HttpRequest) -> HttpResponse:
    """Ask for two identifiers; what is typed is sent, never addressed."""
    user: Any = request.user
    require(user, Permission.BREAK_GLASS)
    if not stepped_up(request):
        return redirect(step_up_url(user, back=reverse("access:emergency")))
    if request.method != "POST":
        return _search_page(request, TwoIdentifiersForm())
    form = TwoIdentifiersForm(request.POST)
    if not form.is_valid():
        return _search_page(request, form, status=422)
    wanted = form.wanted()
    try:
        patient = look_up(wanted=wanted, by=user)
    except Refused as refused:
        return _search_page(request, form, refusal=refused.sentence, status=429)
    if patient is None:
        return _search_page(request, form, is_missing=True)
    if patient.pk in seen_of(user, [patient.pk]):
        messages.info(request, _("You see this patient already."))
        return redirect("patients:patient", pk=patient.pk)
    return _reason_page(request, patient, ReasonForm(), by_number=bool(wanted.number))


@require_POST
def open_(request: HttpRequest) -> HttpResponse:
    """Break the glass: the pass says for whom, the form says why."""
    user: Any = request.user
    require(user, Permission.BREAK_GLASS)
    patient, by_number = read_pass(user, request.POST.get("pass", ""))
    form = ReasonForm(request.POST)
    refusal, prove_url = "", ""
    if not stepped_up(request):
        refusal = _("Prove first that it is still you, then send this again. What you typed is kept.")
        prove_url = step_up_url(user, back=reverse("access:emergency"))
    elif form.is_valid():
        try:
            break_glass(patient=patient, by=user, **form.cleaned_data)
            form_name, subject_id = emergency_key(user, patient)
            let_go(by=user, form=form_name, subject_id=subject_id)
            return redirect("patients:patient", pk=patient.pk)
        except Refused as refused:
            if refused.field:
                form.add_error(refused.field, refused.sentence)
            else:
                refusal = refused.sentence
    return _reason_page(
        request, patient, form, by_number=by_number, refusal=refusal, prove_url=prove_url, status=422
    )


@require_POST
def end(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Give sight back before its time."""
    user: Any = request.user
    grant = get_grant_to_end(user, pk)
    end_emergency(grant=grant, by=user)
    messages.success(request, _("Emergency access has ended."))
    return redirect("home") if grant.user_id == user.pk else redirect("access:review", pk=grant.pk)


@passive
@require_safe
def left(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The page asks each minute; at the end it gets words that ask no more."""
    user: Any = request.user
    grant = get_own_grant(user, pk)
    context = {"emergency": countdown(grant.pk, grant.ended_at), "ticking": True}
    part = "_emergency_left" if "strip" in request.GET else "_emergency"
    return render(request, f"components/{part}.html", context)


def _search_page(
    request: HttpRequest, form: TwoIdentifiersForm, *, status: int = 200, **given: Any
) -> HttpResponse:
    user: Any = request.user
    context = {"form": form, "minutes": settings.BREAK_GLASS_MINUTES, "helpers": helpers(user), **given}
    return render(request, "patients/emergency.html", context, status=status)


def _reason_page(
    request: HttpRequest,
    patient: Patient,
    form: ReasonForm,
    *,
    by_number: bool,
    status: int = 200,
    **given: Any,
) -> HttpResponse:
    """Two identifiers and no more: the two that were typed."""
    user: Any = request.user
    named = (
        {"label": _("Record number"), "value": patient.record_number}
        if by_number
        else {"label": _("Family name"), "value": patient.family}
    )
    draft = read_draft(user, *emergency_key(user, patient), restore=not form.is_bound)
    form.initial.update(draft.fields)
    context = {
        "form": form,
        "draft": draft,
        "pass": pass_for(user, patient, by_number=by_number),
        "named": named,
        "born": patient.birth_date,
        "minutes": settings.BREAK_GLASS_MINUTES,
        **given,
    }
    return render(request, "patients/emergency_reason.html", context, status=status)
