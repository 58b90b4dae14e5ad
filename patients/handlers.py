"""What happens after a patient changed, outside the request that changed them."""

from typing import Any

from patients.actions.identity import mark_similar_names
from patients.models import Patient


def find_similar_names(message: Any) -> None:
    """`patient.named`: look again for names that could be mixed up. Doing it twice changes nothing."""
    patient = Patient.objects.filter(pk=message.payload["patient_id"]).first()
    if patient is not None:
        mark_similar_names(patient=patient)
