"""What every request goes through: one transaction, one organization, the same headers."""

from collections.abc import Callable
from typing import Any

from django.db import OperationalError, transaction
from django.http import HttpRequest, HttpResponseBase

from coordination.accounts.sessions import Keep
from coordination.idempotency.claims import Claim, claim_of
from coordination.idempotency.middleware import still_busy
from coordination.lib.retry import is_conflict
from patients.querysets import enter_as

Answer = Callable[[HttpRequest], HttpResponseBase]


class OneTransaction:
    """Run the request in one transaction that sees the rows of one organization.

    One statement lets it in before its view runs: the organization, what the person reaches there, the claim on the key of
    the form, and once a minute that their session is in use. An answer of 400 or more rolls everything back, so a refused
    request leaves nothing behind: what is recorded about the refusal itself is written afterwards, outside.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with transaction.atomic():
            response = self.get_response(request)
            if response.status_code >= 400:
                transaction.set_rollback(True)
        keep: Keep | None = getattr(request, "keep", None)
        if keep is not None and 400 <= response.status_code < 500:
            keep.write()  # rolled back with the rest, and yet the person was at work
        return response

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        claim = claim_of(request, view)
        try:
            enter(request, claim)
        except OperationalError as error:
            if claim is None or not is_conflict(error):
                raise
            return still_busy()
        return None


def enter(request: HttpRequest, claim: Claim | None = None) -> None:
    """Let a signed-in person into their organization, unless they are in. An error page is shown before any view was asked."""
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated and not hasattr(request, "claim"):
        request.claim = claim  # type: ignore[attr-defined]
        enter_as(user, claim, getattr(request, "keep", None))


class ResponseHeaders:
    """Nothing about a patient is kept by a browser or a proxy on the way."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        )
        return response
