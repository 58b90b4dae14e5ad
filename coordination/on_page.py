"""Which patient the page behind a fragment is about."""

import uuid
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import Resolver404, resolve


def patient_on(request: HttpRequest) -> uuid.UUID | None:
    """The patient of the record in the address, which the browser sends along; none elsewhere."""
    htmx: Any = getattr(request, "htmx", False)
    try:
        match = resolve(urlsplit((htmx and htmx.current_url_abs_path) or "/").path)
    except Resolver404:
        return None
    is_record = match.app_name == "patients" or match.view_name == "worklist:patient_tasks"
    return match.kwargs.get("pk") if is_record else None
