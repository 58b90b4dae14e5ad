"""Each rule is broken once for real, past the actions and, where it must be, past the database's own refusal."""

import datetime as dt
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.utils import timezone
from guardian.shortcuts import assign_perm

from coordination.accounts.actions import ensure_system_user
from coordination.accounts.models import SEE_PATIENTS, Cover, User
from coordination.worklist.actions import log_contact
from coordination.worklist.handlers import open_review_task
from coordination.worklist.loops import RULES, check
from coordination.worklist.models import Contact, Dependency, Task
from patients.models import AccessDenial, AccessGrant, CareTeamMember, Patient
from patients.querysets import forget_scope
from tests.factories import EmergencyFactory, PatientFactory, TaskFactory, join_care_team
from tests.factories.record import ContactFactory

pytestmark = pytest.mark.django_db
SOON = dt.timedelta(hours=4)


def recount() -> None:
    """What the actions keep right, after rows were written past them."""
    for patient in Patient.objects.all():
        due = list(Task.objects.filter(patient=patient).open().values_list("due_at", flat=True))
        Patient.objects.filter(pk=patient.pk).update(open_tasks=len(due), next_due_at=min(due, default=None))


def loose(house) -> dict[str, list[str]]:
    """The sentences under each rule that found something."""
    found: dict[str, list[str]] = {}
    check(house, hear=lambda rule, sentence: found.setdefault(rule.name, []).append(sentence))
    return found


def without(table: str, *constraints: str) -> None:
    """The database refuses this row; take its word back for the length of the test."""
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        for name in constraints:
            cursor.execute(f"alter table {table} drop constraint {name}")


def sql(statement: str, *values) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.fixture
def promise(cast) -> Task:
    """One sound task of the patient, everything counted."""
    task = TaskFactory(patient=cast.pat)
    recount()
    return task


def change(task: Task, **values) -> None:
    Task.objects.filter(pk=task.pk).update(**values)


# --- each rule --------------------------------------------------------------------------------------------------------
def test_all_is_well(cast, promise):
    assert loose(cast.riverbend) == {}
    assert loose(cast.hillside) == {}


def test_a_task_without_an_owner(cast, promise):
    without("worklist_task", "task_has_one_owner")
    change(promise, owner=None)
    assert loose(cast.riverbend) == {
        "without_owner": [f"Task {promise.pk} has not exactly one owner, a person or a team's queue."]
    }
    change(promise, owner=cast.ana, queue=cast.north)
    assert list(loose(cast.riverbend)) == ["without_owner"], "two are none"


def test_a_task_without_a_due_time(cast, promise):
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute("alter table worklist_task alter due_at drop not null")
    change(promise, due_at=None)
    Patient.objects.update(next_due_at=None)
    assert loose(cast.riverbend) == {"without_due": [f"Task {promise.pk} has no due time."]}


@pytest.mark.parametrize("field", ["title", "reason"])
def test_a_task_whose_words_are_blank(cast, promise, field):
    change(promise, **{field: "  "})  # the database asks for a character only
    assert list(loose(cast.riverbend)) == ["without_reason"]


@pytest.mark.parametrize("values", [{"is_active": False}, {"left_on": dt.date(2020, 1, 1)}], ids=str)
def test_a_task_of_someone_who_is_gone(cast, promise, values):
    sue_answers(cast)
    User.objects.filter(pk=cast.ana.pk).update(**values)
    assert loose(cast.riverbend) == {
        "owner_gone": [f"Task {promise.pk} is owned by {cast.ana.pk}, who left or is suspended."]
    }


def test_a_task_of_someone_on_their_last_day_is_kept(cast, promise):
    User.objects.filter(pk=cast.ana.pk).update(left_on=cast.riverbend.today())
    assert loose(cast.riverbend) == {}


def test_a_task_owned_by_the_name_jobs_act_in(cast, promise):
    change(promise, owner=ensure_system_user(cast.riverbend))
    assert list(loose(cast.riverbend)) == ["owner_gone"]


def sue_answers(cast) -> None:
    """Another primary coordinator, so that only the tasks of the one before are loose."""
    CareTeamMember.objects.filter(patient=cast.pat, is_primary=True).update(user=cast.sue)
    Patient.objects.filter(pk=cast.pat.pk).update(coordinator=cast.sue)


