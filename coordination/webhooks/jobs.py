"""Background work of webhooks."""

from celery import shared_task

from coordination.webhooks import actions


@shared_task
def gather() -> None:
    actions.gather_news()
