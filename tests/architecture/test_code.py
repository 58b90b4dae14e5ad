"""Rules worth a review comment, as tests."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.module_loading import import_string

from coordination.accounts.permissions import Permission
from coordination.accounts.roles import ROLES

ROOT = Path(settings.BASE_DIR)
SOURCES = [
    p
    for top in ("coordination", "patients")
    for p in sorted((ROOT / top).rglob("*.py"))
    if "migrations" not in p.parts
]
SOURCE = {path.relative_to(ROOT).as_posix(): path.read_text() for path in SOURCES}
APPS = [
    "audit",
    "outbox",
    "idempotency",
    "accounts",
    "drafts",
    "notifications",
    "clients",
    "webhooks",
    "worklist",
]


def in_layer(name: str) -> list[str]:
    """Files of one layer, whether a module or a package: views.py, views/..."""
    return [path for path in SOURCE if re.search(rf"/{name}(\.py$|/)", path)]


def test_views_come_to_rows_by_the_doors_only():
    for path in in_layer("views") + in_layer("api"):
        assert not re.search(r"\.objects\b", SOURCE[path]), f"{path} fetches rows past access.py"


def test_only_actions_and_doors_record_and_post():
    allowed = re.compile(
        r"/(actions|access|jobs|relay|handlers|middleware|views)(\.py$|/)|/(town|interop)/|adapter|sign_in|signals|seal"
    )
    for path, text in SOURCE.items():
        if re.search(r"^\s+(record|post)\(", text, re.MULTILINE):
            assert allowed.search(path), f"{path} records or posts"


def test_views_record_only_looking():
    for path in in_layer("views"):
        assert not re.search(r"^\s+(record|post)\(", SOURCE[path], re.MULTILINE), (
            f"{path} changes things; move it to an action"
        )


def test_no_import_hides_in_a_function():
    for path, text in SOURCE.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                hidden = [
                    ast.unparse(n) for n in ast.walk(node) if isinstance(n, ast.Import | ast.ImportFrom)
                ]
                assert not hidden, f"{path}: {node.name} hides {hidden}"


def test_no_signals_and_no_save_overrides():
    for path, text in SOURCE.items():
        assert not re.search(r"db\.models\.signals|db\.models import .*\bsignals\b", text), path
        assert not re.search(r"(?<!\.)\b(pre|post)_save\b", text), path  # a field's own pre_save is no signal
        assert not re.search(r"def save\(self, \*args", text), f"{path} overrides save"


def test_actions_never_know_celery():
    for path in in_layer("actions"):
        assert "celery" not in SOURCE[path], f"{path} knows Celery"


@pytest.mark.parametrize("permission", list(Permission), ids=lambda p: p.name)
def test_every_permission_is_in_a_role_and_guards_something(permission):
    assert any(permission in role.permissions for role in ROLES.values())
    used = [
        p
        for p, text in SOURCE.items()
        if f"Permission.{permission.name}" in text or f"P.{permission.name}" in text
    ]
    used = [p for p in used if not p.endswith(("accounts/roles.py", "accounts/permissions.py"))]
    assert used, f"{permission.name} guards nothing"


def test_every_topic_has_handlers_and_every_post_a_topic():
    posted = {topic for text in SOURCE.values() for topic in re.findall(r'\bpost\(\s*"([a-z_.]+)"', text)}
    assert posted <= set(settings.OUTBOX_HANDLERS), "a topic nobody hears"
    for handlers in settings.OUTBOX_HANDLERS.values():
        for dotted in handlers:
            assert callable(import_string(dotted))


def test_every_scheduled_job_imports():
    for dotted, minutes in settings.SCHEDULE.values():
        assert callable(import_string(dotted))
        assert minutes > 0


def test_every_panel_and_timeline_source_imports():
    for dotted in [*settings.PATIENT_PANELS, *settings.TIMELINE_AHEAD, *settings.PATIENT_WALKS.values()]:
        assert callable(import_string(dotted))


def test_migrations_never_import_models():
    for top in ("coordination", "patients"):
        for path in (ROOT / top).rglob("migrations/*.py"):
            text = path.read_text()
            for line in re.findall(
                r"^from (?:coordination|patients)\S* import .*$|^import (?:coordination|patients).*$",
                text,
                re.MULTILINE,
            ):
                assert "models" not in line.split(" import ")[0], f"{path}: {line}"


def test_files_stay_small():
    for path, text in SOURCE.items():
        assert text.count("\n") <= 400, f"{path} has {text.count(chr(10))} lines"


def test_apps_meet_at_models_doors_and_actions():
    """Another app's views, forms and addresses are its own business."""
    for path, text in SOURCE.items():
        own = re.match(r"(patients|coordination/\w+)/", path)
        for module in re.findall(r"^from ((?:patients|coordination)[\w.]*) import", text, re.MULTILINE):
            inner = re.search(r"^(.*)\.(views|forms|urls|api)(\.|$)", module)
            if module.startswith("coordination.api."):
                continue  # the ground the APIs of all apps stand on, not the API of one
            if inner and own and own.group(1) not in {"coordination/town"}:
                theirs = inner.group(1).replace(".", "/")
                assert f"{theirs}/".startswith(f"{own.group(1)}/"), f"{path} reaches into {module}"


def test_nothing_is_left_over():
    marker = re.compile(r"\b(TODO|FIXME|XXX|NotImplemented)\b")
    for path, text in SOURCE.items():
        assert not marker.search(text), path
