"""Names the door of each request for the audit trail, and writes down what was refused at it."""

import uuid
from collections.abc import Callable
from dataclasses import replace

from django.db import transaction
from django.http import HttpRequest, HttpResponseBase

from coordination.audit.actions import record_access
from coordination.audit.context import Door, door
from coordination.audit.models import Event
from coordination.lib.addresses import client_address

REFUSALS = {403, 404}
SHOWN_ANYWAY = {409, 422}  # nothing was changed, yet the page shows what it found


class AuditDoor:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = door.set(Door(request_id=str(uuid.uuid4()), address=client_address(request), accesses=[]))
        try:
            response = self.get_response(request)
            if response.status_code in REFUSALS:
                self._record_denial(request, response.status_code)
            if response.status_code in SHOWN_ANYWAY and (accesses := list(door.get().accesses or [])):
                with transaction.atomic():
                    for access in accesses:
                        record_access(**access)
            return response
        finally:
            door.reset(token)

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> None:
        door.set(replace(door.get(), route=getattr(request.resolver_match, "view_name", "")))

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
                detail={
                    "status": status,
                    "method": request.method,
                    "route": match.view_name,
                    "pk": str(pk or ""),
                },
            )
