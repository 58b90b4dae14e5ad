"""Changing who the patient is and how to reach them; the beginning and the end of care."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as __
from django.views.decorators.http import require_http_methods, require_safe

from coordination.accounts.permissions import Permission
from patients import access
from patients.actions import care, identity, reaching
from patients.banner import record_page
from patients.changes import line_words
from patients.forms.identity import LanguageSection, NameSection, PatientSection, PersonSection
from patients.forms.people import HandOverForm
from patients.forms.reaching import AddressForm, DeathForm, IdentifierForm, PhoneForm, RemoveForm
from patients.forms.record import ReasonForm, RecordForm
from patients.models import Address, ContactPoint, Identifier, Patient
from patients.views.editing import Work, answer
from patients.views.registration import hidden_names

either = require_http_methods(["GET", "HEAD", "POST"])
EDIT = Permission.PATIENT_EDIT


@dataclass(frozen=True)
class Kind:
    """One of the three lists of lines, and the actions behind it."""

    model: type[Any]
    form: type[RecordForm]
    title: Promise
    add: Callable[..., Any]
    change: Callable[..., Any]
    remove: Callable[..., Any]
    argument: str
    words: dict[str, Promise]


KINDS = {
    "phones": Kind(
        ContactPoint, PhoneForm, __("Phones and e-mail"), reaching.add_phone, reaching.change_phone, reaching.remove_phone, "phone",
        {"add": __("Add a phone or e-mail"), "change": __("Change a phone or e-mail"), "remove": __("Stop using a phone or e-mail")},
    ),
    "addresses": Kind(
        Address, AddressForm, __("Addresses"), reaching.add_address, reaching.change_address, reaching.remove_address, "address",
        {"add": __("Add an address"), "change": __("Change an address"), "remove": __("End an address")},
    ),
    "identifiers": Kind(
        Identifier, IdentifierForm, __("Identifiers"), reaching.add_identifier, reaching.change_identifier, reaching.remove_identifier,
        "identifier", {"add": __("Add an identifier"), "change": __("Change an identifier"), "remove": __("End an identifier")},
    ),
}  # fmt: skip


@require_safe
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Everything that can be changed, with what it is now."""
    user: Any = request.user
    patient = access.open_record(user, pk, page="edit", permission=EDIT)
    hidden = hidden_names(user)
    context = {
        **record_page(user, patient, "", label=_("Edit")),
        "sections": [
            _section(patient, NameSection(patient=patient), "name", _("Name")),
            _section(patient, PersonSection(patient=patient, leave_out=hidden), "person", _("Person")),
            _section(patient, LanguageSection(patient=patient), "language", _("Language and needs")),
        ],
        "lines": [_lines(user, patient, key, kind) for key, kind in KINDS.items()],
        "can_change_care": user.may(Permission.CARE_TEAM_EDIT),
        "is_active": patient.status == Patient.Status.ACTIVE,
    }
    return render(request, "patients/edit.html", context)


