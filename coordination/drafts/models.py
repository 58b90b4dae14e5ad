"""What somebody typed and has not saved yet: kept on the server, so that no closed browser or ended session loses it."""

from django.conf import settings
from django.db import models

from coordination.drafts.querysets import DraftQuerySet
from coordination.lib.editable import Owned
from coordination.lib.privacy import Privacy


class Draft(Owned):
    """The fields of one form of one person, about one subject. It is gone once the form is saved."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts")
    form = models.CharField(max_length=40)  # a key of one of settings.DRAFT_FORMS
    subject_id = models.UUIDField()
    patient_id = models.UUIDField(null=True)
    fields = models.JSONField()
    version = models.PositiveIntegerField(default=1)  # how often it was kept
    updated_at = models.DateTimeField()

    objects = DraftQuerySet.as_manager()
    privacy = Privacy(identifying=["patient_id"], clinical=["fields"], safe=["form", "subject_id"])

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "form", "subject_id"], name="draft_once")]
        indexes = [models.Index(fields=["updated_at"], name="draft_age")]

    def __str__(self) -> str:
        return f"{self.form} {self.subject_id}"
