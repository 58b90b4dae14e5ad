"""Adding a patient: look first, then write down what is known."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from coordination.accounts.models import User
from coordination.audit.actions import record_access
from coordination.drafts.access import Kept, read_draft
from coordination.drafts.actions import let_go
from coordination.lib.editing import as_sent
from coordination.lib.permissions import Permission, require
from coordination.lib.refusal import Refused
from patients.access import seen_of
from patients.actions.registration import DuplicateFound, probe_of, register_patient
from patients.finding import fingerprint
from patients.forms.identity import CLINICAL
from patients.forms.registration import LookForm, Registration
from patients.matching import Match, duplicates
from patients.registry import rows


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    require(user, Permission.PATIENT_REGISTER)
    if request.method != "POST":
        draft = read_draft(user, *draft_key(user))
        if draft.draft is not None:
            return _go_on(request, user, draft)
        return render(request, "patients/look.html", {"form": LookForm()})
    return _save(request, user) if request.POST.get("step") == "save" else _look(request, user)


@require_POST
def similar(request: HttpRequest) -> HttpResponse:
    """The live panel: who on record may be the person that is being typed."""
    user: Any = request.user
    require(user, Permission.PATIENT_REGISTER)
    form = Registration(request.POST, by=user, leave_out=hidden_names(user))
    form.patient.is_valid()
    return render(request, "patients/_duplicates.html", {"form": form, **_panel(user, _matches(user, form))})


def hidden_names(user: User) -> set[str]:
    """Fields of a patient this role neither sees nor sets."""
    return set() if user.may(Permission.HISTORY_VIEW) else set(CLINICAL)


def draft_key(user: User) -> tuple[str, UUID]:
    return "patient-new", user.pk


def _go_on(request: HttpRequest, user: User, draft: Kept) -> HttpResponse:
    """Where the typing was cut short, with whom it may be by now."""
    hidden, typed = hidden_names(user), draft.fields
    sent = Registration(as_sent(typed), by=user, leave_out=hidden)
    sent.patient.is_valid()
    form = Registration(by=user, leave_out=hidden)
    form.restore(typed)
    return _page(request, form, _panel(user, _matches(user, sent)), draft=draft)


def _look(request: HttpRequest, user: User) -> HttpResponse:
    look = LookForm(request.POST)
    if not look.is_valid():
        return render(request, "patients/look.html", {"form": look}, status=422)
    asked = look.cleaned_data
    form = Registration(by=user, leave_out=hidden_names(user), initial=asked)
    matches = duplicates(probe_of(user, asked, [], [], []))
    return _page(request, form, _panel(user, matches, asked))


def _save(request: HttpRequest, user: User) -> HttpResponse:
    form = Registration(request.POST, by=user, leave_out=hidden_names(user))
    if not form.is_valid():
        return _page(request, form, _panel(user, _matches(user, form)), status=422)
    data = form.patient.cleaned_data
    try:
        patient = register_patient(
            values=form.patient.values(), phones=form.phone_values(), addresses=form.address_values(),
            identifiers=form.identifier_values(), coordinator=data["coordinator"], team=data["team"], by=user,
            confirmed_not_duplicate=data["not_duplicate"], why_not_duplicate=data["why_not_duplicate"],
        )  # fmt: skip
    except DuplicateFound as found:
        return _page(request, form, _panel(user, found.matches), refusal=found.sentence, status=422)
    except Refused as refusal:
        named = refusal.field in form.patient.fields
        if named:
            form.patient.add_error(refusal.field, refusal.sentence)
        panel = _panel(user, _matches(user, form))
        return _page(request, form, panel, refusal="" if named else refusal.sentence, status=422)
    form_name, subject_id = draft_key(user)
    let_go(by=user, form=form_name, subject_id=subject_id)
    if not seen_of(user, [patient.pk]):
        messages.success(
            request, _("The patient was added. Their record is open to the team and coordinator you chose.")
        )
        return redirect("patients:registry")
    messages.success(request, _("The patient was added."))
    return redirect("patients:patient", pk=patient.pk)


def _matches(user: User, form: Registration) -> list[Match]:
    values = getattr(form.patient, "cleaned_data", {})
    return duplicates(
        probe_of(user, values, form.phone_values(), form.address_values(), form.identifier_values())
    )


def _panel(user: User, matches: list[Match], asked: dict[str, Any] | None = None) -> dict[str, Any]:
    """What is shown of them. Of someone the person may not see it says only that there is someone, and only when it is sure."""
    seen = seen_of(user, [match.patient.pk for match in matches])
    shown = [match for match in matches if match.patient.pk in seen]
    hidden = [match for match in matches if match.patient.pk not in seen and match.is_strong]
    if shown or hidden:
        who = " ".join(str(match.patient.pk) for match in matches)
        record_access(
            "search", "patient.duplicates_shown", by=user,
            detail={"query": fingerprint(who), "results": len(shown), "hidden": len(hidden)},
        )  # fmt: skip
    entries = rows([match.patient for match in shown], user)
    return {
        "matches": [
            {"who": entry["who"], "why": match.why, "band": match.band, "strong": match.is_strong}
            for entry, match in zip(entries, shown, strict=True)
        ],
        "hidden": len(hidden),
        "must_confirm": any(match.is_strong for match in matches),
        "searched": True,
    }


def _page(
    request: HttpRequest,
    form: Registration,
    panel: dict[str, Any],
    *,
    refusal: str = "",
    status: int = 200,
    draft: Kept | None = None,
) -> HttpResponse:
    user: Any = request.user
    kept = draft or Kept(*draft_key(user))
    context = {"form": form, "parts": form.parts_of_page(), "refusal": refusal, "draft": kept, **panel}
    return render(request, "patients/new.html", context, status=status)
