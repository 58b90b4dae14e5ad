"""Work with spreadsheets that goes on without its page: a list taken away, a roster brought in."""

import datetime as dt

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from coordination.lib.choices import known_values
from coordination.lib.editable import Owned
from coordination.lib.privacy import Privacy
from patients.models import Patient


class Job(Owned):
    """Who asked for what, how far it came, and how it ended. `rows_done` is also the point to go on from."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Stopped by an error")
        CANCELLED = "cancelled", _("Cancelled")

    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    stored_file = models.CharField(max_length=64, blank=True)  # a random name in the private store
    size = models.BigIntegerField(default=0)  # bytes of the file
    rows_total = models.PositiveIntegerField(null=True)
    rows_done = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    finished_at = models.DateTimeField(null=True)
    cancel_asked = models.BooleanField(default=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_over(self) -> bool:
        return self.finished_at is not None


JOB_SAFE = [
    "status", "stored_file", "size", "rows_total", "rows_done", "error", "finished_at", "cancel_asked",
]  # fmt: skip


@known_values
class ExportJob(Job):
    """One list as a file, for the one person who asked, for some hours."""

    class Format(models.TextChoices):
        XLSX = "xlsx", _("Excel workbook (.xlsx)")
        CSV = "csv", _("Comma-separated text (.csv)")

    listing = models.CharField(max_length=40)  # its name in settings.EXPORT_LISTS
    choices = models.JSONField(default=dict)  # the query of the list's page: choices and ids, nothing typed
    format = models.CharField(max_length=4, choices=Format.choices, default=Format.XLSX)
    stem = models.CharField(max_length=60)
    patient_id = models.UUIDField(null=True)  # when all of it is about one patient
    columns = ArrayField(models.CharField(max_length=40), default=list)
    rows_written = models.PositiveIntegerField(default=0)  # fewer than done: some could no longer be seen

    privacy = Privacy(
        identifying=["patient_id"],
        safe=[*JOB_SAFE, "listing", "choices", "format", "stem", "columns", "rows_written"],
    )

    class Meta:
        constraints = []
        indexes = [
            models.Index(fields=["created_by", "-created_at", "-id"], name="export_job_newest"),
            models.Index(fields=["finished_at"], name="export_job_kept", condition=~models.Q(stored_file="")),
        ]

    @property
    def expires_at(self) -> dt.datetime | None:
        """When the file is removed; None while there is none."""
        hours = dt.timedelta(hours=settings.EXPORT_FILE_HOURS)
        return self.finished_at + hours if self.finished_at and self.stored_file else None

    @property
    def has_file(self) -> bool:
        ends = self.expires_at
        return self.status == self.Status.DONE and ends is not None and timezone.now() < ends

    @property
    def file_name(self) -> str:
        """What the file is called where it lands: which list and which day, nobody's name."""
        day = timezone.localdate(self.created_at)
        return f"throughline-{self.stem}-{day:%Y-%m-%d}.{self.format}"


@known_values
class RosterJob(Job):
    """A list of patients somebody sent as a spreadsheet. `status` is how its present stage stands."""

    class Stage(models.TextChoices):
        READ = "read", _("Reading the file")
        CHECK = "check", _("Checking every row")
        IMPORT = "import", _("Importing")
        UNDO = "undo", _("Taking the import back")

    stage = models.CharField(max_length=6, choices=Stage.choices, default=Stage.READ)
    source = models.CharField(max_length=120)
    team = models.ForeignKey("accounts.Team", on_delete=models.PROTECT, related_name="+", null=True)
    coordinator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    sheets = models.JSONField(default=list)  # their number in the file, and their names
    sheet = models.PositiveSmallIntegerField(default=0)
    head = models.JSONField(default=list)  # the headings as they stand in the file
    mapping = models.JSONField(default=dict)  # {"columns": {"3": "family"}, "order": "mdy"}
    counts = models.JSONField(default=dict)  # of the rows, by what became of them
    spool_at = models.BigIntegerField(default=0)  # bytes of the spool behind the rows that are done
    privacy = Privacy(
        identifying=["head"],  # where there is no heading, somebody's row stands here
        safe=[*JOB_SAFE, "stage", "source", "sheets", "sheet", "mapping", "counts", "spool_at"],
    )

    class Meta:
        constraints = []
        indexes = [
            models.Index(fields=["organization", "-created_at", "-id"], name="roster_job_newest"),
            models.Index(fields=["organization", "source", "-id"], name="roster_job_source"),
        ]


@known_values
class RosterRow(Owned):
    """What one row of a roster wrote: what still stands like this, nobody here has touched since."""

    class Outcome(models.TextChoices):
        NEW = "new", _("New")
        CHANGED = "changed", _("Changed")

    class Undo(models.TextChoices):
        WHOLE = "whole", _("Taken back")
        PARTLY = "partly", _("Taken back in part")
        KEPT = "kept", _("Kept")

    job = models.ForeignKey(RosterJob, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()  # of the row in the file
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    before = models.JSONField(null=True)  # the same fields as they were; null: the row cannot be taken back
    after = models.JSONField(default=dict)  # the fields it wrote, as it left them
    added = models.JSONField(default=dict)  # ids of what it added: {"phones": [...], "task": ...}
    undo = models.CharField(max_length=6, choices=Undo.choices, blank=True)
    kept_because = models.JSONField(default=list)  # a sentence for each thing that was worked on since

    privacy = Privacy(
        identifying=["before", "after"], safe=["number", "outcome", "added", "undo", "kept_because"]
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="roster_row_once")]
        indexes = [models.Index(fields=["patient", "-id"], name="roster_row_patient")]

    def __str__(self) -> str:
        return str(self.pk)
