"""What the side navigation says of one's patients: those opened last, and how many one carries."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from coordination.accounts.middleware import passive
from coordination.accounts.models import User
from coordination.lib.permissions import Permission, require
from coordination.on_page import patient_on
from patients.access import list_patients, list_recent
from patients.words import born_as_known

SHOWN = 5


@passive
@require_safe
def beside(request: HttpRequest) -> HttpResponse:
    """Asked by the page once it is there, so that no page waits for it."""
    user: Any = request.user
    require(user, Permission.PATIENT_VIEW)
    context = {"recent_patients": _recent(request, user), "caseload": _caseload(user)}
    return render(request, "components/_nav_patients.html", context)


def _recent(request: HttpRequest, user: User) -> list[dict[str, Any]]:
    shown, here = list(list_recent(user).values())[:SHOWN], patient_on(request)
    return [
        {
            "url": reverse("patients:patient", args=[patient.pk]),
            "name": patient.display_name,
            "year": patient.birth_date.year if patient.birth_date else "",
            "born": born_as_known(patient),
            "number": patient.record_number,
            "current": patient.pk == here,
        }
        for patient in shown
    ]


def _caseload(user: User) -> dict[str, Any] | None:
    """The patients in care one answers for, of how many one should; nothing for who carries nobody."""
    mine = list_patients(user).filter(coordinator=user, status="active", is_deceased=False)
    count = mine.order_by().count()
    url = f"{reverse('patients:registry')}?coordinator=me"
    return {"count": count, "limit": user.capacity, "url": url} if count else None
