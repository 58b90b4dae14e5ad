"""Sight of one patient, given for a time or taken away, whatever teams and memberships say."""

import datetime as dt

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from coordination.lib.choices import known_values
from coordination.lib.editable import Owned
from coordination.lib.privacy import Privacy
from patients.models.base import dates_in_order
from patients.querysets import AccessGrantQuerySet


@known_values
class AccessGrant(Owned):
    """Sight of one patient for some time, with a reason: break-glass or a consult. Somebody reviews it afterwards."""

    class Reason(models.TextChoices):
        EMERGENCY = "emergency", _("Emergency")
        COVERAGE = "coverage", _("Covering for someone")
        ORDERED = "ordered", _("Ordered by a clinician")
        CONSULT = "consult", _("Asked to consult")
        OTHER = "other", _("Other")

    class Finding(models.TextChoices):
        """What the review of it came to."""

        APPROPRIATE = "appropriate", _("Appropriate")
        QUESTIONED = "questioned", _("Questioned")
        BREACH = "breach", _("Not appropriate")

    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, related_name="access_grants")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="access_grants")
    reason = models.CharField(max_length=10, choices=Reason.choices)
    note = models.CharField(max_length=300)
    starts_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    finding = models.CharField(max_length=12, choices=Finding.choices, blank=True)
    finding_note = models.CharField(max_length=300, blank=True)

    objects = AccessGrantQuerySet.as_manager()
    privacy = Privacy(
        clinical=["note", "finding_note"],
        safe=["reason", "starts_at", "expires_at", "revoked_at", "reviewed_at", "finding"],
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="access_grant_is_timed", condition=models.Q(expires_at__gt=models.F("starts_at"))
            ),
            models.CheckConstraint(
                name="access_grant_revoked_pair",
                condition=models.Q(revoked_at__isnull=True, revoked_by__isnull=True)
                | models.Q(revoked_at__isnull=False, revoked_by__isnull=False),
            ),
            models.CheckConstraint(
                name="access_grant_reviewed_with_a_finding",
                condition=models.Q(reviewed_at__isnull=True, reviewed_by__isnull=True, finding="")
                | (models.Q(reviewed_at__isnull=False, reviewed_by__isnull=False) & ~models.Q(finding="")),
            ),
        ]
        indexes = [models.Index(fields=["user", "expires_at"], name="access_grant_in_force")]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def ended_at(self) -> dt.datetime:
        """When sight ended or will end: early, or by itself."""
        return self.revoked_at or self.expires_at

    def is_running(self, now: dt.datetime) -> bool:
        return self.starts_at <= now < self.ended_at


class AccessDenial(Owned):
    """This person may not see this patient, whatever else would let them: a relative, an employee, a request of the patient."""

    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, related_name="access_denials")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="access_denials"
    )
    reason = models.CharField(max_length=300)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    privacy = Privacy(clinical=["reason"], safe=["starts_on", "ends_on"])

    class Meta:
        constraints = [dates_in_order("starts_on", "ends_on", "access_denial_dates")]
        indexes = [models.Index(fields=["user", "starts_on"], name="access_denial_in_force")]

    def __str__(self) -> str:
        return str(self.pk)
