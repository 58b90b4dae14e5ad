"""What may be read of the audit trail."""

import datetime as dt
import uuid
from typing import Any, Self

from django.db import models


class EventQuerySet(models.QuerySet[Any]):
    def of_organization(self, organization_id: Any) -> Self:
        return self.filter(organization_id=organization_id)

    def about_patient(self, patient_id: Any) -> Self:
        """Who looked at this record, when and why; newest first."""
        return self.filter(patient_id=patient_id).order_by("-at", "-id")

    def matching(
        self,
        *,
        actor: uuid.UUID | None = None,
        patient: uuid.UUID | None = None,
        kind: str = "",
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
    ) -> Self:
        """Return events by this person, about this patient, of this kind, from `since` on and before `until`."""
        given = {"actor_id": actor, "patient_id": patient, "kind": kind, "at__gte": since, "at__lt": until}
        return self.filter(**{name: value for name, value in given.items() if value})
