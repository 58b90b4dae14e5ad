"""Two records of one person: find the other one, look at both, make them one; and take that back."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from coordination.accounts.permissions import Permission
from coordination.audit.actions import record_access
from coordination.drafts.access import Kept, read_draft
from coordination.drafts.actions import let_go
from coordination.lib.refusal import Refused, Stale
from patients import access, pairs
from patients.actions.merging import merge_patients, plan_merge
from patients.actions.telling_apart import tell_apart
from patients.actions.unmerging import plan_unmerge, unmerge_patients
from patients.changes import undo_address
from patients.comparing import differences
from patients.drafts import apart_key, merge_key, unmerge_key
from patients.finding import fingerprint
from patients.forms.merging import MergeForm, OtherRecordForm, PairForm, TwoPeopleForm, UnmergeForm
from patients.models import Patient

either = require_http_methods(["GET", "HEAD", "POST"])
MERGE = Permission.PATIENT_MERGE


@either
def choose(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Who may be the same person, a search by two identifiers, and what was merged before."""
    user: Any = request.user
    patient = access.open_record(user, pk, page="merge", permission=MERGE)
    form = OtherRecordForm(request.POST or None)
    found, status = None, 200
    if request.method == "POST" and form.is_valid():
        found = pairs.found_others(user, patient, form.text)
        record_access(
            "search", "patient.merge_searched", by=user, patient_id=patient.pk,
            detail={"query": fingerprint(form.text), "results": len(found)},
        )  # fmt: skip
    elif request.method == "POST":
        status = 422
    context = {
        "patient": patient,
        "who": pairs.who(user, patient),
        "form": form,
        "found": found,
        "likely": pairs.likely_others(user, patient),
        "merges": pairs.history_of_merges(user, patient),
    }
    return render(request, "patients/merge.html", context, status=status)


@either
def compare(request: HttpRequest, pk: UUID, other_pk: UUID) -> HttpResponse:
    """Side by side: which value is kept. Then, on a page of its own, what happens; only that one merges."""
    user: Any = request.user
    survivor, merged = access.get_pair(user, pk, other_pk)
    found = differences(survivor, merged)
    if request.method != "POST":
        for one in (survivor, merged):
            access.record_visit(user, one, page="merge")
        return _side_by_side(
            request, survivor, merged, PairForm(survivor=survivor, merged=merged, found=found)
        )
    step = MergeForm if request.POST.get("step") == "merge" else PairForm
    form = step(request.POST, survivor=survivor, merged=merged, found=found)
    if not form.is_valid():
        if step is MergeForm and "patient" not in form.errors:
            return _confirm(request, survivor, merged, form, status=422)
        return _side_by_side(request, survivor, merged, form, status=422)
    if step is PairForm:
        return _confirm(request, survivor, merged, form)
    return _merge(request, survivor, merged, form)


@either
def apart(request: HttpRequest, pk: UUID, other_pk: UUID) -> HttpResponse:
    """They are two people: nobody is asked again."""
    user: Any = request.user
    patient, other = (
        access.get_patient(user, one, permission=Permission.PATIENT_EDIT) for one in (pk, other_pk)
    )
    form = TwoPeopleForm(request.POST or None)
    refusal, status = "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                told = tell_apart(patient=patient, other=other, reason=form.cleaned_data["reason"], by=user)
            except Refused as refused:
                refusal = refused.sentence
            else:
                form_name, subject_id = apart_key(patient)
                let_go(by=user, form=form_name, subject_id=subject_id)
                said = _("Remembered: they are two people.")
                messages.success(request, said, extra_tags=undo_address(told))
                return redirect("patients:attention")
    else:
        for one in (patient, other):
            access.record_visit(user, one, page="two people")
    draft = read_draft(user, *apart_key(patient), restore=not form.is_bound)
    if draft.fields.get("other") == str(other.pk):  # said of these two records
        form.initial["reason"] = draft.fields.get("reason", "")
    else:
        draft = Kept(*apart_key(patient))
    context = {
        "form": form,
        "draft": draft,
        "refusal": refusal,
        "patient": patient,
        "other": other,
        "sides": _sides(user, patient, other),
    }
    return render(request, "patients/apart.html", context, status=status)


