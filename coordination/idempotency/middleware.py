"""The same write sent twice is done once and answered twice alike."""

import hashlib
import uuid
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from coordination.idempotency.models import Answer

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
KEPT_HEADERS = ("Location", "Content-Type", "HX-Redirect", "HX-Trigger", "HX-Retarget", "HX-Reswap")
_CLAIM = """
    insert into idempotency_answer (key, user_id, route, digest, status, headers, body)
    values (%s, %s, %s, %s, 0, '{}', '') on conflict (user_id, key) do nothing
"""


class OnceOnly:
    """Claims the form's key in the request's own transaction: a second copy waits for the first, then gets its answer.

    A request that is refused rolls the claim back with everything else, so it can be corrected and sent again.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        remember(request, response)
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if request.method not in UNSAFE or not request.user.is_authenticated:
            return None
        sent = request.headers.get("Idempotency-Key") or request.POST.get("idempotency_key")
        if not sent:
            return None
        try:
            key = uuid.UUID(sent)
        except ValueError:
            return HttpResponse(_("The idempotency key is not a UUID."), status=400, content_type="text/plain")
        digest = _digest(request)
        route = request.resolver_match.view_name if request.resolver_match else ""
        with connection.cursor() as cursor:
            cursor.execute(_CLAIM, [key, request.user.pk, route, digest])
            if cursor.rowcount:
                request.once_only_key = key  # type: ignore[attr-defined]
                return None
        return _again(request, key, digest)


def remember(request: HttpRequest, response: HttpResponse) -> None:
    """Keep the answer beside the claim, so that the second copy gets the same."""
    key = getattr(request, "once_only_key", None)
    if key is None or response.status_code >= 400 or response.streaming:
        return
    Answer.objects.filter(key=key, user_id=request.user.pk).update(
        status=response.status_code,
        headers={name: response.headers[name] for name in KEPT_HEADERS if name in response.headers},
        body=response.content,
    )


def _again(request: HttpRequest, key: uuid.UUID, digest: bytes) -> HttpResponse:
    first = Answer.objects.get(key=key, user_id=request.user.pk)
    if bytes(first.digest) != digest:
        sentence = _("This form was already saved with other content. Reload the page to see what is stored.")
        return HttpResponse(sentence, status=409, content_type="text/plain; charset=utf-8")
    response = HttpResponse(bytes(first.body), status=first.status or 200)
    for name, value in first.headers.items():
        response.headers[name] = value
    response.headers["Idempotent-Replay"] = "true"
    return response


def _digest(request: HttpRequest) -> bytes:
    fields = sorted((name, values) for name, values in request.POST.lists() if name not in {"csrfmiddlewaretoken"})
    files = sorted((name, file.size, file.name) for name, file in request.FILES.items())
    return hashlib.sha256(repr((request.method, request.path, fields, files)).encode()).digest()
