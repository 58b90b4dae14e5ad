"""How other systems know a patient, how to reach them, and whom they could be taken for."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from coordination.lib.choices import known_values
from coordination.lib.privacy import Privacy
from patients.models.base import AboutPatient
from patients.models.patient import Patient


@known_values
class Identifier(AboutPatient):
    """A number another system knows the patient by."""

    class Kind(models.TextChoices):
        """HL7 v2 table 0203."""

        MR = "MR", _("Medical record number")
        MB = "MB", _("Member number")
        MC = "MC", _("Medicare number")
        MA = "MA", _("Medicaid number")
        SS = "SS", _("Social Security number")
        DL = "DL", _("Driver's license")
        PPN = "PPN", _("Passport")
        OTHER = "OTH", _("Other")

    together = (("kind", "system", "value"), ("starts_on", "ends_on"))

    kind = models.CharField(max_length=4, choices=Kind.choices, default=Kind.OTHER)
    system = models.CharField(max_length=300, blank=True)
    value = models.CharField(max_length=200)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)

    privacy = Privacy(identifying=["value"], safe=["kind", "system", "starts_on", "ends_on"])

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "system", "value"],
                name="identifier_once_per_system",
                condition=~models.Q(system=""),
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "value"], name="identifier_value"),
            models.Index(fields=["patient"], name="identifier_patient"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


@known_values
class ContactPoint(AboutPatient):
    """A phone number or address of the wire, with what may be said there."""

    class Kind(models.TextChoices):
        MOBILE = "mobile", _("Mobile")
        HOME = "home", _("Home phone")
        WORK = "work", _("Work phone")
        EMAIL = "email", _("E-mail")
        FAX = "fax", _("Fax")
        OTHER = "other", _("Other")

    class Voicemail(models.TextChoices):
        """45 CFR 164.510(b): how much may be said to a machine."""

        NONE = "none", _("Leave no message")
        CALLBACK = "callback", _("Callback number only")
        DETAILS = "details", _("OK to leave a message")
        UNKNOWN = "unknown", _("Voicemail not asked")

    together = (("kind", "value"), ("call_from", "call_until"))

    kind = models.CharField(max_length=8, choices=Kind.choices)
    value = models.CharField(max_length=200)
    number = models.CharField(
        max_length=20, blank=True, editable=False
    )  # E.164 when the value is a phone number
    rank = models.PositiveSmallIntegerField(default=1)
    voicemail = models.CharField(max_length=8, choices=Voicemail.choices, default=Voicemail.UNKNOWN)
    text_allowed = models.BooleanField(null=True, blank=True)
    do_not_use = models.BooleanField(default=False)  # unsafe or wrong: shown struck out, never dialed
    do_not_use_reason = models.CharField(max_length=200, blank=True)
    best_time = models.CharField(max_length=100, blank=True)
    # confidential communications, 45 CFR 164.522(b): the hours to call, and who else may pick up
    call_from = models.TimeField(null=True, blank=True)
    call_until = models.TimeField(null=True, blank=True)
    others_may_answer = models.CharField(max_length=120, blank=True)
    note = models.CharField(max_length=200, blank=True)

    privacy = Privacy(
        identifying=["value", "number"],
        clinical=["do_not_use_reason", "note", "others_may_answer"],
        safe=[
            "kind",
            "rank",
            "voicemail",
            "text_allowed",
            "do_not_use",
            "best_time",
            "call_from",
            "call_until",
        ],
    )

    class Meta:
        ordering = ["rank", "id"]
        constraints = [
            models.CheckConstraint(
                name="contact_point_hours_in_order",
                condition=models.Q(call_from__isnull=True)
                | models.Q(call_until__isnull=True)
                | models.Q(call_until__gt=models.F("call_from")),
            ),
        ]
        indexes = [
            models.Index(fields=["patient", "rank"], name="contact_point_patient"),
            models.Index(fields=["organization", "number"], name="contact_point_number"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


@known_values
class Address(AboutPatient):
    class Use(models.TextChoices):
        HOME = "home", _("Home")
        MAILING = "mailing", _("Mailing")
        TEMPORARY = "temporary", _("Temporary")
        OLD = "old", _("Former")

    together = (("line", "city", "state", "postal_code", "country"), ("use", "starts_on", "ends_on"))

    use = models.CharField(max_length=10, choices=Use.choices, default=Use.HOME)
    line = models.CharField(max_length=300, blank=True)
    city = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=60, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    country = models.CharField(max_length=60, blank=True)
    is_confidential = models.BooleanField(default=False)  # confidential communications, 45 CFR 164.522(b)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)

    privacy = Privacy(
        identifying=["line", "city", "postal_code"],
        safe=["use", "state", "country", "is_confidential", "starts_on", "ends_on"],
    )

    class Meta:
        ordering = ["use", "id"]
        constraints = []
        indexes = [models.Index(fields=["patient"], name="address_patient")]

    def __str__(self) -> str:
        return f"{self.use} {self.pk}"

    @property
    def one_line(self) -> str:
        region = " ".join(part for part in (self.state, self.postal_code) if part)
        return ", ".join(part for part in (self.line, self.city, region) if part)


@known_values
class SimilarName(models.Model):
    """Two patients a person could take for each other. Stored both ways, shown wherever one of them is."""

    class Reason(models.TextChoices):
        SAME_NAME = "same_name", _("Same name")
        SOUNDS_ALIKE = "sounds_alike", _("Sounds alike")
        SAME_BIRTH_DATE = "same_birth_date", _("Similar name, same date of birth")

    patient = models.ForeignKey(
        Patient, on_delete=models.CASCADE, related_name="similar_names", db_index=False
    )  # similar_name_once
    other = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+")
    organization = models.ForeignKey("accounts.Organization", on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=16, choices=Reason.choices)

    objects: Any = models.Manager()
    privacy = Privacy(safe=["reason"])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["patient", "other"], name="similar_name_once"),
            models.CheckConstraint(
                name="similar_name_two_people", condition=~models.Q(patient=models.F("other"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.patient_id} {self.other_id}"
