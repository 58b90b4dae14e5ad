"""The people around a patient, and who may know what."""

import datetime as dt
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from coordination.lib.choices import known_values
from coordination.lib.privacy import Privacy
from patients.models.base import AboutPatient, Sourced, dates_in_order, once_per_source
from patients.querysets import CareTeamQuerySet, ConsentQuerySet

ADULT_AT = 18  # HOUSE: state law may say otherwise for some matters (domain facts 9.5)


@known_values
class RelatedPerson(Sourced, AboutPatient):
    """Family, caregivers, emergency contacts and proxies. A proxy has a legal basis and dates (domain facts 9.5)."""

    class Authority(models.TextChoices):
        NONE = "none", _("No authority")
        PARENT = "parent", _("Parent")
        GUARDIAN = "guardian", _("Legal guardian")
        POWER_OF_ATTORNEY = "power_of_attorney", _("Health care power of attorney")
        COURT_ORDER = "court_order", _("Court order")
        PATIENT_GRANTED = "patient_granted", _("Granted by the patient")

    together = (("authority", "is_springing", "document"), ("starts_on", "ends_on"))

    name = models.CharField(max_length=200)
    relationship = models.CharField(max_length=80)
    phone = models.CharField(max_length=60, blank=True)
    email = models.EmailField(blank=True)
    language = models.CharField(max_length=20, blank=True)
    is_emergency_contact = models.BooleanField(default=False)
    is_caregiver = models.BooleanField(default=False)
    may_be_told = models.CharField(
        max_length=300, blank=True
    )  # 45 CFR 164.510(b): what may be shared with this person
    authority = models.CharField(max_length=20, choices=Authority.choices, default=Authority.NONE)
    is_springing = models.BooleanField(default=False)  # in force only when the patient cannot decide
    document = models.CharField(max_length=200, blank=True)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    verified_on = models.DateField(null=True, blank=True)

    privacy = Privacy(
        identifying=["name", "phone", "email", "source_key"],
        clinical=["relationship", "may_be_told", "language"],
        safe=[
            "is_emergency_contact", "is_caregiver", "authority", "is_springing", "document", "starts_on", "ends_on", "verified_on",
            "source", "source_hash",
        ],
    )  # fmt: skip

    class Meta:
        ordering = ["-is_emergency_contact", "name", "id"]
        constraints = [
            once_per_source("related_person_once_per_source"),
            dates_in_order("starts_on", "ends_on", "related_person_dates"),
        ]
        indexes = [models.Index(fields=["patient"], name="related_person_patient")]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_proxy(self) -> bool:
        return self.authority != self.Authority.NONE

    def authority_ends_on(self, born: dt.date | None) -> dt.date | None:
        """The last day this person may decide. A parent's authority ends with the day before the child turns 18."""
        if self.authority != self.Authority.PARENT or born is None:
            return self.ends_on
        eighteen = (
            dt.date(born.year + ADULT_AT, born.month, born.day)
            if (born.month, born.day) != (2, 29)
            else dt.date(born.year + ADULT_AT, 3, 1)
        )
        last = eighteen - dt.timedelta(days=1)
        return min(last, self.ends_on) if self.ends_on else last

    def is_proxy_on(self, day: dt.date, born: dt.date | None) -> bool:
        """Whether this person's authority is in force on `day`. A springing one counts: it is said beside the name."""
        end = self.authority_ends_on(born)
        return (
            self.is_proxy
            and (self.starts_on is None or self.starts_on <= day)
            and (end is None or end >= day)
        )


