"""What every address of the API does before its own work: scope, query, key, version. Said once, read by the schema too."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from coordination.accounts.models import User
from coordination.api.problems import InsufficientScope, PreconditionRequired
from coordination.api.shapes import Input, Output
from coordination.clients.access import Bearer

_ETAG = re.compile(r'"(\d{1,9})"')
NEVER = -1  # a version no row has


@dataclass(frozen=True)
class Operation:
    """One method of one address. `scope`: what the token must hold; the person's role is asked by the doors, as for pages.

    `once`: it needs an Idempotency-Key. `versioned`: it changes one row and needs its ETag as If-Match. What is versioned only
    may carry a key too: sent twice, it is refused by its version (412) without one, and answered alike with one.
    """

    summary: str
    scope: str
    output: type[Output]
    input: type[Input] | None = None
    query: type[Input] | None = None
    status: int = 200
    is_list: bool = False
    once: bool = False
    versioned: bool = False
    etag: bool = False


class ApiView(APIView):
    """`name` is what the schema calls it, `tag` the chapter it stands in."""

    name: ClassVar[str] = ""
    tag: ClassVar[str] = ""
    operations: ClassVar[Mapping[str, Operation]] = {}
    asked: dict[str, Any]  # the query, checked

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if (operation := self.operation(request)) is None:
            return  # the method is refused next
        if operation.scope and operation.scope not in self.bearer(request).scopes:
            raise InsufficientScope(operation.scope)
        self.asked = _checked(operation.query or Input, request)
        if operation.once and not _is_uuid(request.headers.get("Idempotency-Key", "")):
            sentence = _(
                "Send a UUID of your own as Idempotency-Key: the same request sent twice is then done once."
            )
            raise serializers.ValidationError({"Idempotency-Key": [sentence]})
        if operation.versioned and "If-Match" not in request.headers:
            raise PreconditionRequired

    def operation(self, request: Request) -> Operation | None:
        method = "GET" if request.method == "HEAD" else request.method or ""
        return self.operations.get(method)

    def bearer(self, request: Request) -> Bearer:
        return cast("Bearer", request.auth)

    def person(self, request: Request) -> User:
        return cast("User", request.user)

    def entered(self, request: Request) -> dict[str, Any]:
        """Return the body, checked."""
        operation = self.operation(request)
        assert operation is not None
        assert operation.input is not None
        form = operation.input(data=request.data)
        form.is_valid(raise_exception=True)
        return dict(form.validated_data)

    def version(self, request: Request) -> int:
        """Return the version the caller saw. A text that is no ETag of ours fits no row."""
        found = _ETAG.fullmatch(request.headers.get("If-Match", "").strip())
        return int(found.group(1)) if found else NEVER

    def shown(self, request: Request, row: Any, **more: Any) -> Response:
        """Answer with one row and its ETag."""
        operation = self.operation(request)
        assert operation is not None
        headers = {"ETag": f'"{row.version}"'} if operation.etag else {}
        return Response(operation.output(row, **more).data, status=operation.status, headers=headers)


def _checked(shape: type[Input], request: Request) -> dict[str, Any]:
    repeated = [name for name, values in request.query_params.lists() if len(values) > 1]
    form = shape(data=request.query_params.dict())
    try:
        if repeated:
            raise serializers.ValidationError({name: [_("Send it once.")] for name in repeated})
        form.is_valid(raise_exception=True)
    except serializers.ValidationError as error:
        error.where = "parameter"  # type: ignore[attr-defined]
        raise
    return dict(form.validated_data)


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
