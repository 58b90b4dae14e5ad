"""Celery only rings the bell: what is to be done stands in PostgreSQL."""

import os
from typing import Any

import django
from celery import Celery
from celery.signals import beat_init, celeryd_init, setup_logging

from coordination.guards import refuse_unsafe_start

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coordination.settings")
app = Celery("throughline")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(related_name="jobs")


@setup_logging.connect
def _use_our_logs(**_kwargs: Any) -> None:
    """Keep Celery from putting its own log format over ours."""


@celeryd_init.connect
@beat_init.connect
def _refuse_unsafe_start(**_kwargs: Any) -> None:
    """The worker and the clock stand under the same rules as the web server."""
    django.setup()
    refuse_unsafe_start()
