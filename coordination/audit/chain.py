"""One link of the chain: what of an event is sealed, and how a seal follows from the one before."""

import hmac

from django.conf import settings
from django.db.backends.utils import CursorWrapper

FIRST = bytes(32)  # what the first link stands on

# Every column of an event as one text: PostgreSQL quotes the parts, so no two events have the same one, and a null is
# not an empty text. The columns are named one by one because their order is part of the seal.
CANONICAL = """
    row(e.id, e.at, e.kind, e.name, e.outcome, e.organization_id, e.actor_id, e.actor_name, e.patient_id, e.target_type,
        e.target_id, e.changed, e.purpose, e.reason, e.detail, e.door, e.request_id, e.address)::text
"""


def fix_output(cursor: CursorWrapper) -> None:
    """Until the transaction ends, let no setting of the server or the session change how a time is written."""
    cursor.execute("set local timezone to 'UTC'; set local datestyle to 'ISO, YMD'")


def link(previous: bytes, event: str) -> bytes:
    """Return the seal of an event that follows the seal `previous`."""
    return hmac.digest(settings.AUDIT_KEY.encode(), previous + event.encode(), "sha256")
