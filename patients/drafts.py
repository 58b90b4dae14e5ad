"""Whose sight and rights the drafts of a record's forms need: those of the form itself (settings.DRAFT_FORMS).

A form is named after its page, and after the kind of line where one page serves several: what is typed to change a row belongs
to that row, what is typed to add one to the patient.
"""

import uuid
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from coordination.accounts.models import User
from coordination.drafts.access import Kept, read_draft
from coordination.lib.editable import Editable
from coordination.lib.permissions import Permission, require
from patients.access import get_patient
from patients.emergency import get_review
from patients.models import (
    AccessGrant,
    Address,
    Allergy,
    CareTeamMember,
    Condition,
    ContactPoint,
    Coverage,
    Encounter,
    FamilyHistory,
    Identifier,
    Immunization,
    Medication,
    Observation,
    Patient,
    PatientMerge,
    Procedure,
    RelatedPerson,
)

Door = Callable[[User, uuid.UUID], uuid.UUID | None]


def about_patient(permission: Permission) -> Door:
    def door(user: User, pk: uuid.UUID) -> uuid.UUID:
        return get_patient(user, pk, permission=permission).pk

    return door


def about_row(model: Any, permission: Permission) -> Door:
    def door(user: User, pk: uuid.UUID) -> uuid.UUID:
        row = get_object_or_404(model.objects.visible_to(user), pk=pk)
        return get_patient(user, row.patient_id, permission=permission).pk

    return door


def new_patient(user: User, pk: uuid.UUID) -> None:
    """Somebody not on record yet is typed under one's own name."""
    if pk != user.pk:
        raise Http404
    require(user, Permission.PATIENT_REGISTER)


def emergency(user: User, pk: uuid.UUID) -> None:
    """Why a record out of sight is opened. The answer is the same for every id: it does not say who is on record."""
    require(user, Permission.BREAK_GLASS)


def emergency_key(user: User, patient: Patient) -> tuple[str, uuid.UUID]:
    """One for each patient, and nothing the patient could be found by."""
    return "patient-emergency", uuid.uuid5(patient.pk, str(user.pk))


def merge_key(merged: Patient) -> tuple[str, uuid.UUID]:
    return "patient-merge", merged.pk


def apart_key(patient: Patient) -> tuple[str, uuid.UUID]:
    return "patient-apart", patient.pk


def unmerge_key(merge: PatientMerge) -> tuple[str, uuid.UUID]:
    return "patient-unmerge", merge.pk


def unmerge(user: User, pk: uuid.UUID) -> uuid.UUID:
    merge = get_object_or_404(PatientMerge.objects.select_related("survivor"), pk=pk)
    return get_patient(user, merge.survivor_id, permission=Permission.PATIENT_MERGE).pk


def review_key(grant: AccessGrant) -> tuple[str, uuid.UUID]:
    return "access-review", grant.pk


def review(user: User, pk: uuid.UUID) -> uuid.UUID:
    return get_review(user, pk).patient_id


LINES = {"phones": ContactPoint, "addresses": Address, "identifiers": Identifier}
HISTORY = (
    Condition, Allergy, Medication, Procedure, Immunization, FamilyHistory, Encounter, Observation,
)  # fmt: skip
EDIT, CARE = Permission.PATIENT_EDIT, Permission.CARE_TEAM_EDIT
DOORS: dict[str, Door] = {
    "patient-new": new_patient,
    "patient-emergency": emergency,
    "patient-merge": about_patient(Permission.PATIENT_MERGE),
    "patient-apart": about_patient(Permission.PATIENT_EDIT),
    "patient-unmerge": unmerge,
    "access-review": review,
    "patient-name": about_patient(EDIT),
    "patient-person": about_patient(EDIT),
    "patient-language": about_patient(EDIT),
    "patient-death": about_patient(EDIT),
    "patient-end-care": about_patient(CARE),
    "patient-member-add": about_patient(CARE),
    "patient-member-end": about_row(CareTeamMember, CARE),
    "patient-person-add": about_patient(EDIT),
    "patient-person-edit": about_row(RelatedPerson, EDIT),
    "patient-person-end": about_row(RelatedPerson, EDIT),
    "patient-consent-add": about_patient(Permission.CONSENT_EDIT),
    "patient-coverage-add": about_patient(Permission.COVERAGE_EDIT),
    "patient-coverage-edit": about_row(Coverage, Permission.COVERAGE_EDIT),
    "patient-coverage-end": about_row(Coverage, Permission.COVERAGE_EDIT),
}
for _kind, _model in LINES.items():
    DOORS |= {
        f"patient-line-new-{_kind}": about_patient(EDIT),
        f"patient-line-edit-{_kind}": about_row(_model, EDIT),
        f"patient-line-remove-{_kind}": about_row(_model, EDIT),
    }
for _item in HISTORY:
    _name = _item.timeline.kind.replace("_", "-")
    DOORS[f"patient-history-add-{_name}"] = about_patient(Permission.HISTORY_EDIT)
    for _act in ("dispute", "error", "end"):
        DOORS[f"patient-history-{_act}-{_name}"] = about_row(_item, Permission.HISTORY_EDIT)


def draft_of(request: HttpRequest, patient: Patient, row: Editable | None) -> Kept | None:
    """The draft of the form this page shows, if what is typed into it is worth keeping."""
    match = request.resolver_match
    if match is None:
        return None
    words = [str(match.url_name).removeprefix("edit_"), match.kwargs.get("kind", "")]
    form = "-".join(["patient", *filter(None, words)]).replace("_", "-")
    if form not in DOORS:
        return None
    version = row.version if row is not None else None
    subject_id = row.pk if row is not None else patient.pk
    return read_draft(request.user, form, subject_id, restore=request.method != "POST", version=version)
