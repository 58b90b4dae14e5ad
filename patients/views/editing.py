"""How every form about one patient is shown, saved and refused.

Saved: back to where the person came from. Not in order, or not now: the same page with what stands in the way (422).
Someone else saved first: both values side by side, nothing typed is lost (409).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from coordination.accounts.models import User
from coordination.drafts.access import Kept
from coordination.drafts.actions import let_go
from coordination.lib.editing import side_by_side
from coordination.lib.refusal import Refused, Stale
from patients.access import record_visit
from patients.banner import record_page
from patients.changes import undo_address
from patients.drafts import draft_of
from patients.forms.record import RecordForm
from patients.models import Patient


@dataclass(frozen=True)
class Work:
    """One thing a person is about to do to one patient's record."""

    tab: str
    label: str  # the heading, as in "Add an allergy"
    commit: str  # the button, as in "Save allergy": the patient's name is added
    back: str
    said: str  # what the page says when it is done; never a name
    lead: str = ""
    danger: bool = False
    draft: Kept | None = None  # where what is typed is kept meanwhile


def answer(
    request: HttpRequest,
    patient: Patient,
    work: Work,
    form: RecordForm,
    act: Callable[[RecordForm], Any],
) -> HttpResponse:
    """Show the form, or do what it asks for. What is typed into it is kept meanwhile, and gone with the save."""
    work = replace(work, draft=draft_of(request, patient, form.row))
    if request.method != "POST":
        form.restore(work.draft.fields if work.draft else {})
        record_visit(
            cast("User", request.user), patient, page=f"{work.tab}, form"
        )  # the banner stands on top of it
        return _page(request, patient, work, form)
    if not form.is_valid():
        return _page(request, patient, work, form, status=422)
    try:
        done = act(form)
    except Refused as refusal:
        if refusal.field in form.fields:
            form.add_error(refusal.field, refusal.sentence)
            return _page(request, patient, work, form, status=422)
        return _page(request, patient, work, form, refusal=refusal.sentence, status=422)
    except Stale as stale:
        return _conflict(request, patient, work, form, stale)
    if work.draft is not None:
        let_go(by=request.user, form=work.draft.form, subject_id=work.draft.subject_id)
    messages.success(request, said_words(work, form), extra_tags=undo_address(done))
    return HttpResponseRedirect(work.back)


def said_words(work: Work, form: RecordForm) -> str:
    """What was done, and whose change of another field stands beside it."""
    row = form.row  # as it was when this request came
    kept = (
        form.kept_of(row.editable_values()) if row is not None and form.shown_version != row.version else []
    )
    if row is None or not kept:
        return work.said
    words = {"said": work.said, "other": row.updated_by, "fields": ", ".join(kept)}
    return _("%(said)s What %(other)s changed meanwhile was kept: %(fields)s.") % words


def _page(
    request: HttpRequest,
    patient: Patient,
    work: Work,
    form: RecordForm,
    *,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    user: Any = request.user
    context = {
        **record_page(user, patient, work.tab, label=work.label),
        "work": work,
        "form": form,
        "draft": work.draft,
        "refusal": refusal,
        "commit": commit_words(work, patient),
    }
    return render(request, "patients/form.html", context, status=status)


def commit_words(work: Work, patient: Patient) -> str:
    """The button that commits names the patient."""
    return _("%(verb)s for %(name)s") % {"verb": work.commit, "name": patient.display_name}


def _conflict(
    request: HttpRequest, patient: Patient, work: Work, form: RecordForm, stale: Stale
) -> HttpResponse:
    user: Any = request.user
    together = form.row.together if form.row is not None else ()
    rows, same = side_by_side(form, stale.current, leave_out=("patient",), together=together)
    seen = json.dumps(form.seen_of(stale.current))  # what is chosen is measured against what is stored now
    conflict = {
        "sentence": stale.sentence,
        "fields": rows,
        "action": request.path,
        "version": stale.version,
        "hidden": [("patient", str(patient.pk)), ("seen", seen), *same],
        "save_label": commit_words(work, patient),
        "cancel_url": work.back,
    }
    context = {**record_page(user, patient, work.tab, label=work.label), "conflict": conflict}
    return render(request, "patients/conflict.html", context, status=409)
