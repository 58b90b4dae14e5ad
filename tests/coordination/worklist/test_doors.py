"""Tasks about no patient: the list, the page, the count, the export and the API say the same as a plain-Python reading of the rule."""

import datetime as dt
from dataclasses import dataclass, field

import pytest
from django.db import transaction
from django.http import Http404, QueryDict
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coordination.accounts.models import Cover, TeamMembership, User
from coordination.accounts.permissions import Permission
from coordination.accounts.roles import ROLES
from coordination.lib.rls import enter_organization
from coordination.worklist import exports
from coordination.worklist.access import get_task, list_changes, list_tasks
from coordination.worklist.actions import assign_task
from coordination.worklist.actions.changing import keep_opening
from coordination.worklist.jobs import escalate
from coordination.worklist.models import Change, Task
from tests.factories import TaskFactory
from tests.patients.test_doors import PEOPLE, Built, World, worlds

PERSON, TEAM = st.integers(0, PEOPLE - 1), st.integers(0, 1)
OLD = dt.timedelta(days=9)


@dataclass
class Work:
    """The world of the patients' doors, with who works where, who left, and tasks about nobody."""

    world: World
    works: list[tuple[int, int, bool]] = field(default_factory=list)  # person, team, ended
    gone: list[int] = field(default_factory=list)
    # owner, else the queue; before whom it was put
    tasks: list[tuple[int | None, int, int | None]] = field(default_factory=list)


@st.composite
def places(draw):
    return Work(
        world=draw(worlds()),
        works=draw(
            st.lists(st.tuples(PERSON, TEAM, st.booleans()), max_size=4, unique_by=lambda row: row[:2])
        ),
        gone=draw(st.lists(PERSON, max_size=2, unique=True)),
        tasks=draw(st.lists(st.tuples(st.none() | PERSON, TEAM, st.none() | PERSON), min_size=3, max_size=5)),
    )


def may(work: Work, who: int) -> set[Permission]:
    return set().union(*(ROLES[role].permissions for role in work.world.roles[who]))


def oracle(work: Work, who: int) -> set[int]:
    """Which of the tasks this person sees, said plainly."""
    rights, world = may(work, who), work.world
    if not {Permission.TASK_VIEW, Permission.OWN_TASKS} & rights or world.homes[who] != 0:
        return set()
    teams = {team for person, team in world.grants if person == who and Permission.PATIENT_VIEW in rights}
    seen = set()
    for number, (owner, queue, before) in enumerate(work.tasks):
        reasons = [
            owner == who,
            any(
                absent == owner and covering == who and span.holds()
                for absent, covering, span in world.covers
            ),
        ]
        if Permission.TASK_VIEW in rights:
            reasons += [
                owner is None and queue in teams,
                before == who,
                Permission.TEAM_MANAGE in rights and answers_for(work, owner, teams),
            ]
        if any(reasons):
            seen.add(number)
    return seen


def answers_for(work: Work, owner: int | None, teams: set[int]) -> bool:
    if owner is None or work.world.homes[owner] != 0:
        return False
    worked = [(team, ended) for person, team, ended in work.works if person == owner]
    if any(team in teams and not ended for team, ended in worked):
        return True
    return owner in work.gone and (not worked or any(team in teams for team, _ended in worked))


def build(work: Work) -> tuple[Built, list[Task]]:
    built = Built(work.world)
    house = built.organizations[0]
    enter_organization(house.pk)
    for person, team, ended in work.works:
        TeamMembership.objects.create(
            team=built.teams[team], user=built.people[person], starts_on=built.day(-3), ends_on=built.day(-1) if ended else None
        )  # fmt: skip
    User.objects.filter(pk__in=[built.people[n].pk for n in work.gone]).update(left_on=built.day(-1))
    tasks = []
    for owner, queue, before in work.tasks:
        has = (
            {"queue": built.teams[queue], "owner": None} if owner is None else {"owner": built.people[owner]}
        )
        up = {"escalated_at": built.now, "escalated_to": built.people[before]} if before is not None else {}
        task = TaskFactory(organization=house, patient=None, created_by=built.people[0], **has, **up)
        keep_opening(task=task, by=User(pk=built.people[0].pk, organization_id=house.pk))
        tasks.append(task)
    return built, tasks


def opens(user: User, task: Task) -> bool:
    try:
        return get_task(user, task.pk).pk == task.pk
    except Http404:
        return False


