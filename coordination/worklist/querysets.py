"""Which tasks and contacts a person sees, and in which order the work is shown."""

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Self

from django.contrib.postgres.aggregates import JSONBAgg
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    Min,
    OuterRef,
    Q,
    Subquery,
    Sum,
    UUIDField,
    Value,
    When,
)
from django.db.models.functions import Coalesce, JSONObject
from django.utils import timezone

from coordination.accounts.models import Cover, TeamMembership, User
from coordination.accounts.permissions import Permission
from coordination.accounts.roles import roles_with
from coordination.lib.paging import Order, keys_of
from patients.models import Patient
from patients.querysets import AboutPatientQuerySet, scope_of
from patients.safe_contact import RULED_OUT, any_number

OPEN = ["open", "in_progress", "waiting", "blocked"]
# what stands in the day at its hour; any other time of day is a limit
APPOINTMENTS = ["home_visit", "visit", "meeting"]
# kinds of work that reach out to the patient, which stops at death
OUTREACH = ["call", "follow_up", "discharge_call", "home_visit", "visit", "assessment", "transport"]


@dataclass(frozen=True)
class Clock:
    """The moments a list of work is cut by: the same for the list, its counts and its headings."""

    now: dt.datetime
    start_of_today: dt.datetime
    end_of_today: dt.datetime

    @property
    def awake(self) -> Q:
        return Q(snoozed_until__isnull=True) | Q(snoozed_until__lte=self.now)

    @property
    def overdue(self) -> Q:
        return Q(due_at__lt=self.now)

    @property
    def later_today(self) -> Q:
        return Q(due_at__gte=self.now, due_at__lte=self.end_of_today)

    @property
    def after_today(self) -> Q:
        return Q(due_at__gt=self.end_of_today)

    def buckets(self) -> dict[str, Q]:
        """The buckets of My day. "All" leaves out only what sleeps."""
        return {
            "all": self.awake,
            "overdue": self.awake & self.overdue,
            "today": self.awake & self.later_today,
            "transitions": self.awake & Q(kind="discharge_call"),
            "waiting": self.awake & Q(status__in=["waiting", "blocked"]),
            "upcoming": self.awake & self.after_today,
            "snoozed": Q(snoozed_until__gt=self.now),
        }

    def groups(self) -> dict[str, Q]:
        """The groups every bucket is shown in, in the order of the work."""
        calm = ~Q(priority=1)
        return {
            "now": Q(priority=1),
            "overdue": calm & self.overdue,
            "today": calm & self.later_today,
            "coming": calm & self.after_today,
        }

    def appointments(self) -> Q:
        """What fills an hour of today: visits, meetings, and blocks for calls to nobody in particular."""
        timed = Q(due_has_time=True, due_at__gte=self.start_of_today, due_at__lte=self.end_of_today)
        return timed & (Q(kind__in=APPOINTMENTS) | Q(kind="call", patient__isnull=True))


def figures_of(clock: Clock, bucket: str, narrow: Q) -> dict[str, Any]:
    """The count of each bucket and group, the minutes of work due by tonight, the next due time, today's appointments."""
    here = clock.buckets()[bucket] & narrow
    appointment = clock.appointments()
    names = ["id", "minutes", "kind", "title"]
    columns = {name: F(name) for name in names} | {
        "at": F("due_at"),
        "family": F("patient__family"),
        "given": F("patient__given"),
    }
    due_today = clock.awake & Q(due_at__lte=clock.end_of_today) & ~appointment
    none = Value([], models.JSONField())
    return {
        **{f"bucket_{name}": Count("id", filter=rule & narrow) for name, rule in clock.buckets().items()},
        **{f"group_{name}": Count("id", filter=rule & here) for name, rule in clock.groups().items()},
        "work_minutes": Coalesce(Sum("minutes", filter=due_today), 0),
        "promises": Count("id", filter=Q(source="promise")),
        "next_due": Min("due_at", filter=clock.awake & Q(due_at__gte=clock.now)),
        "appointments": JSONBAgg(JSONObject(**columns), filter=appointment, order_by="due_at", default=none),
    }


def at_hand(user: Any, task: str = "") -> Q:
    """One's own tasks, and the work of whom one covers for today."""
    absent = Cover.objects.in_force(user.organization.today()).filter(covering=user).values("absent_id")
    return Q(**{f"{task}owner": user}) | Q(**{f"{task}owner_id__in": absent})


def about_nobody(user: Any, task: str = "") -> Q:
    """Which tasks about no patient one sees: one's own, those of one's queues, what is late before one, the work of whom one covers
    for today, and that of the people in the teams one manages. `task` leads to the task from another row ("task__").
    """
    teams, today = scope_of(user).team_ids, user.organization.today()
    seen = at_hand(user, task)
    seen |= Q(**{f"{task}queue_id__in": teams}) | Q(**{f"{task}escalated_to": user})
    # by role: a program that acts for a supervisor manages no team, and sees what they see
    if set(user.roles) & set(roles_with(Permission.TEAM_MANAGE)):
        # asked of one owner at a time: a list of all of them costs PostgreSQL so much on paper that it stops to tell plans apart
        seen |= Q(Exists(_answered_for(user, teams, today).filter(pk=OuterRef(f"{task}owner_id"))))
    return seen


