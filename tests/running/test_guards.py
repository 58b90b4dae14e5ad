"""Production does not start on a weak footing; each refusal says what to set."""

import os
import subprocess
import sys

import pytest
import redis
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from coordination import guards

SOUND = {
    "THROUGHLINE_ENV": "production",
    "SECRET_KEY": "s" * 50,
    "AUDIT_KEY": "a" * 50,
    "FIELD_KEY": "f" * 50,
    "BASE_URL": "https://throughline.example",
    "DATABASE_URL": "postgres://app@db/throughline",
    "REDIS_URL": "redis://valkey:6379/0",
    "EMAIL_URL": "smtp://mail.example:25",
}


def load_settings(**changes: str | None) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment = {name: value for name, value in (SOUND | changes).items() if value is not None}
    return subprocess.run(
        [sys.executable, "-c", "import coordination.settings"],
        cwd=settings.BASE_DIR, env=kept | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_sound_environment_is_taken():
    done = load_settings()
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"SECRET_KEY": None}, "SECRET_KEY must be set"),
        ({"AUDIT_KEY": "short"}, "AUDIT_KEY must be set"),
        ({"FIELD_KEY": "change-me" * 8}, "FIELD_KEY must be set"),
        ({"AUDIT_KEY": "s" * 50}, "must differ"),
        ({"DEBUG": "1"}, "DEBUG shows data"),
        ({"DEMO": "1"}, "DEMO skips"),
        ({"BASE_URL": "http://throughline.example"}, "https://"),
        ({"DATABASE_URL": None}, "DATABASE_URL must name"),
        ({"REDIS_URL": None}, "REDIS_URL must name"),
        ({"THROUGHLINE_ENV": "staging"}, "production, development or test"),
    ],
)
def test_a_weak_one_is_refused_in_words(changes, says):
    done = load_settings(**changes)
    assert done.returncode == 1
    assert says in done.stderr


@pytest.mark.django_db
def test_the_owner_of_the_tables_may_not_serve():
    assert any("owner of the tables" in problem for problem in guards.database_problems())


@pytest.mark.django_db
def test_the_role_that_owns_nothing_may():
    with connection.cursor() as cursor:
        cursor.execute("set local role throughline_app")
    assert guards.database_problems() == []


def test_a_role_above_the_rules_may_not(monkeypatch):
    class Above:
        def __enter__(self):
            return self

        def __exit__(self, *error):
            return None

        def execute(self, sql):
            self.row = (0,) if "pg_tables" in sql else (False, True)

        def fetchone(self):
            return self.row

    # nobody in the tests is a superuser, so the server's answer is the one thing made up here
    monkeypatch.setattr(guards.connection, "cursor", Above)
    assert guards.database_problems() == [
        "DATABASE_URL names a role that row-level security does not bind. Use a plain role."
    ]


def test_a_broker_that_forgets_is_refused():
    client = redis.Redis.from_url(settings.REDIS_URL)
    before = client.config_get("maxmemory-policy")["maxmemory-policy"]
    try:
        client.config_set("maxmemory-policy", "allkeys-lru")
        assert guards.broker_problems() == ["Redis evicts (allkeys-lru). Set maxmemory-policy to noeviction."]
        client.config_set("maxmemory-policy", "noeviction")
        assert guards.broker_problems() == []
    finally:
        client.config_set("maxmemory-policy", before)


@pytest.mark.django_db
def test_only_production_asks(settings):
    guards.refuse_unsafe_start()
    settings.PRODUCTION = True
    with pytest.raises(ImproperlyConfigured, match="owner of the tables"):
        guards.refuse_unsafe_start()


def test_what_the_start_made_is_no_garbage():
    """A full collection in the middle of a request would walk through all of it."""
    counted = "import gc; from coordination.wsgi import application; print(gc.get_freeze_count())"
    done = subprocess.run(
        [sys.executable, "-c", counted], cwd=settings.BASE_DIR, capture_output=True, text=True, check=False
    )
    assert int(done.stdout or 0) > 100_000, done.stderr
