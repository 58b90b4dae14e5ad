"""What stays late goes up to the supervisor, once, and the owner keeps it."""

import datetime as dt
import threading

import pytest
from django.db import connection
from django.utils import timezone

from coordination.accounts.models import TeamMembership, User
from coordination.audit.models import Event
from coordination.lib.rls import enter_organization, organization
from coordination.notifications.models import Notification
from coordination.worklist.actions import assign_task, change_due, close_task
from coordination.worklist.actions.escalating import overdue_since
from coordination.worklist.due import Due
from coordination.worklist.jobs import escalate
from coordination.worklist.loops import check
from coordination.worklist.models import Task
from patients.models import AccessDenial
from tests.factories import PatientFactory, TaskFactory, UserFactory, join_care_team


@pytest.fixture
def late(cast):
    return TaskFactory(
        patient=cast.pat, title="Call the clinic", due_at=timezone.now() - dt.timedelta(days=9)
    )


def run(cast):
    escalate()
    enter_organization(cast.riverbend.pk)


def again(task):
    task.refresh_from_db()
    return task


@pytest.mark.parametrize(
    ("today", "due"),
    [
        ("2026-11-18", "2026-11-16"),  # Wednesday: what was due on Monday
        ("2026-11-23", "2026-11-19"),  # Monday: what was due on Thursday
        ("2026-11-22", "2026-11-18"),  # Sunday, as on the Friday before
        ("2026-11-30", "2026-11-26"),  # after Thanksgiving the Friday counts and the Monday
    ],
)
def test_business_days_are_counted(cast, monkeypatch, today, due):
    monkeypatch.setattr(type(cast.riverbend), "today", lambda _house: dt.date.fromisoformat(today))
    assert overdue_since(cast.riverbend).astimezone(cast.riverbend.zone).date() == dt.date.fromisoformat(due)


class TestTheJob:
    def test_the_supervisor_gets_it_before_them_and_the_owner_keeps_it(self, cast, late):
        run(cast)
        assert (again(late).escalated_to, late.owner) == (cast.sue, cast.ana)
        told = {line.user: line.text for line in Notification.objects.all()}
        assert told[cast.sue] == "Late, and now before you: Call the clinic (Ana Ruiz has it)."
        assert told[cast.ana] == "Late, and now before Sue Park: Call the clinic. You still have it."
        run(cast)
        assert Event.objects.filter(name="task.escalated").count() == 1
        assert Notification.objects.count() == 2

    def test_a_safety_matter_within_the_hour(self, cast):
        minutes = dt.timedelta(minutes=1)
        due = [timezone.now() - n * minutes for n in (59, 61)]
        fresh, late = (TaskFactory(patient=cast.pat, priority=1, due_at=at) for at in due)
        run(cast)
        assert again(fresh).escalated_at is None
        assert again(late).escalated_to == cast.sue
        assert set(Notification.objects.values_list("kind", flat=True)) == {"safety"}

    def test_what_is_not_late_enough_closed_or_asleep_stays(self, cast, late):
        soon = TaskFactory(patient=cast.pat, due_at=timezone.now() - dt.timedelta(hours=1))
        asleep = TaskFactory(
            patient=cast.pat, due_at=late.due_at, snoozed_until=timezone.now() + dt.timedelta(days=1)
        )
        close_task(task=late, by=cast.ana)
        run(cast)
        assert not Task.objects.filter(escalated_at__isnull=False).exists()
        assert {again(soon).owner, again(asleep).owner} == {cast.ana}

    def test_nobody_is_put_before_themselves_or_those_who_do_not_see_it(self, cast):
        User.objects.filter(pk=cast.pam.pk).update(is_active=False)
        old = timezone.now() - dt.timedelta(days=9)
        TaskFactory(patient=cast.pat, owner=cast.sue, due_at=old)
        south = PatientFactory(organization=cast.riverbend, team=cast.south, coordinator=cast.sam)
        TaskFactory(patient=south, due_at=old)
        run(cast)
        assert not Task.objects.filter(escalated_at__isnull=False).exists()
        loose = next(result for result in check(cast.riverbend) if result.rule.name == "late_before_nobody")
        assert loose.found == 2

    def test_where_the_team_has_no_other_supervisor_it_goes_to_one_who_sees_the_patient(self, cast):
        own = TaskFactory(patient=cast.pat, owner=cast.sue, due_at=timezone.now() - dt.timedelta(days=9))
        uma = UserFactory(organization=cast.riverbend, name="Uma Roy", roles=["supervisor"])
        join_care_team(cast.pat, uma)
        run(cast)
        assert again(own).escalated_to == uma
        assert own in Task.objects.visible_to(uma)

    def test_else_to_who_manages_the_program(self, cast):
        own = TaskFactory(patient=cast.pat, owner=cast.sue, due_at=timezone.now() - dt.timedelta(days=9))
        run(cast)
        assert again(own).escalated_to == cast.pam
        assert own in Task.objects.visible_to(cast.pam)
        assert all(
            not result.found for result in check(cast.riverbend) if result.rule.name == "late_before_nobody"
        )

    def test_not_to_whom_the_patient_denied_sight(self, cast, late):
        AccessDenial.objects.create(
            organization=cast.riverbend, patient=cast.pat, user=cast.sue, reason="Relative",
            starts_on=cast.riverbend.today(), created_by=cast.petra,
        )  # fmt: skip
        run(cast)
        assert again(late).escalated_to == cast.pam

    def test_about_no_patient_it_goes_to_any_supervisor(self, cast):
        old = timezone.now() - dt.timedelta(days=9)
        TeamMembership.objects.create(team=cast.south, user=cast.sam, starts_on=cast.riverbend.today())
        of_south, of_no_team = (
            TaskFactory(organization=cast.riverbend, patient=None, owner=owner, due_at=old)
            for owner in (cast.sam, cast.max)
        )
        run(cast)
        assert {again(of_south).escalated_to, again(of_no_team).escalated_to} == {cast.sue}
        assert Task.objects.visible_to(cast.sue).filter(escalated_to=cast.sue).count() == 2

    def test_a_task_in_a_queue_goes_up_too(self, cast, late):
        Task.objects.filter(pk=late.pk).update(owner=None, queue=cast.north)
        run(cast)
        assert again(late).escalated_to == cast.sue

    def test_finding_them_is_one_statement(self, cast, late, statements):
        Task.objects.filter(pk=late.pk).update(due_at=timezone.now())
        with statements() as seen:
            escalate()
        assert len([sql for sql in seen if '"worklist_task"' in sql]) <= 2  # one for each organization


