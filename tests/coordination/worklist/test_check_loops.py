"""The command and the night: what could be dropped is said, given to somebody, and never repaired."""

import datetime as dt
from io import StringIO

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.utils import timezone
from guardian.shortcuts import assign_perm

from coordination.accounts.models import SEE_PATIENTS, TeamMembership, User
from coordination.audit.models import Event
from coordination.lib.rls import enter_organization, organization
from coordination.notifications.models import Notification
from coordination.outbox.models import Message
from coordination.worklist.actions import close_task
from coordination.worklist.actions.caseload import settle
from coordination.worklist.jobs import check_loops, check_rule
from coordination.worklist.loops import RULES, STEPS, check
from coordination.worklist.models import Task
from patients.models import CareTeamMember, Patient
from tests.factories import PatientFactory, TaskFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def promise(cast) -> Task:
    """One sound task of the patient, everything counted."""
    task = TaskFactory(patient=cast.pat)
    settle(cast.pat.pk)
    return task


def change(task: Task, **values) -> None:
    Task.objects.filter(pk=task.pk).update(**values)


# --- the command ------------------------------------------------------------------------------------------------------
def command() -> tuple[str, int]:
    out = StringIO()
    code = 0
    try:
        call_command("check_loops", stdout=out)
    except SystemExit as end:
        code = int(end.code or 0)
    return out.getvalue(), code


def test_the_command_says_so_when_nothing_is_loose(cast, promise):
    assert command() == (f"All {len(RULES)} rules hold in 2 organizations.\n", 0)


def test_the_command_prints_one_sentence_each_and_fails(cast, promise):
    change(promise, reason=" ", status="waiting", waiting_on=" ", waiting_since=timezone.now())
    second = TaskFactory(patient=cast.pat, reason=" ")
    settle(cast.pat.pk)
    said, code = command()
    assert code == 1
    assert said.splitlines() == [
        "Riverbend: Open tasks without a title or a reason",
        f"  Task {promise.pk} does not say what it is or why.",
        f"  Task {second.pk} does not say what it is or why.",
        "Riverbend: Waiting tasks that wait on nobody",
        f"  Task {promise.pk} waits, and does not say on whom or since when.",
        "Riverbend: Open tasks without a title or a reason: 2",
        "Riverbend: Waiting tasks that wait on nobody: 1",
        "3 findings. Nothing was changed.",
    ]
    assert "Rivera" not in said


def test_it_asks_each_rule_once_however_many_patients(cast, statements):
    def asked() -> int:
        with statements() as seen:
            check(cast.riverbend)
        return len(seen)

    before = asked()
    for _n in range(20):
        TaskFactory(
            patient=PatientFactory(organization=cast.riverbend, team=cast.north, coordinator=cast.ana)
        )
    assert asked() == before
    assert before <= len(RULES) + 6


def test_nothing_is_loose_in_the_demo_town(db):
    call_command("town", patients=60, seed=7, stdout=StringIO())
    assert command() == (f"All {len(RULES)} rules hold in 1 organization.\n", 0)


# --- the night --------------------------------------------------------------------------------------------------------
def night() -> None:
    """The job, and every message it posted."""
    check_loops()
    for message in Message.objects.filter(topic="loops.asked", state="queued").order_by("pk"):
        with organization(message.organization_id):
            check_rule(message)
            Message.objects.filter(pk=message.pk).update(state="sent")


def opened() -> list[Task]:
    return list(Task.objects.filter(source_key__startswith="loops:").order_by("source_key"))


def test_the_night_opens_one_task_for_the_supervisor_and_repairs_nothing(cast, promise):
    change(promise, waiting_on=" ", status="waiting", waiting_since=timezone.now())
    row = Task.objects.values().get(pk=promise.pk)
    patient = Patient.objects.values().get(pk=cast.pat.pk)
    night()
    night()
    enter_organization(cast.riverbend.pk)
    (task,) = opened()
    assert (task.owner, task.queue, task.patient, task.source) == (cast.sue, None, None, "rule")
    assert task.title == "Waiting tasks that wait on nobody"
    assert task.reason == "The nightly check found 1 and changed nothing."
    assert task.source_key == f"loops:waits_on_nobody:{cast.north.pk}:{cast.riverbend.today().isoformat()}"
    assert [step["text"].split()[1] for step in task.checklist] == [str(promise.pk)]
    assert task.created_by.is_system
    assert task in Task.objects.visible_to(cast.sue)
    assert Message.objects.filter(topic="task.assigned", payload__task_id=str(task.pk)).count() == 1
    assert Task.objects.values().get(pk=promise.pk) == row
    assert Patient.objects.values().get(pk=cast.pat.pk) == patient


def test_what_was_found_is_a_click_away_for_whoever_may_see_it(cast, promise, signed_in, inside):
    change(promise, waiting_on=" ", status="waiting", waiting_since=timezone.now())
    CareTeamMember.objects.filter(patient=cast.pat).update(is_primary=False)
    night()
    inside(cast.riverbend)
    tasks = {task.source_key.split(":")[1]: task for task in opened()}
    client = signed_in(cast.sue)
    page = client.get(f"/tasks/{tasks['waits_on_nobody'].pk}/").text
    assert f'href="/tasks/{promise.pk}/"' in page
    assert f"RIVERA, Pat, {promise.title}" in page
    page = client.get(f"/tasks/{tasks['without_coordinator'].pk}/").text
    assert f'href="/patients/{cast.pat.pk}/"' in page
    assert "RIVERA, Pat" in page
    inside(cast.riverbend)
    stored = [
        *Task.objects.filter(source_key__startswith="loops:").values(),
        *Event.objects.values("detail", "reason"),
    ]
    stored += [*Notification.objects.values("text"), *Message.objects.values("payload")]
    assert "Rivera" not in str(stored).title()
    assert promise.title not in str(stored)


