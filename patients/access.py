"""The doors to a patient's record: the one rule (`visible_to`) plus the key, then the right to do the thing."""

from typing import Any, TypeVar

from django.db import models
from django.shortcuts import get_object_or_404

from coordination.accounts.access import require
from coordination.accounts.models import User
from coordination.accounts.permissions import Permission
from patients.models import Patient

M = TypeVar("M", bound=models.Model)


def get_patient(user: User, pk: Any, *, permission: Permission = Permission.PATIENT_VIEW) -> Patient:
    """404 if the person may not know the patient exists, 403 if they see the patient but may not do this."""
    patient = get_object_or_404(Patient.objects.visible_to(user).select_related("team", "coordinator"), pk=pk)
    require(user, permission)
    return patient


def get_of_patient(user: User, model: type[M], patient: Patient, pk: Any, *, permission: Permission) -> M:
    """One row about this patient (an address, a consent, an allergy): 404 if it is hidden or another patient's."""
    row: M = get_object_or_404(model.objects.visible_to(user).filter(patient=patient), pk=pk)  # type: ignore[attr-defined]
    require(user, permission)
    return row
