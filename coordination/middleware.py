"""What every request goes through: one transaction, one organization, the same headers."""

from collections.abc import Callable

from django.db import transaction
from django.http import HttpRequest, HttpResponseBase

from patients.querysets import enter_as

Answer = Callable[[HttpRequest], HttpResponseBase]


class OneTransaction:
    """Run the request in one transaction that sees the rows of one organization.

    An answer of 400 or more rolls everything back, so a refused request leaves nothing behind: what is recorded about
    the refusal itself is written afterwards, outside.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with transaction.atomic():
            if request.user.is_authenticated:
                enter_as(request.user)
            response = self.get_response(request)
            if response.status_code >= 400:
                transaction.set_rollback(True)
        return response


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
