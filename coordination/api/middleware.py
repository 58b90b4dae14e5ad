"""The door of the API: who calls is said by a token, never by a cookie; every answer is JSON."""

from collections.abc import Callable
from dataclasses import replace

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from coordination.api.problems import MEDIA_TYPE, of_status, problem
from coordination.audit.context import door
from coordination.clients.access import Bearer, find_bearer
from coordination.clients.actions import count_call

PREFIX = "/api/v1/"


class ApiDoor:
    """Stands before the request's transaction, so that a refused call is counted too.

    A session is not looked at: a browser that is signed in can do nothing here, so no other site can use it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        try:
            bearer = _bearer(request)
            refused = _too_much(request, bearer)
        except (OperationalError, InterfaceError):
            return problem("unavailable", headers={"Retry-After": "2"})
        request.bearer = bearer  # type: ignore[attr-defined]
        request.user = bearer.user if bearer else AnonymousUser()
        request._cached_user = request.user  # type: ignore[attr-defined]  # noqa: SLF001 - what the log line reads
        if bearer:
            door.set(replace(door.get(), app_id=str(bearer.app.pk)))
        return as_problem(refused or self.get_response(request))


def _bearer(request: HttpRequest) -> Bearer | None:
    kind, _space, value = request.headers.get("Authorization", "").partition(" ")
    return find_bearer(value.strip()) if kind.lower() == "bearer" and value else None


def _too_much(request: HttpRequest, bearer: Bearer | None) -> HttpResponse | None:
    if bearer and count_call(app=bearer.app, user=bearer.user) > settings.API_CALLS_PER_MINUTE:
        wait = str(60 - timezone.now().second)
        words = _("No more than %(n)s calls a minute for one person through one app.")
        sentence = words % {"n": settings.API_CALLS_PER_MINUTE}
        return problem("too_many", sentence, headers={"Retry-After": wait})
    length = request.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) > settings.API_MAX_BYTES:
        return problem("too_large", _("A request holds at most 2 MB."))
    if bearer and length not in {"", "0"} and request.content_type != "application/json":
        return problem("unsupported_media_type", _("Send application/json."))  # before a form is read as one
    return None


def as_problem(response: HttpResponseBase) -> HttpResponseBase:
    """What refused before the API was reached (a used key, an address that is not there) says so in the same form."""
    if response.status_code < 400 or response.headers.get("Content-Type") == MEDIA_TYPE:
        return response
    is_sentence = response.headers.get("Content-Type", "").startswith("text/plain")
    sentence = response.content.decode() if is_sentence and isinstance(response, HttpResponse) else ""
    kept = {name: response.headers[name] for name in ("Retry-After", "Allow") if name in response.headers}
    return of_status(response.status_code, sentence, headers=kept)
