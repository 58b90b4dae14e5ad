"""Answers are kept for a day: longer than any client tries again."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from coordination.idempotency.models import Answer


def forget_old() -> int:
    """Remove answers nobody will ask for again. They hold pages, so they do not stay longer than they must."""
    before = timezone.now() - timedelta(hours=settings.IDEMPOTENCY_HOURS)
    return Answer.objects.filter(at__lt=before).delete()[0]
