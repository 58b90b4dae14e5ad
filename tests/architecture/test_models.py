"""What every model must hold to."""

import pytest
from django.apps import apps
from django.db import connection, models

from coordination.accounts.models import Organization
from coordination.lib.editable import Editable
from coordination.lib.privacy import undecided_fields
from coordination.lib.rls import enter_organization
from patients.models import Patient
from tests.factories import PatientFactory

OURS = {
    "audit",
    "outbox",
    "idempotency",
    "accounts",
    "drafts",
    "notifications",
    "patients",
    "worklist",
    "office",
    "clients",
    "webhooks",
}
MODELS = [
    model
    for model in apps.get_models()
    if model._meta.app_label in OURS and model.__module__.split(".")[0] in {"coordination", "patients"}
]
# tables that serve the whole system and tell nothing of a patient
SHARED = {"audit", "outbox", "idempotency", "accounts", "clients", "webhooks"}
# times that need no "by": recorded by the machine, or paired with a person under another name
UNPAIRED = {
    "created_at", "updated_at", "claimed_at", "finished_at", "at", "sealed_at", "joined_at", "due_at", "occurred_at", "recorded_at",
    "ended_at", "seen_at", "starts_at", "expires_at", "read_at", "last_contact_at", "next_due_at", "settled_at", "last_login",
    "work_at", "escalated_at", "old_secret_expires_at", "active_at",
}  # fmt: skip


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_field_is_clinical_identifying_or_safe(model):
    assert undecided_fields(model) == set()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_no_field_is_decided_twice_or_gone(model):
    privacy = model.privacy
    lists = [*privacy.identifying, *privacy.clinical, *privacy.safe]
    assert len(lists) == len(set(lists))
    assert set(lists) <= {field.name for field in model._meta.concrete_fields}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_the_database_knows_the_values_of_every_choice(model):
    names = {constraint.name for constraint in model._meta.constraints}
    for field in model._meta.concrete_fields:
        if field.choices:
            assert f"{model._meta.model_name}_{field.name}_known" in names


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_who_and_when_come_in_pairs(model):
    names = {field.name for field in model._meta.concrete_fields}
    conditions = " ".join(
        str(c.condition) for c in model._meta.constraints if isinstance(c, models.CheckConstraint)
    )
    times = {field.name for field in model._meta.concrete_fields if isinstance(field, models.DateTimeField)}
    for name in times - UNPAIRED:
        if name.endswith("_at"):
            partner = name[: -len("_at")] + "_by"
            assert partner in names, f"{model._meta.label}.{name} has no {partner}"
            assert name in conditions, f"no constraint ties {name} to {partner}"
            assert partner in conditions


@pytest.mark.parametrize(
    "model", [m for m in MODELS if m._meta.app_label not in SHARED], ids=lambda model: model._meta.label
)
@pytest.mark.django_db
def test_rows_about_patients_are_locked_to_their_organization(model):
    with connection.cursor() as cursor:
        cursor.execute(
            "select relrowsecurity, relforcerowsecurity from pg_class where relname = %s",
            [model._meta.db_table],
        )
        assert cursor.fetchone() == (True, True)
        cursor.execute("select count(*) from pg_policies where tablename = %s", [model._meta.db_table])
        assert cursor.fetchone() == (1,)


@pytest.mark.django_db
def test_without_an_organization_there_are_no_rows(cast):
    assert Patient.objects.exists()
    enter_organization(None)
    assert not Patient.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from patients_patient")
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
def test_another_organization_can_neither_read_nor_write(cast):
    enter_organization(cast.hillside.pk)
    assert not Patient.objects.filter(pk=cast.pat.pk).exists()
    assert Patient.objects.filter(pk=cast.pat.pk).update(family="Changed") == 0
    with pytest.raises(Exception, match="row-level security"):
        PatientFactory(organization=cast.riverbend, created_by=cast.ana, updated_by=cast.ana)


@pytest.mark.django_db
def test_the_running_application_owns_nothing():
    with connection.cursor() as cursor:
        cursor.execute(
            "select rolsuper, rolbypassrls, rolcreatedb from pg_roles where rolname = 'throughline_app'"
        )
        assert cursor.fetchone() == (False, False, False)
        cursor.execute("select count(*) from pg_tables where tableowner = 'throughline_app'")
        assert cursor.fetchone() == (0,)
        cursor.execute(
            "select has_table_privilege('throughline_app', 'audit_event', 'update, delete, truncate')"
        )
        assert cursor.fetchone() == (False,)
        cursor.execute("select has_table_privilege('throughline_app', 'audit_event', 'insert')")
        assert cursor.fetchone() == (True,)


@pytest.mark.django_db
def test_ids_are_in_order_of_making():
    made = [Organization.objects.create(name=str(n)).pk for n in range(3)]
    assert [pk.version for pk in made] == [7, 7, 7]


def test_editable_rows_have_a_version():
    editable = [model for model in MODELS if issubclass(model, Editable)]
    assert len(editable) > 15
    assert all(model._meta.get_field("version") for model in editable)


@pytest.mark.django_db
def test_every_rule_and_index_of_the_models_stands_in_the_database():
    """A migration can lose one on the way without a word: to alter a field takes along what else stands on its column."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select conname from pg_constraint union select relname from pg_class where relkind = 'i'"
        )
        there = {name for (name,) in cursor.fetchall()}
    named = {
        f"{model._meta.label}: {part.name}": part.name
        for model in MODELS
        for part in [*model._meta.constraints, *model._meta.indexes]
    }
    assert {said for said, name in named.items() if name not in there} == set()
