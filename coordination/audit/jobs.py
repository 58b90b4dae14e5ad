"""Background work of the audit trail."""

from celery import shared_task

from coordination.audit import actions


@shared_task
def seal() -> None:
    actions.seal_pending()


@shared_task
def verify() -> None:
    actions.verify_on()
