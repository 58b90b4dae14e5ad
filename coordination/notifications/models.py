"""Tell this person. The bell shows what needs them; an e-mail only says that something does, never about whom."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from coordination.lib.choices import known_values
from coordination.lib.editable import Owned
from coordination.lib.privacy import Privacy
from coordination.notifications.querysets import NotificationQuerySet


@known_values
class Notification(Owned):
    class Kind(models.TextChoices):
        ASSIGNED = "assigned", _("A task was given to you")
        DUE = "due", _("A time limit is near")
        SAFETY = "safety", _("Safety alert")
        IMPORT = "import", _("An import ended")
        SYSTEM = "system", _("The system needs you")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    patient_id = models.UUIDField(null=True)
    route = models.CharField(max_length=80)  # the page that shows what it is about
    subject_id = models.UUIDField(null=True)
    text = models.CharField(max_length=300)
    key = models.CharField(max_length=200)  # the same news is told once
    at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True)

    objects = NotificationQuerySet.as_manager()
    privacy = Privacy(
        identifying=["patient_id"],
        clinical=["text"],
        safe=["kind", "route", "subject_id", "key", "at", "read_at"],
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="notification_once"),
        ]
        indexes = [
            models.Index(fields=["user", "-at", "-id"], name="notification_newest"),
            models.Index(
                fields=["user"], name="notification_unread", condition=models.Q(read_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
