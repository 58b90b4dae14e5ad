"""Health history: reference, with where each line came from and when it was checked."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coordination.accounts.permissions import Permission
from coordination.lib.paging import keyset
from patients import access, lines
from patients.actions import history as actions
from patients.banner import record_page, with_query
from patients.forms.history import FORMS, SensitivityForm
from patients.forms.record import ConfirmForm, EndForm, ReasonForm
from patients.models import (
    HISTORY,
    Allergy,
    Condition,
    HistoryItem,
    Medication,
    Observation,
    Patient,
    RecordStatus,
)
from patients.views.editing import Work, answer
from patients.walking import walk_here

KINDS: dict[str, type[HistoryItem]] = {model.timeline.kind: model for model in HISTORY}
ENDING = (Condition, Medication, Allergy)
SUMMARY_ROWS = 200
either = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def history(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What holds now: conditions, allergies, medications. Each kind has a list of its own behind `?part=`."""
    user: Any = request.user
    part = request.GET.get("part", "")
    model = KINDS.get(part)
    patient = access.open_record(user, pk, page=f"history {part}".strip(), permission=Permission.HISTORY_VIEW)
    page = record_page(user, patient, "history", walk=walk_here(request, patient, "history"))
    context = {
        **page,
        "parts": _parts(patient, part, page["along"]),
        "can_edit": user.may(Permission.HISTORY_EDIT),
        "add_links": _add_links(patient),
        "hides": access.hides_history(user, patient, [model] if model else list(ENDING)),
    }
    if model is Observation:
        rows = lines.result_rows(patient, access.latest_results(user, patient, SUMMARY_ROWS))
        return render(request, "patients/history_results.html", {**context, "rows": rows})
    if model is not None:
        return render(request, "patients/history_part.html", {**context, **_part(request, patient, model)})
    conditions, medications, allergies_ = (
        _section(user, patient, each) for each in (Condition, Medication, Allergy)
    )
    context |= {"conditions": conditions, "medications": medications, "allergies": allergies_}
    context["allergy_acts"] = _allergy_acts(patient, context["banner"].allergies)
    return render(request, "patients/history.html", context)


def _part(request: HttpRequest, patient: Patient, model: type[HistoryItem]) -> dict[str, Any]:
    """All lines of one kind, a page at a time; or those that were entered in error."""
    user: Any = request.user
    mistakes = "mistakes" in request.GET
    page = keyset(
        access.history_of(user, model, patient, mistakes=mistakes),
        order=[("occurred_at", "desc"), ("id", "desc")],
        after=request.GET.get("after"),
        before=request.GET.get("before"),
        size=50,
    )
    return {
        "table": lines.section(patient, model, page.rows),
        "pager": page.links(request.GET),
        "mistakes": mistakes,
        "part": model.timeline.kind,
    }


@require_safe
def item(request: HttpRequest, pk: UUID, kind: str, item_pk: UUID) -> HttpResponse:
    """One line with everything known about it, and what can be done with it."""
    user: Any = request.user
    patient = access.open_record(user, pk, page=f"history {kind}", permission=Permission.HISTORY_VIEW)
    row = _item(user, patient, kind, item_pk, Permission.HISTORY_VIEW)
    context = {
        **record_page(user, patient, "history", label=str(row.timeline.label)),
        "line": lines.line(patient, row),
        "facts": lines.facts(patient, row),
        "can_edit": user.may(Permission.HISTORY_EDIT),
        "can_end": isinstance(row, ENDING) and row.is_active,
        "is_error": row.record_status == RecordStatus.ENTERED_IN_ERROR,
        "links": {name: reverse(f"patients:history_{name}", args=[pk, kind, item_pk]) for name in ITEM_PAGES},
        "check_form": ConfirmForm(patient=patient, row=row, auto_id=False),
        "back": _list_url(patient, kind),
    }
    return render(request, "patients/history_item.html", context)


ITEM_PAGES = ("check", "dispute", "error", "end", "sensitivity")