@either
def name(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _edit_section(request, pk, NameSection, _("Name"))


@either
def person(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _edit_section(request, pk, PersonSection, _("Person"))


@either
def language(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _edit_section(request, pk, LanguageSection, _("Language and needs"))


@either
def line_new(request: HttpRequest, pk: UUID, kind: str) -> HttpResponse:
    user: Any = request.user
    patient = access.get_patient(user, pk, permission=EDIT)
    lines = _kind(kind)
    work = _work(patient, str(lines.words["add"]), _("Save"), _("Saved."))
    form = lines.form(request.POST or None, patient=patient)
    return answer(
        request, patient, work, form, lambda form: lines.add(patient=patient, values=form.values(), by=user)
    )


@either
def line_edit(request: HttpRequest, pk: UUID, kind: str, line_pk: UUID) -> HttpResponse:
    user: Any = request.user
    patient = access.get_patient(user, pk, permission=EDIT)
    lines = _kind(kind)
    line = access.get_of_patient(user, lines.model, patient, line_pk, permission=EDIT)
    work = _work(patient, str(lines.words["change"]), _("Save"), _("Saved."))
    form = lines.form(request.POST or None, patient=patient, row=line)

    def change(form: RecordForm) -> Any:
        return lines.change(**{lines.argument: line}, **form.edited(), by=user)

    return answer(request, patient, work, form, change)


@either
def line_remove(request: HttpRequest, pk: UUID, kind: str, line_pk: UUID) -> HttpResponse:
    user: Any = request.user
    patient = access.get_patient(user, pk, permission=EDIT)
    lines = _kind(kind)
    line = access.get_of_patient(user, lines.model, patient, line_pk, permission=EDIT)
    work = _work(
        patient, str(lines.words["remove"]), _("Confirm"), _("Saved."), lead=line_words(line), danger=True
    )
    form = RemoveForm(request.POST or None, patient=patient, row=line)

    def remove(form: RecordForm) -> Any:
        return lines.remove(**{lines.argument: line}, version=form.shown_version, by=user, **form.values())

    return answer(request, patient, work, form, remove)


# --- care -----------------------------------------------------------------------------------------


@either
def death(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Record that the patient has died, or that this was said wrongly."""
    user: Any = request.user
    patient = access.get_patient(user, pk, permission=EDIT)
    if patient.is_deceased:
        work = _work(patient, _("The patient is alive"), _("Correct"), _("Corrected."))
        form: RecordForm = ReasonForm(request.POST or None, patient=patient, row=patient)
        return answer(
            request, patient, work, form,
            lambda form: care.correct_death(patient=patient, reason=form.values()["reason"], version=form.shown_version, by=user),
        )  # fmt: skip
    lead = _("The record is marked, and nobody is called any more.")
    work = _work(patient, _("Record a death"), _("Record the death"), _("Recorded."), lead=lead, danger=True)
    form = DeathForm(request.POST or None, patient=patient, row=patient)
    return answer(
        request, patient, work, form,
        lambda form: care.record_death(patient=patient, died_on=form.values()["died_on"], version=form.shown_version, by=user),
    )  # fmt: skip


@either
def end_care(request: HttpRequest, pk: UUID) -> HttpResponse:
    user: Any = request.user
    patient = access.get_patient(user, pk, permission=Permission.CARE_TEAM_EDIT)
    lead = _("The care team keeps sight of the record for %(days)s days.") % {
        "days": user.organization.sight_grace_days
    }
    work = _work(patient, _("End care"), _("End care"), _("Care has ended."), lead=lead, danger=True)
    form = ReasonForm(request.POST or None, patient=patient, row=patient)
    return answer(
        request, patient, work, form,
        lambda form: care.end_care(patient=patient, reason=form.values()["reason"], version=form.shown_version, by=user),
    )  # fmt: skip


@either
def resume_care(request: HttpRequest, pk: UUID) -> HttpResponse:
    user: Any = request.user
    patient = access.get_patient(user, pk, permission=Permission.CARE_TEAM_EDIT)
    work = _work(patient, _("Take back into care"), _("Take back"), _("The patient is in care again."))
    form = HandOverForm(request.POST or None, patient=patient, row=patient, by=user)

    def resume(form: RecordForm) -> Any:
        chosen = form.cleaned_data["coordinator"]
        return care.resume_care(patient=patient, coordinator=chosen, version=form.shown_version, by=user)

    return answer(request, patient, work, form, resume)


# --- the same for all -----------------------------------------------------------------------------


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise Http404
    return KINDS[name]


def _edit_section(request: HttpRequest, pk: UUID, section: type[PatientSection], label: str) -> HttpResponse:
    user: Any = request.user
    patient = access.get_patient(user, pk, permission=EDIT)
    work = _work(patient, label, _("Save"), _("Saved."))
    form = section(request.POST or None, patient=patient, leave_out=hidden_names(user))
    return answer(
        request, patient, work, form,
        lambda form: identity.edit_patient(patient=patient, **form.edited(), by=user),
    )  # fmt: skip


def _work(
    patient: Patient, label: str, commit: str, said: str, *, lead: str = "", danger: bool = False
) -> Work:
    back = reverse("patients:edit", args=[patient.pk])
    return Work(tab="", label=label, commit=commit, back=back, said=said, lead=lead, danger=danger)


def _section(patient: Patient, form: RecordForm, route: str, title: str) -> dict[str, Any]:
    """A section as facts. What is not known is said."""
    facts = [
        {"label": bound.label, "value": _value_words(form, bound.name, bound.initial)}
        for bound in form.shown_fields()
    ]
    return {"title": title, "facts": facts, "url": reverse(f"patients:edit_{route}", args=[patient.pk])}


def _value_words(form: RecordForm, name: str, value: Any) -> str:
    field = form.fields[name]
    choices = dict(getattr(field, "choices", []) or [])
    if isinstance(value, list):
        return ", ".join(str(choices.get(item, item)) for item in value) or _("Not recorded")
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if choices:
        return str(choices.get(value, value))
    return str(field.prepare_value(value)) if value else _("Not recorded")


def _lines(user: Any, patient: Patient, key: str, kind: Kind) -> dict[str, Any]:
    found = access.rows_of(user, kind.model, patient)
    return {
        "title": kind.title,
        "add": kind.words["add"],
        "add_url": reverse("patients:line_new", args=[patient.pk, key]),
        "rows": [
            {
                "label": line.get_use_display() if isinstance(line, Address) else line.get_kind_display(),
                "value": line_words(line),
                "struck": _is_over(line, user.organization.today()),
                "edit_url": reverse("patients:line_edit", args=[patient.pk, key, line.pk]),
                "remove_url": reverse("patients:line_remove", args=[patient.pk, key, line.pk]),
            }
            for line in found.order_by(*(kind.model._meta.ordering or ["kind", "id"]))
        ],
    }


def _is_over(line: Any, today: Any) -> bool:
    return getattr(line, "do_not_use", False) or bool(getattr(line, "ends_on", None) and line.ends_on < today)
