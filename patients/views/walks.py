"""Where a page of the record stands on the list it was opened from."""

from typing import Any

from django.http import HttpRequest

from patients.models import Patient
from patients.views.searches import searches_of
from patients.walking import ALONG, walk_of


def walk_here(request: HttpRequest, patient: Patient, tab: str) -> dict[str, Any] | None:
    """For `record_page`. J and K keep the tab; the tabs keep the list."""
    user: Any = request.user
    return walk_of(user, patient, request.GET.get(ALONG, ""), searches_of(request), tab=tab)
