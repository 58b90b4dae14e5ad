"""The patient: who they are, how to name and reach them."""

import datetime as dt

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.utils.translation import gettext_lazy as _

from coordination.lib.choices import known_values
from coordination.lib.editable import Editable
from coordination.lib.privacy import Privacy
from patients.models.base import Sourced, once_per_source
from patients.ordering import RISK_RANK, SPOKEN, downward
from patients.querysets import PatientQuerySet


@known_values
class Patient(Sourced, Editable):
    class Status(models.TextChoices):
        ACTIVE = "active", _("In care")
        ENDED = "ended", _("Care ended")
        ENTERED_IN_ERROR = "entered_in_error", _("Entered in error")
        MERGED = "merged", _("Merged into another record")

    class Sex(models.TextChoices):
        FEMALE = "female", _("Female")
        MALE = "male", _("Male")
        OTHER = "other", _("Other (X)")
        UNKNOWN = "unknown", _("Not known")

    class Gender(models.TextChoices):
        WOMAN = "woman", _("Woman")
        MAN = "man", _("Man")
        TRANSGENDER_WOMAN = "transgender_woman", _("Transgender woman")
        TRANSGENDER_MAN = "transgender_man", _("Transgender man")
        NON_BINARY = "non_binary", _("Non-binary")
        OTHER = "other", _("Another identity")
        DECLINED = "declined", _("Declined")
        UNKNOWN = "unknown", _("Not known")

    class Race(models.TextChoices):
        """One combined question with several answers (OMB Statistical Policy Directive 15, 2024)."""

        AMERICAN_INDIAN = "american_indian", _("American Indian or Alaska Native")
        ASIAN = "asian", _("Asian")
        BLACK = "black", _("Black or African American")
        HISPANIC = "hispanic", _("Hispanic or Latino")
        MIDDLE_EASTERN = "middle_eastern", _("Middle Eastern or North African")
        PACIFIC_ISLANDER = "pacific_islander", _("Native Hawaiian or Pacific Islander")
        WHITE = "white", _("White")
        DECLINED = "declined", _("Declined")
        UNKNOWN = "unknown", _("Not known")

    class RaceSource(models.TextChoices):
        """Strongest first: a weaker source never overwrites a stronger one."""

        SELF = "self", _("Self-reported")
        PROXY = "proxy", _("Said by a proxy")
        OBSERVED = "observed", _("Observed")
        IMPORTED = "imported", _("Imported")
        UNKNOWN = "unknown", _("Not known")

    class YesNo(models.TextChoices):
        YES = "yes", _("Yes")
        NO = "no", _("No")
        UNKNOWN = "unknown", _("Not known")

    class Proficiency(models.TextChoices):
        VERY_WELL = "very_well", _("Speaks English very well")
        WELL = "well", _("Speaks English well")
        NOT_WELL = "not_well", _("Speaks English not well")
        NOT_AT_ALL = "not_at_all", _("Speaks no English")
        UNKNOWN = "unknown", _("Not known")

    class Interpreter(models.TextChoices):
        IN_PERSON = "in_person", _("In person")
        PHONE = "phone", _("By phone")
        VIDEO = "video", _("By video")
        SIGN = "sign", _("Sign language")
        CART = "cart", _("Live captions (CART)")
        UNKNOWN = "unknown", _("Not known")

    class AllergyStatus(models.TextChoices):
        """Exactly four states: an empty list alone never means "no allergies"."""

        KNOWN = "known", _("Known allergies")
        NONE_KNOWN = "none_known", _("No known allergies")
        NOT_RECORDED = "not_recorded", _("Allergies not recorded")
        UNAVAILABLE = "unavailable", _("Allergies unavailable")

    class Risk(models.TextChoices):
        HIGH = "high", _("High")
        RISING = "rising", _("Rising")
        LOW = "low", _("Low")
        UNKNOWN = "unknown", _("Not assessed")

    class BirthPrecision(models.TextChoices):
        DAY = "day", _("Day")
        MONTH = "month", _("Month")
        YEAR = "year", _("Year")

    together = (
        ("birth_date", "birth_precision"),
        ("race_ethnicity", "race_ethnicity_detail", "race_ethnicity_source"),
        ("interpreter_needed", "interpreter_mode", "interpreter_gender"),
    )

    # --- name
    family = models.CharField(_("family name"), max_length=120)
    given = models.CharField(_("given name"), max_length=120, blank=True)
    middle = models.CharField(_("middle names"), max_length=120, blank=True)
    prefix = models.CharField(_("title"), max_length=40, blank=True)
    suffix = models.CharField(_("suffix"), max_length=40, blank=True)
    preferred_name = models.CharField(_("preferred name"), max_length=120, blank=True)
    former_names = models.CharField(_("former names"), max_length=300, blank=True)
    pronunciation = models.CharField(_("how to say the name"), max_length=120, blank=True)
    family_first = models.BooleanField(_("family name is said first"), default=False)
    pronouns = models.CharField(_("pronouns"), max_length=40, blank=True)
    sort_name = models.CharField(max_length=300, editable=False)
    name_keys = ArrayField(models.CharField(max_length=130), default=list, editable=False)
    # --- person
    birth_date = models.DateField(_("date of birth"), null=True, blank=True)
    birth_precision = models.CharField(
        max_length=5, choices=BirthPrecision.choices, default=BirthPrecision.DAY
    )
    is_deceased = models.BooleanField(_("has died"), default=False)
    deceased_on = models.DateField(_("date of death"), null=True, blank=True)
    sex = models.CharField(_("legal sex"), max_length=8, choices=Sex.choices, default=Sex.UNKNOWN)
    sex_for_clinical_use = models.CharField(max_length=8, choices=Sex.choices, default=Sex.UNKNOWN)
    gender_identity = models.CharField(
        _("gender identity"), max_length=20, choices=Gender.choices, default=Gender.UNKNOWN
    )
    sexual_orientation = models.CharField(_("sexual orientation"), max_length=60, blank=True)
    race_ethnicity = ArrayField(
        models.CharField(max_length=20, choices=Race.choices), default=list, blank=True
    )
    race_ethnicity_detail = models.CharField(max_length=200, blank=True)
    race_ethnicity_source = models.CharField(
        max_length=10, choices=RaceSource.choices, default=RaceSource.UNKNOWN
    )
    marital_status = models.CharField(max_length=40, blank=True)
    # --- language and understanding (BCP-47 tags)
    language = models.CharField(_("spoken language"), max_length=20, blank=True)
    written_language = models.CharField(_("written language"), max_length=20, blank=True)
    english = models.CharField(
        _("English"), max_length=12, choices=Proficiency.choices, default=Proficiency.UNKNOWN
    )
    interpreter_needed = models.CharField(max_length=8, choices=YesNo.choices, default=YesNo.UNKNOWN)
    interpreter_mode = models.CharField(
        max_length=10, choices=Interpreter.choices, default=Interpreter.UNKNOWN
    )
    interpreter_gender = models.CharField(max_length=40, blank=True)
    communication_needs = models.CharField(_("communication needs"), max_length=300, blank=True)
    cultural_needs = models.CharField(_("cultural and faith needs"), max_length=300, blank=True)
    # --- care
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.ACTIVE)
    care_ended_on = models.DateField(null=True, blank=True)
    care_ended_reason = models.CharField(max_length=200, blank=True)
    # the record this one went into (HL7 A40): set while the status is "merged", and by merging alone
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="merged_records", null=True, blank=True, editable=False
    )
    record_number = models.CharField(_("record number"), max_length=60, blank=True)
    team = models.ForeignKey(
        "accounts.Team",
        on_delete=models.PROTECT,
        related_name="patients",
        null=True,
        blank=True,
        db_index=False,  # patient_team_name
    )
    risk = models.CharField(max_length=8, choices=Risk.choices, default=Risk.UNKNOWN)
    allergy_status = models.CharField(
        max_length=12, choices=AllergyStatus.choices, default=AllergyStatus.NOT_RECORDED
    )
    allergies_checked_on = models.DateField(null=True, blank=True)
    safety_note = models.CharField(_("safety note"), max_length=300, blank=True)
    # --- the caseload row: kept by the actions that change it, so that a list is one indexed query
    coordinator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="caseload",
        null=True,
        blank=True,
        db_index=False,  # patient_coordinator_name
    )
    last_contact_at = models.DateTimeField(null=True, editable=False)
    last_contact_outcome = models.CharField(max_length=20, blank=True, editable=False)
    next_due_at = models.DateTimeField(null=True, editable=False)
    open_tasks = models.PositiveIntegerField(default=0, editable=False)
    has_similar_name = models.BooleanField(default=False, editable=False)

    objects = PatientQuerySet.as_manager()
    privacy = Privacy(
        identifying=[
            "family", "given", "middle", "prefix", "suffix", "preferred_name", "former_names", "pronunciation", "sort_name",
            "name_keys", "birth_date", "deceased_on", "record_number", "source_key",
        ],
        clinical=[
            "pronouns", "sex", "sex_for_clinical_use", "gender_identity", "sexual_orientation", "race_ethnicity",
            "race_ethnicity_detail", "marital_status", "language", "written_language", "english", "interpreter_needed",
            "interpreter_mode", "interpreter_gender", "communication_needs", "cultural_needs", "risk", "allergy_status",
            "allergies_checked_on", "safety_note", "is_deceased", "care_ended_reason",
        ],
        safe=[
            "family_first", "birth_precision", "race_ethnicity_source", "status", "care_ended_on", "last_contact_at",
            "last_contact_outcome", "next_due_at", "open_tasks", "has_similar_name", "source", "source_hash",
        ],
    )  # fmt: skip

    class Meta:
        constraints = [
            once_per_source("patient_once_per_source"),
            models.UniqueConstraint(
                fields=["organization", "record_number"],
                name="patient_record_number_once",
                condition=~models.Q(record_number=""),
            ),
            models.CheckConstraint(name="patient_has_a_name", condition=~models.Q(family="", given="")),
            models.CheckConstraint(
                name="patient_death_after_birth",
                condition=models.Q(deceased_on__isnull=True)
                | models.Q(birth_date__isnull=True)
                | models.Q(deceased_on__gte=models.F("birth_date")),
            ),
            models.CheckConstraint(
                name="patient_death_is_said",
                condition=models.Q(deceased_on__isnull=True) | models.Q(is_deceased=True),
            ),
            models.CheckConstraint(
                name="patient_end_is_dated",
                condition=~models.Q(status="ended") | models.Q(care_ended_on__isnull=False),
            ),
            models.CheckConstraint(
                name="patient_merged_into_one",
                condition=models.Q(status="merged", merged_into__isnull=False)
                | (~models.Q(status="merged") & models.Q(merged_into__isnull=True)),
            ),
            models.CheckConstraint(
                name="patient_merged_into_another", condition=~models.Q(merged_into=models.F("id"))
            ),
        ]
        indexes = [
            # finding: by name as typed, misspelt or heard; by date of birth; by record number
            GinIndex(fields=["name_keys"], name="patient_name_keys"),
            models.Index(OpClass("sort_name", name="text_pattern_ops"), name="patient_name_prefix"),
            models.Index(fields=["organization", "birth_date"], name="patient_born"),
            # registry: what a whole organization is sorted by is the tail of an index; a team or a caseload is sorted in
            # memory (10,000 rows: a few hundredths of a second)
            # the language stands behind the name: who speaks one is found along the names, and counted, without a look at the
            # rows. PostgreSQL reads an expression from an index alone only when the column itself is there too
            models.Index(
                "organization",
                "sort_name",
                "id",
                SPOKEN,
                "interpreter_needed",
                name="patient_org_name_spoken",
                include=["language", "status", "is_deceased"],
            ),
            models.Index(fields=["organization", "record_number", "id"], name="patient_org_number"),
            # what is due, who was not called, whom nothing is planned for: in a large organization these lists must open
            # too. They change with every call, and that the row's other indexes are then written again is the price
            models.Index(fields=["organization", "next_due_at", "sort_name", "id"], name="patient_org_due"),
            models.Index(
                fields=["organization", "last_contact_at", "sort_name", "id"], name="patient_org_contact"
            ),
            # what many patients share, a day too: one index from each end, since the names within are read upward from both.
            # Whoever has no task is mostly not in care any more, and would stand before all others
            models.Index(
                "organization", downward("next_due_at"), "sort_name", "id", name="patient_org_due_down"
            ),
            models.Index("organization", RISK_RANK, "sort_name", "id", name="patient_org_risk"),
            models.Index(
                "organization", downward(RISK_RANK), "sort_name", "id", name="patient_org_risk_down"
            ),
            models.Index("organization", SPOKEN, "sort_name", "id", name="patient_org_spoken"),
            models.Index("organization", downward(SPOKEN), "sort_name", "id", name="patient_org_spoken_down"),
            models.Index(
                fields=["organization", "open_tasks", "sort_name", "id"],
                name="patient_org_tasks",
                condition=models.Q(status="active", is_deceased=False),
            ),
            models.Index(
                "organization", downward("open_tasks"), "sort_name", "id", name="patient_org_tasks_down"
            ),
            # the few who are not in care any more, among all who are
            models.Index(
                fields=["organization", "sort_name", "id"],
                name="patient_org_ended",
                condition=models.Q(status="ended"),
            ),
            models.Index(
                fields=["organization", "sort_name", "id"],
                name="patient_org_deceased",
                condition=models.Q(is_deceased=True),
            ),
            # who was changed since another system last asked
            models.Index(fields=["organization", "updated_at", "id"], name="patient_org_updated"),
            models.Index(fields=["team", "sort_name", "id"], name="patient_team_name"),
            models.Index(fields=["coordinator", "sort_name", "id"], name="patient_coordinator_name"),
        ]

    def __str__(self) -> str:
        return str(self.pk)  # never the name: this lands in logs

    @property
    def display_name(self) -> str:
        """FAMILY, Given: the order the banner and every row use (NHS CUI patient banner)."""
        return ", ".join(part for part in (self.family.upper(), self.given) if part)

    @property
    def called(self) -> str:
        """The name to say on the phone."""
        return self.preferred_name or self.given or self.family

    def age_on(self, day: dt.date) -> int | None:
        """Whole years on `day`, or at death. None while the date of birth is not known."""
        if self.birth_date is None:
            return None
        day = self.deceased_on or day
        return (
            day.year
            - self.birth_date.year
            - ((day.month, day.day) < (self.birth_date.month, self.birth_date.day))
        )

    @property
    def may_be_contacted(self) -> bool:
        return not self.is_deceased and self.status == self.Status.ACTIVE