def _answered_for(user: Any, teams: Collection[uuid.UUID], today: dt.date) -> models.QuerySet[Any, Any]:
    """Who works in these teams; of those who left also who did, and who never worked in any: somebody must hand their work on."""
    house = User.objects.filter(organization_id=user.organization_id)
    worked = TeamMembership.objects.filter(user=OuterRef("pk"))
    gone = Q(is_active=False) | Q(left_on__lt=today)
    inside = Exists(worked.filter(team_id__in=teams, ends_on__isnull=True))
    return house.filter(inside | gone & (Exists(worked.filter(team_id__in=teams)) | ~Exists(worked)))


class TaskQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> Self:
        """Tasks about patients one sees; tasks about no patient as `about_nobody` says.

        Some roles keep tasks of their own (OWN_TASKS), and those of whom they cover for, and see none of a patient.
        """
        if not user.may(Permission.TASK_VIEW):
            alone = Q(organization_id=user.organization_id, patient__isnull=True) & at_hand(user)
            return self.filter(alone) if user.may(Permission.OWN_TASKS) else self.none()
        about_seen = Exists(Patient.objects.visible_to(user).filter(pk=OuterRef("patient_id")))
        alone = Q(patient__isnull=True) & about_nobody(user)
        return self.filter(Q(organization_id=user.organization_id) & (Q(about_seen) | alone))

    def open(self) -> Self:
        return self.filter(status__in=OPEN)

    def closed(self) -> Self:
        return self.exclude(status__in=OPEN)

    def of(self, patient: Any) -> Self:
        return self.filter(patient=patient)

    def sleeping_for_visit(self, patient_ids: Collection[uuid.UUID]) -> models.QuerySet[Any, Any]:
        """The patients, of these, for whose kept appointment something sleeps."""
        asleep = self.open().filter(patient_id__in=patient_ids, wakes_on="visit_kept").order_by()
        return asleep.values_list("patient_id", flat=True).distinct()

    def asleep_for(self, patient_id: uuid.UUID, event: str) -> Self:
        """Open tasks about a patient that sleep until `event`."""
        return self.open().filter(patient_id=patient_id, wakes_on=event, snoozed_until__gt=timezone.now())

    def owned_by(self, owner_id: uuid.UUID | None) -> Self:
        return self.filter(owner_id=owner_id)

    def in_queues(self, team_ids: Collection[uuid.UUID]) -> Self:
        return self.filter(queue_id__in=team_ids)

    def in_bucket(self, bucket: str, clock: Clock) -> Self:
        return self.open().filter(clock.buckets()[bucket])

    def ranked(self, clock: Clock) -> Self:
        """With what the work is ordered by: its group, then its deadline less the head start. Order by rank, stands_at, id.

        A closer deadline never stands lower. What was not weighed yet stands at its deadline.
        """
        groups = [When(rule, then=Value(n)) for n, rule in enumerate(clock.groups().values())]
        risks = [When(patient__risk=risk, then=Value(n)) for n, risk in enumerate(["high", "rising", "low"])]
        return self.annotate(
            rank=Case(*groups, default=Value(len(groups)), output_field=IntegerField()),
            stands_at=Coalesce("work_at", "due_at"),
            risk_rank=Case(*risks, default=Value(3), output_field=IntegerField()),
        )

    def in_work_order(self, clock: Clock) -> Self:
        return self.ranked(clock).order_by("rank", "stands_at", "id")

    def first_of_each_patient(self, order: Order) -> Self:
        """Of the tasks of one patient only the one that comes first. Tasks about no patient are not among them."""
        first = self.filter(patient__isnull=False).order_by(
            "patient_id", *(key.order() for key in keys_of(self.model, order))
        )
        return self.filter(pk__in=first.distinct("patient_id").values("pk"))

    def with_its_patient(self) -> Self:
        """Locked until the transaction ends, the task before its patient. Tasks about no patient are not among them."""
        both = self.select_for_update(of=("self", "patient"), no_key=True).select_related("patient")
        # a condition on the patient makes the join an inner one, which can be locked
        rows = both.filter(patient__organization_id=F("organization_id")).knowing_who_needs_it()
        return rows.annotate(
            **{f"has_{rule}": Exists(any_number(OuterRef("patient"), rule)) for rule in RULED_OUT}
        )

    def alone(self) -> Self:
        """The same for tasks about no patient."""
        return self.select_for_update(of=("self",), no_key=True).knowing_who_needs_it()

    def knowing_who_needs_it(self) -> Self:
        needed_by = self.model._meta.get_field("needed_by").related_model
        return self.annotate(is_needed=Exists(needed_by.objects.filter(needs=OuterRef("pk"))))

    def with_needs(self) -> Self:
        """With the ids of the open tasks each one needs (`open_need_ids`), in an order of their own."""
        links = self.model._meta.get_field("needs").related_model.objects
        needed = links.filter(task=OuterRef("pk"), needs__status__in=OPEN).order_by("needs_id")
        return self.annotate(open_need_ids=ArraySubquery(needed.values("needs_id")))

    def with_patient(self) -> Self:
        return self.select_related("patient", "owner", "queue", "escalated_to")

    def with_record(self) -> Self:
        """With everything a page about one task names."""
        return self.select_related(
            "patient__team",
            "patient__coordinator",
            "owner",
            "queue",
            "closed_by",
            "created_by",
            "escalated_to",
        )

    def figures(self, clock: Clock, *, bucket: str = "all", narrowed: Q | None = None) -> dict[str, Any]:
        """Everything My day says about its list, in one statement and by the rules of the list itself."""
        figures: dict[str, Any] = self.open().aggregate(**figures_of(clock, bucket, narrowed or Q()))
        return figures

    def figures_within(self, clock: Clock, *, bucket: str = "all", narrowed: Q | None = None) -> Subquery:
        """The same figures as one JSON value, to be read inside another statement. No row: NULL."""
        all_of_it = self.open().order_by().annotate(whole=Value(1)).values("whole")
        return Subquery(
            all_of_it.annotate(figures=JSONObject(**figures_of(clock, bucket, narrowed or Q()))).values(
                "figures"
            )
        )

    def for_timeline(self, user: Any, patient: Any) -> Self:
        """What was promised and how it ended: the rows of a timeline (the model says how they read)."""
        if not user.may(Permission.TASK_VIEW):
            return self.none()
        return self.closed().filter(patient=patient)