def test_a_task_of_someone_who_lost_sight(cast, promise):
    sue_answers(cast)
    assert loose(cast.riverbend) == {
        "owner_blind": [f"Task {promise.pk} is owned by {cast.ana.pk}, who cannot see it or its patient."]
    }


def test_a_task_about_nobody_of_someone_who_may_not_see_tasks(cast):
    TaskFactory(patient=None, organization=cast.riverbend, owner=cast.sam)
    task = TaskFactory(patient=None, organization=cast.riverbend, owner=cast.flo)
    assert [sentence.split()[1] for sentence in loose(cast.riverbend)["owner_blind"]] == [str(task.pk)]


def test_a_task_in_the_queue_of_a_retired_team(cast, promise):
    change(promise, owner=None, queue=cast.north)
    assert loose(cast.riverbend) == {}
    cast.north.is_active = False
    cast.north.save(update_fields=["is_active"])
    assert loose(cast.riverbend) == {
        "queue_retired": [f"Task {promise.pk} waits in the queue of team {cast.north.pk}, which is retired."]
    }


def test_a_task_in_the_queue_of_another_team(cast, promise):
    change(promise, owner=None, queue=cast.south)
    assert list(loose(cast.riverbend)) == ["queue_of_another_team"]
    Patient.objects.update(team=None)
    assert list(loose(cast.riverbend)) == ["queue_of_another_team"]


def test_a_task_asleep_past_its_limit(cast, promise, settings):
    now = timezone.now()
    change(promise, snoozed_until=now + dt.timedelta(days=settings.SNOOZE_MAX_DAYS - 1))
    assert loose(cast.riverbend) == {}
    change(promise, snoozed_until=now + dt.timedelta(days=settings.SNOOZE_MAX_DAYS + 1))
    assert list(loose(cast.riverbend)) == ["asleep_too_long"]
    change(promise, snoozed_until=promise.due_at + SOON, priority=Task.Priority.CRITICAL)
    assert list(loose(cast.riverbend)) == ["asleep_too_long"]
    change(promise, snoozed_until=now - SOON, due_at=now - 2 * SOON)
    recount()
    assert loose(cast.riverbend) == {}, "it is awake"


def test_a_task_that_sleeps_until_what_may_never_happen(cast, promise):
    change(promise, snoozed_until=timezone.now() + SOON, wakes_on="reply")
    assert loose(cast.riverbend) == {}
    without("worklist_task", "task_sleep_for_an_event_has_a_limit")
    change(promise, snoozed_until=None)
    assert list(loose(cast.riverbend)) == ["sleeps_without_limit"]


def test_a_task_that_nothing_blocks(cast, promise):
    need = TaskFactory(patient=cast.pat)
    link = {"task": promise, "needs": need, "organization": cast.riverbend, "created_by": cast.ana}
    Dependency.objects.create(**link)
    change(promise, status="blocked", waiting_on="First", waiting_since=timezone.now())
    recount()
    assert loose(cast.riverbend) == {}
    change(need, status="cancelled", outcome="not_needed", closed_at=timezone.now(), closed_by=cast.ana)
    recount()
    assert list(loose(cast.riverbend)) == ["blocked_by_nothing"]


def test_a_task_before_a_supervisor_who_left(cast, promise):
    change(promise, escalated_to=cast.sue, escalated_at=timezone.now())
    assert loose(cast.riverbend) == {}
    User.objects.filter(pk=cast.sue.pk).update(left_on=cast.riverbend.today() - dt.timedelta(days=1))
    assert list(loose(cast.riverbend)) == ["escalated_to_gone"]


def test_a_late_task_that_nobody_can_be_put_before(cast, promise):
    change(promise, owner=cast.sue, due_at=timezone.now() - dt.timedelta(days=9))
    recount()
    assert loose(cast.riverbend) == {}, "Pam manages the program"
    User.objects.filter(pk=cast.pam.pk).update(is_active=False)
    assert list(loose(cast.riverbend)) == ["late_before_nobody"]
    change(promise, snoozed_until=timezone.now() + dt.timedelta(days=1))
    assert loose(cast.riverbend) == {}


