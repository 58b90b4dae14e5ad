"""A task is one promise: an owner (a person or a team's queue), a due time, the reason it exists and, at its end, an outcome."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from coordination.accounts.permissions import Permission
from coordination.lib.choices import known_values
from coordination.lib.editable import Editable, Owned
from coordination.lib.privacy import Privacy
from coordination.lib.timeline import Entries
from coordination.worklist.querysets import TaskQuerySet

OPEN = ["open", "in_progress", "waiting", "blocked"]


@known_values
class Task(Editable):
    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        IN_PROGRESS = "in_progress", _("In progress")
        WAITING = "waiting", _("Waiting")
        BLOCKED = "blocked", _("Blocked")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")
        DECLINED = "declined", _("Declined")

    class Priority(models.IntegerChoices):
        CRITICAL = 1, _("Needs you now")
        HIGH = 2, _("High")
        NORMAL = 3, _("Normal")
        LOW = 4, _("Low")

    class Kind(models.TextChoices):
        CALL = "call", _("Call")
        FOLLOW_UP = "follow_up", _("Follow-up")
        DISCHARGE_CALL = "discharge_call", _("Post-discharge call")
        HOME_VISIT = "home_visit", _("Home visit")
        VISIT = "visit", _("Visit")
        MEETING = "meeting", _("Meeting")
        REFERRAL = "referral", _("Referral")
        AUTHORIZATION = "authorization", _("Prior authorization")
        ASSESSMENT = "assessment", _("Assessment")
        MEDICATION = "medication", _("Medication reconciliation")
        DOCUMENT = "document", _("Document")
        TRANSPORT = "transport", _("Transport")
        COVERAGE = "coverage", _("Coverage")
        SAFETY = "safety", _("Safety check")
        DATA = "data", _("Correct the record")
        OTHER = "other", _("Other")

    class Source(models.TextChoices):
        PERSON = "person", _("Opened by a person")
        CONTACT = "contact", _("Next step of a contact")
        RULE = "rule", _("Opened by a rule")
        PROMISE = "promise", _("Promised to the patient")
        REPEAT = "repeat", _("Next of a repeated task")
        IMPORT = "import", _("Imported")

    class Event(models.TextChoices):
        """What a sleeping task may wake for before its time comes."""

        REPLY = "reply", _("A reply")
        RESULT = "result", _("A result")
        VISIT_KEPT = "visit_kept", _("The appointment is kept")

    class Unit(models.TextChoices):
        DAY = "day", _("days")
        BUSINESS_DAY = "business", _("business days")
        WEEK = "week", _("weeks")
        MONTH = "month", _("months")

    class Outcome(models.TextChoices):
        COMPLETED = "completed", _("Completed")
        REACHED = "reached", _("Reached")
        NOT_REACHED = "not_reached", _("Not reached")
        NOT_NEEDED = "not_needed", _("No longer needed")
        REFUSED = "refused", _("Refused by the patient")
        DECEASED = "deceased", _("Patient died")
        MISTAKE = "mistake", _("Opened by mistake")

    patient = models.ForeignKey(
        "patients.Patient", on_delete=models.PROTECT, related_name="tasks", null=True, blank=True
    )
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.OTHER)
    title = models.CharField(max_length=200)
    reason = models.CharField(max_length=300)  # why now, as a coordinator would say it
    context = models.CharField(max_length=300, blank=True)  # the second line: what helps to do it
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="tasks", null=True, blank=True
    )
    queue = models.ForeignKey(
        "accounts.Team", on_delete=models.PROTECT, related_name="queued_tasks", null=True, blank=True
    )
    due_at = models.DateTimeField()  # late after this instant; for a date, the end of that local day
    due_has_time = models.BooleanField(default=False)
    due_rule = models.CharField(max_length=80, blank=True)  # the clock behind it, as in "TCM 2-day limit"
    minutes = models.PositiveSmallIntegerField(default=15)  # HOUSE: expected work
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.NORMAL)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.OPEN)
    waiting_on = models.CharField(max_length=200, blank=True)
    waiting_since = models.DateTimeField(null=True, blank=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    snooze_reason = models.CharField(max_length=200, blank=True)
    wakes_on = models.CharField(max_length=10, choices=Event.choices, blank=True)  # or at `snoozed_until`
    work_at = models.DateTimeField(null=True, blank=True)  # due_at less the head start: the order of the work
    head_start = models.JSONField(
        default=dict, blank=True
    )  # its parts in minutes: {"risk": 240, "effort": 60}
    repeat_every = models.PositiveSmallIntegerField(null=True, blank=True)
    repeat_unit = models.CharField(max_length=8, choices=Unit.choices, blank=True)
    repeat_until = models.DateField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)
    escalated_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="escalated_tasks",
        null=True,
        blank=True,
    )
    checklist = models.JSONField(default=list, blank=True)  # [{"text": ..., "done": bool}]
    attempt = models.PositiveSmallIntegerField(default=0)
    attempts_planned = models.PositiveSmallIntegerField(default=0)
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.PERSON)
    source_key = models.CharField(
        max_length=200, blank=True
    )  # the rule and what it saw: the same cause opens one task
    subject_route = models.CharField(
        max_length=80, blank=True
    )  # the page of what it is about, never its model
    subject_id = models.UUIDField(null=True, blank=True)
    follows = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="next_steps", null=True, blank=True
    )
    outcome = models.CharField(max_length=12, choices=Outcome.choices, blank=True)
    outcome_note = models.CharField(max_length=500, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    held_in: Any = None  # the transaction in which the door locked this object, not a column
    open_need_ids: Any  # the tasks it needs first, read along by `with_needs`, not a column

    objects = TaskQuerySet.as_manager()
    timeline = Entries(
        kind="task", group="tasks", icon="circle-check", at="closed_at", title="title", detail="outcome", note="outcome_note",
        author="closed_by__name", label=_("Task closed"), route="worklist:task",
    )  # fmt: skip
    privacy = Privacy(
        clinical=[
            "title", "reason", "context", "waiting_on", "snooze_reason", "checklist", "outcome", "outcome_note", "source_key",
        ],
        safe=[
            "kind", "due_at", "due_has_time", "due_rule", "minutes", "priority", "status", "waiting_since", "snoozed_until",
            "attempt", "attempts_planned", "source", "subject_route", "subject_id", "closed_at", "wakes_on", "work_at", "head_start",
            "repeat_every", "repeat_unit", "repeat_until", "escalated_at",
        ],
    )  # fmt: skip

    class Meta:
        constraints = [
            # nothing can be dropped: every task has someone to do it, a reason, and an outcome when it ends
            models.CheckConstraint(
                name="task_has_one_owner",
                condition=models.Q(owner__isnull=False, queue__isnull=True)
                | models.Q(owner__isnull=True, queue__isnull=False),
            ),
            models.CheckConstraint(
                name="task_has_a_reason", condition=~models.Q(reason="") & ~models.Q(title="")
            ),
            models.CheckConstraint(
                name="task_ends_with_an_outcome",
                condition=models.Q(
                    status__in=OPEN, outcome="", closed_at__isnull=True, closed_by__isnull=True
                )
                | (
                    models.Q(
                        status__in=["done", "cancelled", "declined"],
                        closed_at__isnull=False,
                        closed_by__isnull=False,
                    )
                    & ~models.Q(outcome="")
                ),
            ),
            models.CheckConstraint(
                name="task_waiting_says_on_whom",
                condition=~models.Q(status="waiting")
                | (models.Q(waiting_since__isnull=False) & ~models.Q(waiting_on="")),
            ),
            models.CheckConstraint(
                name="task_sleep_for_an_event_has_a_limit",
                condition=models.Q(wakes_on="") | models.Q(snoozed_until__isnull=False),
            ),
            models.CheckConstraint(
                name="task_repeat_is_whole",
                condition=models.Q(repeat_every__isnull=True, repeat_unit="", repeat_until__isnull=True)
                | (models.Q(repeat_every__gt=0) & ~models.Q(repeat_unit="")),
            ),
            models.CheckConstraint(
                name="task_escalated_pair",
                condition=models.Q(escalated_at__isnull=True, escalated_to__isnull=True)
                | models.Q(escalated_at__isnull=False, escalated_to__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["organization", "source_key"],
                name="task_once_per_cause",
                condition=~models.Q(source_key=""),
            ),
        ]
        indexes = [
            # My day: one person's open tasks in the order they are shown
            models.Index(
                fields=["owner", "due_at", "id"],
                name="task_my_day",
                condition=models.Q(status__in=OPEN, owner__isnull=False),
            ),
            models.Index(
                fields=["queue", "due_at", "id"],
                name="task_queue",
                condition=models.Q(status__in=OPEN, queue__isnull=False),
            ),
            models.Index(
                fields=["patient", "due_at", "id"],
                name="task_patient_open",
                condition=models.Q(status__in=OPEN),
            ),
            # what an event may wake
            models.Index(
                fields=["patient", "wakes_on"],
                name="task_wakes_on",
                condition=models.Q(status__in=OPEN) & ~models.Q(wakes_on=""),
            ),
            models.Index(
                fields=["escalated_to", "due_at", "id"],
                name="task_escalated",
                condition=models.Q(status__in=OPEN, escalated_to__isnull=False),
            ),
            models.Index(
                fields=["patient", "-closed_at", "-id"],
                name="task_patient_timeline",
                condition=models.Q(closed_at__isnull=False),
            ),
            # what changed since another system, or a page, last asked
            models.Index(fields=["organization", "updated_at", "id"], name="task_org_updated"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    def is_overdue(self, now: dt.datetime) -> bool:
        return self.is_open and self.due_at < now

    def may_be_worked_by(self, user: Any) -> bool:
        """Whether whoever sees it works it: roles that work tasks, and of those about no patient who keeps only such (OWN_TASKS)."""
        return bool(
            user.may(Permission.TASK_WORK) or (self.patient_id is None and user.may(Permission.OWN_TASKS))
        )

    @property
    def is_critical(self) -> bool:
        return self.priority == self.Priority.CRITICAL

    @property
    def headline(self) -> str:
        """The title as a list shows it, with the attempt once there is more than one."""
        if self.attempt < 2:
            return self.title
        of_total, alone = (
            gettext("%(title)s, attempt %(n)s of %(total)s"),
            gettext("%(title)s, attempt %(n)s"),
        )
        words = of_total if self.attempts_planned >= self.attempt else alone
        return words % {"title": self.title, "n": self.attempt, "total": self.attempts_planned}

    @property
    def checklist_done(self) -> int:
        return sum(1 for step in self.checklist if step.get("done"))


class Dependency(Owned):
    """`task` cannot be worked before `needs` has ended."""

    task = models.ForeignKey(
        Task, on_delete=models.PROTECT, related_name="needs", db_index=False
    )  # dependency_once
    needs = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="needed_by")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    privacy = Privacy(safe=["created_at"])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "needs"], name="dependency_once"),
            models.CheckConstraint(name="dependency_of_another", condition=~models.Q(task=models.F("needs"))),
        ]

    def __str__(self) -> str:
        return f"{self.task_id} needs {self.needs_id}"
