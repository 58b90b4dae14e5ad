"""Ring for the worker once a transaction is committed. A bell nobody hears is no loss: the worker looks every few seconds."""

import time
from functools import cache

import structlog
from celery import Celery
from django.db import connection, transaction

RING = "coordination.outbox.jobs.ring"
QUIET_SECONDS = 10  # after a failure nobody waits for the broker again so soon
_log = structlog.get_logger(__name__)
_silent_until = 0.0


def ring_on_commit() -> None:
    """Once for a transaction, however many messages it posts."""
    if not any(entry[1] is ring for entry in connection.run_on_commit):
        transaction.on_commit(ring, robust=True)


def ring() -> None:
    """Send the bell and never fail: what is to be done stands in the table."""
    global _silent_until  # noqa: PLW0603 (one flag for the process: is the broker worth asking?)
    if time.monotonic() < _silent_until:
        return
    try:
        _producer().send_task(RING, expires=30, ignore_result=True, retry=False)
    except Exception:
        _silent_until = time.monotonic() + QUIET_SECONDS
        _log.warning("outbox.bell_failed", exc_info=True)


@cache
def _producer() -> Celery:
    """An application that only sends, and does not wait: the request is still open."""
    producer = Celery("throughline-bell", set_as_current=False)
    producer.config_from_object("django.conf:settings", namespace="CELERY")
    waits = {"socket_connect_timeout": 0.5, "socket_timeout": 1, "max_retries": 0}
    producer.conf.broker_transport_options = waits
    return producer
