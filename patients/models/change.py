"""What was done to a patient's record, kept so that it can be taken back and told afterwards."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from coordination.accounts.permissions import Permission
from coordination.lib.choices import known_values
from coordination.lib.privacy import Privacy
from coordination.lib.undoable import Undoable, undone_pair
from patients.models.history import HISTORY
from patients.models.patient import Patient
from patients.querysets import RecordChangeQuerySet


@dataclass(frozen=True)
class Kind:
    """One kind of line: its name in the audit trail, its name on a page, and who may change it."""

    thing: str
    label: str | Promise
    right: Permission


KINDS: dict[str, Kind] = {
    "patients.patient": Kind("patient", _("Patient"), Permission.PATIENT_EDIT),
    "patients.contactpoint": Kind("phone", _("Phone or e-mail"), Permission.PATIENT_EDIT),
    "patients.address": Kind("address", _("Address"), Permission.PATIENT_EDIT),
    "patients.identifier": Kind("identifier", _("Identifier"), Permission.PATIENT_EDIT),
    "patients.relatedperson": Kind("related_person", _("Family or proxy"), Permission.PATIENT_EDIT),
    "patients.twopeople": Kind("patient", _("Two people"), Permission.PATIENT_EDIT),
    "patients.careteammember": Kind("care_team", _("Care team"), Permission.CARE_TEAM_EDIT),
    "patients.consent": Kind("consent", _("Consent"), Permission.CONSENT_EDIT),
    "patients.coverage": Kind("coverage", _("Coverage"), Permission.COVERAGE_EDIT),
    **{
        model._meta.label_lower: Kind("history", model.timeline.label, Permission.HISTORY_EDIT)
        for model in HISTORY
    },
}
# of the row of the patient: what belongs to the care team's work, and what to the health history
CARE = {"status", "coordinator"}
ALLERGIES = {"allergy_status", "allergies_checked_on"}


@known_values
class RecordChange(Undoable):
    """One act on one line of a record: the fields it changed, as they were and as it left them.

    A line that was added or removed is kept whole here when it may leave its own table (`before` or `after` holds all of it).
    """

    class Act(models.TextChoices):
        ADD = "add", _("Added")
        EDIT = "edit", _("Changed")
        END = "end", _("Ended")
        REMOVE = "remove", _("Removed")

    patient = models.ForeignKey(
        Patient, on_delete=models.PROTECT, related_name="changes", db_index=False
    )  # record_change_of_patient
    act = models.CharField(max_length=8, choices=Act.choices)
    # what one act changed in other lines is taken back with it: an allergy and the state of the list of allergies
    part_of = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="came_of_it", null=True, blank=True
    )
    row_type = models.CharField(max_length=40)  # "patients.allergy"
    row_id = models.UUIDField()
    version = models.PositiveIntegerField()  # of the line once it was done: undo is for this one only
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)

    was_changed_since: bool  # read along by `acts`, not a column

    objects: ClassVar[Any] = RecordChangeQuerySet.as_manager()
    privacy = Privacy(
        identifying=["before", "after"], safe=["act", "row_type", "row_id", "version", "at", "undone_at"]
    )

    class Meta:
        constraints = [
            undone_pair("record_change_undone_pair"),
            models.UniqueConstraint(fields=["row_id", "version"], name="record_change_once_per_version"),
        ]
        indexes = [
            models.Index(fields=["patient", "-at", "-id"], name="record_change_of_patient"),
            models.Index(fields=["by", "-at", "-id"], name="record_change_by_person"),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.pk}"

    @staticmethod
    def kind_of(line: models.Model) -> Kind:
        return KINDS[line._meta.label_lower]

    @property
    def kind(self) -> Kind:
        return KINDS[self.row_type]

    @property
    def right(self) -> Permission:
        """What whoever did it may do, and whoever undoes it."""
        if self.row_type == Patient._meta.label_lower and self.before.keys() & CARE:
            return Permission.CARE_TEAM_EDIT
        if self.row_type == Patient._meta.label_lower and self.before.keys() & ALLERGIES:
            return Permission.HISTORY_EDIT
        return self.kind.right
