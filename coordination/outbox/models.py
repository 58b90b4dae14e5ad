"""Who must hear of it. The table is the queue; Celery only rings the bell.

A message is a row written in the same transaction as the change it tells of, so neither can exist without the other. It holds
ids, never clinical text. One row stands for one handler: a handler that fails keeps nobody else waiting.
"""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from coordination.lib.choices import known_values
from coordination.lib.ids import new_id
from coordination.lib.privacy import Privacy
from coordination.outbox.querysets import MessageQuerySet


@known_values
class Message(models.Model):
    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        SENDING = "sending", _("Sending")
        SENT = "sent", _("Sent")
        UNCERTAIN = (
            "uncertain",
            _("Uncertain"),
        )  # the process died inside a call that must not be repeated by machine
        DEAD = "dead", _("Given up")
        CANCELLED = "cancelled", _("Cancelled")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization_id = models.UUIDField(null=True)
    topic = models.CharField(max_length=80)
    handler = models.CharField(max_length=200)
    payload = models.JSONField(default=dict)
    key = models.CharField(max_length=200, unique=True)  # handed to a receiver that honors idempotency keys
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(db_default=Now())
    lane = models.UUIDField(null=True)  # of the messages of one lane only one is being sent at a time
    lease_until = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300)
    created_at = models.DateTimeField(db_default=Now())
    settled_at = models.DateTimeField(null=True)
    settled_by_id = models.UUIDField(null=True)  # the person who decided an uncertain or dead one

    objects = MessageQuerySet.as_manager()
    privacy = Privacy(
        safe=[
            "organization_id", "topic", "handler", "payload", "key", "state", "attempts", "not_before", "lane",
            "lease_until", "last_error", "settled_at", "settled_by_id",
        ]
    )  # fmt: skip

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="message_lease_while_sending",
                condition=~models.Q(state="sending") | models.Q(lease_until__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["lane"],
                name="message_lane_once",
                condition=models.Q(state="sending", lane__isnull=False),
            ),
        ]
        indexes = [
            # the relay: what is due, oldest first
            models.Index(fields=["not_before", "id"], name="message_due", condition=models.Q(state="queued")),
            models.Index(fields=["lease_until"], name="message_leased", condition=models.Q(state="sending")),
            # a lane that rests: all that waits in it
            models.Index(
                fields=["lane"],
                name="message_in_lane",
                condition=models.Q(state="queued", lane__isnull=False),
            ),
            # the health page: what needs a person
            models.Index(
                fields=["state", "-created_at"],
                name="message_troubled",
                condition=models.Q(state__in=["dead", "uncertain"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.id}"


class Slot(models.Model):
    """One run of a scheduled job. Two schedulers, or an hour that happens twice, cannot both claim the same slot."""

    job = models.CharField(max_length=80)
    due_at = models.DateTimeField()
    claimed_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300)

    privacy = Privacy(safe=["job", "due_at", "claimed_at", "finished_at", "error"])

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "due_at"], name="slot_once")]
        indexes = [models.Index(fields=["-due_at"], name="slot_recent")]

    def __str__(self) -> str:
        return f"{self.job} {self.due_at:%Y-%m-%d %H:%M}"


class Worker(models.Model):
    """A process that does background work, and when it was last heard of."""

    name = models.CharField(max_length=200, primary_key=True)
    version = models.CharField(max_length=40)
    seen_at = models.DateTimeField()

    privacy = Privacy(safe=["version", "seen_at"])

    def __str__(self) -> str:
        return self.name
