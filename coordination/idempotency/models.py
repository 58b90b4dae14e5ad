"""Once only: a write that arrives twice with the same key is done once and answered twice alike."""

from django.db import models
from django.db.models.functions import Now

from coordination.lib.privacy import Privacy


class Answer(models.Model):
    """The answer a write got. The row commits with the write itself, so a key is used up only by a write that happened."""

    key = models.UUIDField()
    user_id = models.UUIDField()
    route = models.CharField(max_length=120)
    digest = (
        models.BinaryField()
    )  # of the form that was sent: the same key with other content is a mistake, not a repeat
    status = models.PositiveSmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=b"")
    at = models.DateTimeField(db_default=Now())

    privacy = Privacy(
        safe=["key", "user_id", "route", "digest", "status", "headers", "at"], clinical=["body"]
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user_id", "key"], name="answer_once")]
        indexes = [models.Index(fields=["at"], name="answer_age")]

    def __str__(self) -> str:
        return f"{self.route} {self.key}"
