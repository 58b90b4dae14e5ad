from typing import Any, Self

from django.db import models


class NotificationQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> Self:
        """One's own only."""
        return self.filter(user=user)

    def unread(self) -> Self:
        return self.filter(read_at__isnull=True)
