"""Commitments and contacts.

A task is one promise: it has an owner (a person or a team's queue), a due time, the reason it exists and, at its end, an
outcome. A contact is one attempt to reach someone; logging it closes the task it answers and opens the next step.
"""

import datetime as dt

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from coordination.lib.choices import known_values
from coordination.lib.editable import Editable
from coordination.lib.privacy import Privacy
from coordination.lib.timeline import Entries
from coordination.worklist.querysets import ContactQuerySet, TaskQuerySet

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
        IMPORT = "import", _("Imported")

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
            "attempt", "attempts_planned", "source", "subject_route", "subject_id", "closed_at",
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
            models.Index(
                fields=["patient", "-closed_at", "-id"],
                name="task_patient_timeline",
                condition=models.Q(closed_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    def is_overdue(self, now: dt.datetime) -> bool:
        return self.is_open and self.due_at < now

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

    def can_be_reopened(self, now: dt.datetime) -> bool:
        """An end can be taken back for some minutes; after that it is history."""
        return self.closed_at is not None and now - self.closed_at <= dt.timedelta(
            minutes=settings.UNDO_MINUTES
        )

    @property
    def checklist_done(self) -> int:
        return sum(1 for step in self.checklist if step.get("done"))


@known_values
class Contact(Editable):
    """One contact attempt (domain facts 1.3). Only a person who answers makes it interactive."""

    class Direction(models.TextChoices):
        OUT = "out", _("Outgoing")
        IN = "in", _("Incoming")

    class Mode(models.TextChoices):
        PHONE = "phone", _("Phone")
        VIDEO = "video", _("Video")
        SMS = "sms", _("Text message")
        EMAIL = "email_secure", _("Secure e-mail")
        PORTAL = "portal", _("Portal")
        LETTER = "letter", _("Letter")
        HOME = "in_person_home", _("In person, home")
        FACILITY = "in_person_facility", _("In person, facility")

    class Target(models.TextChoices):
        PATIENT = "patient", _("Patient")
        CAREGIVER = "caregiver", _("Caregiver")
        PROXY = "proxy", _("Proxy")
        FACILITY = "facility", _("Facility")
        PROVIDER = "provider", _("Provider")
        PAYER = "payer", _("Payer")

    class Outcome(models.TextChoices):
        REACHED_PATIENT = "reached_patient", _("Reached patient")
        REACHED_CAREGIVER = "reached_caregiver", _("Reached caregiver")
        LEFT_VOICEMAIL = "left_voicemail", _("Left voicemail")
        NO_ANSWER = "no_answer", _("No answer")
        BUSY = "busy", _("Busy")
        WRONG_NUMBER = "wrong_number", _("Wrong number")
        DISCONNECTED = "disconnected", _("Disconnected")
        REFUSED = "refused", _("Refused")
        LANGUAGE_BARRIER = "language_barrier", _("Language barrier")
        CALLBACK_SCHEDULED = "callback_scheduled", _("Callback scheduled")
        MESSAGE_SENT = "message_sent", _("Message sent")
        MESSAGE_DELIVERED = "message_delivered", _("Message delivered")
        MESSAGE_FAILED = "message_failed", _("Message failed")
        RETURNED_MAIL = "returned_mail", _("Returned mail")
        NOT_HOME = "in_person_not_home", _("Not home")

    class Interpreter(models.TextChoices):
        NONE = "none", _("None needed")
        QUALIFIED = "qualified", _("Qualified interpreter")
        BILINGUAL_STAFF = "bilingual_staff", _("Bilingual staff")
        REFUSED = "refused", _("Patient refused one")

    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, related_name="contacts")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="contacts", null=True, blank=True)
    next_task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    no_follow_up_reason = models.CharField(max_length=200, blank=True)
    occurred_at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField(default=0)
    direction = models.CharField(max_length=3, choices=Direction.choices, default=Direction.OUT)
    mode = models.CharField(max_length=20, choices=Mode.choices, default=Mode.PHONE)
    target = models.CharField(max_length=10, choices=Target.choices, default=Target.PATIENT)
    with_whom = models.CharField(max_length=200, blank=True)
    contact_point = models.ForeignKey(
        "patients.ContactPoint", on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="contacts")
    staff_credential = models.CharField(max_length=40, blank=True)
    interpreter = models.CharField(max_length=16, choices=Interpreter.choices, default=Interpreter.NONE)
    outcome = models.CharField(max_length=20, choices=Outcome.choices)
    topics = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    note = models.TextField(blank=True)

    objects = ContactQuerySet.as_manager()
    timeline = Entries(
        kind="contact", group="contacts", icon="phone", at="occurred_at", title="outcome", detail="mode", note="note",
        author="staff__name",
    )  # fmt: skip
    privacy = Privacy(
        identifying=["with_whom"],
        clinical=["note", "topics", "no_follow_up_reason", "outcome"],
        safe=["occurred_at", "minutes", "direction", "mode", "target", "staff_credential", "interpreter"],
    )

    INTERACTIVE = (Outcome.REACHED_PATIENT, Outcome.REACHED_CAREGIVER)

    class Meta:
        constraints = [
            # a contact never ends in nothing: a next step, or the words why there is none
            models.CheckConstraint(
                name="contact_has_a_next_step", condition=models.Q(next_task__isnull=False) | ~models.Q(no_follow_up_reason="")
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["patient", "-occurred_at", "-id"], name="contact_timeline"),
            models.Index(fields=["staff", "-occurred_at"], name="contact_by_staff"),
        ]

    def __str__(self) -> str:
        return f"{self.mode} {self.pk}"

    @property
    def is_interactive(self) -> bool:
        """CMS TCM: an attempt becomes a contact only when the patient or caregiver answers."""
        return self.outcome in self.INTERACTIVE
