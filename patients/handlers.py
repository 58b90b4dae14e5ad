"""What happens after a patient changed, outside the request that changed them."""

from typing import Any

from patients.actions import unmerging
from patients.actions.identity import mark_similar_names
from patients.models import Patient, PatientMerge


def find_similar_names(message: Any) -> None:
    """`patient.named`: look again for names that could be mixed up. Doing it twice changes nothing."""
    patient = Patient.objects.filter(pk=message.payload["patient_id"]).first()
    if patient is not None:
        mark_similar_names(patient=patient, waits=True)


def gather_late_rows(message: Any) -> None:
    """`patient.merged`: what was being written to the old record meanwhile goes the same way. Doing it twice changes nothing."""
    merge = PatientMerge.objects.filter(pk=message.payload["merge_id"]).first()
    if merge is not None:
        unmerging.gather_late_rows(merge=merge)
