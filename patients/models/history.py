"""Health history: what is known of the patient's health, each line with where it came from and when it was checked."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Expression
from django.db.models.functions import Concat, Trim
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from coordination.lib.choices import known_values
from coordination.lib.privacy import Privacy
from coordination.lib.timeline import Entries
from patients.models.base import AboutPatient, Sourced, dates_in_order, once_per_source
from patients.querysets import HistoryQuerySet


class Sensitivity(models.TextChoices):
    """HL7 v3 ActCode sensitivity labels that hide a line from roles without the matching permission (domain facts 9.2)."""

    NONE = "", _("Not sensitive")
    BEHAVIORAL = "BH", _("Behavioral health")
    PSYCHIATRIC = "PSY", _("Psychiatric")
    SUBSTANCE_USE = "ETH", _("Substance use")
    PART_2 = "42CFRPart2", _("Substance use program (42 CFR Part 2)")
    HIV = "HIV", _("HIV")
    STD = "STD", _("Sexually transmitted disease")
    SEXUAL = "SEX", _("Sexual and reproductive health")
    VIOLENCE = "SDV", _("Domestic or sexual violence")
    GENETIC = "GDIS", _("Genetic")


class RecordStatus(models.TextChoices):
    ACTIVE = "active", _("Current")
    DISPUTED = "disputed", _("Disputed")
    ENTERED_IN_ERROR = "entered_in_error", _("Entered in error")


class HistoryItem(Sourced, AboutPatient):
    """One line of history. Corrections add and mark, they never erase."""

    timeline: ClassVar[Entries]
    label: ClassVar[str | Promise] = ""

    code_system = models.CharField(max_length=200, blank=True)
    code = models.CharField(max_length=60, blank=True)
    text = models.CharField(max_length=500)
    status = models.CharField(max_length=40, blank=True)  # the source's own word
    note = models.TextField(blank=True)
    sensitivity = models.CharField(max_length=12, choices=Sensitivity.choices, blank=True, default="")
    occurred_at = models.DateTimeField(null=True, blank=True)  # when it happened, as far as known
    recorded_at = models.DateTimeField(null=True, blank=True)  # when the source wrote it down
    verified_at = models.DateTimeField(null=True, blank=True)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    record_status = models.CharField(max_length=20, choices=RecordStatus.choices, default=RecordStatus.ACTIVE)

    objects: ClassVar[Any] = HistoryQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.pk)


_COMMON_SAFE = [
    "code_system",
    "occurred_at",
    "recorded_at",
    "verified_at",
    "record_status",
    "source",
    "source_hash",
]
_COMMON_CLINICAL = ["code", "text", "status", "note", "sensitivity"]


def _privacy(*clinical: str) -> Privacy:
    return Privacy(identifying=["source_key"], clinical=[*_COMMON_CLINICAL, *clinical], safe=_COMMON_SAFE)


def _entries(kind: str, icon: str, label: str | Promise, detail: str | Expression = "") -> Entries:
    return Entries(
        kind=kind, group="clinical", icon=icon, at="occurred_at", title="text", detail=detail, note="note", source="source",
        author="created_by__name", label=label,
    )  # fmt: skip


def _constraints(name: str) -> list[Any]:
    return [
        once_per_source(f"{name}_once_per_source"),
        models.CheckConstraint(
            name=f"{name}_verified_pair",
            condition=models.Q(verified_at__isnull=True, verified_by__isnull=True)
            | models.Q(verified_at__isnull=False, verified_by__isnull=False),
        ),
    ]


def _indexes(name: str) -> list[models.Index]:
    return [models.Index(fields=["patient", "-occurred_at", "-id"], name=f"{name}_timeline")]


@known_values
class Condition(HistoryItem):
    timeline = _entries("condition", "stethoscope", _("Condition"))
    label = _("Conditions")

    category = models.CharField(max_length=40, blank=True)
    is_active = models.BooleanField(default=True)
    abated_on = models.DateField(null=True, blank=True)

    privacy = _privacy("category", "is_active", "abated_on")

    class Meta:
        constraints = _constraints("condition")
        indexes = _indexes("condition")


@known_values
class Allergy(HistoryItem):
    timeline = _entries("allergy", "triangle-alert", _("Allergy"), "reaction")
    label = _("Allergies")

    class Criticality(models.TextChoices):
        HIGH = "high", _("High")
        LOW = "low", _("Low")
        UNKNOWN = "unknown", _("Not known")

    category = models.CharField(max_length=40, blank=True)
    reaction = models.CharField(max_length=300, blank=True)
    severity = models.CharField(max_length=20, blank=True)
    criticality = models.CharField(max_length=8, choices=Criticality.choices, default=Criticality.UNKNOWN)
    is_active = models.BooleanField(default=True)

    privacy = _privacy("category", "reaction", "severity", "criticality", "is_active")

    class Meta:
        constraints = [*_constraints("allergy")]
        indexes = _indexes("allergy")


@known_values
class Medication(HistoryItem):
    """What the patient is prescribed or says they take. Shown and reconciled here, never prescribed."""

    timeline = _entries("medication", "pill", _("Medication"), "dosage")
    label = _("Medications")

    class Basis(models.TextChoices):
        PRESCRIBED = "prescribed", _("Prescribed")
        REPORTED = "reported", _("Reported")

    basis = models.CharField(max_length=10, choices=Basis.choices, default=Basis.PRESCRIBED)
    dosage = models.CharField(max_length=500, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    prescriber = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)

    privacy = _privacy("basis", "dosage", "reason", "prescriber", "is_active", "starts_on", "ends_on")

    class Meta:
        constraints = [*_constraints("medication")]
        indexes = _indexes("medication")


@known_values
class Procedure(HistoryItem):
    timeline = _entries("procedure", "briefcase-medical", _("Procedure"), "performer")
    label = _("Procedures")

    performer = models.CharField(max_length=200, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    privacy = _privacy("performer", "ended_at")

    class Meta:
        constraints = _constraints("procedure")
        indexes = _indexes("procedure")


@known_values
class Immunization(HistoryItem):
    timeline = _entries("immunization", "syringe", _("Immunization"))
    label = _("Immunizations")

    privacy = _privacy()

    class Meta:
        constraints = _constraints("immunization")
        indexes = _indexes("immunization")


@known_values
class FamilyHistory(HistoryItem):
    timeline = _entries("family_history", "users", _("Family history"), "relative")
    label = _("Family history")

    relative = models.CharField(max_length=80)
    onset_age = models.CharField(max_length=40, blank=True)
    is_deceased = models.BooleanField(null=True, blank=True)

    privacy = _privacy("relative", "onset_age", "is_deceased")

    class Meta:
        constraints = _constraints("family_history")
        indexes = _indexes("family_history")


@known_values
class Encounter(HistoryItem):
    timeline = _entries("encounter", "hospital", _("Encounter"), "facility")
    label = _("Encounters")

    class Kind(models.TextChoices):
        """HL7 v3 ActEncounterCode."""

        AMB = "AMB", _("Ambulatory")
        EMER = "EMER", _("Emergency")
        IMP = "IMP", _("Inpatient")
        ACUTE = "ACUTE", _("Inpatient acute")
        OBSENC = "OBSENC", _("Observation")
        SS = "SS", _("Short stay")
        HH = "HH", _("Home health")
        VR = "VR", _("Virtual")
        OTHER = "OTH", _("Other")

    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.OTHER)
    facility = models.CharField(max_length=200, blank=True)
    clinician = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    disposition = models.CharField(max_length=120, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    privacy = _privacy("kind", "facility", "clinician", "reason", "disposition", "ended_at")

    class Meta:
        constraints = [
            *_constraints("encounter"),
            dates_in_order("occurred_at", "ended_at", "encounter_dates"),
        ]
        indexes = _indexes("encounter")


@known_values
class Observation(HistoryItem):
    timeline = _entries(
        "observation", "activity", _("Result"), Trim(Concat("value", models.Value(" "), "unit"))
    )
    label = _("Results and measurements")

    category = models.CharField(max_length=40, blank=True)
    value = models.CharField(max_length=300, blank=True)
    number = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    unit = models.CharField(max_length=60, blank=True)
    interpretation = models.CharField(max_length=60, blank=True)

    privacy = _privacy("category", "value", "number", "unit", "interpretation")

    class Meta:
        constraints = _constraints("observation")
        indexes = [
            *_indexes("observation"),
            models.Index(fields=["patient", "code", "-occurred_at"], name="observation_series"),
        ]


HISTORY: list[type[HistoryItem]] = [
    Condition,
    Allergy,
    Medication,
    Procedure,
    Immunization,
    FamilyHistory,
    Encounter,
    Observation,
]
