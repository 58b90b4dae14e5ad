"""What went wrong, as RFC 9457 has it: one form for every refusal, with the place in the request it is about."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as __
from rest_framework import exceptions, serializers

from coordination.audit.context import door
from coordination.lib.refusal import Refused, Stale
from coordination.lib.retry import is_conflict

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:throughline:problem:"


@dataclass(frozen=True)
class Kind:
    status: int
    title: Promise


KINDS: dict[str, Kind] = {
    "invalid": Kind(400, __("The request is not what is documented")),
    "unauthenticated": Kind(401, __("A valid access token is needed")),
    "forbidden": Kind(403, __("The person this app acts for may not do this")),
    "insufficient_scope": Kind(403, __("The token does not have the scope this needs")),
    "not_found": Kind(404, __("There is no such thing here")),
    "method_not_allowed": Kind(405, __("This address does not know the method")),
    "not_acceptable": Kind(406, __("Answers are JSON")),
    "conflict": Kind(409, __("It was done already, or is being done")),
    "stale": Kind(412, __("Someone saved this first")),
    "too_large": Kind(413, __("The request is too large")),
    "unsupported_media_type": Kind(415, __("Requests are JSON")),
    "refused": Kind(422, __("Not now")),
    "precondition_required": Kind(428, __("Say which version is to be changed")),
    "too_many": Kind(429, __("Too many calls")),
    "failed": Kind(500, __("The server failed")),
    "unavailable": Kind(503, __("The server cannot answer now")),
}
_BY_STATUS = {kind.status: name for name, kind in reversed(KINDS.items())} | {403: "forbidden"}


class InsufficientScope(Exception):
    def __init__(self, scope: str) -> None:
        super().__init__(scope)
        self.scope = scope


class PreconditionRequired(Exception):
    """A change names no version (RFC 6585 §3)."""


class NoRowAllowed(Refused):
    """None of the rows allows the act. `rows` are the sentences by the place of each in the body ("/tasks/3")."""

    def __init__(self, rows: Mapping[str, str]) -> None:
        super().__init__(_("None of them could be done."))
        self.rows = rows


class ErrorShape(serializers.Serializer[Any]):
    """One thing that is wrong, and where: `pointer` into the body (RFC 6901), or the name of a `parameter`."""

    detail = serializers.CharField()
    pointer = serializers.CharField(required=False)
    parameter = serializers.CharField(required=False)


class Problem(serializers.Serializer[Any]):
    """RFC 9457. `instance` names the request in the log and in the audit trail."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(required=False)
    instance = serializers.CharField()
    errors = ErrorShape(many=True, required=False)  # type: ignore[assignment]
    current_version = serializers.IntegerField(required=False)


def problem(
    name: str,
    detail: str = "",
    *,
    errors: Iterable[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> HttpResponse:
    kind = KINDS[name]
    body: dict[str, Any] = {"type": f"{TYPE}{name}", "title": str(kind.title), "status": kind.status}
    if detail:
        body["detail"] = detail
    body["instance"] = f"urn:uuid:{door.get().request_id}"
    if found := list(errors):
        body["errors"] = found
    response = HttpResponse(json.dumps(body | more), status=kind.status, content_type=MEDIA_TYPE)
    for header, value in (headers or {}).items():
        response.headers[header] = value
    return response


def of_status(status: int, detail: str = "", *, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """The problem a bare status stands for."""
    name = _BY_STATUS.get(status, "invalid" if status < 500 else "failed")
    return problem(name, detail, headers=headers)


def answer(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """DRF's exception handler. What it does not know is a fault of ours and goes on as one."""
    match error:
        case exceptions.ValidationError():
            where = getattr(error, "where", "pointer")
            return problem("invalid", errors=places(error.detail, where=where))
        case exceptions.NotAuthenticated() | exceptions.AuthenticationFailed():
            return problem("unauthenticated", headers={"WWW-Authenticate": _challenge(context)})
        case InsufficientScope():
            asked = f'Bearer realm="api", error="insufficient_scope", scope="{error.scope}"'
            words = _("The scope %(scope)s is needed.") % {"scope": error.scope}
            return problem("insufficient_scope", words, headers={"WWW-Authenticate": asked})
        case PreconditionRequired():
            return problem("precondition_required", _("Send the ETag you read as If-Match."))
        case Stale():
            headers = {"ETag": f'"{error.version}"'}
            return problem("stale", error.sentence, headers=headers, current_version=error.version)
        case NoRowAllowed():
            each = [{"detail": words, "pointer": f"#{place}"} for place, words in error.rows.items()]
            return problem("refused", error.sentence, errors=each)
        case Refused():
            place = [{"detail": error.sentence, "pointer": f"#/{error.field}"}] if error.field else []
            return problem("refused", error.sentence, errors=place)
        case Http404():
            return problem("not_found")
        case PermissionDenied():
            return problem("forbidden", str(error))
        case exceptions.MethodNotAllowed():
            return problem("method_not_allowed", headers={"Allow": _allowed(context)})
        case exceptions.APIException():
            return of_status(error.status_code, str(error.detail))
        case OperationalError() if is_conflict(error):
            words = _("Someone else is changing this right now. Send the same again.")
            return problem("conflict", words, headers={"Retry-After": "1"})
    return None


def places(detail: Any, *, where: str, path: str = "") -> Iterator[dict[str, str]]:
    """Flatten DRF's nested messages into one list with a place each."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            below = path if name == "non_field_errors" else f"{path}/{_escaped(str(name))}"
            yield from places(inner, where=where, path=below)
        return
    for number, inner in enumerate(detail if isinstance(detail, list) else [detail]):
        if isinstance(inner, Mapping | list):
            yield from places(inner, where=where, path=f"{path}/{number}")
        elif where == "parameter":
            yield {"detail": str(inner), "parameter": path.removeprefix("/")}
        else:
            yield {"detail": str(inner), "pointer": f"#{path}"}


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _challenge(context: Mapping[str, Any]) -> str:
    sent = context["request"].headers.get("Authorization")
    return 'Bearer realm="api", error="invalid_token"' if sent else 'Bearer realm="api"'


def _allowed(context: Mapping[str, Any]) -> str:
    return ", ".join(context["view"].allowed_methods)
