"""Is everything there that a request needs?"""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from coordination.outbox.models import Message

OUTBOX_OLDEST_SECONDS = 60


def readiness(connection: BaseDatabaseWrapper) -> dict[str, dict[str, Any]]:
    try:
        executor = MigrationExecutor(connection)
        waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        oldest = Message.objects.due(timezone.now()).values_list("not_before", flat=True).first()
    except Exception as error:  # whatever the database says, the answer is "not ready", never a 500
        return {"database": {"ok": False, "error": type(error).__name__}}
    age = (timezone.now() - oldest).total_seconds() if oldest else 0.0
    return {
        "database": {"ok": True},
        "migrations": {"ok": waiting == 0, "waiting": waiting},
        "outbox": {"ok": age < OUTBOX_OLDEST_SECONDS, "oldest_seconds": round(age)},
    }
