"""What is taken back says by whom and when, or neither."""

from django.db import models


def undone_pair(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        name=name,
        condition=models.Q(undone_at__isnull=True, undone_by__isnull=True)
        | models.Q(undone_at__isnull=False, undone_by__isnull=False),
    )