def test_a_task_that_waits_on_nobody(cast, promise):
    change(promise, status="waiting", waiting_on=" ", waiting_since=timezone.now())
    assert list(loose(cast.riverbend)) == ["waits_on_nobody"]
    without("worklist_task", "task_waiting_says_on_whom")
    change(promise, waiting_on="the payer", waiting_since=None)
    assert list(loose(cast.riverbend)) == ["waits_on_nobody"]


def test_a_contact_that_ends_in_nothing(cast):
    contact = log_contact(
        patient=cast.pat, by=cast.ana, outcome="reached_patient", no_follow_up_reason="All is done"
    )
    assert loose(cast.riverbend) == {}
    Contact.objects.update(no_follow_up_reason="  ")
    assert loose(cast.riverbend) == {
        "contact_ends_in_nothing": [
            f"Contact {contact.pk} with patient {cast.pat.pk} has no next step and no words why."
        ]
    }


def test_a_patient_without_one_coordinator_who_works_here(cast):
    primary = CareTeamMember.objects.filter(patient=cast.pat, is_primary=True)
    for break_it in (
        lambda: primary.update(is_primary=False),
        lambda: User.objects.filter(pk=cast.ana.pk).update(is_active=False),
        lambda: Patient.objects.update(coordinator=cast.sam),
    ):
        point = transaction.savepoint()
        break_it()
        assert list(loose(cast.riverbend)) == ["without_coordinator"]
        transaction.savepoint_rollback(point)
    Patient.objects.update(status="ended", care_ended_on=cast.riverbend.today())
    primary.update(is_primary=False)
    assert loose(cast.riverbend) == {}, "care is over"


def test_a_patient_with_two_coordinators(cast):
    sql("set constraints all immediate")
    sql("drop index care_team_one_primary")
    join_care_team(cast.pat, cast.sue, role="coordinator", is_primary=True)
    assert list(loose(cast.riverbend)) == ["without_coordinator"]


