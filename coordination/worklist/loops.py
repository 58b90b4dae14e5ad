"""The invariants of the work, asked of the rows themselves: what could be dropped without anyone noticing.

The database refuses most of it and the actions the rest; this asks again, past both, and repairs nothing. Each rule is one
statement over all rows of an organization.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection
from django.db.models import CharField, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, UUIDField, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Coalesce, Concat, Greatest, Trim
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from coordination.accounts.models import SEE_PATIENTS, Organization, TeamMembership
from coordination.accounts.permissions import Permission
from coordination.accounts.roles import roles_with
from coordination.lib.days import add_business_days, end_of_day
from coordination.lib.rls import organization
from coordination.worklist.actions.escalating import critical_since, overdue_since
from coordination.worklist.desk import overseer_of_each
from coordination.worklist.models import OPEN, Contact, Dependency, Task
from patients.models import AccessGrant, CareTeamMember, Patient

REVIEW_CAUSE = "access.review:"  # what the task of a review is opened for, before the id of the access
STEPS = 20  # findings a task for the supervisor names one by one


class Finding(NamedTuple):
    """A row that breaks a rule: its id, whom it is about, and the team that answers for it."""

    id: uuid.UUID
    who: uuid.UUID | None
    team_id: uuid.UUID | None


@dataclass(frozen=True)
class Rule:
    """`find` answers with the rows that break it, each with `who` and `answers` beside it."""

    name: str
    title: Promise
    sentence: Promise
    find: Callable[[Organization, dt.datetime], QuerySet[Any]]

    def say(self, finding: Finding) -> str:
        return str(self.sentence) % {"id": finding.id, "who": finding.who}


@dataclass
class Share:
    """What one team answers for under one rule."""

    found: int = 0
    sentences: list[str] = field(default_factory=list)  # the first of them

    def add(self, sentence: str) -> None:
        self.found += 1
        if len(self.sentences) < STEPS:
            self.sentences.append(sentence)


@dataclass
class Result:
    rule: Rule
    shares: dict[uuid.UUID | None, Share] = field(default_factory=dict)

    @property
    def found(self) -> int:
        return sum(share.found for share in self.shares.values())


def check(
    house: Organization,
    *,
    rules: Iterable[Rule] = (),
    now: dt.datetime | None = None,
    hear: Callable[[Rule, str], None] | None = None,
) -> list[Result]:
    """Ask these rules, or all of them, about one organization. `hear` is told each finding as it is read; only the first are kept."""
    now = now or timezone.now()
    results = [Result(rule) for rule in rules or RULES]
    with organization(house.pk):
        with connection.cursor() as cursor:
            cursor.execute("set local statement_timeout = 0")
        for result in results:
            for finding in _read(result.rule, house, now):
                sentence = result.rule.say(finding)
                result.shares.setdefault(finding.team_id, Share()).add(sentence)
                if hear is not None:
                    hear(result.rule, sentence)
    return results


def _read(rule: Rule, house: Organization, now: dt.datetime) -> Iterator[Finding]:
    rows = rule.find(house, now).order_by("pk").values_list("pk", "who", "answers")
    return (Finding(*row) for row in rows.iterator(chunk_size=2000))


# --- tasks ------------------------------------------------------------------------------------------------------------
def open_tasks(*, who: str = "owner_id") -> QuerySet[Task]:
    """Open tasks with the team that answers: the patient's, the queue, or the team the owner works in."""
    works_in = TeamMembership.objects.filter(user=OuterRef("owner"), ends_on__isnull=True).order_by("team")
    team = Coalesce(
        F("patient__team_id"),
        F("queue_id"),
        Subquery(works_in.values("team_id")[:1]),
        output_field=UUIDField(),
    )
    tasks: QuerySet[Task] = Task.objects.open().annotate(who=F(who), answers=team)
    return tasks


def without_owner(house: Organization, now: dt.datetime) -> QuerySet[Task]:
    return open_tasks().exclude(Q(owner__isnull=False) ^ Q(queue__isnull=False))


def without_due(house: Organization, now: dt.datetime) -> QuerySet[Task]:
    return open_tasks().filter(due_at__isnull=True)


