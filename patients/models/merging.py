"""Two records that were one person: what was put together, kept so exactly that it can be taken apart again."""

from typing import Any

from django.conf import settings
from django.db import models

from coordination.lib.editable import Owned
from coordination.lib.privacy import Privacy
from patients.models.patient import Patient


class PatientMerge(Owned):
    """One record went into another: which rows changed hands, and which values changed, as they were and as they became."""

    survivor = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="merges")
    merged = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="merged_by")
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    moved = models.JSONField(default=dict)  # {"patients.Allergy.patient": [id, ...]}
    made = models.JSONField(default=dict)  # rows only the merge made: {"patients.Identifier": [id, ...]}
    # by model, row and field: what it was and what it became
    changed = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    undo_reason = models.CharField(max_length=300, blank=True)

    objects: Any = models.Manager()
    privacy = Privacy(
        clinical=["reason", "changed", "undo_reason"], safe=["at", "moved", "made", "undone_at"]
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="patient_merge_of_two", condition=~models.Q(survivor=models.F("merged"))
            ),
            models.CheckConstraint(name="patient_merge_has_a_reason", condition=~models.Q(reason="")),
            models.CheckConstraint(
                name="patient_merge_undone_pair",
                condition=models.Q(undone_at__isnull=True, undone_by__isnull=True, undo_reason="")
                | (models.Q(undone_at__isnull=False, undone_by__isnull=False) & ~models.Q(undo_reason="")),
            ),
            # a record goes into one other: of two merges at once one is refused
            models.UniqueConstraint(
                fields=["merged"], name="patient_merged_once", condition=models.Q(undone_at__isnull=True)
            ),
        ]
        indexes = [models.Index(fields=["survivor", "-at"], name="patient_merge_of_survivor")]

    def __str__(self) -> str:
        return str(self.pk)


class TwoPeople(Owned):
    """Somebody looked and said: these are two people. Stored both ways, so that one index answers from either side."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="told_apart")
    other = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    last_change: Any = None  # not a column: its Undo is offered with the answer

    objects: Any = models.Manager()
    privacy = Privacy(clinical=["reason"], safe=["at"])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["patient", "other"], name="two_people_once"),
            models.CheckConstraint(name="two_people_are_two", condition=~models.Q(patient=models.F("other"))),
        ]

    def __str__(self) -> str:
        return f"{self.patient_id} {self.other_id}"
