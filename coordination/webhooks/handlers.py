"""Deliver one piece of news to one endpoint. At least once: a receiver knows a repeat by its webhook-id.

Its messages are one lane of the outbox, so one receiver never holds more than one worker; one that fails again and again rests.
"""

import time

from django.utils import timezone

from coordination.audit.models import Event
from coordination.outbox.handling import NotNow, NotWanted, commits_by_itself
from coordination.outbox.models import Message
from coordination.webhooks.access import secrets_of
from coordination.webhooks.actions import note_failure, note_success
from coordination.webhooks.calling import NotAllowed, NotTaken, call
from coordination.webhooks.models import Endpoint
from coordination.webhooks.signing import body_of, headers_of


@commits_by_itself
def deliver(message: Message) -> None:
    """Send it, unless the endpoint rests or was turned off. A failure is the outbox's: it waits longer each time, at last for a person."""
    endpoint = Endpoint.objects.filter(pk=message.payload["endpoint_id"], disabled_at=None).first()
    event = Event.objects.filter(pk=message.payload["event_id"]).first()
    if endpoint is None or event is None:
        raise NotWanted("endpoint turned off" if endpoint is None else "event gone")
    if (until := endpoint.rests_until) is not None:
        raise NotNow(until)
    ids = {event.target_type.partition(".")[2] + "_id": event.target_id}
    if event.patient_id is not None:
        ids["patient_id"] = str(event.patient_id)
    at = event.at.astimezone(timezone.get_default_timezone()).isoformat().replace("+00:00", "Z")
    body = body_of(event.name, at, ids)
    headers = headers_of(f"msg_{event.pk.hex}", int(time.time()), body, secrets_of(endpoint))
    began = time.monotonic()
    try:
        call(endpoint.url, body, headers)
    except (NotTaken, NotAllowed) as error:
        status, wait = getattr(error, "status", 0), getattr(error, "retry_after", 0)
        note_failure(endpoint, is_gone=status == 410, asks_to_wait=wait)
        raise
    note_success(endpoint, took=time.monotonic() - began)