@known_values
class CareTeamMember(Sourced, AboutPatient):
    """Someone who cares for the patient, from when to when. A colleague's membership in force gives sight of the record."""

    class Role(models.TextChoices):
        COORDINATOR = "coordinator", _("Care coordinator")
        PRIMARY_CARE = "primary_care", _("Primary care clinician")
        SPECIALIST = "specialist", _("Specialist")
        NURSE = "nurse", _("Nurse")
        SOCIAL_WORKER = "social_worker", _("Social worker")
        BEHAVIORAL = "behavioral", _("Behavioral health")
        PHARMACIST = "pharmacist", _("Pharmacist")
        COMMUNITY_WORKER = "community_worker", _("Community health worker")
        OTHER = "other", _("Other")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="care_team_memberships",
        null=True,
        blank=True,
    )
    name = models.CharField(max_length=200, blank=True)  # someone outside, who does not sign in here
    works_at = models.CharField(max_length=200, blank=True)
    phone = models.CharField(max_length=60, blank=True)
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.OTHER)
    role_text = models.CharField(max_length=120, blank=True)
    is_primary = models.BooleanField(default=False)  # the one coordinator who answers for this patient
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    objects: ClassVar[Any] = CareTeamQuerySet.as_manager()
    privacy = Privacy(
        safe=[
            "name",
            "works_at",
            "phone",
            "role",
            "role_text",
            "is_primary",
            "starts_on",
            "ends_on",
            "source",
            "source_hash",
        ],
        identifying=["source_key"],
    )

    class Meta:
        ordering = ["-is_primary", "role", "id"]
        constraints = [
            once_per_source("care_team_once_per_source"),
            dates_in_order("starts_on", "ends_on", "care_team_dates"),
            models.UniqueConstraint(
                fields=["patient"], name="care_team_one_primary", condition=models.Q(is_primary=True)
            ),
            models.CheckConstraint(
                name="care_team_primary_is_a_working_colleague",
                condition=models.Q(is_primary=False)
                | models.Q(user__isnull=False, ends_on__isnull=True, role="coordinator"),
            ),
            models.CheckConstraint(
                name="care_team_is_someone", condition=models.Q(user__isnull=False) | ~models.Q(name="")
            ),
        ]
        indexes = [
            models.Index(fields=["patient"], name="care_team_patient"),
            # sight: the memberships of one person, dates included so that the table need not be read
            models.Index(
                fields=["user", "starts_on", "ends_on", "patient"],
                name="care_team_sight",
                condition=models.Q(user__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.pk}"

    def is_member_on(self, day: dt.date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or self.ends_on >= day)


@known_values
class Consent(AboutPatient):
    class Kind(models.TextChoices):
        CARE_COORDINATION = "care_coordination", _("Care coordination")
        SHARE_INFORMATION = "share_information", _("Share information")
        PART_2 = "part_2", _("Share substance use records (42 CFR Part 2)")
        TEXT_MESSAGES = "text_messages", _("Text messages")
        PORTAL = "portal", _("Portal and e-mail")
        RESEARCH = "research", _("Research contact")

    kind = models.CharField(max_length=20, choices=Kind.choices)
    given = models.BooleanField(default=True)  # False: asked and declined
    scope = models.CharField(max_length=300, blank=True)
    recipients = models.CharField(max_length=300, blank=True)
    purpose = models.CharField(max_length=200, blank=True)
    document = models.CharField(max_length=200, blank=True)
    signed_on = models.DateField()
    expires_on = models.DateField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    objects: ClassVar[Any] = ConsentQuerySet.as_manager()
    privacy = Privacy(
        clinical=["scope", "recipients", "purpose"],
        safe=["kind", "given", "document", "signed_on", "expires_on", "revoked_at"],
    )

    class Meta:
        ordering = ["-signed_on", "id"]
        constraints = [
            dates_in_order("signed_on", "expires_on", "consent_dates"),
            models.CheckConstraint(
                name="consent_revoked_pair",
                condition=models.Q(revoked_at__isnull=True, revoked_by__isnull=True)
                | models.Q(revoked_at__isnull=False, revoked_by__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["patient"], name="consent_patient")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    def is_in_force_on(self, day: dt.date) -> bool:
        return (
            self.given
            and self.revoked_at is None
            and self.signed_on <= day
            and (self.expires_on is None or self.expires_on >= day)
        )


@known_values
class Coverage(Sourced, AboutPatient):
    """A health plan that pays. A fact about the patient; an authorization is a request to the payer and lives elsewhere."""

    class Kind(models.TextChoices):
        MEDICARE = "medicare", _("Medicare")
        MEDICARE_ADVANTAGE = "medicare_advantage", _("Medicare Advantage")
        MEDICAID = "medicaid", _("Medicaid")
        COMMERCIAL = "commercial", _("Commercial")
        TRICARE = "tricare", _("TRICARE or VA")
        SELF_PAY = "self_pay", _("Self-pay")
        OTHER = "other", _("Other")

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        ENDED = "ended", _("Ended")
        PENDING = "pending", _("Pending")
        ENTERED_IN_ERROR = "entered_in_error", _("Entered in error")

    together = (
        ("kind", "payer", "plan", "member_id", "group_number"),
        ("subscriber", "relationship"),
        ("status", "starts_on", "ends_on"),
    )

    rank = models.PositiveSmallIntegerField(default=1)  # 1 pays first
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.OTHER)
    payer = models.CharField(max_length=200)
    plan = models.CharField(max_length=200, blank=True)
    member_id = models.CharField(max_length=80, blank=True)
    group_number = models.CharField(max_length=80, blank=True)
    subscriber = models.CharField(max_length=200, blank=True)
    relationship = models.CharField(max_length=40, blank=True)
    payer_phone = models.CharField(max_length=40, blank=True)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.ACTIVE)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    privacy = Privacy(
        identifying=["member_id", "group_number", "subscriber", "source_key"],
        safe=[
            "rank", "kind", "payer", "plan", "relationship", "payer_phone", "status", "starts_on", "ends_on", "verified_at",
            "source", "source_hash",
        ],
    )  # fmt: skip

    class Meta:
        ordering = ["rank", "id"]
        constraints = [
            once_per_source("coverage_once_per_source"),
            dates_in_order("starts_on", "ends_on", "coverage_dates"),
            models.CheckConstraint(
                name="coverage_verified_pair",
                condition=models.Q(verified_at__isnull=True, verified_by__isnull=True)
                | models.Q(verified_at__isnull=False, verified_by__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["patient"], name="coverage_patient")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    def pays_on(self, day: dt.date) -> bool:
        started = self.starts_on is None or self.starts_on <= day
        return self.status == self.Status.ACTIVE and started and (self.ends_on is None or self.ends_on >= day)


class SourceDocument(Sourced, AboutPatient):
    """A document of another system kept as it came (care plans and goals, until plans of our own take them up)."""

    kind = models.CharField(max_length=40)  # the FHIR resource type
    title = models.CharField(max_length=300, blank=True)
    occurred_at = models.DateTimeField(null=True)
    sensitivity = models.CharField(max_length=12, blank=True)
    body = models.JSONField()
    tags = ArrayField(models.CharField(max_length=80), default=list, blank=True)

    privacy = Privacy(
        clinical=["title", "body", "sensitivity", "tags"],
        safe=["kind", "occurred_at", "source", "source_hash"],
        identifying=["source_key"],
    )

    class Meta:
        constraints = [once_per_source("source_document_once_per_source")]
        indexes = [models.Index(fields=["patient", "-occurred_at"], name="source_document_patient")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
