"""What was done to tasks, kept so that it can be taken back: one act on one task, or one act on many as a batch."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from coordination.lib.choices import known_values
from coordination.lib.permissions import Permission
from coordination.lib.privacy import Privacy
from coordination.lib.undoable import Undoable, undone_pair
from coordination.worklist.models.contact import Contact
from coordination.worklist.models.task import Task
from coordination.worklist.querysets import ChangeQuerySet
from patients.models import Patient


class Act(models.TextChoices):
    OPEN = "open", _("Opened")
    CLOSE = "close", _("Closed")
    REOPEN = "reopen", _("Reopened")
    SNOOZE = "snooze", _("Snoozed")
    WAKE = "wake", _("Woken")
    ASSIGN = "assign", _("Assigned")
    CLAIM = "claim", _("Claimed")
    WAIT = "wait", _("Waiting")
    RESUME = "resume", _("Work again")
    MOVE = "move", _("Due time moved")
    TICK = "tick", _("Checklist")
    EDIT = "edit", _("Changed")
    CONTACT = "contact", _("Contact logged")


class Taken(Undoable):
    """An act: who, what, when, and whether it was taken back."""

    act = models.CharField(max_length=8, choices=Act.choices)

    class Meta:
        abstract = True


@known_values
class Batch(Taken):
    """One act on many tasks: what was asked of how many, and the sentence for each that was refused."""

    asked = models.PositiveIntegerField()
    done = models.PositiveIntegerField()
    refused = models.JSONField(default=list, blank=True)  # [{"task": id, "sentence": ...}]

    privacy = Privacy(clinical=["refused"], safe=["act", "at", "undone_at", "asked", "done"])

    class Meta:
        constraints = [
            undone_pair("batch_undone_pair"),
            models.CheckConstraint(
                name="batch_done_of_asked", condition=models.Q(done__lte=models.F("asked"))
            ),
        ]
        indexes = [models.Index(fields=["by", "-at"], name="batch_by_person")]

    def __str__(self) -> str:
        return f"{self.act} {self.pk}"


@known_values
class Change(Taken):
    """One act on one task: the fields it changed, as they were and as it left them."""

    # a contact that answers no task is an act of its own
    task = models.ForeignKey(
        Task, on_delete=models.PROTECT, related_name="changes", null=True, blank=True, db_index=False
    )  # change_of_task
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="changes", null=True, blank=True)
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    # a promise made beside another act: undone with that one, or by itself
    came_of = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )  # change_came_of
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)
    version = models.PositiveIntegerField()  # of the task once it was done: undo is for this one only
    # the ids of what the task needed, where the act changed that
    needs_before = models.JSONField(null=True, blank=True)

    objects = ChangeQuerySet.as_manager()
    privacy = Privacy(
        clinical=["before", "after"], safe=["act", "at", "undone_at", "version", "needs_before"]
    )

    class Meta:
        constraints = [
            undone_pair("change_undone_pair"),
            models.UniqueConstraint(fields=["task", "version"], name="change_once_per_version"),
            models.CheckConstraint(
                name="change_of_a_task_or_contact",
                condition=models.Q(task__isnull=False) | models.Q(act="contact", contact__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["task", "-at", "-id"], name="change_of_task"),
            models.Index(fields=["by", "-at"], name="change_by_person"),
            models.Index(
                fields=["came_of"], name="change_came_of", condition=models.Q(came_of__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.pk}"

    @property
    def patient(self) -> Patient | None:
        about: Any = self.task or self.contact
        patient: Patient | None = about.patient
        return patient

    @property
    def headline(self) -> str:
        """What it was done to, as a list shows it: the task, or how a contact ended that answers none."""
        about: Any = self.task or self.contact
        return str(about.headline if self.task is not None else about.get_outcome_display())

    @property
    def is_of_contact(self) -> bool:
        """A contact, or the next step it opened: they are taken back together."""
        return self.contact_id is not None

    def may_be_undone_by(self, user: Any) -> bool:
        """By whoever may do what they undo."""
        if self.is_of_contact:
            return bool(user.may(Permission.CONTACT_LOG))
        return self.task is not None and self.task.may_be_worked_by(user)
