"""Is everything there that a request needs?"""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.db import connection as default_connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils import timezone

from coordination.outbox.models import Message

OUTBOX_OLDEST_SECONDS = 60


class Probes:
    """Answers /healthz and /readyz before anything else: a probe needs no session, no host name and no database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method in {"GET", "HEAD"} and request.path in {"/healthz", "/readyz"}:
            return alive() if request.path == "/healthz" else ready()
        return self.get_response(request)


def alive() -> HttpResponse:
    """Alive: touches nothing."""
    return HttpResponse("ok", content_type="text/plain", headers={"Cache-Control": "no-store"})


def ready() -> JsonResponse:
    """Ready to serve: the database answers, migrations are done, the outbox moves. 503 when not."""
    checks = readiness(default_connection)
    is_ready = all(check["ok"] for check in checks.values())
    answer = {"ready": is_ready, "checks": checks}
    return JsonResponse(answer, status=200 if is_ready else 503, headers={"Cache-Control": "no-store"})


def readiness(connection: BaseDatabaseWrapper) -> dict[str, dict[str, Any]]:
    try:
        applied = MigrationRecorder(connection).applied_migrations()
        waiting = len([node for node in _newest_migrations() if node not in applied])
        oldest = Message.objects.due(timezone.now()).values_list("not_before", flat=True).first()
    except Exception as error:
        return {"database": {"ok": False, "error": type(error).__name__}}
    age = (timezone.now() - oldest).total_seconds() if oldest else 0.0
    return {
        "database": {"ok": True},
        "migrations": {"ok": waiting == 0, "waiting": waiting},
        "outbox": {"ok": age < OUTBOX_OLDEST_SECONDS, "oldest_seconds": round(age)},
    }


@cache
def _newest_migrations() -> list[tuple[str, str]]:
    """The last migration of each app, read from the disk once."""
    return list(MigrationLoader(None).graph.leaf_nodes())
