"""An upload that is too large is refused by what it says of itself, before a byte of it is read."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from coordination.interop.fhir.reading import megabytes

Answer = Callable[[HttpRequest], HttpResponseBase]
MARGIN = 1 << 20  # the other fields of the form


class UploadLimit:
    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdigit() and int(length) > settings.IMPORT_MAX_BYTES + MARGIN:
            limit = megabytes(settings.IMPORT_MAX_BYTES)
            return render(
                request, "errors/413.html", {"size": megabytes(int(length)), "limit": limit}, status=413
            )
        return self.get_response(request)
