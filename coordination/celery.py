"""Celery only rings the bell: what is to be done stands in PostgreSQL."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coordination.settings")
app = Celery("throughline")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(related_name="jobs")


@setup_logging.connect
def _use_our_logs(**_kwargs: Any) -> None:
    """Keep Celery from putting its own log format over ours."""