def without_reason(house: Organization, now: dt.datetime) -> QuerySet[Task]:
    return open_tasks().alias(words=Trim("reason"), name=Trim("title")).filter(Q(words="") | Q(name=""))


def _gone(person: str, today: dt.date) -> Q:
    """Suspended, left before today, or nobody at all: the name in which jobs act."""
    return (
        Q(**{f"{person}__is_active": False})
        | Q(**{f"{person}__is_system": True})
        | Q(**{f"{person}__left_on__lt": today})
    )


def owner_gone(house: Organization, now: dt.datetime) -> QuerySet[Task]:
    return open_tasks().filter(_gone("owner", _day(house, now)))


def owner_blind(house: Organization, now: dt.datetime) -> QuerySet[Task]:
    """`Task.objects.visible_to` asked of every owner at once; the tests hold the two together."""
    values = [
        _day(house, now), now, SEE_PATIENTS, roles_with(Permission.TASK_VIEW), roles_with(Permission.OWN_TASKS),
        roles_with(Permission.PATIENT_VIEW), roles_with(Permission.PATIENT_VIEW_ORGANIZATION), OPEN,
    ]  # fmt: skip
    return open_tasks().filter(pk__in=RawSQL(_BLIND, values))  # noqa: S611 (a constant of ours)


def queue_retired(house: Organization, now: dt.datetime) -> QuerySet[Task]:
    return open_tasks(who="queue_id").filter(queue__is_active=False)


def queue_of_another_team(house: Organization, now: dt.datetime) -> QuerySet[Task]:
    waits = open_tasks(who="queue_id").filter(queue__isnull=False, patient__isnull=False)
    return waits.exclude(queue=F("patient__team"))


def asleep_too_long(house: Organization, now: dt.datetime) -> QuerySet[Task]:
    """No task sleeps longer than the house allows, a safety matter never past its due time."""
    longest = now + dt.timedelta(days=settings.SNOOZE_MAX_DAYS)
    past_limit = Q(priority=Task.Priority.CRITICAL, snoozed_until__gt=Greatest(F("due_at"), now))
    return open_tasks().filter(Q(snoozed_until__gt=longest) | past_limit)


def sleeps_without_limit(house: Organization, now: dt.datetime) -> QuerySet[Task]:
    """Something may never happen: whoever waits for it has a last day too, and a patient it could happen to."""
    waits = open_tasks().exclude(wakes_on="")
    return waits.filter(Q(snoozed_until__isnull=True) | Q(patient__isnull=True))


def blocked_by_nothing(house: Organization, now: dt.datetime) -> QuerySet[Task]:
    needs = Dependency.objects.filter(task=OuterRef("pk"), needs__status__in=OPEN)
    return open_tasks().filter(~Exists(needs), status=Task.Status.BLOCKED)


def escalated_to_gone(house: Organization, now: dt.datetime) -> QuerySet[Task]:
    before = open_tasks(who="escalated_to_id").filter(escalated_to__isnull=False)
    return before.filter(_gone("escalated_to", _day(house, now)))


def late_too_long(house: Organization, now: dt.datetime) -> QuerySet[Any]:
    """Late past what the house allows, awake and before nobody yet; with `overseer`, before whom it is to be put."""
    critical = Q(priority=Task.Priority.CRITICAL, due_at__lte=critical_since(now))
    late = Q(due_at__lte=overdue_since(house)) & ~Q(priority=Task.Priority.CRITICAL)
    awake = Q(snoozed_until__isnull=True) | Q(snoozed_until__lte=now)
    tasks = open_tasks().filter(critical | late, awake, escalated_at__isnull=True)
    return tasks.annotate(overseer=overseer_of_each(house))


def late_before_nobody(house: Organization, now: dt.datetime) -> QuerySet[Task]:
    return late_too_long(house, now).filter(overseer__isnull=True)


def waits_on_nobody(house: Organization, now: dt.datetime) -> QuerySet[Task]:
    waiting = open_tasks().filter(status=Task.Status.WAITING).alias(words=Trim("waiting_on"))
    return waiting.filter(Q(words="") | Q(waiting_since__isnull=True))


