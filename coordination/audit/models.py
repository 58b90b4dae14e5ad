"""What happened: one row for each change, view, search, export, print, refusal and sign-in.

The rows hold names and ids and no foreign keys, so history never blocks or follows live rows. They are append-only: a trigger
refuses a change, and the running application may not even ask (its role has no right to). A background job seals each row
into a chain of HMACs, so that an edit, a removal, an insertion or a swap by someone with more rights is found.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from coordination.audit.querysets import EventQuerySet
from coordination.lib.choices import known_values
from coordination.lib.ids import new_id
from coordination.lib.privacy import Privacy


@known_values
class Event(models.Model):
    class Kind(models.TextChoices):
        CHANGE = "change", _("Changed")
        VIEW = "view", _("Viewed")
        SEARCH = "search", _("Searched")
        EXPORT = "export", _("Exported")
        PRINT = "print", _("Printed")
        DENIAL = "denial", _("Refused")
        SIGN_IN = "sign_in", _("Signed in or out")
        SECURITY = "security", _("Security setting")

    class Outcome(models.TextChoices):
        OK = "ok", _("Done")
        DENIED = "denied", _("Not allowed")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    at = models.DateTimeField(db_default=Now())
    kind = models.CharField(max_length=10, choices=Kind.choices)
    name = models.CharField(max_length=80)  # noun.past, as in "task.closed"
    outcome = models.CharField(max_length=8, choices=Outcome.choices, default=Outcome.OK)
    organization_id = models.UUIDField(null=True)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=200)
    patient_id = models.UUIDField(null=True)
    target_type = models.CharField(max_length=80)
    target_id = models.CharField(max_length=64)
    changed = ArrayField(models.CharField(max_length=80), default=list)  # names of fields, never values
    purpose = models.CharField(max_length=12, default="TREAT")  # HL7 v3 PurposeOfUse
    reason = models.TextField()
    detail = models.JSONField(default=dict)  # ids and counts, never clinical text
    door = models.CharField(max_length=120)  # the route or job it came through
    request_id = models.CharField(max_length=36)
    address = models.GenericIPAddressField(null=True)

    objects = EventQuerySet.as_manager()
    privacy = Privacy(
        identifying=["actor_name", "patient_id", "address", "reason"],
        safe=[
            "at", "kind", "name", "outcome", "organization_id", "actor_id", "target_type", "target_id", "changed",
            "purpose", "detail", "door", "request_id",
        ],
    )  # fmt: skip

    class Meta:
        constraints = []
        indexes = [
            # "who looked at my record": one patient, newest first
            models.Index(
                fields=["patient_id", "-at", "-id"],
                name="event_by_patient",
                condition=models.Q(patient_id__isnull=False),
            ),
            # the audit page of an organization, and one person's doings within it
            models.Index(fields=["organization_id", "-at", "-id"], name="event_by_organization"),
            models.Index(fields=["actor_id", "-at", "-id"], name="event_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.id}"


class Pending(models.Model):
    """An event that waits for its seal. A trigger adds the row, sealing removes it."""

    event_id = models.UUIDField(primary_key=True)

    privacy = Privacy()

    def __str__(self) -> str:
        return str(self.event_id)


class Seal(models.Model):
    """One link of the chain: `mac` = HMAC-SHA256(key, mac of the link before + the event's canonical form)."""

    position = models.BigIntegerField(primary_key=True)
    event_id = models.UUIDField(unique=True)
    mac = models.BinaryField()
    sealed_at = models.DateTimeField(db_default=Now())

    privacy = Privacy(safe=["event_id", "mac", "sealed_at"])

    def __str__(self) -> str:
        return f"{self.position} {self.event_id}"


class Verification(models.Model):
    """One walk along the chain: from where to where, and how many findings. A walk may stop early and go on later."""

    at = models.DateTimeField(db_default=Now())
    first_position = models.BigIntegerField()
    last_position = models.BigIntegerField()
    is_complete = models.BooleanField()  # it reached the end of the chain
    findings = models.PositiveIntegerField()
    seconds = models.FloatField()

    privacy = Privacy(safe=["at", "first_position", "last_position", "is_complete", "findings", "seconds"])

    class Meta:
        indexes = [models.Index(fields=["-at"], name="verification_newest")]

    def __str__(self) -> str:
        return f"{self.first_position} to {self.last_position}"