@pytest.mark.parametrize(
    "values",
    [{"open_tasks": 2}, {"next_due_at": None}, {"last_contact_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}],
    ids=str,
)
def test_a_caseload_row_that_a_recount_does_not_give(cast, promise, values):
    Patient.objects.update(**values)
    assert list(loose(cast.riverbend)) == ["caseload_wrong"]


def test_a_contact_that_was_taken_back_is_not_the_last_one(cast, promise):
    ContactFactory(patient=cast.pat, created_by=cast.ana, undone_at=timezone.now(), undone_by=cast.ana)
    assert loose(cast.riverbend) == {}


def test_every_rule_has_been_broken_here():
    text = Path(__file__).read_text()
    assert [rule.name for rule in RULES if f'"{rule.name}"' not in text] == []


# --- sight: the one rule, asked of everyone at once -------------------------------------------------------------------
def test_it_sees_what_the_one_rule_sees(cast):
    """Every way to a patient and out of sight again, for everyone, against `visible_to` itself."""
    today, now = cast.riverbend.today(), timezone.now()
    day, hour = dt.timedelta(days=1), dt.timedelta(hours=1)
    common = {"organization": cast.riverbend}
    other = PatientFactory(**common, team=cast.south, coordinator=cast.sam)
    mistake = PatientFactory(**common, team=cast.north, status="entered_in_error")
    nowhere = PatientFactory(**common, team=None)
    join_care_team(other, cast.max, starts_on=today + day)  # not yet
    join_care_team(nowhere, cast.vic, ends_on=today - day)  # not any more
    join_care_team(nowhere, cast.ana, ends_on=today)
    Cover.objects.create(
        **common, absent=cast.ana, covering=cast.sam, starts_on=today, ends_on=today, created_by=cast.sue
    )
    Cover.objects.create(
        **common, absent=cast.ana, covering=cast.aud, starts_on=today, ends_on=today, created_by=cast.sue
    )  # a cover gives no role
    Cover.objects.create(
        **common,
        absent=cast.sam,
        covering=cast.max,
        starts_on=today - day,
        ends_on=today - day,
        created_by=cast.sue,
    )  # over
    join_care_team(other, cast.sam)
    User.objects.filter(pk=cast.petra.pk).update(
        roles=["privacy_officer", "read_only"]
    )  # sees the whole house
    group = Group.objects.create(name="floaters")
    cast.pam.groups.add(group)
    assign_perm(SEE_PATIENTS, group, cast.south)
    for user, ends, revoked in ((cast.max, hour, None), (cast.vic, -hour, None), (cast.sue, hour, now)):
        AccessGrant.objects.create(
            **common, patient=nowhere, user=user, reason="consult", note="asked", starts_at=now - 2 * hour,
            expires_at=now + ends, granted_by=cast.sue, revoked_at=revoked, revoked_by=cast.sue if revoked else None,
        )  # fmt: skip
    deny(cast, cast.pat, cast.sue, today)
    deny(cast, other, cast.petra, today)
    deny(cast, cast.pat, cast.max, today - day, ends_on=today - day)
    people = list(User.objects.filter(is_system=False, is_active=True))
    tasks = [
        TaskFactory(patient=patient, **common, owner=user, created_by=cast.ana)
        for user in people
        for patient in (cast.pat, other, mistake, nowhere, None)
    ]
    said = {sentence.split()[1] for sentence in loose(cast.riverbend)["owner_blind"]}
    for user in people:
        forget_scope(user)
        seen = set(Task.objects.visible_to(user).filter(owner=user).values_list("pk", flat=True))
        for task in tasks:
            if task.owner_id == user.pk:
                assert (str(task.pk) in said) == (task.pk not in seen), (user, task.patient)
    assert 10 < len(said) < len(tasks) - 10, "the world has both"


def deny(cast, patient, user, starts_on, ends_on=None) -> None:
    AccessDenial.objects.create(
        organization=cast.riverbend, patient=patient, user=user, reason="asked for it", starts_on=starts_on,
        ends_on=ends_on, created_by=cast.petra,
    )  # fmt: skip


# --- emergency access -------------------------------------------------------------------------------------------------
MONDAY = dt.datetime(2026, 11, 16, 15, 0, tzinfo=dt.UTC)


def late_on(cast, day: int) -> list[str]:
    """The sentences on that day of November."""
    results: list[str] = []
    rules = [rule for rule in RULES if rule.name == "emergency_unreviewed"]
    now = MONDAY.replace(day=day)
    check(cast.riverbend, rules=rules, now=now, hear=lambda _rule, sentence: results.append(sentence))
    return results


def test_an_emergency_access_that_nobody_reviews(cast):
    grant = EmergencyFactory(patient=cast.pat, user=cast.max, starts_at=MONDAY)
    assert late_on(cast, 17) == [], "the next business day is not over"
    assert late_on(cast, 18) == [
        f"Emergency access {grant.pk} of {cast.max.pk} was not reviewed in time, and no open task asks for it."
    ]
    task = open_review_task(grant, cast.riverbend.today() + dt.timedelta(days=1))
    assert late_on(cast, 18) == [], "it is late, and somebody has it"
    change(task, status="cancelled", outcome="mistake", closed_at=timezone.now(), closed_by=cast.sue)
    assert len(late_on(cast, 18)) == 1, "closed, it asks nobody"
    AccessGrant.objects.filter(pk=grant.pk).update(
        reviewed_at=timezone.now(), reviewed_by=cast.petra, finding="appropriate"
    )
    assert late_on(cast, 18) == []


def test_over_a_weekend_the_review_is_due_on_monday(cast):
    EmergencyFactory(patient=cast.pat, user=cast.max, starts_at=MONDAY.replace(day=20))
    assert [len(late_on(cast, day)) for day in (21, 22, 23, 24)] == [0, 0, 0, 1]


def test_sight_that_somebody_else_gave_is_nobodys_to_review(cast):
    EmergencyFactory(patient=cast.pat, user=cast.max, granted_by=cast.sue, starts_at=MONDAY)
    assert late_on(cast, 30) == []


def test_the_house_says_how_long_a_review_may_take(cast, settings):
    EmergencyFactory(patient=cast.pat, user=cast.max, starts_at=MONDAY)
    settings.BREAK_GLASS_REVIEW_DAYS = 3
    assert [len(late_on(cast, day)) for day in (18, 19, 20)] == [0, 0, 1]
