"""Whose sight and rights the drafts of a record's forms need: those of the form itself (settings.DRAFT_FORMS)."""

import uuid

from coordination.accounts.models import User
from coordination.lib.permissions import Permission
from patients.access import get_patient


def of_patient(user: User, pk: uuid.UUID) -> uuid.UUID | None:
    return get_patient(user, pk, permission=Permission.PATIENT_EDIT).pk
