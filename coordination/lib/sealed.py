"""Secrets at rest: AES-256-GCM under a key derived from FIELD_KEY, bound to what the secret is for.

A sealed text names its format and its key, so that a key can be replaced: `1.<key id>.<nonce and ciphertext>`.
"""

import base64
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

FORMAT = "1"


class Unreadable(Exception):
    """The text was sealed under another key or for another purpose, or was changed since."""


@lru_cache(maxsize=8)
def _key(secret: str, purpose: str) -> tuple[str, AESGCM]:
    material = HKDF(algorithm=SHA256(), length=36, salt=None, info=f"sealed:{purpose}".encode()).derive(
        secret.encode()
    )
    return material[32:].hex(), AESGCM(material[:32])


def seal(text: str, purpose: str) -> str:
    key_id, cipher = _key(settings.FIELD_KEY, purpose)
    nonce = os.urandom(12)
    body = base64.urlsafe_b64encode(nonce + cipher.encrypt(nonce, text.encode(), purpose.encode()))
    return f"{FORMAT}.{key_id}.{body.decode()}"


def unseal(sealed: str, purpose: str) -> str:
    key_id, cipher = _key(settings.FIELD_KEY, purpose)
    form, _, rest = sealed.partition(".")
    named, _, body = rest.partition(".")
    if (form, named) != (FORMAT, key_id):
        raise Unreadable("sealed under another key")
    try:
        raw = base64.urlsafe_b64decode(body)
        return cipher.decrypt(raw[:12], raw[12:], purpose.encode()).decode()
    except (InvalidTag, ValueError) as error:
        raise Unreadable("changed since it was sealed") from error
