"""The same write sent twice is done once and answered twice alike."""

import hashlib
import uuid
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from coordination.idempotency.actions import CLAIM
from coordination.idempotency.models import Answer
from coordination.lib.retry import is_conflict

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}
KEPT_HEADERS = (
    "Location", "Content-Type", "Content-Language", "ETag", "HX-Location", "HX-Push-Url", "HX-Redirect", "HX-Refresh",
    "HX-Replace-Url", "HX-Reselect", "HX-Reswap", "HX-Retarget", "HX-Trigger",
)  # fmt: skip
LARGEST_BODY = 256 * 1024
View = TypeVar("View", bound=Callable[..., Any])
NOT_KEPT = 0  # the write is done, but its answer was too large or too long to keep


def repeatable(view: View) -> View:
    """Mark a view that may be asked any number of times with the key of one form: it never uses the key up."""
    view.repeatable = True  # type: ignore[attr-defined]
    return view


class OnceOnly:
    """Claims the form's key in the request's own transaction: a second copy waits for the first, then gets its answer.

    A request that is refused rolls the claim back with everything else, so it can be corrected and sent again.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if (key := getattr(request, "once_only_key", None)) is not None:
            remember(request, response, key)
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if request.method not in UNSAFE or not request.user.is_authenticated:
            return None
        if getattr(view, "repeatable", False):
            return None
        sent = request.headers.get("Idempotency-Key") or request.POST.get("idempotency_key")
        if not sent:
            return None
        try:
            key = uuid.UUID(sent)
        except ValueError:
            return _plain(_("The idempotency key is not a UUID."), 400)
        digest = fingerprint(request)
        try:
            is_first = _claim(request, key, digest)
        except OperationalError as error:
            if not is_conflict(error):
                raise
            return _still_busy()
        if not is_first:
            return _again(request, key, digest)
        request.once_only_key = key  # type: ignore[attr-defined]
        return None


def _claim(request: HttpRequest, key: uuid.UUID, digest: bytes) -> bool:
    """Take the key. While another copy of the request holds it, this waits for the end of that one's transaction."""
    route = request.resolver_match.view_name if request.resolver_match else ""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [key, request.user.pk, route[:120], digest])
        return bool(cursor.rowcount)


def remember(request: HttpRequest, response: HttpResponseBase, key: uuid.UUID) -> None:
    """Keep the answer beside the claim, so that the second copy gets the same."""
    if (
        response.status_code >= 400
        or not isinstance(response, HttpResponse)
        or len(response.content) > LARGEST_BODY
    ):
        return
    user: Any = request.user
    Answer.objects.filter(key=key, user_id=user.pk).update(
        status=response.status_code,
        headers={name: response.headers[name] for name in KEPT_HEADERS if name in response.headers},
        body=response.content,
    )


def _again(request: HttpRequest, key: uuid.UUID, digest: bytes) -> HttpResponse:
    user: Any = request.user
    first = Answer.objects.get(key=key, user_id=user.pk)
    if bytes(first.digest) != digest:
        return _plain(
            _("This form was already saved with other content. Reload the page to see what is stored."), 409
        )
    if first.status == NOT_KEPT:
        return _plain(_("This was already saved. Reload the page to see it."), 409)
    response = HttpResponse(bytes(first.body), status=first.status)
    for name, value in first.headers.items():
        response.headers[name] = value
    response.headers["Idempotent-Replay"] = "true"
    return response


def _still_busy() -> HttpResponse:
    response = _plain(
        _("The first copy of this is still being saved. Wait a moment, then reload the page."), 409
    )
    response.headers["Retry-After"] = "2"
    return response


def _plain(sentence: str, status: int) -> HttpResponse:
    return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")


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
