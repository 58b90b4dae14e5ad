from celery import shared_task

from coordination.idempotency import actions


@shared_task
def forget_old() -> None:
    actions.forget_old()
