"""Names the door of each request for the audit trail, and writes down what was refused at it."""

import uuid
from collections.abc import Callable

from django.db import transaction
from django.http import HttpRequest, HttpResponseBase

from coordination.audit.actions import record_access
from coordination.audit.context import Door, door
from coordination.audit.models import Event

REFUSALS = {403, 404}


class AuditDoor:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = door.set(Door(request_id=str(uuid.uuid4()), address=request.META.get("REMOTE_ADDR") or None))
        try:
            response = self.get_response(request)
            if response.status_code in REFUSALS:
                self._record_denial(request, response.status_code)
            return response
        finally:
            door.reset(token)

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> None:
        match = request.resolver_match
        if match is not None:
            through = door.get()
            door.set(Door(route=match.view_name, request_id=through.request_id, address=through.address))

    def _record_denial(self, request: HttpRequest, status: int) -> None:
        """The request's own transaction was rolled back with the refusal, so this is one of its own."""
        user = getattr(request, "user", None)
        match = request.resolver_match
        if match is None or user is None or not user.is_authenticated:
            return
        pk = match.kwargs.get("pk")
        with transaction.atomic():
            record_access(
                Event.Kind.DENIAL,
                "access.denied",
                by=user,
                patient_id=pk if match.namespace == "patients" and isinstance(pk, uuid.UUID) else None,
                detail={"status": status, "method": request.method, "route": match.view_name, "pk": str(pk or "")},
            )
