"""What the patient agreed to or declined, and took back."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from coordination.accounts.models import User
from coordination.audit.actions import record
from coordination.lib.acting import acting
from coordination.lib.refusal import Refused
from patients.actions.changing import Act, add_line, change_line
from patients.models import Consent, Patient


@acting
def record_consent(*, patient: Patient, values: dict[str, Any], by: User) -> Consent:
    """Keep an answer of the patient. An earlier one of the same kind stays in force until it is revoked or ends.

    A consent to share substance use records needs the elements of 42 CFR 2.31: what, to whom, what for.
    """
    patient = Patient.objects.select_for_update().get(pk=patient.pk)
    consent = Consent(
        patient=patient, organization_id=patient.organization_id, created_by=by, updated_by=by, **values
    )
    if consent.kind == Consent.Kind.PART_2 and consent.given:
        needed = {"scope": consent.scope, "recipients": consent.recipients, "purpose": consent.purpose}
        if missing := [name for name, value in needed.items() if not value]:
            sentence = _(
                "A consent under 42 CFR Part 2 says what may be shared, with whom and for what purpose."
            )
            raise Refused(sentence, field=missing[0])
    add_line(consent, by=by)
    record("consent.recorded", by=by, target=consent, detail={"given": consent.given})
    return consent


@acting
def revoke_consent(*, consent: Consent, version: int | None, by: User) -> Consent:
    """The patient took it back: at once, by any reasonable means, no reason needed."""
    consent = Consent.objects.select_for_update().get(pk=consent.pk)
    consent.expect_version(version)
    if not consent.given:
        raise Refused(_("This was declined, there is nothing to revoke."))
    if consent.revoked_at is not None:
        raise Refused(_("This consent was already revoked."))
    change_line(consent, {"revoked_at": timezone.now(), "revoked_by": by}, by=by, act=Act.END)
    record("consent.revoked", by=by, target=consent)
    return consent
