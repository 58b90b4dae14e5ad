"""The OpenAPI description, made of the very table the views are checked by."""

from typing import Any, cast

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from coordination.api.base import ApiView, Operation
from coordination.api.paging import page_of
from coordination.api.problems import MEDIA_TYPE, Problem

ALWAYS = {
    400: "Not what is documented here. `errors` names each place.",
    401: "No valid access token.",
    403: "The token lacks the scope, or the person's role the right.",
    404: "Not there, or not for this person: the two are told apart by nobody.",
    405: "This address does not know the method.",
    406: "Answers are JSON.",
    413: "More than 2 MB.",
    429: "Too many calls. Wait for the seconds of Retry-After.",
}
WITH_BODY = {415: "Requests are JSON.", 422: "Not now: the sentence says what stands in the way."}
ONCE = {
    409: "The key was used for another request, the first copy is still being done, or the row is being changed."
}
VERSIONED = {412: "Someone saved first. `current_version` is what is stored.", 428: "If-Match is missing."}


class ApiSchema(AutoSchema):
    @property
    def operation(self) -> Operation:
        return self.about.operations[self.method.upper()]

    @property
    def about(self) -> ApiView:
        return cast("ApiView", self.view)

    def get_operation_id(self) -> str:
        return f"{self.about.name}_{self.method.lower()}"

    def get_summary(self) -> str:
        return self.operation.summary

    def get_description(self) -> str:  # type: ignore[override]
        scope = self.operation.scope
        return f"Scope `{scope}`." if scope else "Any valid token."

    def get_tags(self) -> list[str]:
        return [self.about.tag]

    def get_request_serializer(self) -> Any:
        return self.operation.input

    def get_override_parameters(self) -> list[Any]:
        parameters: list[Any] = [self.operation.query] if self.operation.query else []
        if self.operation.once or self.operation.versioned:
            parameters.append(
                OpenApiParameter(
                    "Idempotency-Key",
                    OpenApiTypes.UUID,
                    OpenApiParameter.HEADER,
                    required=self.operation.once,
                    description="A UUID of your own. The same request with the same key is done once and answered alike for a day.",
                )
            )
        if self.operation.versioned:
            parameters.append(
                OpenApiParameter(
                    "If-Match", str, OpenApiParameter.HEADER, required=True, description="The ETag you read."
                )
            )
        if self.operation.etag:
            parameters.append(
                OpenApiParameter(
                    "ETag",
                    str,
                    OpenApiParameter.HEADER,
                    response=[self.operation.status],
                    description="The version, for If-Match.",
                )
            )
        return parameters

    def get_response_serializers(self) -> Any:
        operation = self.operation
        shape = page_of(operation.output) if operation.is_list else operation.output
        told = dict(ALWAYS)
        if operation.input or operation.once:
            told |= WITH_BODY | ONCE
        if operation.versioned:
            told |= VERSIONED | ONCE
        wrong = {
            (status, MEDIA_TYPE): OpenApiResponse(Problem, description=words)
            for status, words in told.items()
        }
        return {(operation.status, "application/json"): shape, **wrong}
