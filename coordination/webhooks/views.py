"""The administrator's pages of webhooks."""

import uuid
from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coordination.accounts.models import User
from coordination.lib.permissions import Permission, require
from coordination.lib.refusal import Refused
from coordination.webhooks import actions
from coordination.webhooks.access import (
    count_waiting,
    deliveries_to,
    get_delivery,
    get_endpoint,
    list_endpoints,
)
from coordination.webhooks.forms import EndpointForm
from coordination.webhooks.models import EVENTS, Endpoint


def _person(request: HttpRequest) -> User:
    return cast("User", request.user)


@require_http_methods(["GET", "HEAD", "POST"])
def endpoints(request: HttpRequest) -> HttpResponse:
    """Every endpoint, and the form for one more."""
    user = _person(request)
    require(user, Permission.INTEGRATION_MANAGE)
    form = EndpointForm(request.POST or None)
    refusal = ""
    if request.method == "POST" and form.is_valid():
        try:
            endpoint, secret = actions.add_endpoint(by=user, **form.cleaned_data)
        except Refused as refused:
            refusal = refused.sentence
        else:
            return _page(request, endpoint, secret=secret)
    context = {"form": form, "refusal": refusal, "endpoints": list_endpoints(user)}
    status = 422 if request.method == "POST" else 200
    return render(request, "webhooks/endpoints.html", context, status=status)


@require_safe
def endpoint(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One endpoint, and what was sent to it lately."""
    return _page(request, get_endpoint(_person(request), pk))


def _page(request: HttpRequest, found: Endpoint, *, status: int = 200, **given: Any) -> HttpResponse:
    context = {
        "endpoint": found,
        "labels": [EVENTS[name] for name in found.events if name in EVENTS],
        "deliveries": deliveries_to(found),
        "waiting": count_waiting(found),
        **given,
    }
    return render(request, "webhooks/endpoint.html", context, status=status)


@require_POST
def rotate(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A new secret, shown by this answer and never again."""
    user = _person(request)
    found, secret = actions.rotate_secret(endpoint=get_endpoint(user, pk), by=user)
    return _page(request, found, secret=secret)


@require_POST
def disable(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    return _act(request, pk, actions.disable_endpoint, _("It is off."))


@require_POST
def enable(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    return _act(request, pk, actions.enable_endpoint, _("It is on."))


@require_POST
def again(request: HttpRequest, pk: uuid.UUID, message: uuid.UUID) -> HttpResponse:
    found = get_endpoint(_person(request), pk)
    sent = get_delivery(found, message)
    return _act(request, pk, actions.deliver_again, _("It is sent again."), message=sent)


def _act(
    request: HttpRequest, pk: uuid.UUID, action: Callable[..., Any], said: str, **more: Any
) -> HttpResponse:
    user = _person(request)
    found = get_endpoint(user, pk)
    try:
        action(endpoint=found, by=user, **more)
    except Refused as refused:
        return _page(request, found, refusal=refused.sentence, status=422)
    messages.success(request, said)
    return redirect("webhooks:endpoint", pk=pk)
