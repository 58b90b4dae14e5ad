"""Emergency access, looked at afterwards by someone else."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from coordination.audit.actions import record_access
from coordination.audit.models import Event
from coordination.drafts.access import read_draft
from coordination.drafts.actions import let_go
from coordination.lib import display
from coordination.lib.permissions import Permission
from coordination.lib.refusal import Refused
from patients import emergency
from patients.actions.sight import review_access
from patients.drafts import review_key
from patients.forms.sight import ReviewForm
from patients.models import AccessGrant
from patients.overviews import event_line

TONES = {"": "amber", "appropriate": "green", "questioned": "amber", "breach": "red"}


@require_safe
def reviews(request: HttpRequest) -> HttpResponse:
    """What waits for a review, oldest promise first in My day; here the newest is on top."""
    user: Any = request.user
    reviewed = request.GET.get("show") == "reviewed"
    page = emergency.page_of_reviews(
        user, reviewed=reviewed, after=request.GET.get("after"), before=request.GET.get("before")
    )
    here = reverse("access:reviews")
    now = timezone.now()
    context = {
        "lines": [_line(grant, now) for grant in page.rows],
        "pager": page.links(request.GET),
        "reviewed": reviewed,
        "may_explain": user.may(Permission.ACCESS_EXPLAIN),
        "tabs": [
            {"url": here, "label": _("To review"), "current": not reviewed},
            {"url": f"{here}?show=reviewed", "label": _("Reviewed"), "current": reviewed},
        ],
    }
    return render(request, "patients/reviews.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Who, what, when and why; what was opened; and the finding."""
    user: Any = request.user
    grant = emergency.get_review(user, pk)
    if request.method != "POST":
        return _page(request, grant, ReviewForm())
    form = ReviewForm(request.POST)
    refusal = ""
    if form.is_valid():
        try:
            review_access(
                grant=grant,
                note=form.cleaned_data["finding_note"],
                finding=form.cleaned_data["finding"],
                by=user,
            )
            form_name, subject_id = review_key(grant)
            let_go(by=user, form=form_name, subject_id=subject_id)
            messages.success(request, _("Review saved. Its task is closed."))
            return redirect("access:reviews")
        except Refused as refused:
            if refused.field:
                form.add_error(refused.field, refused.sentence)
            else:
                refusal = refused.sentence
    return _page(request, grant, form, refusal=refusal, status=422)


def _page(
    request: HttpRequest, grant: AccessGrant, form: ReviewForm, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    user: Any = request.user
    record_access(Event.Kind.VIEW, "access.review_viewed", by=user, target=grant, patient_id=grant.patient_id)
    page = emergency.opened_during(grant, after=request.GET.get("after"), before=request.GET.get("before"))
    now = timezone.now()
    draft = read_draft(user, *review_key(grant), restore=not form.is_bound)
    form.initial.update(draft.fields)
    context = {
        "draft": draft,
        "grant": grant,
        "line": _line(grant, now),
        "events": [event_line(event) for event in page.rows],
        "pager": page.links(request.GET),
        "form": form,
        "refusal": refusal,
        "is_running": grant.is_running(now),
    }
    return render(request, "patients/review.html", context, status=status)


def _line(grant: AccessGrant, now: Any) -> dict[str, Any]:
    state = grant.get_finding_display() or (_("Still open") if grant.is_running(now) else _("To review"))
    return {
        "it": grant,
        "url": reverse("access:review", args=[grant.pk]),
        "who": {
            "name": grant.patient.display_name,
            "born": grant.patient.birth_date,
            "identifier": grant.patient.record_number,
        },
        "patient_url": reverse("patients:patient", args=[grant.patient_id]),
        "minutes": max(1, round((min(grant.ended_at, now) - grant.starts_at).total_seconds() / 60)),
        "until": display.hour(grant.ended_at),
        "state": state,
        "tone": TONES[grant.finding],
    }
