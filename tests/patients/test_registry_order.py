"""A large house sorts its list along an index, from either end, also under row-level security."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from coordination.lib.paging import keyset
from patients import registry
from patients.access import list_patients
from patients.models import Patient
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
MANY = 4000
FRESH = {
    "id": "gen_random_uuid()",
    "sort_name": "md5(n::text)",
    "risk": "(array['high', 'rising', 'low', 'unknown'])[1 + n %% 4]",
    "language": "case when n < 20 then 'nv-US' else (array['en', 'en-US', 'es', ''])[1 + n / 4 %% 4] end",
    "open_tasks": "n %% 7",
    "next_due_at": "date '2099-01-01' + n %% 5",
    "record_number": "'copy-' || n",
    "source_id": "'copy-' || n",
}


@pytest.fixture
def filled(cast):
    names = [field.column for field in Patient._meta.concrete_fields if not field.generated]
    values = ", ".join(FRESH.get(name, f'"{name}"') for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"insert into patients_patient ({', '.join(names)}) select {values} from patients_patient,"
            f" generate_series(1, {MANY}) n where id = %s",
            [cast.pat.pk],
        )
        cursor.execute("analyze patients_patient")


def first_page(cast, sort, **chosen):
    """The first page of who sees everybody, and how PostgreSQL reads it."""
    wide = UserFactory(organization=cast.riverbend, roles=["supervisor", "privacy_officer"])
    column = registry.columns_for(wide)[sort.lstrip("-")]
    patients = registry.narrowed(list_patients(wide), {"status": "active"} | chosen, wide)
    rows = registry.annotated(patients, column.key)
    with CaptureQueriesContext(connection) as seen:
        page = keyset(rows, order=column.order(descending=sort.startswith("-")), size=50)
    with connection.cursor() as cursor:
        cursor.execute(f"explain {seen.captured_queries[-1]['sql']}")
        return page.rows, "\n".join(line for (line,) in cursor.fetchall())


@pytest.mark.parametrize(
    ("sort", "index", "first"),
    [
        ("risk", "risk", "high"),
        ("-risk", "risk_down", "unknown"),
        ("language", "spoken", "en"),
        ("-language", "spoken_down", "nv-US"),
        ("tasks", "tasks", 0),
        ("-tasks", "tasks_down", 6),
        ("due", "due", "2099-01-01"),
        ("-due", "due_down", "2099-01-05"),
    ],
)
def test_an_index_holds_the_order(cast, filled, sort, index, first):
    rows, plan = first_page(cast, sort)
    assert f"using patient_org_{index} on" in plan, plan
    assert "Sort" not in plan, plan
    field = {"tasks": "open_tasks", "due": "next_due_at"}.get(sort.lstrip("-"), sort.lstrip("-"))
    alike = [row for row in rows if str(getattr(row, field)).startswith(str(first))]
    names = [row.sort_name for row in alike]
    assert alike[0] == rows[0]
    assert names == sorted(names)
    assert len(names) == (50 if first != "nv-US" else 19)


@pytest.mark.parametrize(
    ("chosen", "index", "found"),
    [({"language": "nv"}, "patient_org_spoken", 19), ({"tasks": "none"}, "patient_org_tasks", 50)],
)
def test_an_index_finds_the_few(cast, filled, chosen, index, found):
    rows, plan = first_page(cast, "name", **chosen)
    assert index in plan, plan
    assert len(rows) == found


@pytest.mark.parametrize("sort", ["number", "coordinator", "-due", "tasks", "contact"])
def test_the_patients_of_a_team_are_read_and_sorted(cast, filled, sort):
    """And not looked for in the order of everybody, who may lie before all of them."""
    column = registry.columns_for(cast.sue)[sort.lstrip("-")]
    assert registry.is_few(cast.sue, {}, column.key)
    rows = registry.annotated(list_patients(cast.sue).filter(status="active"), column.key)
    with CaptureQueriesContext(connection) as seen:
        page = keyset(rows, order=column.order(descending=sort.startswith("-")), size=50, few=True)
    with connection.cursor() as cursor:
        cursor.execute(f"explain {seen.captured_queries[0]['sql']}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "patient_org_" not in plan, plan
    assert "user_by_name" not in plan, plan
    numbers = [row.record_number for row in page.rows]
    assert len(numbers) == 50
    assert sort != "number" or numbers == sorted(numbers)


def test_who_is_few(cast):
    wide = UserFactory(organization=cast.riverbend, roles=["supervisor", "privacy_officer"])
    assert not registry.is_few(wide, {}, "number")
    assert not registry.is_few(wide, {"coordinator": "none"}, "number")
    assert registry.is_few(wide, {"team": str(cast.north.pk)}, "number")
    assert registry.is_few(wide, {"coordinator": "me"}, "number")
    assert not registry.is_few(cast.sue, {}, "name")
