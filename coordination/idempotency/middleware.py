"""The same write sent twice is done once and answered twice alike."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from coordination.idempotency.claims import Claim, sent_key
from coordination.idempotency.models import Answer

KEPT_HEADERS = (
    "Location", "Content-Type", "Content-Language", "ETag", "HX-Location", "HX-Push-Url", "HX-Redirect", "HX-Refresh",
    "HX-Replace-Url", "HX-Reselect", "HX-Reswap", "HX-Retarget", "HX-Trigger",
)  # fmt: skip
LARGEST_BODY = 256 * 1024
NOT_KEPT = 0  # the write is done, but its answer was too large or too long to keep


class OnceOnly:
    """Lets only the first copy through to the view: a second one waited for it where it was let in, and gets its answer.

    The key was claimed in the request's own transaction, by the statement that let it in. A request that is refused rolls
    the claim back with everything else, so it can be corrected and sent again.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        claim = getattr(request, "claim", None)
        if claim is not None and claim.is_first:
            remember(claim, response)
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if not sent_key(request, view):
            return None
        claim: Claim | None = getattr(request, "claim", None)
        if claim is None:
            return _plain(_("The idempotency key is not a UUID."), 400)
        return None if claim.is_first else _again(claim)


def remember(claim: Claim, response: HttpResponseBase) -> None:
    """Keep the answer beside the claim, so that the second copy gets the same."""
    if (
        response.status_code >= 400
        or not isinstance(response, HttpResponse)
        or len(response.content) > LARGEST_BODY
    ):
        return
    Answer.objects.filter(key=claim.key, user_id=claim.user_id).update(
        status=response.status_code,
        headers={name: response.headers[name] for name in KEPT_HEADERS if name in response.headers},
        body=response.content,
    )


def _again(claim: Claim) -> HttpResponse:
    first = Answer.objects.get(key=claim.key, user_id=claim.user_id)
    if bytes(first.digest) != claim.digest:
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


def still_busy() -> HttpResponse:
    """409: the first copy took longer than this one may wait."""
    response = _plain(
        _("The first copy of this is still being saved. Wait a moment, then reload the page."), 409
    )
    response.headers["Retry-After"] = "2"
    return response


def _plain(sentence: str, status: int) -> HttpResponse:
    return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")