@either
def unmerge(request: HttpRequest, pk: UUID, merge_pk: UUID) -> HttpResponse:
    """Take a merge back: what goes back, what stays, and what was changed since."""
    user: Any = request.user
    survivor = access.get_patient(user, pk, permission=MERGE)
    merge = access.get_merge(user, survivor, merge_pk)
    context: dict[str, Any] = {"patient": survivor, "merge": merge, "who": pairs.who(user, survivor)}
    try:
        said = pairs.undoing_words(plan_unmerge(merge))
    except Refused as refused:
        return render(request, "patients/unmerge.html", {**context, "refusal": refused.sentence}, status=422)
    form = UnmergeForm(request.POST or None, survivor=survivor, touched=said["touched"])
    draft = read_draft(user, *unmerge_key(merge), restore=not form.is_bound)
    form.initial["reason"] = draft.fields.get(
        "reason", ""
    )  # what goes back is chosen anew: it may have changed
    context |= {"said": said, "form": form, "draft": draft}
    if request.method != "POST":
        access.record_visit(user, survivor, page="merge")
        return render(request, "patients/unmerge.html", context)
    if not form.is_valid():
        return render(request, "patients/unmerge.html", context, status=422)
    data = form.cleaned_data
    try:
        unmerge_patients(
            merge=merge,
            reason=data["reason"],
            put_back=data.get("put_back", ()),
            version=data["version"],
            by=user,
        )
    except Stale as stale:
        return render(request, "patients/unmerge.html", {**context, "refusal": stale.sentence}, status=409)
    except Refused as refused:
        return render(request, "patients/unmerge.html", {**context, "refusal": refused.sentence}, status=422)
    let_go(by=user, form=draft.form, subject_id=draft.subject_id)
    messages.success(request, _("The merge was taken back: there are two records again."))
    return redirect("patients:merge", pk=survivor.pk)


def _merge(request: HttpRequest, survivor: Patient, merged: Patient, form: PairForm) -> HttpResponse:
    user: Any = request.user
    data = form.cleaned_data
    form_name, subject_id = merge_key(merged)
    # before what is about the one record moves to the other
    let_go(by=user, form=form_name, subject_id=subject_id)
    try:
        merge_patients(
            survivor=survivor, merged=merged, chosen=form.chosen(), second_identifier=data["second_identifier"],
            reason=data["reason"], survivor_version=data["version"], merged_version=data["merged_version"], by=user,
        )  # fmt: skip
    except Stale:
        sentence = _("One of the two records was changed while you looked at them. Compare them again.")
        fresh = PairForm(survivor=survivor, merged=merged, found=form.found)
        return _side_by_side(request, survivor, merged, fresh, refusal=sentence, status=409)
    except Refused as refused:
        if refused.field in form.fields:
            form.add_error(refused.field, refused.sentence)
            return _confirm(request, survivor, merged, form, status=422)
        return _confirm(request, survivor, merged, form, refusal=refused.sentence, status=422)
    messages.success(request, _("The two records are one. A task asks somebody to check the result."))
    return redirect("patients:patient", pk=survivor.pk)


def _side_by_side(
    request: HttpRequest,
    survivor: Patient,
    merged: Patient,
    form: PairForm,
    *,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    user: Any = request.user
    context = {
        "form": form,
        "refusal": refusal,
        "survivor": survivor,
        "merged": merged,
        "sides": _sides(user, survivor, merged),
        "rows": pairs.compared(form),
        "apart": access.told_apart_from(survivor).get(merged.pk),
    }
    return render(request, "patients/merge_with.html", context, status=status)


def _sides(user: Any, *patients: Patient) -> list[dict[str, Any]]:
    return [pairs.side(user, patient) for patient in patients]


def _confirm(
    request: HttpRequest,
    survivor: Patient,
    merged: Patient,
    form: PairForm,
    *,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    """The interruption: what happens, who sees it, and the second identifier."""
    user: Any = request.user
    try:
        plan = plan_merge(survivor=survivor, merged=merged, chosen=form.chosen())
    except Refused as refused:
        return _side_by_side(request, survivor, merged, form, refusal=refused.sentence, status=422)
    draft = Kept(*merge_key(merged))
    if not isinstance(form, MergeForm):
        carried = {bound.html_name: bound.value() for bound in form}
        form = MergeForm(survivor=survivor, merged=merged, found=form.found)
        form.initial.update(carried)
        before = read_draft(user, *merge_key(merged))
        if before.fields.get("into") == str(survivor.pk):  # said of these two records
            draft = before
            form.initial["reason"] = before.fields.get("reason", "")
    context = {
        "form": form,
        "draft": draft,
        "refusal": refusal,
        "survivor": survivor,
        "merged": merged,
        "plan": plan,
        "sides": [{"who": pairs.who(user, patient)} for patient in (survivor, merged)],
    }
    return render(request, "patients/merge_confirm.html", context, status=status)