# --- contacts and patients --------------------------------------------------------------------------------------------
def contact_ends_in_nothing(house: Organization, now: dt.datetime) -> QuerySet[Contact]:
    blank = Contact.objects.alias(words=Trim("no_follow_up_reason")).filter(next_task__isnull=True, words="")
    contacts: QuerySet[Contact] = blank.annotate(who=F("patient_id"), answers=F("patient__team_id"))
    return contacts


def without_coordinator(house: Organization, now: dt.datetime) -> QuerySet[Patient]:
    """In care, and not exactly one primary coordinator who works here and carries the patient in their caseload."""
    primary = CareTeamMember.objects.filter(patient=OuterRef("pk"), is_primary=True).order_by()
    counted = Subquery(primary.values("patient").annotate(n=Count("pk")).values("n"))
    carries = primary.filter(user=OuterRef("coordinator")).exclude(_gone("user", _day(house, now)))
    patients: QuerySet[Patient] = Patient.objects.active().annotate(
        who=F("coordinator_id"), answers=F("team_id")
    )
    return patients.alias(n=Coalesce(counted, Value(0))).exclude(Exists(carries), n=1)


def caseload_wrong(house: Organization, now: dt.datetime) -> QuerySet[Patient]:
    wrong = RawSQL(_CASELOAD, [OPEN])  # noqa: S611 (a constant of ours)
    patients: QuerySet[Patient] = Patient.objects.filter(pk__in=wrong)
    return patients.annotate(who=F("coordinator_id"), answers=F("team_id"))


# --- emergency access -------------------------------------------------------------------------------------------------
def emergency_unreviewed(house: Organization, now: dt.datetime) -> QuerySet[AccessGrant]:
    """Past the day its review was due. While a task asks for the review it is late, which is seen and escalated; not dropped."""
    cause = Concat(Value(REVIEW_CAUSE), Cast(OuterRef("pk"), CharField()))
    asked = Task.objects.open().filter(organization=house, source_key=cause)
    waiting = AccessGrant.objects.emergencies().filter(reviewed_at__isnull=True)
    late = waiting.filter(~Exists(asked), starts_at__lte=_review_was_due_of(house, now))
    grants: QuerySet[AccessGrant] = late.annotate(who=F("user_id"), answers=F("patient__team_id"))
    return grants


def _review_was_due_of(house: Organization, now: dt.datetime) -> dt.datetime:
    """The end of the last day whose emergency accesses should be reviewed by now."""
    today = _day(house, now)
    day = today - dt.timedelta(days=1)
    while add_business_days(day, settings.BREAK_GLASS_REVIEW_DAYS) >= today:
        day -= dt.timedelta(days=1)
    return end_of_day(day, house.zone)


def _day(house: Organization, now: dt.datetime) -> dt.date:
    return now.astimezone(house.zone).date()


_BLIND = """
    with here as (
        select %s::date as today, %s::timestamptz as now, %s::text as sight,
            %s::varchar[] as works, %s::varchar[] as keeps, %s::varchar[] as looks, %s::varchar[] as sees_all
    )
    select t.id
    from here cross join worklist_task t join accounts_user u on u.id = t.owner_id
        left join patients_patient p on p.id = t.patient_id
    where t.status = any(%s::varchar[])
        and u.is_active and not u.is_system and (u.left_on is null or u.left_on >= here.today)
        and not coalesce(
            u.organization_id = t.organization_id and (
                t.patient_id is null and (u.roles && here.works or u.roles && here.keeps)
                or u.roles && here.works and u.roles && here.looks
                and p.organization_id = u.organization_id and p.status not in ('entered_in_error', 'merged') and (
                    u.roles && here.sees_all
                    or exists (
                        select from patients_careteammember m
                        where m.patient_id = p.id and m.starts_on <= here.today
                            and (m.ends_on is null or m.ends_on >= here.today)
                            and (m.user_id = u.id or exists (
                                select from accounts_cover c
                                where c.covering_id = u.id and c.absent_id = m.user_id
                                    and c.starts_on <= here.today and c.ends_on >= here.today
                            ))
                    )
                    or exists (
                        select from accounts_teamuserobjectpermission g
                        join auth_permission a on a.id = g.permission_id and a.codename = here.sight
                        where g.user_id = u.id and g.content_object_id = p.team_id
                    )
                    or exists (
                        select from accounts_teamgroupobjectpermission g
                        join auth_permission a on a.id = g.permission_id and a.codename = here.sight
                        join accounts_user_groups i on i.group_id = g.group_id
                        where i.user_id = u.id and g.content_object_id = p.team_id
                    )
                    or exists (
                        select from patients_accessgrant g
                        where g.patient_id = p.id and g.user_id = u.id and g.starts_at <= here.now
                            and g.expires_at > here.now and g.revoked_at is null
                    )
                ) and not exists (
                    select from patients_accessdenial d
                    where d.patient_id = p.id and d.user_id = u.id and d.starts_on <= here.today
                        and (d.ends_on is null or d.ends_on >= here.today)
                )
            ), false)
"""
_CASELOAD = """
    select p.id from patients_patient p
    left join (
        select patient_id, count(*) as n, min(due_at) as first from worklist_task
        where status = any(%s::varchar[]) and patient_id is not null group by patient_id
    ) t on t.patient_id = p.id
    left join (
        select patient_id, max(occurred_at) as last from worklist_contact where undone_at is null group by patient_id
    ) c on c.patient_id = p.id
    where p.open_tasks <> coalesce(t.n, 0) or p.next_due_at is distinct from t.first
        or p.last_contact_at is distinct from c.last
"""

