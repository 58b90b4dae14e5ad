"""One link of the chain: what of an event is sealed, and how a seal follows from the one before."""

import hmac
import json
from collections.abc import Sequence

from django.conf import settings

FIRST = bytes(32)  # what the first link stands on

# Every column of an event, as text that no setting of the server can change. The order is part of the seal.
COLUMNS = """
    e.id::text, (extract(epoch from e.at) * 1000000)::bigint::text, e.kind, e.name, e.outcome,
    e.organization_id::text, e.actor_id::text, e.actor_name, e.patient_id::text, e.target_type, e.target_id,
    to_jsonb(e.changed)::text, e.purpose, e.reason, e.detail::text, e.door, e.request_id, e.address::text
"""


def canonical(columns: Sequence[str | None]) -> bytes:
    """Return the event as bytes that no other event has."""
    return json.dumps(columns, ensure_ascii=False, separators=(",", ":")).encode()


def link(previous: bytes, event: bytes) -> bytes:
    """Return the seal of an event that follows the seal `previous`."""
    return hmac.digest(settings.AUDIT_KEY.encode(), previous + event, "sha256")
