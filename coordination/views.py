"""The few pages that belong to no app: home, health, and errors that say what to do."""

import sys
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from coordination.accounts.permissions import Permission
from coordination.audit.context import door
from coordination.health import alive, ready
from coordination.middleware import enter


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Send each role to the page its day starts on."""
    user: Any = request.user
    if user.may(Permission.TASK_VIEW) or user.may(Permission.OWN_TASKS):
        return redirect("worklist:day")
    if user.may(Permission.PATIENT_REGISTER):
        return redirect("patients:registry")
    if user.may(Permission.USER_MANAGE):
        return redirect("accounts:users")
    if user.may(Permission.AUDIT_VIEW):
        return redirect("audit:events")
    return redirect("accounts:me")


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Alive. The probes' middleware answers first; the address stands here too, so that it is known."""
    return alive()


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Ready to serve, likewise."""
    return ready()


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    enter(request)
    return render(request, "errors/400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: the page exists for the person, the act is not theirs. Says which right is missing."""
    missing = str(exception) if isinstance(exception, PermissionDenied) else ""
    enter(request)
    return render(request, "errors/403.html", {"missing": missing}, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: byte for byte the same for what is hidden and what never was."""
    enter(request)
    return render(request, "errors/404.html", status=404)


def too_many(request: HttpRequest) -> HttpResponse:
    """429: to protect an account or the system; says how long to wait."""
    return render(request, "errors/429.html", {"minutes": 15}, status=429)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: names the line of the log, and nothing of what went wrong. 503 when the database could not be had in time."""
    if isinstance(sys.exception(), OperationalError | InterfaceError):
        return unavailable()
    return render(request, "errors/500.html", {"reference": door.get().request_id}, status=500)


def unavailable() -> HttpResponse:
    """503: the database is away, or somebody else holds the same rows. Asks it nothing: not even who is signed in."""
    return HttpResponse(render_to_string("errors/503.html"), status=503, headers={"Retry-After": "2"})


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    enter(request)
    return render(request, "errors/403_csrf.html", status=403)
