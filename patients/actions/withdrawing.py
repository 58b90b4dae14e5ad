"""A record that should never have come in is withdrawn, and what an import wrote into a record is put back."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from coordination.accounts.models import User
from coordination.audit.actions import record
from coordination.lib.refusal import Refused
from patients.actions.care import dismiss_team
from patients.actions.identity import keys_of_name, mark_similar_names
from patients.models import Patient

NAMES = {"family", "given"}


@transaction.atomic
def withdraw_patient(*, patient: Patient, reason: str, by: User) -> Patient:
    """Mark a record as entered in error. Its numbers are free again, so the same person can come in anew.

    Refused while a task is open: nothing is dropped with a record.
    """
    patient = Patient.objects.select_for_update().get(pk=patient.pk)
    if patient.status != Patient.Status.ACTIVE:
        raise Refused(_("The patient is not in care."))
    if patient.open_tasks:
        raise Refused(_("A task of this patient is still open."))
    dismiss_team(patient, by.organization.today(), by)
    values = {
        "status": Patient.Status.ENTERED_IN_ERROR,
        "source_key": "",
        "record_number": "",
        "coordinator": None,
    }
    changed = patient.change(values, by=by)
    record("patient.withdrawn", by=by, target=patient, patient_id=patient.pk, changed=changed, reason=reason)
    mark_similar_names(patient=patient)
    return patient


@transaction.atomic
def put_values_back(*, patient: Patient, values: Mapping[str, Any], reason: str, by: User) -> list[str]:
    """Set fields to what they were before an import. `patient` is locked by the caller. Returns which ones changed."""
    keys = {}
    if NAMES & set(values):
        names = ("family", "given", "preferred_name", "former_names")
        keys = keys_of_name(*(values.get(name, getattr(patient, name)) for name in names))
    changed = sorted(set(patient.change({**values, **keys}, by=by)) - set(keys))
    if changed:
        record(
            "patient.import_undone",
            by=by,
            target=patient,
            patient_id=patient.pk,
            changed=changed,
            reason=reason,
        )
    if NAMES & set(changed):
        mark_similar_names(patient=patient)
    return changed
