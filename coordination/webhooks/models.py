"""Who outside is told that something happened: where, of what, and signed with which secret."""

import datetime as dt

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from coordination.lib.ids import new_id
from coordination.lib.privacy import Privacy

# the audit trail's names, which are also the types a receiver reads
EVENTS = {
    "task.opened": _("A task was opened"),
    "task.assigned": _("A task was assigned"),
    "task.claimed": _("A task was taken out of a queue"),
    "task.closed": _("A task ended"),
    "task.reopened": _("The end of a task was taken back"),
    "contact.logged": _("A contact was logged"),
    "contact.undone": _("A contact was taken back"),
    "patient.registered": _("A patient was added"),
    "patient.edited": _("Who a patient is was changed"),
    "patient.merged": _("Two records became one"),
}


class Endpoint(models.Model):
    """One address of one organization. The secrets are sealed; the one before stays valid for a while after a rotation."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.PROTECT, related_name="+")
    url = models.URLField(max_length=500)
    events = ArrayField(models.CharField(max_length=40))
    secret = models.TextField()
    old_secret = models.TextField(blank=True)
    old_secret_expires_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)  # in a row
    resting_until = models.DateTimeField(null=True)  # nothing is sent before; then one message tries it
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    disabled_at = models.DateTimeField(null=True)
    disabled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )  # the organization's system user when it failed too often

    privacy = Privacy(
        identifying=["secret", "old_secret"],
        safe=[
            "url",
            "events",
            "old_secret_expires_at",
            "failures",
            "resting_until",
            "created_at",
            "disabled_at",
        ],
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="endpoint_disabled_pair",
                condition=models.Q(disabled_at__isnull=True, disabled_by__isnull=True)
                | models.Q(disabled_at__isnull=False, disabled_by__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["organization", "created_at"], name="endpoint_of_organization")]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def rests_until(self) -> dt.datetime | None:
        """When it is called again. None: it may be called now."""
        until = self.resting_until
        return until if until is not None and until > timezone.now() else None


class Position(models.Model):
    """How far along the sealed audit trail the news was told. One row."""

    position = models.BigIntegerField()

    privacy = Privacy(safe=["position"])

    def __str__(self) -> str:
        return str(self.position)
