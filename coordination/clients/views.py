"""The administrator's page of apps, a person's own, and the page on which they agree."""

import uuid
from typing import Any, cast
from urllib.parse import urlsplit

from allauth.idp.oidc.views import AuthorizationView
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coordination.accounts.models import User
from coordination.clients import actions
from coordination.clients.access import find_app, get_app, get_own_app, list_apps, own_apps
from coordination.clients.forms import AppForm
from coordination.clients.scopes import SCOPES
from coordination.lib.permissions import Permission, require
from coordination.lib.refusal import Refused


def _person(request: HttpRequest) -> User:
    return cast("User", request.user)


@require_http_methods(["GET", "HEAD", "POST"])
def apps(request: HttpRequest) -> HttpResponse:
    """Every app of the organization, and the form for one more. Its secret is shown by this answer and never again."""
    user = _person(request)
    require(user, Permission.INTEGRATION_MANAGE)
    form = AppForm(request.POST or None)
    context: dict[str, Any] = {"form": form}
    status = 200 if request.method != "POST" else 422
    if request.method == "POST" and form.is_valid():
        try:
            app, secret = actions.register_app(by=user, **form.cleaned_data)
        except Refused as refused:
            context["refusal"] = refused.sentence
        else:
            context, status = {"form": AppForm(), "made": app, "secret": secret}, 200
    return _page(request, status=status, **context)


def _page(request: HttpRequest, *, status: int = 200, **context: Any) -> HttpResponse:
    shown = {"form": AppForm(), "apps": [_row(app) for app in list_apps(_person(request))], **context}
    return render(request, "clients/apps.html", shown, status=status)


def _row(app: Any) -> dict[str, Any]:
    labels = [SCOPES[name].label for name in app.client.get_scopes() if name in SCOPES]
    return {"app": app, "labels": labels, "addresses": app.client.get_redirect_uris()}


@require_POST
def disable(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = _person(request)
    app = get_app(user, pk)
    try:
        app = actions.disable_app(app=app, by=user)
    except Refused as refused:
        return _page(request, list_refusal=refused.sentence, status=422)
    messages.success(request, _("%(name)s is disabled. Its access has ended.") % {"name": app.name})
    return redirect("clients:apps")


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """The apps that act for this person, and how to end that."""
    return render(request, "clients/mine.html", {"apps": own_apps(_person(request))})


@require_POST
def revoke(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A person takes back what they agreed to."""
    user = _person(request)
    app = get_own_app(user, pk)
    try:
        actions.revoke_app(app=app, by=user)
    except Refused as refused:
        context = {"apps": own_apps(user), "refusal": refused.sentence}
        return render(request, "clients/mine.html", context, status=422)
    messages.success(request, _("%(name)s no longer acts for you.") % {"name": app.name})
    return redirect("clients:mine")


@method_decorator(require_http_methods(["GET", "POST"]), name="dispatch")
class Authorize(AuthorizationView):  # type: ignore[misc]
    """The person reads what the app wants, and agrees or not.

    Unlike the library's own view it stands behind sign-in, the second step and the form's token, knows only apps of the person's
    organization, and asks every app for a code challenge (PKCE, RFC 7636; OAuth 2.1 demands it of all).
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        return response

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        app = find_app(request.GET.get("client_id", ""))
        if app is None or app.organization_id != _person(request).organization_id:
            return self._stop(_("This app is not known here. Ask your administrator."))
        if request.GET.get("code_challenge_method") != "S256" or not request.GET.get("code_challenge"):
            return self._stop(_("The app did not send a code challenge (PKCE, S256)."))
        if request.GET.get("prompt"):
            return self._stop(_("The app asked for a way of agreeing that is not offered here."))
        response: HttpResponse = super().get(request, *args, **kwargs)
        returns = {_origin(address) for address in app.client.get_redirect_uris()}
        response._csp_update = {"form-action": sorted(returns)}  # type: ignore[attr-defined]  # noqa: SLF001
        return response

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.POST.get("request"):
            return self._stop(_("The app did not ask in the way it should."))
        response: HttpResponse = super().post(request, *args, **kwargs)
        return response

    def form_valid(self, form: Any) -> HttpResponse:
        user, app = _person(self.request), find_app(self._request_info["client_id"])
        if app is None or app.organization_id != user.organization_id:
            return self._stop(_("This app is not known here. Ask your administrator."))
        response: HttpResponse = super().form_valid(form)
        actions.record_approval(app=app, by=user, scopes=form.cleaned_data["scopes"])
        return response

    def _stop(self, sentence: str) -> HttpResponse:
        return render(self.request, "idp/oidc/error.html", {"sentence": sentence}, status=400)


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