@require_safe
def series(request: HttpRequest, pk: UUID, item_pk: UUID) -> HttpResponse:
    """Every result of one kind: points on a line, and the same as a table."""
    user: Any = request.user
    patient = access.open_record(user, pk, page="history series", permission=Permission.HISTORY_VIEW)
    of = access.get_of_patient(user, Observation, patient, item_pk, permission=Permission.HISTORY_VIEW)
    after, before = request.GET.get("after"), request.GET.get("before")
    page = access.result_series(user, patient, of, after=after, before=before)
    context = {
        **record_page(user, patient, "history", label=of.text),
        "of": of,
        "rows": lines.result_rows(patient, page.rows),
        "chart": lines.chart(page.rows),
        "pager": page.links(request.GET),
        "back": _list_url(patient, "observation"),
    }
    return render(request, "patients/history_series.html", context)


@either
def add(request: HttpRequest, pk: UUID, kind: str) -> HttpResponse:
    patient = access.get_patient(_user(request), pk, permission=Permission.HISTORY_EDIT)
    model = KINDS.get(kind)
    if model is None:
        raise Http404
    form = FORMS[model](request.POST or None, patient=patient)
    what = str(model.timeline.label)
    work = Work(
        tab="history",
        label=_("Add: %(what)s") % {"what": what.lower()},
        commit=_("Save"),
        back=_list_url(patient, kind),
        said=_("Added to the health history."),
    )
    return answer(
        request,
        patient,
        work,
        form,
        lambda filled: actions.add_history_item(
            patient=patient, model=model, values=filled.values(), by=_user(request)
        ),
    )


@require_POST
def check(request: HttpRequest, pk: UUID, kind: str, item_pk: UUID) -> HttpResponse:
    patient, row = _editable(request, pk, kind, item_pk)
    work = _item_work(patient, row, _("Mark as checked"), _("Marked as checked."))
    form = ConfirmForm(request.POST, patient=patient, row=row)
    return answer(
        request,
        patient,
        work,
        form,
        lambda filled: actions.check_history_item(item=row, version=filled.shown_version, by=_user(request)),
    )


@either
def dispute(request: HttpRequest, pk: UUID, kind: str, item_pk: UUID) -> HttpResponse:
    patient, row = _editable(request, pk, kind, item_pk)
    lead = _(
        "The line stays, marked as disputed, with your name and reason. Checking it again settles the doubt."
    )
    work = _item_work(patient, row, _("Dispute"), _("Marked as disputed."), lead)
    form = ReasonForm(request.POST or None, patient=patient, row=row)
    return answer(
        request,
        patient,
        work,
        form,
        lambda filled: actions.dispute_history_item(
            item=row, reason=filled.cleaned_data["reason"], version=filled.shown_version, by=_user(request)
        ),
    )


@either
def error(request: HttpRequest, pk: UUID, kind: str, item_pk: UUID) -> HttpResponse:
    patient, row = _editable(request, pk, kind, item_pk)
    lead = _("Nothing is erased: the line is kept out of every list, and its own page says why.")
    work = _item_work(
        patient, row, _("Mark as entered in error"), _("Marked as entered in error."), lead, danger=True
    )
    form = ReasonForm(request.POST or None, patient=patient, row=row)
    return answer(
        request,
        patient,
        work,
        form,
        lambda filled: actions.enter_in_error(
            item=row, reason=filled.cleaned_data["reason"], version=filled.shown_version, by=_user(request)
        ),
    )


@either
def end(request: HttpRequest, pk: UUID, kind: str, item_pk: UUID) -> HttpResponse:
    patient, row = _editable(request, pk, kind, item_pk)
    verb = {"condition": _("Mark as resolved"), "medication": _("Mark as stopped")}.get(
        kind, _("Mark as no longer held")
    )
    work = _item_work(patient, row, verb, _("The line was ended."))
    form = EndForm(request.POST or None, patient=patient, row=row)
    return answer(
        request,
        patient,
        work,
        form,
        lambda filled: actions.end_history_item(
            item=row, on=filled.cleaned_data["on"], version=filled.shown_version, by=_user(request)
        ),
    )


