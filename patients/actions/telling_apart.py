"""Two records that look like one person are two people: said once, remembered."""

from django.db import transaction
from django.utils.translation import gettext as _

from coordination.accounts.models import User
from coordination.audit.actions import record
from coordination.lib.refusal import Refused
from patients.actions.changing import keep_added
from patients.models import Patient, TwoPeople


@transaction.atomic
def tell_apart(*, patient: Patient, other: Patient, reason: str, by: User) -> TwoPeople:
    """These are two people. Nobody is asked again whether they are one; the mark for similar names stays."""
    if patient.pk == other.pk or patient.organization_id != other.organization_id:
        raise Refused(_("Choose two records of the organization."))
    if not reason.strip():
        raise Refused(_("Say how you know that they are two people."), field="reason")
    words = {"organization_id": patient.organization_id, "reason": reason.strip(), "by": by}
    pairs = [TwoPeople(patient=one, other=two, **words) for one, two in ((patient, other), (other, patient))]
    TwoPeople.objects.bulk_create(pairs, ignore_conflicts=True)  # two people may say so at once
    for one, two in ((patient, other), (other, patient)):
        record(
            "patient.told_apart", by=by, target=one, patient_id=one.pk, reason=reason.strip(),
            detail={"other_id": str(two.pk)},
        )  # fmt: skip
    told: TwoPeople = TwoPeople.objects.get(patient=patient, other=other)
    if told.pk == pairs[0].pk:  # nobody else said so a moment before
        keep_added(pairs[0], by=by)
        keep_added(pairs[1], by=by, of=pairs[0].last_change)
        told.last_change = pairs[0].last_change
    return told