class ContactQuerySet(AboutPatientQuerySet):
    def visible_to(self, user: Any) -> Self:
        return super().visible_to(user) if user.may(Permission.TASK_VIEW) else self.none()

    def standing(self) -> Self:
        """Without those that were taken back."""
        return self.filter(undone_at__isnull=True)

    def newest_first(self) -> Self:
        return self.order_by("-occurred_at", "-id")

    def for_timeline(self, user: Any, patient: Any) -> Self:
        """The rows of a timeline (the model says how they read)."""
        if not user.may(Permission.TASK_VIEW):
            return self.none()
        return self.filter(patient=patient)


def _ones_own(user: Any) -> Q:
    """What somebody named: one's own, and that of the teams one works in or sees the patients of."""
    works_in = TeamMembership.objects.filter(user=user, ends_on__isnull=True).values("team_id")
    return Q(owner=user) | Q(team_id__in=scope_of(user).team_ids) | Q(team_id__in=works_in)


class SnippetQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> Self:
        return self.filter(_ones_own(user), organization_id=user.organization_id)

    def in_reading_order(self) -> Self:
        """By name; of two of one name one's own first."""
        return self.select_related("team").order_by("name", F("owner_id").asc(nulls_last=True), "id")


class SavedViewQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> Self:
        """Of pages one may open."""
        found = self.filter(_ones_own(user), organization_id=user.organization_id)
        return found if user.may(Permission.TASK_VIEW) else found.exclude(page="day")

    def in_reading_order(self) -> Self:
        """One's own first, then those of teams, by name."""
        return self.select_related("team").order_by(F("owner_id").asc(nulls_last=True), "name", "id")


class ChangeQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> Self:
        """What was done to tasks and contacts one sees. An act on a task about no patient is also seen by who did it."""
        if not user.may(Permission.TASK_VIEW):
            alone = Q(organization_id=user.organization_id, task__patient__isnull=True)
            alone &= at_hand(user, "task__")
            return self.filter(alone) if user.may(Permission.OWN_TASKS) else self.none()
        about_seen = Exists(Patient.objects.visible_to(user).filter(pk=OuterRef("about")))
        mine = about_nobody(user, "task__") | Q(by=user)
        # not Coalesce: row-level security lets PostgreSQL look up by an index only what it knows to leak nothing, and that is CASE
        of_task = When(task__patient__isnull=False, then=F("task__patient_id"))
        about = Case(of_task, default=F("contact__patient_id"), output_field=UUIDField())
        return self.alias(about=about).filter(
            Q(organization_id=user.organization_id) & (Q(about_seen) | Q(about__isnull=True) & mine)
        )

    def with_record(self) -> Self:
        """With everything that telling it, and undoing it, needs."""
        return self.select_related("task__patient", "contact__patient", "by", "undone_by", "batch")

    def newest_first(self) -> Self:
        return self.order_by("-at", "-id")

    def acts(self) -> Self:
        """One row for each act of a person: a batch by its first row, a contact without the tasks it opened."""
        earlier = self.model.objects.filter(batch=OuterRef("batch"), pk__lt=OuterRef("pk"))
        first = Q(batch__isnull=True) | ~Exists(earlier)
        return self.filter(first).exclude(act="open", contact__isnull=False)
