"""A contact against what the patient agreed to: refused, or done for a reason and looked at by a supervisor.

45 CFR 164.522(b): reasonable requests to be reached in one way only are kept. 45 CFR 164.510(b): what may be left for others to hear.
"""

from django.utils.translation import gettext as _

from coordination.accounts.models import User
from coordination.lib.days import add_business_days
from coordination.worklist.actions.tasks import place_task
from coordination.worklist.desk import supervisors_of
from coordination.worklist.due import Due
from coordination.worklist.models import Contact, Task
from patients.models import Address, ContactPoint, Patient
from patients.safe_contact import any_number, why_not, zones_of

_CALLS = {Contact.Mode.PHONE, Contact.Mode.SMS}


def broken_rule(contact: Contact) -> str:
    """The sentence for the rule this contact broke; empty when it kept them all."""
    if contact.direction != Contact.Direction.OUT or contact.target != Contact.Target.PATIENT:
        return ""
    if contact.mode not in _CALLS:
        return ""
    point = contact.contact_point
    if point is None:
        return _rule_of_the_unnamed(contact)
    addresses = Address.objects.filter(patient=contact.patient).exclude(use=Address.Use.OLD)
    zones = zones_of(list(addresses.values_list("state", flat=True)), contact.organization)
    if refused := why_not(point, at=contact.occurred_at, zones=zones):
        words = {"rule": refused}
        return _("The rule of this number: %(rule)s. Say why it was used all the same.") % words
    if _left_a_message(contact) and point.voicemail == ContactPoint.Voicemail.NONE:
        return _("No message may be left at this number. Say why one was left all the same.")
    if contact.mode == Contact.Mode.SMS and point.text_allowed is False:
        return _("No text messages to this number. Say why one was sent all the same.")
    return ""


def _rule_of_the_unnamed(contact: Contact) -> str:
    """No number was named: a message was left at, or a text sent to, one that allows it only if all of them do."""
    is_text = contact.mode == Contact.Mode.SMS
    if not (is_text or _left_a_message(contact)):
        return ""
    rule = "no_text" if is_text else "no_message"
    said = getattr(contact.task, f"has_{rule}", None)  # read with the lock of the task
    if not (any_number(contact.patient, rule).exists() if said is None else said):
        return ""
    if is_text:
        return _(
            "No text messages may be sent to a number of this patient. Choose the number on the full form, or say there why one was sent."
        )
    return _(
        "No message may be left at a number of this patient. Choose the number on the full form, or say there why one was left."
    )


def _left_a_message(contact: Contact) -> bool:
    return contact.outcome == Contact.Outcome.LEFT_VOICEMAIL and contact.mode == Contact.Mode.PHONE


def open_review(contact: Contact, despite: str, *, by: User) -> Task:
    """A supervisor who sees the patient looks at it within two business days (HOUSE); nobody reviews their own contact."""
    return place_task(
        by=by,
        patient=contact.patient,
        kind=Task.Kind.OTHER,
        title=_("Review: the patient was reached against their wish"),
        reason=(_("Said by %(name)s: %(why)s") % {"name": by.name, "why": despite})[:300],
        due=Due.on(add_business_days(by.organization.today(), 2), by.organization),
        owner=_reviewer(contact.patient, by),
        minutes=10,
        priority=Task.Priority.HIGH,
        source=Task.Source.RULE,
        source_key=f"unsafe:{contact.pk}",
        subject_route="patients:people",
        subject_id=contact.patient_id,
    )


def _reviewer(patient: Patient, by: User) -> User:
    supervisor: User
    for supervisor in supervisors_of(by.organization, patient.team_id):
        if supervisor.pk != by.pk and Patient.objects.visible_to(supervisor).filter(pk=patient.pk).exists():
            return supervisor
    return patient.coordinator or by