def test_whoever_may_not_see_it_reads_the_id(cast, promise, signed_in, inside):
    change(promise, waiting_on=" ", status="waiting", waiting_since=timezone.now())
    night()
    inside(cast.riverbend)
    (task,) = opened()
    change(task, owner=cast.sam)
    page = signed_in(cast.sam).get(f"/tasks/{task.pk}/").text
    assert str(promise.pk) in page
    assert f'href="/tasks/{promise.pk}/"' not in page
    assert promise.title not in page
    assert "RIVERA" not in page


def test_a_step_with_a_name_in_it_is_ticked_as_it_is_stored(cast, promise, signed_in, inside, parts):
    change(promise, waiting_on=" ", status="waiting", waiting_since=timezone.now())
    night()
    inside(cast.riverbend)
    (task,) = opened()
    sent = {"step": "0", "text": task.checklist[0]["text"], "done": "1"}
    answer = signed_in(cast.sue).post(f"/tasks/{task.pk}/checklist/", sent, headers=parts)
    assert (answer.status_code, f'href="/tasks/{promise.pk}/"' in answer.text) == (200, True)
    inside(cast.riverbend)
    assert Task.objects.get(pk=task.pk).checklist[0]["done"]


def test_the_night_reports_on_every_organization(cast, promise):
    change(promise, reason=" ")
    night()
    told = [(event.organization_id, event.detail) for event in Event.objects.filter(name="loops.checked")]
    assert len(told) == 2 * len(RULES)
    assert [each for each in told if each[1]["found"]] == [
        (cast.riverbend.pk, {"rule": "without_reason", "found": 1})
    ]


def test_while_it_is_being_looked_at_no_second_one_comes(cast, promise):
    change(promise, reason=" ")
    night()
    with time_machine.travel(timezone.now() + dt.timedelta(days=1)):
        night()
        enter_organization(cast.riverbend.pk)
        (first,) = opened()
        close_task(task=first, by=cast.sue)
        night()
    enter_organization(cast.riverbend.pk)
    assert [task.is_open for task in opened()] == [False, True]


def test_of_many_the_first_are_named(cast):
    for _n in range(STEPS + 2):
        TaskFactory(patient=cast.pat, reason=" ")
    settle(cast.pat.pk)
    night()
    enter_organization(cast.riverbend.pk)
    (task,) = opened()
    assert len(task.checklist) == STEPS
    assert task.reason == f"The nightly check found {STEPS + 2} and changed nothing."
    assert task.context == f"The first {STEPS} are its steps."


@pytest.mark.parametrize(
    ("gone", "retired", "desk"),
    [
        (False, False, "sue"),  # no supervisor of South, but a working queue: see below
        (True, False, "north"),
        (True, True, "south"),
    ],
)
def test_who_looks_at_it(cast, promise, gone, retired, desk):
    change(promise, reason=" ")
    User.objects.filter(pk=cast.sue.pk).update(is_active=not gone)
    cast.north.is_active = not retired
    cast.north.save(update_fields=["is_active"])
    night()
    enter_organization(cast.riverbend.pk)
    (task,) = opened()
    assert (task.owner or task.queue) == getattr(cast, desk)


def test_another_teams_supervisor_is_not_asked_while_the_team_has_a_queue(cast):
    task = TaskFactory(patient=None, organization=cast.riverbend, owner=cast.sam, reason=" ")
    TeamMembership.objects.create(team=cast.south, user=cast.sam, starts_on=dt.date(2020, 1, 1))
    TaskFactory(patient=None, organization=cast.riverbend, owner=cast.ana, reason=" ")  # of no team
    night()
    enter_organization(cast.riverbend.pk)
    desks = {key.source_key.split(":")[2]: key.owner or key.queue for key in opened()}
    assert desks == {str(cast.south.pk): cast.south, "house": cast.sue}
    assert task.owner == cast.sam


def test_a_supervisor_through_a_group_is_the_teams_too(cast):
    User.objects.filter(pk=cast.sue.pk).update(is_active=False)
    group = Group.objects.create(name="floaters")
    User.objects.filter(pk=cast.sam.pk).update(roles=["supervisor"])
    cast.sam.groups.add(group)
    assign_perm(SEE_PATIENTS, group, cast.north)
    TaskFactory(patient=cast.pat, reason=" ")
    settle(cast.pat.pk)
    night()
    enter_organization(cast.riverbend.pk)
    assert [task.owner for task in opened()] == [cast.sam]


def test_where_nobody_could_look_the_night_goes_on(cast, promise):
    change(promise, reason=" ")
    User.objects.filter(roles__contains=["supervisor"]).update(is_active=False)
    cast.riverbend.teams.update(is_active=False)
    night()
    enter_organization(cast.riverbend.pk)
    assert opened() == []
    assert Event.objects.filter(name="loops.checked").count() == 2 * len(RULES)
