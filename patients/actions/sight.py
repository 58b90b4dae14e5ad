"""Emergency access: looking for one patient, opening the record for some minutes, ending that, and reviewing it."""

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from coordination.accounts.models import User
from coordination.audit.actions import record, record_access
from coordination.audit.models import Event
from coordination.lib.refusal import Refused
from coordination.outbox.actions import post
from patients.access import BREAK_GLASS
from patients.emergency import TwoIdentifiers, find_by_two, searches_left
from patients.finding import fingerprint
from patients.models import AccessGrant, Patient
from patients.querysets import forget_scope, scope_of

SECURITY = Event.Kind.SECURITY


@transaction.atomic
def look_up(*, wanted: TwoIdentifiers, by: User) -> Patient | None:
    """Look for the one patient with two identifiers, and write down that somebody did. Refused beyond the hourly limit."""
    User.objects.select_for_update(no_key=True).get(
        pk=by.pk
    )  # one search at a time, so that none slips past the count
    if not searches_left(by):
        raise Refused(
            _("You have searched %(n)s times within an hour. Ask a supervisor to add you to the care team.")
            % {"n": settings.BREAK_GLASS_SEARCHES}
        )
    found = find_by_two(by, wanted)
    record_access(
        Event.Kind.SEARCH,
        "access.searched",
        by=by,
        patient_id=found.pk if found else None,
        purpose=BREAK_GLASS,
        detail={"query": fingerprint(str(wanted)), "results": int(found is not None)},
    )
    return found


@transaction.atomic
def break_glass(*, patient: Patient, reason: str, note: str, by: User) -> AccessGrant:
    """Give oneself sight of one patient for BREAK_GLASS_MINUTES. While that runs, asking again gives the same grant.

    Privacy officers are told and one of them is given the review. A denial stands above an emergency too.
    """
    patient = Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    forget_scope(by)
    if patient.pk in scope_of(by).denied_ids:
        raise Refused(_("This record cannot be opened."))
    now = timezone.now()
    mine = AccessGrant.objects.emergencies().filter(user=by, patient=patient)
    running: AccessGrant | None = mine.running(now).first()
    if running is not None:
        return running
    note = " ".join(note.split())
    if len(note) < settings.BREAK_GLASS_NOTE:
        sentence = _("Say in a few words why you need this record: at least %(n)s characters.")
        raise Refused(sentence % {"n": settings.BREAK_GLASS_NOTE}, field="note")
    grant = AccessGrant.objects.create(
        organization_id=patient.organization_id, patient=patient, user=by, granted_by=by, reason=reason, note=note, starts_at=now,
        expires_at=now + dt.timedelta(minutes=settings.BREAK_GLASS_MINUTES),
    )  # fmt: skip
    forget_scope(by)
    record(
        "access.broken_glass", kind=SECURITY, by=by, target=grant, patient_id=patient.pk, purpose=BREAK_GLASS,
        reason=f"{grant.get_reason_display()}: {note}", detail={"minutes": settings.BREAK_GLASS_MINUTES},
    )  # fmt: skip
    post("access.broken_glass", key=str(grant.pk), organization_id=grant.organization_id, grant_id=grant.pk)
    return grant


@transaction.atomic
def end_emergency(*, grant: AccessGrant, by: User) -> AccessGrant:
    """End sight before its time. Ending what is over already changes nothing."""
    grant = AccessGrant.objects.select_for_update().get(pk=grant.pk)
    now = timezone.now()
    if grant.is_running(now):
        grant.revoked_at, grant.revoked_by = now, by
        grant.save(update_fields=["revoked_at", "revoked_by"])
        forget_scope(by)
        record(
            "access.emergency_ended", kind=SECURITY, by=by, target=grant, patient_id=grant.patient_id, purpose=BREAK_GLASS
        )  # fmt: skip
    return grant


@transaction.atomic
def review_access(*, grant: AccessGrant, finding: str, note: str, by: User) -> AccessGrant:
    """Say what an emergency access was, once, after it ended, and never of one's own. Doubt and breach need words."""
    grant = AccessGrant.objects.select_for_update(of=("self",)).select_related("reviewed_by").get(pk=grant.pk)
    if grant.user_id == by.pk:
        raise Refused(_("You cannot review your own access. Someone else does."))
    if grant.reviewed_at is not None:
        raise Refused(_("%(name)s has reviewed this already.") % {"name": grant.reviewed_by})
    if grant.is_running(timezone.now()):
        raise Refused(_("This access still runs. End it, or review it once it has ended."))
    note = " ".join(note.split())
    if finding != AccessGrant.Finding.APPROPRIATE and not note:
        raise Refused(_("Write down what is in doubt, or what was not appropriate."), field="finding_note")
    grant.finding, grant.finding_note = finding, note
    grant.reviewed_at, grant.reviewed_by = timezone.now(), by
    grant.save(update_fields=["finding", "finding_note", "reviewed_at", "reviewed_by"])
    record(
        "access.reviewed", kind=SECURITY, by=by, target=grant, patient_id=grant.patient_id, detail={"finding": finding}
    )  # fmt: skip
    post("access.reviewed", key=str(grant.pk), organization_id=grant.organization_id, grant_id=grant.pk)
    return grant
