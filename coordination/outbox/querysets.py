"""Which messages are due, stuck or troubled."""

import datetime as dt
import uuid
from typing import Any, Self

from django.db import models


class MessageQuerySet(models.QuerySet[Any]):
    def due(self, now: dt.datetime) -> Self:
        return self.filter(state="queued", not_before__lte=now).order_by("not_before", "id")

    def abandoned(self, now: Any) -> Self:
        """Being sent by a process that has not been heard of since its lease ended."""
        return self.filter(state="sending", lease_until__lt=now)

    def waiting_in(self, lane: uuid.UUID) -> Self:
        return self.filter(lane=lane, state="queued")

    def visible_to(self, user: Any) -> Self:
        """Those of one's own organization, and those of none: they belong to the system."""
        return self.filter(models.Q(organization_id=user.organization_id) | models.Q(organization_id=None))

    def troubled(self) -> Self:
        return self.filter(state__in=["dead", "uncertain"]).order_by("-created_at")
