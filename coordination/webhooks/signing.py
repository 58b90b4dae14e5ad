"""Signatures as Standard Webhooks has them: `v1,` and the HMAC-SHA256 of id, time and body, one for each valid secret."""

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Iterable

PREFIX = "whsec_"


def new_secret() -> str:
    return PREFIX + base64.b64encode(os.urandom(32)).decode()


def headers_of(message_id: str, timestamp: int, body: bytes, secrets: Iterable[str]) -> dict[str, str]:
    signed = f"{message_id}.{timestamp}.".encode() + body
    marks = [
        base64.b64encode(
            hmac.digest(base64.b64decode(secret.removeprefix(PREFIX)), signed, hashlib.sha256)
        ).decode()
        for secret in secrets
    ]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{mark}" for mark in marks),
    }


def body_of(name: str, at: str, ids: dict[str, str]) -> bytes:
    """What happened, when, and to which rows: ids only, to be asked for with the receiver's own rights."""
    return json.dumps({"type": name, "timestamp": at, "data": ids}, separators=(",", ":")).encode()
