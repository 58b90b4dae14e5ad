"""Who may know what: care team, family and proxies, consents, and numbers not to use."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coordination.accounts.permissions import Permission
from patients import access, persons
from patients.actions import care as care_actions
from patients.actions import consent as consent_actions
from patients.actions import people as actions
from patients.banner import record_page
from patients.facts import Facts
from patients.forms.people import ConsentForm, HandOverForm, MemberForm, RelatedPersonForm
from patients.forms.record import ConfirmForm, EndForm
from patients.models import CareTeamMember, Consent, Patient, RelatedPerson
from patients.safe_contact import line_of, zones_of
from patients.views.editing import Work, answer
from patients.walking import walk_here

either = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def people(request: HttpRequest, pk: UUID) -> HttpResponse:
    user: Any = request.user
    patient = access.open_record(user, pk, page="people")
    page = record_page(user, patient, "people", walk=walk_here(request, patient, "people"))
    members = access.care_team_of(user, patient)
    relatives = list(access.rows_of(user, RelatedPerson, patient))
    consents = list(access.rows_of(user, Consent, patient).select_related("created_by", "revoked_by"))
    context = {
        **page,
        "team": [
            persons.member(user, patient, row)
            for row in members
            if row.is_member_on(user.organization.today())
        ],
        "former": [
            persons.member(user, patient, row)
            for row in members
            if not row.is_member_on(user.organization.today())
        ],
        "relatives": [persons.relative(user, patient, row) for row in relatives],
        "consents": [persons.consent(user, patient, row) for row in consents],
        "phones": _numbers(user, page["banner"].known),
        "can_edit_team": user.may(Permission.CARE_TEAM_EDIT),
        "can_edit_people": user.may(Permission.PATIENT_EDIT),
        "can_edit_consents": user.may(Permission.CONSENT_EDIT),
        "can_see_clinical": user.may(Permission.HISTORY_VIEW),
    }
    return render(request, "patients/people.html", context)


def _numbers(user: Any, known: Facts) -> list[dict[str, Any]]:
    zones = zones_of([row.state for row in known.addresses], user.organization)
    return [line_of(point, at=timezone.now(), zones=zones) | {"note": point.note} for point in known.phones]


# --- care team --------------------------------------------------------------------------------


@either
def add_member(request: HttpRequest, pk: UUID) -> HttpResponse:
    user: Any = request.user
    patient = access.get_patient(user, pk, permission=Permission.CARE_TEAM_EDIT)
    lead = _("A colleague on the care team sees this record while the membership lasts.")
    work = _work(patient, _("Add to the care team"), _("Add to the team"), _("Added to the care team."), lead)
    form = MemberForm(request.POST or None, patient=patient, by=user)
    return answer(
        request,
        patient,
        work,
        form,
        lambda filled: actions.add_care_team_member(patient=patient, values=filled.values(), by=user),
    )


@either
def end_member(request: HttpRequest, pk: UUID, member_pk: UUID) -> HttpResponse:
    user: Any = request.user
    patient = access.get_patient(user, pk, permission=Permission.CARE_TEAM_EDIT)
    row = access.get_of_patient(
        user, CareTeamMember, patient, member_pk, permission=Permission.CARE_TEAM_EDIT
    )
    name = row.user.name if row.user else row.name
    work = _work(patient, _("End: %(name)s") % {"name": name}, _("End membership"), _("Membership ended."))
    form = EndForm(request.POST or None, patient=patient, row=row)
    return answer(
        request,
        patient,
        work,
        form,
        lambda filled: actions.end_care_team_membership(
            member=row, on=filled.cleaned_data["on"], version=filled.shown_version, by=user
        ),
    )


@either
def hand_over(request: HttpRequest, pk: UUID) -> HttpResponse:
    user: Any = request.user
    patient = access.get_patient(user, pk, permission=Permission.CARE_TEAM_EDIT)
    lead = _("Exactly one coordinator answers for each patient. The one before keeps sight until today ends.")
    work = _work(patient, _("Hand over"), _("Hand over"), _("Handed over."), lead)
    form = HandOverForm(request.POST or None, patient=patient, row=patient, by=user)
    return answer(
        request,
        patient,
        work,
        form,
        lambda filled: care_actions.assign_coordinator(
            patient=patient,
            coordinator=filled.cleaned_data["coordinator"],
            version=filled.shown_version,
            by=user,
        ),
    )


# --- family, caregivers, proxies ----------------------------------------------------------------


@either
def add_person(request: HttpRequest, pk: UUID) -> HttpResponse:
    user: Any = request.user
    patient = access.get_patient(user, pk, permission=Permission.PATIENT_EDIT)
    work = _work(patient, _("Add family, a caregiver or a proxy"), _("Save person"), _("Person added."))
    form = RelatedPersonForm(request.POST or None, patient=patient, by=user)
    return answer(
        request,
        patient,
        work,
        form,
        lambda filled: actions.add_related_person(patient=patient, values=filled.values(), by=user),
    )


@either
def edit_person(request: HttpRequest, pk: UUID, person_pk: UUID) -> HttpResponse:
    user: Any = request.user
    patient, row = _person(user, pk, person_pk)
    work = _work(patient, _("Change %(name)s") % {"name": row.name}, _("Save person"), _("Person changed."))
    form = RelatedPersonForm(request.POST or None, patient=patient, row=row, by=user)
    return answer(
        request,
        patient,
        work,
        form,
        lambda filled: actions.change_related_person(person=row, **filled.edited(), by=user),
    )


@either
def end_person(request: HttpRequest, pk: UUID, person_pk: UUID) -> HttpResponse:
    user: Any = request.user
    patient, row = _person(user, pk, person_pk)
    lead = _("After this day the person may not be told or decide anything. They stay on record.")
    work = _work(patient, _("End: %(name)s") % {"name": row.name}, _("End"), _("Ended."), lead)
    form = EndForm(request.POST or None, patient=patient, row=row)
    return answer(
        request,
        patient,
        work,
        form,
        lambda filled: actions.end_related_person(
            person=row, on=filled.cleaned_data["on"], version=filled.shown_version, by=user
        ),
    )


@require_POST
def verify_person(request: HttpRequest, pk: UUID, person_pk: UUID) -> HttpResponse:
    user: Any = request.user
    patient, row = _person(user, pk, person_pk)
    label = _("Checked: %(name)s") % {"name": row.name}
    work = _work(patient, label, _("Checked today"), _("Marked as checked."))
    form = ConfirmForm(request.POST, patient=patient, row=row)
    return answer(
        request,
        patient,
        work,
        form,
        lambda filled: actions.verify_related_person(person=row, version=filled.shown_version, by=user),
    )


# --- consents -----------------------------------------------------------------------------------


@either
def add_consent(request: HttpRequest, pk: UUID) -> HttpResponse:
    user: Any = request.user
    patient = access.get_patient(user, pk, permission=Permission.CONSENT_EDIT)
    work = _work(patient, _("Record a consent"), _("Save consent"), _("Consent recorded."))
    form = ConsentForm(request.POST or None, patient=patient)
    return answer(
        request,
        patient,
        work,
        form,
        lambda filled: consent_actions.record_consent(patient=patient, values=filled.values(), by=user),
    )


@either
def revoke_consent(request: HttpRequest, pk: UUID, consent_pk: UUID) -> HttpResponse:
    user: Any = request.user
    patient = access.get_patient(user, pk, permission=Permission.CONSENT_EDIT)
    row = access.get_of_patient(user, Consent, patient, consent_pk, permission=Permission.CONSENT_EDIT)
    lead = _("The patient took this consent back. It ends now; what was shared before stays shared.")
    label = _("Revoke: %(kind)s") % {"kind": row.get_kind_display()}
    work = _work(patient, label, _("Revoke"), _("Consent revoked."), lead, danger=True)
    form = ConfirmForm(request.POST or None, patient=patient, row=row)
    return answer(
        request,
        patient,
        work,
        form,
        lambda filled: consent_actions.revoke_consent(consent=row, version=filled.shown_version, by=user),
    )


def _person(user: Any, pk: UUID, person_pk: UUID) -> tuple[Patient, RelatedPerson]:
    patient = access.get_patient(user, pk, permission=Permission.PATIENT_EDIT)
    return patient, access.get_of_patient(
        user, RelatedPerson, patient, person_pk, permission=Permission.PATIENT_EDIT
    )


def _work(
    patient: Patient, label: str, commit: str, said: str, lead: str = "", *, danger: bool = False
) -> Work:
    return Work("people", label, commit, reverse("patients:people", args=[patient.pk]), said, lead, danger)
