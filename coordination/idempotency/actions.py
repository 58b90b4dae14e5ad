"""Answers are kept for a day: longer than any client tries again."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from coordination.idempotency.claims import Claim
from coordination.idempotency.models import Answer


def forget_old() -> int:
    """Remove answers nobody will ask for again. They hold pages, so they do not stay longer than they must."""
    before = timezone.now() - timedelta(hours=settings.IDEMPOTENCY_HOURS)
    return Answer.objects.filter(at__lt=before).delete()[0]


@contextmanager
def hold(*, user_id: Any, key: uuid.UUID | None) -> Iterator[bool]:
    """Say whether the form with this key is still unsaved, and keep it so until this transaction ends.

    A save of it that is under way is waited for; one that comes later waits for us. The key is not used up.
    Called inside a transaction.
    """
    if key is None:
        yield True
        return
    claim = Claim(key, user_id)
    claim.take()
    yield claim.is_first
    if claim.is_first:
        Answer.objects.filter(user_id=user_id, key=key).delete()
