"""What may be read of the audit trail."""

from typing import Any, Self

from django.db import models


class EventQuerySet(models.QuerySet[Any]):
    def of_organization(self, organization_id: Any) -> Self:
        return self.filter(organization_id=organization_id)

    def about_patient(self, patient_id: Any) -> Self:
        """Who looked at this record, when and why; newest first."""
        return self.filter(patient_id=patient_id).order_by("-at", "-id")