class TestWhatItShows:
    def test_a_desk_of_the_supervisor_and_a_mark_on_the_row(self, cast, signed_in, late):
        assert "Escalated to me" not in signed_in(cast.sue).get("/day/").text
        run(cast)
        page = signed_in(cast.sue).get("/day/?show=escalated")
        assert page.status_code == 200
        assert "Escalated to me" in page.text
        assert "Call the clinic" in page.text
        assert page.context["total"] == 1
        assert "Escalated to Sue Park, " in signed_in(cast.ana).get("/day/").text

    def test_whoever_has_none_is_offered_no_such_desk(self, cast, signed_in, late):
        """Asked for, by a view saved when there was something, it is there and empty: it holds what is before this person only."""
        run(cast)
        client = signed_in(cast.ana)
        assert "show=escalated" not in client.get("/day/").text
        page = client.get("/day/?show=escalated")
        assert (page.status_code, page.context["total"]) == (200, 0)
        assert late.title not in page.text


class TestMadeAnew:
    def test_another_owner_or_another_time_starts_again(self, cast, late):
        run(cast)
        moved = change_due(task=again(late), by=cast.ana, due=Due(timezone.now() + dt.timedelta(days=1)))
        assert (moved.escalated_at, moved.escalated_to) == (None, None)
        Task.objects.filter(pk=late.pk).update(due_at=timezone.now() - dt.timedelta(days=9))
        run(cast)
        assert assign_task(task=again(late), by=cast.sue, owner=cast.max).escalated_at is None

    def test_closing_keeps_that_it_was(self, cast, late):
        run(cast)
        assert close_task(task=again(late), by=cast.ana).escalated_to == cast.sue


@pytest.mark.django_db(transaction=True)
def test_a_row_somebody_holds_keeps_no_other_from_its_turn(cast):
    old = timezone.now() - dt.timedelta(days=9)
    with organization(cast.riverbend.pk):
        held, free = (
            TaskFactory(patient=cast.pat, owner=owner, due_at=old) for owner in (cast.ana, cast.max)
        )
        Task.objects.filter(pk=held.pk).update(patient=None)
    has_it, done = threading.Event(), threading.Event()

    def hold():
        with organization(cast.riverbend.pk):
            Task.objects.select_for_update().get(pk=held.pk)
            has_it.set()
            done.wait(20)
        connection.close()

    TeamMembership.objects.create(team=cast.north, user=cast.ana, starts_on=cast.riverbend.today())
    other = threading.Thread(target=hold)
    other.start()
    assert has_it.wait(10)
    try:
        escalate()
    finally:
        done.set()
        other.join(10)
    with organization(cast.riverbend.pk):
        assert again(free).escalated_to == cast.sue
        assert again(held).escalated_to is None
        escalate()  # an hour later
        assert again(held).escalated_to == cast.sue
