"""The key of a form, claimed for as long as its save is under way and used up by the save itself."""

import hashlib
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connection
from django.http import HttpRequest

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}
View = TypeVar("View", bound=Callable[..., Any])

# a key is free again once the transaction that held it and let go of it has ended
CLAIM = """
    insert into idempotency_answer (key, user_id, route, digest, status, headers, body)
    values (%(claim_key)s, %(claim_user)s, %(claim_route)s, %(claim_digest)s, 0, '{}', '')
    on conflict (user_id, key) do nothing
"""


@dataclass
class Claim:
    """One person's claim on one key. Whoever holds the key lets a second copy wait until their transaction ends."""

    key: uuid.UUID
    user_id: Any
    route: str = ""
    digest: bytes = b""
    is_first: bool = False  # known once it was taken

    def take(self) -> None:
        """Claim the key by a statement of its own."""
        with connection.cursor() as cursor:
            cursor.execute(CLAIM, self.values)
            self.is_first = bool(cursor.rowcount)

    @property
    def values(self) -> dict[str, Any]:
        return {
            "claim_key": self.key,
            "claim_user": self.user_id,
            "claim_route": self.route[:120],
            "claim_digest": self.digest,
        }


def repeatable(view: View) -> View:
    """Mark a view that may be asked any number of times with the key of one form: it never uses the key up."""
    view.repeatable = True  # type: ignore[attr-defined]
    return view


def sent_key(request: HttpRequest, view: Any) -> str:
    """Return the key of the form a signed-in person sent, as it was sent; nothing where none is used up."""
    if request.method not in UNSAFE or not request.user.is_authenticated:
        return ""
    if getattr(view, "repeatable", False):
        return ""
    return request.headers.get("Idempotency-Key") or request.POST.get("idempotency_key", "")


def claim_of(request: HttpRequest, view: Any) -> Claim | None:
    """Return what this request has to claim before its view runs: nothing without a key, or where the key is none."""
    try:
        key = uuid.UUID(sent_key(request, view))
    except ValueError:
        return None
    route = request.resolver_match.view_name if request.resolver_match else ""
    return Claim(key, request.user.pk, route, fingerprint(request))


def fingerprint(request: HttpRequest) -> bytes:
    """Return a digest of what was sent and where: the same key with other content is a mistake, not a repeat."""
    digest = hashlib.sha256()
    for part in _parts(request):
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()


def _parts(request: HttpRequest) -> Iterator[bytes]:
    yield f"{request.method} {request.path}".encode()
    if request.method != "POST" or request.content_type not in FORMS:
        yield request.body
        return
    for name, values in sorted(request.POST.lists()):
        if name != "csrfmiddlewaretoken":
            yield repr((name, values)).encode()
    for name, files in sorted(request.FILES.lists()):
        for file in files:
            yield repr((name, file.name, file.size)).encode()
            yield from file.chunks()
            file.seek(0)
