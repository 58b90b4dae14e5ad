"""The town of the benchmark: copies of a small one that keep to every rule of the tables."""

import datetime as dt
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from coordination.accounts.models import Organization, Team, User
from coordination.lib.rls import enter_organization
from coordination.worklist.loops import check
from coordination.worklist.models import Task
from patients.models import Patient
from tests.bench.filling import multiply

SEED, ALL = 60, 180


def schema():
    """Every index, every constraint, and which tables are secured."""
    with connection.cursor() as cursor:
        cursor.execute(
            # the words of a condition are PostgreSQL's own: it writes the same one in two ways
            "select indexrelid::regclass || ' ' || indisunique || ' ' || indkey::text || ' ' || (indpred is not null)"
            " from pg_index where indrelid::regclass::text !~ '^pg_'"
            " union all select conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) from pg_constraint"
            " union all select relname || relforcerowsecurity from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
        )
        return sorted(row[0] for row in cursor.fetchall())


@pytest.fixture
def town(db):
    call_command("town", patients=SEED, seed=7, today=dt.date(2026, 11, 17), tasks_each=10, stdout=StringIO())
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
    before = schema()
    multiply(connection.connection, ALL, lambda _said: None, seed=SEED)
    enter_organization(Organization.objects.get().pk)
    return before


def test_every_index_rule_and_lock_is_back(town):
    assert schema() == town


def test_the_copies_have_people_teams_and_work_of_their_own(town):
    assert Patient.objects.count() == ALL
    assert Task.objects.filter(patient__isnull=False).count() == ALL * 10
    assert Patient.objects.values("record_number").distinct().count() == ALL
    assert Team.objects.count() == 6
    assert User.objects.filter(roles=["coordinator"]).count() == 9
    assert User.objects.filter(roles=["privacy_officer"]).count() == 1
    strangers = Task.objects.exclude(patient__coordinator=None).exclude(owner=None)
    assert not [
        task for task in strangers.select_related("patient") if task.owner_id != task.patient.coordinator_id
    ]


def test_nothing_in_it_breaks_a_rule_of_the_work(town):
    house = Organization.objects.get()
    before = {"caseload_wrong", "without_coordinator", "owner_blind", "owner_gone"}
    assert not [result.rule.name for result in check(house) if result.found and result.rule.name in before]
