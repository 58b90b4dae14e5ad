"""One's own settings, and staying signed in."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from coordination.accounts import access, actions
from coordination.accounts.forms import KeysForm, PreferencesForm
from coordination.accounts.keys import GROUPS

PREFERENCES = ["theme", "density", "type_size", "clock", "time_zone", "single_keys"]


@require_http_methods(["GET", "HEAD", "POST"])
def me(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    form = PreferencesForm(request.POST or None, initial={name: getattr(user, name) for name in PREFERENCES})
    if request.method == "POST" and form.is_valid():
        actions.save_preferences(by=user, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("accounts:me")
    context = {
        "form": form,
        "steps": access.second_steps_of(user),
        "sessions": access.sessions_of(user, this=request.session),
        "teams": access.teams_of(user),
    }
    return render(request, "accounts/me.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def keys(request: HttpRequest) -> HttpResponse:
    """Which key does what. `reset` gives everyone's keys back."""
    user: Any = request.user
    if request.method == "POST" and "reset" in request.POST:
        actions.save_preferences(by=user, keys={})
        messages.success(request, _("Every command has its first key again."))
        return redirect("accounts:keys")
    form = KeysForm(request.POST if request.method == "POST" else None, user=user)
    if form.is_bound and form.is_valid():
        actions.save_preferences(by=user, keys=form.chosen(), single_keys=form.cleaned_data["single_keys"])
        messages.success(request, _("Saved."))
        return redirect("accounts:keys")
    groups = [(heading, [form[command.name] for command in commands]) for heading, commands in GROUPS.items()]
    context = {"form": form, "groups": groups, "has_own": bool(user.keys)}
    return render(request, "accounts/keys.html", context, status=422 if form.is_bound else 200)


@require_POST
def sessions_end(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    ended = actions.end_other_sessions(by=user, keep=request.session.session_key)
    messages.success(request, _("Signed out elsewhere: %(n)d.") % {"n": ended})
    return redirect("accounts:me")


@require_POST
def session_keep(request: HttpRequest) -> HttpResponse:
    """Someone is at the keyboard. The clock itself is moved by the middleware, as for everything a person does."""
    return HttpResponse(status=204)
