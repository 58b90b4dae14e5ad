"""Background work of the outbox: the two bells."""

from typing import Any

from celery import shared_task
from django.conf import settings

from coordination.outbox import actions, relay, schedule


@shared_task(bind=True)
def ring(self: Any) -> None:
    """Deliver what is due. Rung after each commit that posts, and every few seconds in case a bell was lost."""
    actions.see_worker(self.request.hostname or "here", settings.VERSION)
    relay.deliver_due()


@shared_task
def tick() -> None:
    """Run what the schedule says is due."""
    schedule.run_due()


@shared_task
def forget_old() -> None:
    actions.forget_old()