RULES = (
    Rule("without_owner", _("Open tasks without an owner"),
         _("Task %(id)s has not exactly one owner, a person or a team's queue."), without_owner),
    Rule("without_due", _("Open tasks without a due time"),
         _("Task %(id)s has no due time."), without_due),
    Rule("without_reason", _("Open tasks without a title or a reason"),
         _("Task %(id)s does not say what it is or why."), without_reason),
    Rule("owner_gone", _("Open tasks whose owner does not work here"),
         _("Task %(id)s is owned by %(who)s, who left or is suspended."), owner_gone),
    Rule("owner_blind", _("Open tasks whose owner cannot see them"),
         _("Task %(id)s is owned by %(who)s, who cannot see it or its patient."), owner_blind),
    Rule("queue_retired", _("Open tasks in the queue of a retired team"),
         _("Task %(id)s waits in the queue of team %(who)s, which is retired."), queue_retired),
    Rule("queue_of_another_team", _("Open tasks in the queue of another team"),
         _("Task %(id)s waits in the queue of team %(who)s, which is not its patient's."), queue_of_another_team),
    Rule("asleep_too_long", _("Open tasks asleep past their limit"),
         _("Task %(id)s sleeps past its limit."), asleep_too_long),
    Rule("sleeps_without_limit", _("Open tasks that sleep until something that may never happen"),
         _("Task %(id)s sleeps until something happens, and has no last day or no patient."), sleeps_without_limit),
    Rule("blocked_by_nothing", _("Blocked tasks that nothing blocks"),
         _("Task %(id)s is blocked, and nothing it needs is open."), blocked_by_nothing),
    Rule("escalated_to_gone", _("Open tasks before a supervisor who does not work here"),
         _("Task %(id)s was put before %(who)s, who left or is suspended."), escalated_to_gone),
    Rule("late_before_nobody", _("Late tasks that nobody can be put before"),
         _("Task %(id)s is late too long, and nobody but its owner supervises it and sees it."), late_before_nobody),
    Rule("waits_on_nobody", _("Waiting tasks that wait on nobody"),
         _("Task %(id)s waits, and does not say on whom or since when."), waits_on_nobody),
    Rule("contact_ends_in_nothing", _("Contacts without a next step"),
         _("Contact %(id)s with patient %(who)s has no next step and no words why."), contact_ends_in_nothing),
    Rule("without_coordinator", _("Patients in care without one coordinator"),
         _("Patient %(id)s is in care without exactly one primary coordinator who works here and carries them."),
         without_coordinator),
    Rule("caseload_wrong", _("Patients whose caseload row is wrong"),
         _("Patient %(id)s shows open tasks, a next due time or a last contact that a recount does not give."),
         caseload_wrong),
    Rule("emergency_unreviewed", _("Emergency accesses that nobody reviews"),
         _("Emergency access %(id)s of %(who)s was not reviewed in time, and no open task asks for it."),
         emergency_unreviewed),
)  # fmt: skip
