"""The demo town: believable, the same each time, dated from any day."""

import datetime as dt
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from coordination.accounts.models import Organization, User
from coordination.lib.rls import enter_organization
from coordination.town.signins import DEMO_PASSWORD, demo_sign_ins
from coordination.town.stories import STORIES
from coordination.worklist.actions.weighing import weigh
from coordination.worklist.models import Task
from patients.models import CareTeamMember, Encounter, Patient, SimilarName

TODAY = dt.date(2026, 11, 17)


def settle(**options):
    out = StringIO()
    call_command("town", patients=60, seed=7, today=TODAY, stdout=out, **options)
    enter_organization(Organization.objects.get().pk)
    return out.getvalue()


@pytest.mark.django_db
def test_it_settles_everyone_with_one_coordinator_each():
    said = settle()
    assert said.startswith("60 patients of Riverbend Health in 2 teams")
    assert Patient.objects.count() == 60
    in_care = Patient.objects.exclude(status="ended").count()
    assert CareTeamMember.objects.filter(is_primary=True).count() == in_care
    assert not Patient.objects.filter(coordinator=None).exists()


@pytest.mark.django_db
def test_it_has_tasks_in_every_state_and_work_for_the_first_day():
    settle()
    assert set(Task.objects.values_list("status", flat=True)) >= {
        "open",
        "waiting",
        "done",
        "cancelled",
        "declined",
    }
    dana = User.objects.get(email="dana@riverbend.example")
    grace = Patient.objects.get(family="Okafor", given="Grace")
    call = Task.objects.visible_to(dana).get(patient=grace)
    assert call.kind == "discharge_call"
    assert call.due_at == dt.datetime(
        2026, 11, 19, 4, 59, 59, 999999, tzinfo=dt.UTC
    )  # end of Wed 18-Nov in New York
    assert Encounter.objects.filter(patient=grace, kind="IMP").get().ended_at.date() == dt.date(2026, 11, 16)


@pytest.mark.django_db
def test_it_keeps_the_caseload_columns_true():
    settle()
    for patient in Patient.objects.all():
        due = list(Task.objects.filter(patient=patient).open().values_list("due_at", flat=True))
        assert (patient.open_tasks, patient.next_due_at) == (len(due), min(due, default=None))


@pytest.mark.django_db
def test_every_task_stands_where_the_product_would_put_it():
    settle()
    tasks = Task.objects.select_related("patient")
    assert tasks.exclude(head_start={}).exists()
    for task in tasks:
        assert weigh(task) == [], task.kind


@pytest.mark.django_db
def test_similar_names_are_marked_both_ways():
    settle()
    pairs = set(SimilarName.objects.values_list("patient_id", "other_id"))
    assert pairs
    assert {(b, a) for a, b in pairs} == pairs
    assert set(Patient.objects.filter(has_similar_name=True).values_list("pk", flat=True)) == {
        a for a, _ in pairs
    }


@pytest.mark.django_db
def test_the_locks_are_on_again():
    settle()
    with connection.cursor() as cursor:
        cursor.execute(
            """select count(*) from pg_class where relname ~ '^(patients|worklist)_' and relkind = 'r'
               and relrowsecurity and not relforcerowsecurity"""
        )
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
def test_the_same_seed_gives_the_same_people():
    settle()
    first = list(Patient.objects.order_by("id").values_list("id", "family", "birth_date", "risk"))
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
    from coordination.town.citizens import citizen
    from coordination.town.settle import Town

    town = Town(60, 7, TODAY, history="full", tasks_each=None)
    again = [citizen(7, number, town.calendar) for number in range(len(STORIES), 60)]
    assert {person.id for person in again} <= {row[0] for row in first}


@pytest.mark.django_db
def test_the_benchmark_gets_the_tasks_it_asks_for():
    settle(history="none", tasks_each=10)
    assert Task.objects.exclude(patient=None).count() == 600


@pytest.mark.django_db
def test_it_says_no_to_a_database_in_use():
    Organization.objects.create(name="Riverbend")
    with pytest.raises(CommandError, match="already has an organization"):
        call_command("town", patients=10)
    with pytest.raises(CommandError, match="at least one patient"):
        call_command("town", patients=0)


@pytest.mark.django_db
def test_every_role_can_sign_in():
    settle()
    for _role, email, password in demo_sign_ins():
        user = User.objects.get(email=email)
        assert user.check_password(password)
        assert user.emailaddress_set.get().verified
    assert len(DEMO_PASSWORD) >= 15
