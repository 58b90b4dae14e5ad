"""Which tasks and contacts a person sees, and in which order the work is shown."""

import datetime as dt
from typing import Any, Self

from django.db import models
from django.db.models import Case, Count, F, IntegerField, Q, Value, When

from coordination.accounts.permissions import Permission
from patients.models import Patient
from patients.querysets import AboutPatientQuerySet, scope_of

OPEN = ["open", "in_progress", "waiting", "blocked"]


class TaskQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> Self:
        """Tasks about patients one sees; tasks about no patient when one owns them or works their queue."""
        if not user.may(Permission.TASK_VIEW):
            return self.none()
        own = Q(patient__isnull=True) & (Q(owner=user) | Q(queue_id__in=scope_of(user).team_ids))
        return self.filter(organization_id=user.organization_id).filter(
            Q(patient__in=Patient.objects.visible_to(user)) | own
        )

    def open(self) -> Self:
        return self.filter(status__in=OPEN)

    def owned_by(self, user: Any) -> Self:
        return self.filter(owner=user)

    def in_queues(self, team_ids: Any) -> Self:
        return self.filter(queue_id__in=team_ids)

    def awake(self, now: dt.datetime) -> Self:
        return self.filter(Q(snoozed_until__isnull=True) | Q(snoozed_until__lte=now))

    def snoozed(self, now: dt.datetime) -> Self:
        return self.filter(snoozed_until__gt=now)

    def in_work_order(self) -> Self:
        """Critical first, then by deadline: a closer deadline never stands lower."""
        critical = Case(When(priority=1, then=Value(0)), default=Value(1), output_field=IntegerField())
        return self.annotate(rank=critical).order_by("rank", "due_at", "id")

    def with_patient(self) -> Self:
        return self.select_related("patient", "owner", "queue")

    def bucket_counts(self, now: dt.datetime, end_of_today: dt.datetime) -> dict[str, int]:
        """How many open tasks each bucket of My day holds: one query, the same rules as `in_bucket`."""
        return self.open().aggregate(
            **{name: Count("id", filter=rule) for name, rule in buckets(now, end_of_today).items()}
        )

    def in_bucket(self, bucket: str, now: dt.datetime, end_of_today: dt.datetime) -> Self:
        return self.open().filter(buckets(now, end_of_today)[bucket])


def buckets(now: dt.datetime, end_of_today: dt.datetime) -> dict[str, Q]:
    """The buckets of My day, each as a rule. "All" leaves out only what sleeps."""
    awake = Q(snoozed_until__isnull=True) | Q(snoozed_until__lte=now)
    return {
        "all": awake,
        "overdue": awake & Q(due_at__lt=now) & ~Q(status="waiting"),
        "today": awake & Q(due_at__gte=now, due_at__lte=end_of_today) & ~Q(status="waiting"),
        "transitions": awake & Q(kind="discharge_call"),
        "waiting": awake & Q(status="waiting"),
        "upcoming": awake & Q(due_at__gt=end_of_today) & ~Q(status="waiting"),
        "snoozed": Q(snoozed_until__gt=now),
    }


class ContactQuerySet(AboutPatientQuerySet):
    def visible_to(self, user: Any) -> Self:
        return super().visible_to(user) if user.may(Permission.TASK_VIEW) else self.none()

    def newest_first(self) -> Self:
        return self.order_by("-occurred_at", "-id")

    def for_timeline(self, user: Any, patient: Any) -> Self:
        """The shared shape of a timeline entry."""
        if not user.may(Permission.TASK_VIEW):
            return self.none()
        rows: Self = (
            self.filter(patient=patient)
            .order_by()
            .values_list(
                Value("contact", output_field=models.CharField()),
                "id",
                "occurred_at",
                "outcome",
                "note",
                F("staff__name"),
            )
        )
        return rows
