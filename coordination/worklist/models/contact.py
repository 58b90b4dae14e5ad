"""A contact is one attempt to reach someone; logging it closes the task it answers and opens the next step."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from coordination.lib.choices import known_values
from coordination.lib.editable import Editable
from coordination.lib.privacy import Privacy
from coordination.lib.timeline import Entries
from coordination.lib.undoable import undone_pair
from coordination.worklist.models.task import Task
from coordination.worklist.querysets import ContactQuerySet


@known_values
class Contact(Editable):
    """One contact attempt (domain facts 1.3). Only a person who answers makes it interactive."""

    class Direction(models.TextChoices):
        OUT = "out", _("Outgoing")
        IN = "in", _("Incoming")

    class Mode(models.TextChoices):
        PHONE = "phone", _("Phone")
        VIDEO = "video", _("Video")
        SMS = "sms", _("Text message")
        EMAIL = "email_secure", _("Secure e-mail")
        PORTAL = "portal", _("Portal")
        LETTER = "letter", _("Letter")
        HOME = "in_person_home", _("In person, home")
        FACILITY = "in_person_facility", _("In person, facility")

    class Target(models.TextChoices):
        PATIENT = "patient", _("Patient")
        CAREGIVER = "caregiver", _("Caregiver")
        PROXY = "proxy", _("Proxy")
        FACILITY = "facility", _("Facility")
        PROVIDER = "provider", _("Provider")
        PAYER = "payer", _("Payer")

    class Outcome(models.TextChoices):
        REACHED_PATIENT = "reached_patient", _("Reached patient")
        REACHED_CAREGIVER = "reached_caregiver", _("Reached caregiver")
        LEFT_VOICEMAIL = "left_voicemail", _("Left voicemail")
        NO_ANSWER = "no_answer", _("No answer")
        BUSY = "busy", _("Busy")
        WRONG_NUMBER = "wrong_number", _("Wrong number")
        DISCONNECTED = "disconnected", _("Disconnected")
        REFUSED = "refused", _("Refused")
        LANGUAGE_BARRIER = "language_barrier", _("Language barrier")
        CALLBACK_SCHEDULED = "callback_scheduled", _("Callback scheduled")
        MESSAGE_SENT = "message_sent", _("Message sent")
        MESSAGE_DELIVERED = "message_delivered", _("Message delivered")
        MESSAGE_FAILED = "message_failed", _("Message failed")
        RETURNED_MAIL = "returned_mail", _("Returned mail")
        NOT_HOME = "in_person_not_home", _("Not home")

    class Interpreter(models.TextChoices):
        NONE = "none", _("None needed")
        QUALIFIED = "qualified", _("Qualified interpreter")
        BILINGUAL_STAFF = "bilingual_staff", _("Bilingual staff")
        REFUSED = "refused", _("Patient refused one")

    patient = models.ForeignKey(
        "patients.Patient", on_delete=models.PROTECT, related_name="contacts", db_index=False
    )  # contact_timeline
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="contacts", null=True, blank=True)
    next_task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    no_follow_up_reason = models.CharField(max_length=200, blank=True)
    occurred_at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField(default=0)
    direction = models.CharField(max_length=3, choices=Direction.choices, default=Direction.OUT)
    mode = models.CharField(max_length=20, choices=Mode.choices, default=Mode.PHONE)
    target = models.CharField(max_length=10, choices=Target.choices, default=Target.PATIENT)
    with_whom = models.CharField(max_length=200, blank=True)
    contact_point = models.ForeignKey(
        "patients.ContactPoint", on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )
    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="contacts", db_index=False
    )  # contact_by_staff
    staff_credential = models.CharField(max_length=40, blank=True)
    interpreter = models.CharField(max_length=16, choices=Interpreter.choices, default=Interpreter.NONE)
    outcome = models.CharField(max_length=20, choices=Outcome.choices)
    topics = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    note = models.TextField(blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)  # taken back: it stays, and says so
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    objects = ContactQuerySet.as_manager()
    timeline = Entries(
        kind="contact", group="contacts", icon="phone", at="occurred_at", title="outcome", detail="mode", note="note",
        author="staff__name", undone="undone_at",
    )  # fmt: skip
    privacy = Privacy(
        identifying=["with_whom"],
        clinical=["note", "topics", "no_follow_up_reason", "outcome"],
        safe=[
            "occurred_at",
            "minutes",
            "direction",
            "mode",
            "target",
            "staff_credential",
            "interpreter",
            "undone_at",
        ],
    )

    INTERACTIVE = (Outcome.REACHED_PATIENT, Outcome.REACHED_CAREGIVER)

    class Meta:
        constraints = [
            # a contact never ends in nothing: a next step, or the words why there is none
            models.CheckConstraint(
                name="contact_has_a_next_step", condition=models.Q(next_task__isnull=False) | ~models.Q(no_follow_up_reason="")
            ),
            undone_pair("contact_undone_pair"),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["patient", "-occurred_at", "-id"], name="contact_timeline"),
            models.Index(fields=["staff", "-occurred_at"], name="contact_by_staff"),
        ]

    def __str__(self) -> str:
        return f"{self.mode} {self.pk}"

    @property
    def is_interactive(self) -> bool:
        """CMS TCM: an attempt becomes a contact only when the patient or caregiver answers."""
        return self.outcome in self.INTERACTIVE
