"""One record that was opened in an emergency yesterday, so that a review waits for the privacy officer."""

import datetime as dt

from django.conf import settings

from coordination.audit.models import Event
from coordination.lib.days import add_business_days
from coordination.town.calendar import Calendar
from coordination.town.layout import Layout
from coordination.worklist.handlers import open_review_task
from patients.access import BREAK_GLASS
from patients.models import AccessGrant, Patient

SEEN = [(1, "overview"), (3, "history"), (11, "timeline")]  # minutes in, page


def settle_emergency(layout: Layout, calendar: Calendar) -> None:
    """A coordinator was called about a patient of somebody else. Nothing where one coordinator has them all."""
    person = layout.coordinators[-1]
    strangers = Patient.objects.active().exclude(pk__in=Patient.objects.visible_to(person))
    patient = strangers.order_by("record_number", "pk").first()
    if patient is None:
        return
    began = calendar.at(-1, 19, 40)
    grant = AccessGrant.objects.create(
        organization=layout.organization,
        patient=patient,
        user=person,
        granted_by=person,
        reason=AccessGrant.Reason.EMERGENCY,
        note="Mercy emergency department on the phone: which blood thinner, and whom to call",
        starts_at=began,
        expires_at=began + dt.timedelta(minutes=settings.BREAK_GLASS_MINUTES),
    )
    for minutes, page in SEEN:
        Event.objects.create(
            at=began + dt.timedelta(minutes=minutes), kind=Event.Kind.VIEW, name="patient.viewed", detail={"page": page},
            organization_id=layout.organization.pk, actor_id=person.pk, actor_name=str(person), patient_id=patient.pk,
            purpose=BREAK_GLASS, door="patients:patient",
        )  # fmt: skip
    open_review_task(grant, add_business_days(layout.organization.today(), 1))
