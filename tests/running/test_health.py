"""The two probes: alive touches nothing, ready touches everything a request needs."""

import json
import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import ConnectionHandler, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from coordination.health import readiness
from coordination.outbox.models import Message


def ready(client) -> tuple[int, dict]:
    answer = client.get("/readyz")
    return answer.status_code, answer.json()


def overdue(seconds: int) -> None:
    Message.objects.create(
        topic="x.y", handler="x.y", key="1", not_before=timezone.now() - timedelta(seconds=seconds)
    )


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("host", ["testserver", "10.0.0.7"])
def test_alive_touches_nothing(client, method, host):
    answer = getattr(client, method)("/healthz", headers={"Host": host})
    assert answer.status_code == 200
    assert answer.content == (b"ok" if method == "get" else b"")
    assert answer["Cache-Control"] == "no-store"


def test_ready(client, db):
    status, said = ready(client)
    assert (status, said["ready"]) == (200, True)
    assert said["checks"] == {
        "database": {"ok": True},
        "migrations": {"ok": True, "waiting": 0},
        "outbox": {"ok": True, "oldest_seconds": 0},
    }


def test_it_asks_little(client, db):
    ready(client)
    with CaptureQueriesContext(connection) as queries:
        ready(client)
    assert len(queries) <= 3


def test_a_migration_that_waits_is_not_ready(client, db):
    newest = MigrationRecorder.Migration.objects.filter(app="outbox").order_by("-name")[0]
    newest.delete()
    status, said = ready(client)
    assert (status, said["checks"]["migrations"]) == (503, {"ok": False, "waiting": 1})


def test_an_outbox_that_stands_still_is_not_ready(client, db):
    overdue(30)
    assert ready(client)[0] == 200
    Message.objects.all().delete()
    overdue(90)
    status, said = ready(client)
    assert (status, said["checks"]["outbox"]["ok"]) == (503, False)
    assert said["checks"]["outbox"]["oldest_seconds"] >= 90


def test_no_worker_is_required(client, db):
    assert ready(client)[0] == 200


def test_other_methods_go_to_the_addresses_themselves(client, db):
    assert client.post("/healthz").status_code == 405
    assert client.post("/readyz").status_code == 405


def test_a_database_that_is_gone_is_named_without_its_address(tmp_path, db):
    gone = ConnectionHandler({"default": connection.settings_dict | {"OPTIONS": {"host": str(tmp_path)}}})[
        "default"
    ]
    assert readiness(gone) == {"database": {"ok": False, "error": "OperationalError"}}


@pytest.mark.slow
def test_without_a_database_it_is_alive_and_not_ready(tmp_path):
    """In a process of its own whose database is not there."""
    script = (
        "import django, json; django.setup(); from django.test import Client; client = Client();"
        "answers = [client.get(path) for path in ('/healthz', '/readyz')];"
        "print(json.dumps([[a.status_code, a.content.decode()] for a in answers]))"
    )
    environment = os.environ | {
        "DATABASE_URL": f"postgres://throughline_app@/nobody?host={tmp_path}",
        "THROUGHLINE_AS_OWNER": "0",
        "PYTHONPATH": str(settings.BASE_DIR),
    }
    run = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    alive, not_ready = json.loads(run.stdout)
    assert alive == [200, "ok"]
    assert not_ready[0] == 503
    assert json.loads(not_ready[1])["checks"] == {"database": {"ok": False, "error": "OperationalError"}}


def test_the_addresses_answer_without_the_probes_too(client, db, settings):
    """Whoever serves without the first middleware still gets an answer."""
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if name != "coordination.health.Probes"]
    assert client.get("/healthz").content == b"ok"
    assert client.get("/readyz").status_code == 200