@pytest.mark.django_db
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)  # fmt: skip
@pytest.mark.slow
@given(work=places())
def test_list_page_count_api_and_history_agree_with_the_oracle(work):
    with transaction.atomic():
        built, tasks = build(work)
        place = {task.pk: n for n, task in enumerate(tasks)}
        since = timezone.now() - OLD
        for who, person in enumerate(built.people):
            user = User.objects.select_related("organization").get(pk=person.pk)
            enter_organization(user.organization_id)
            expected = oracle(work, who)
            listed = [place[pk] for pk in Task.objects.visible_to(user).values_list("pk", flat=True)]
            assert sorted(listed) == sorted(expected)
            assert Task.objects.visible_to(user).count() == len(expected)
            assert {n for n, task in enumerate(tasks) if opens(user, task)} == expected
            told = {place[change.task_id] for change in Change.objects.visible_to(user)}
            by_me = set(range(len(tasks))) if who == 0 and Permission.TASK_VIEW in may(work, who) else set()
            assert told == (expected | by_me if user.organization_id == tasks[0].organization_id else set())
            assert all(list_changes(user, tasks[n]).exists() for n in expected)
            if Permission.TASK_VIEW in may(work, who):
                api = list_tasks(user, updated_since=since, status="all")  # what /api/v1/tasks/ answers with
                assert {place[task.pk] for task in api} == expected
        transaction.set_rollback(True)


class TestOutOfReachBefore:
    @pytest.fixture
    def alone(self, cast):
        TeamMembership.objects.create(team=cast.north, user=cast.ana, starts_on=cast.riverbend.today())
        return TaskFactory(
            organization=cast.riverbend, patient=None, owner=cast.ana, title="Order handouts", due_at=timezone.now() - OLD
        )  # fmt: skip

    def exported(self, user, query):
        return [task.pk for task in exports.day(user, QueryDict(query)).rows]

    def test_escalated_it_opens_from_the_word_of_it_and_stands_in_the_list(
        self, cast, signed_in, inside, alone
    ):
        escalate()
        inside(cast.riverbend)
        alone.refresh_from_db()
        assert alone.escalated_to == cast.sue
        client = signed_in(cast.sue)
        assert client.get(f"/tasks/{alone.pk}/").status_code == 200
        page = client.get("/day/?show=escalated")
        assert (page.context["total"], "Order handouts" in page.text) == (1, True)
        inside(cast.riverbend)
        assert self.exported(cast.sue, "show=escalated") == [alone.pk]
        listed = list_tasks(cast.sue, owner_id=cast.ana.pk)
        assert [task.pk for task in listed] == [alone.pk]

    def test_whoever_covers_sees_it_while_they_do(self, cast, signed_in, inside, alone):
        today = cast.riverbend.today()
        cover = Cover.objects.create(
            organization=cast.riverbend, absent=cast.ana, covering=cast.sam, starts_on=today, ends_on=today, created_by=cast.sue
        )  # fmt: skip
        page = signed_in(cast.sam).get(f"/day/?show=cover:{cast.ana.pk}")
        assert (page.context["total"], "Order handouts" in page.text) == (1, True)
        inside(cast.riverbend)
        assert self.exported(cast.sam, f"show=cover:{cast.ana.pk}") == [alone.pk]
        Cover.objects.filter(pk=cover.pk).update(
            starts_on=today - OLD, ends_on=today - dt.timedelta(days=1)
        )  # fmt: skip
        assert signed_in(cast.sam).get(f"/tasks/{alone.pk}/").status_code == 404

    @pytest.mark.parametrize("team", [True, False])
    def test_once_the_owner_left_their_supervisor_hands_it_on(self, cast, signed_in, inside, alone, team):
        User.objects.filter(pk=cast.ana.pk).update(is_active=False, left_on=cast.riverbend.today() - OLD)
        ended = {"starts_on": cast.riverbend.today() - OLD, "ends_on": cast.riverbend.today()}
        TeamMembership.objects.update(**ended) if team else TeamMembership.objects.all().delete()
        sent = {"to": f"user:{cast.max.pk}", "version": "1"}
        assert signed_in(cast.sue).post(f"/tasks/{alone.pk}/assign/", sent).status_code == 302
        inside(cast.riverbend)
        assert Task.objects.get(pk=alone.pk).owner == cast.max

    def test_it_stays_with_the_team(self, cast, signed_in, alone):
        for who, status in {"sue": 200, "pam": 200, "max": 404, "vic": 404, "sam": 404, "olga": 404}.items():
            assert signed_in(getattr(cast, who)).get(f"/tasks/{alone.pk}/").status_code == status, who

    def test_my_day_asks_no_more_than_before(self, cast, signed_in, alone, statements):
        client = signed_in(cast.sue)
        client.get("/day/")
        with statements() as seen:
            client.get("/day/")
        assert len([sql for sql in seen if '"worklist_task"' in sql]) == 2


def test_given_back_by_the_supervisor_it_can_be_undone(cast, signed_in):
    TeamMembership.objects.create(team=cast.north, user=cast.ana, starts_on=cast.riverbend.today())
    task = TaskFactory(organization=cast.riverbend, patient=None, owner=cast.ana)
    change = assign_task(task=task, by=cast.sue, owner=cast.max).last_change
    assert signed_in(cast.sue).post(f"/undo/{change.pk}/").status_code == 302
