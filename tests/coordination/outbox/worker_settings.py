"""The product's own settings for a worker in a test, with the handlers of the tests and a short lease."""

from coordination.settings import *  # noqa: F403

OUTBOX_HANDLERS = {
    f"test.{name}": [f"tests.coordination.outbox.handlers.{name}"] for name in ["note", "note_slowly", "send"]
}
OUTBOX_LEASE_SECONDS = 2
CELERY_BEAT_SCHEDULE = {"ring": {"task": "coordination.outbox.jobs.ring", "schedule": 1.0}}
