"""What changed since a moment: complete, in the order of the changes, and read from an index also under row-level security."""

import datetime as dt

import pytest
from django.db import connection
from django.utils import timezone

from coordination.api.paging import OLDEST_CHANGE
from coordination.lib.paging import keyset
from coordination.worklist.access import list_tasks
from coordination.worklist.actions import close_task
from coordination.worklist.models import Task
from patients.access import list_patients
from patients.models import Patient
from tests.factories import PatientFactory, TaskFactory, UserFactory

MANY = 6000


def stamp(moment):
    return moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


def test_tasks_of_everybody_and_what_ended_the_oldest_change_first(cast, api):
    old, other, ended = (
        TaskFactory(patient=cast.pat, owner=owner) for owner in (cast.ana, cast.sue, cast.ana)
    )
    Task.objects.filter(pk=old.pk).update(updated_at=timezone.now() - dt.timedelta(days=3))
    close_task(task=ended, by=cast.ana)
    hidden = PatientFactory(organization=cast.riverbend, team=cast.south, coordinator=cast.sam)
    TaskFactory(patient=hidden, owner=cast.sam)
    since = stamp(timezone.now() - dt.timedelta(days=1))
    rows = api(cast.ana).get(f"tasks/?updated_since={since}").json()["items"]
    assert [row["id"] for row in rows] == [str(other.pk), str(ended.pk)]
    mine = api(cast.ana).get(f"tasks/?updated_since={since}&owner_id={cast.ana.pk}&status=open").json()
    assert mine["items"] == []


def test_who_is_changed_while_the_pages_are_turned_comes_again_at_the_end(cast, api):
    people = [
        PatientFactory(organization=cast.riverbend, team=cast.north, coordinator=cast.ana) for _ in range(5)
    ]
    for n, patient in enumerate([cast.pat, *people]):
        moment = timezone.now() - dt.timedelta(hours=9 - n)
        Patient.objects.filter(pk=patient.pk).update(updated_at=moment)
    one, path = (
        api(cast.sue),
        f"patients/?limit=3&updated_since={stamp(timezone.now() - dt.timedelta(days=1))}",
    )
    first = one.get(path).json()
    Patient.objects.filter(pk=cast.pat.pk).update(updated_at=timezone.now())
    second = one.get(f"{path}&after={first['next']}").json()
    third = one.get(f"{path}&after={second['next']}").json()
    seen = [row["id"] for page in (first, second, third) for row in page["items"]]
    assert seen == [str(patient.pk) for patient in [cast.pat, *people, cast.pat]]


# --- in a large house -------------------------------------------------------------------------------------------------
@pytest.fixture
def filled(cast):
    """A year of changes, one every hour and a half, to as many patients and as many tasks."""
    like, task = Patient.objects.get(pk=cast.pat.pk), TaskFactory(patient=cast.pat, owner=cast.ana)
    for model, row in ((Patient, like), (Task, task)):
        names = [field.column for field in model._meta.concrete_fields if not field.generated]
        fresh = {"id": "gen_random_uuid()", "updated_at": "now() - n * interval '90 minutes'"}
        once = {name for name in ("record_number", "source_id", "source_key") if name in names}
        values = [fresh.get(name, "'copy-' || n" if name in once else f'"{name}"') for name in names]
        with connection.cursor() as cursor:
            cursor.execute(
                f"insert into {model._meta.db_table} ({', '.join(names)}) "
                f"select {', '.join(values)} from {model._meta.db_table}, generate_series(1, {MANY}) n where id = %s",
                [row.pk],
            )
            cursor.execute(f"analyze {model._meta.db_table}")


def plan_of(rows):
    """How PostgreSQL reads the first page of it."""
    shown = rows.order_by(*(name for name, _direction in OLDEST_CHANGE))[:51]
    return shown.explain(analyze=True, verbose=True, costs=False, timing=False, summary=False)


@pytest.mark.parametrize("who", ["sue", "wide"])
@pytest.mark.parametrize("what", ["patients", "tasks"])
def test_an_index_serves_it_under_row_level_security(cast, filled, who, what):
    wide = UserFactory(organization=cast.riverbend, roles=["supervisor", "privacy_officer"])
    user, since = wide if who == "wide" else cast.sue, timezone.now() - dt.timedelta(days=2)
    if what == "patients":
        rows, index = list_patients(user).filter(updated_at__gte=since), "patient_org_updated"
    else:
        rows, index = list_tasks(user, updated_since=since), "task_org_updated"
    plan = plan_of(rows)
    assert "current_setting" in plan, "row-level security is asked here"
    (line,) = [line for line in plan.splitlines() if index in line]
    below = plan[plan.index(line) :].splitlines()
    condition = next(line for line in below if "Index Cond" in line)
    assert "updated_at >=" in condition, plan
    assert len(keyset(rows, order=OLDEST_CHANGE, size=50)) == 32, "an hour and a half apart, for two days"