@either
def sensitivity(request: HttpRequest, pk: UUID, kind: str, item_pk: UUID) -> HttpResponse:
    patient, row = _editable(request, pk, kind, item_pk)
    work = _item_work(patient, row, _("Set who may see this"), _("Saved."))
    form = SensitivityForm(request.POST or None, patient=patient, row=row)
    return answer(
        request,
        patient,
        work,
        form,
        lambda filled: actions.set_sensitivity(
            item=row,
            sensitivity=filled.cleaned_data["sensitivity"],
            version=filled.shown_version,
            seen=filled.seen_before(),
            by=_user(request),
        ),
    )


@require_POST
def allergies(request: HttpRequest, pk: UUID, state: str) -> HttpResponse:
    """None known, all checked, or unavailable: said of the list as a whole."""
    user = _user(request)
    patient = access.get_patient(user, pk, permission=Permission.HISTORY_EDIT)
    act = {
        "none": actions.confirm_no_allergies,
        "checked": actions.check_allergies,
        "unavailable": actions.make_allergies_unavailable,
    }.get(state)
    if act is None:
        raise Http404
    label = {
        "none": _("Confirm: no known allergies"),
        "checked": _("Confirm: all allergies checked today"),
        "unavailable": _("Allergies unavailable now"),
    }[state]
    work = Work(tab="history", label=label, commit=_("Confirm"), back=_list_url(patient), said=_("Saved."))
    form = ConfirmForm(request.POST, patient=patient, row=patient)
    return answer(
        request,
        patient,
        work,
        form,
        lambda filled: act(patient=patient, version=filled.shown_version, by=user),
    )


def _user(request: HttpRequest) -> Any:
    return request.user


def _item(user: Any, patient: Patient, kind: str, item_pk: UUID, permission: Permission) -> HistoryItem:
    if kind not in KINDS:
        raise Http404
    return access.get_of_patient(user, KINDS[kind], patient, item_pk, permission=permission)


def _editable(request: HttpRequest, pk: UUID, kind: str, item_pk: UUID) -> tuple[Patient, HistoryItem]:
    user = _user(request)
    patient = access.get_patient(user, pk, permission=Permission.HISTORY_EDIT)
    return patient, _item(user, patient, kind, item_pk, Permission.HISTORY_EDIT)


def _item_work(
    patient: Patient, row: HistoryItem, verb: str, said: str, lead: str = "", *, danger: bool = False
) -> Work:
    label = _("%(verb)s: %(what)s") % {"verb": verb, "what": row.text}
    return Work("history", label, verb, _list_url(patient, row.timeline.kind), said, lead, danger)


def _list_url(patient: Patient, kind: str = "") -> str:
    url = reverse("patients:history", args=[patient.pk])
    in_summary = kind in {"", *(model.timeline.kind for model in ENDING)}
    return url if in_summary else f"{url}?part={kind}"


def _parts(patient: Patient, current: str, along: str) -> list[dict[str, Any]]:
    url = reverse("patients:history", args=[patient.pk])
    parts = [{"url": with_query(url, along), "label": _("Now"), "current": current not in KINDS}]
    return parts + [
        {"url": with_query(f"{url}?part={kind}", along), "label": model.label, "current": kind == current}
        for kind, model in KINDS.items()
    ]


def _add_links(patient: Patient) -> list[dict[str, Any]]:
    return [
        {"url": reverse("patients:history_add", args=[patient.pk, kind]), "label": model.timeline.label, "icon": model.timeline.icon}
        for kind, model in KINDS.items()
    ]  # fmt: skip


def _allergy_acts(patient: Patient, allergies_: dict[str, Any]) -> list[dict[str, Any]]:
    """What can be said of the list as a whole: which of the four states is possible now."""
    states = (
        [("checked", _("All allergies checked today"))]
        if allergies_["state"] == "known"
        else [("none", _("Asked: no known allergies")), ("unavailable", _("Cannot be asked now"))]
    )
    return [
        {
            "url": reverse("patients:history_allergies", args=[patient.pk, state]),
            "label": label,
            "form": ConfirmForm(patient=patient, row=patient, auto_id=False),
        }
        for state, label in states
    ]


def _section(user: Any, patient: Patient, model: type[HistoryItem]) -> lines.Section:
    rows = access.history_of(user, model, patient).order_by("-is_active", "-occurred_at", "-id")[
        :SUMMARY_ROWS
    ]
    return lines.section(patient, model, list(rows))
