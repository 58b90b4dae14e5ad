"""An import: what was sent, what became of it, and one clear line for each thing that could not be taken."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from coordination.lib.choices import known_values
from coordination.lib.editable import Owned
from coordination.lib.privacy import Privacy


@known_values
class ImportJob(Owned):
    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Stopped by an error")
        CANCELLED = "cancelled", _("Cancelled")

    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    dry_run = models.BooleanField(default=False)
    source = models.CharField(max_length=120)  # the name of the sending system, part of every row's key
    team = models.ForeignKey("accounts.Team", on_delete=models.PROTECT, related_name="+", null=True)
    coordinator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    stored_file = models.CharField(
        max_length=200, blank=True
    )  # a random name in the private store, removed afterwards
    size = models.BigIntegerField(default=0)  # bytes as sent
    patients_total = models.PositiveIntegerField(null=True)
    patients_done = models.PositiveIntegerField(default=0)  # also the point to go on from after a stop
    resources_read = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    kept = models.PositiveIntegerField(default=0)  # not about a patient's chart: read and knowingly left out
    rejected = models.PositiveIntegerField(default=0)
    by_kind = models.JSONField(default=dict)  # the same counts for each resource type
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    finished_at = models.DateTimeField(null=True)
    cancel_asked = models.BooleanField(default=False)

    privacy = Privacy(
        safe=[
            "status", "dry_run", "source", "stored_file", "size", "patients_total", "patients_done", "resources_read", "created",
            "changed", "unchanged", "kept", "rejected", "by_kind", "error", "finished_at", "cancel_asked",
        ]
    )  # fmt: skip

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = []
        indexes = [models.Index(fields=["organization", "-created_at"], name="import_job_newest")]

    def __str__(self) -> str:
        return str(self.pk)


@known_values
class ImportIssue(Owned):
    """Why one resource was not taken, or was taken with a remark."""

    class Severity(models.TextChoices):
        REJECTED = "rejected", _("Rejected")
        REMARK = "remark", _("Remark")

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="issues")
    severity = models.CharField(max_length=10, choices=Severity.choices)
    resource = models.CharField(max_length=120)  # type and id, as in "Condition/12"
    path = models.CharField(max_length=200, blank=True)  # where in it, as in "Condition.onsetDateTime"
    reason = models.CharField(max_length=300)

    privacy = Privacy(identifying=["resource"], safe=["severity", "path", "reason"])

    class Meta:
        ordering = ["id"]
        constraints = []
        indexes = [models.Index(fields=["job", "id"], name="import_issue_job")]

    def __str__(self) -> str:
        return f"{self.resource} {self.path}: {self.reason}"
