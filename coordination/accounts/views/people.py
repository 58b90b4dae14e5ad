"""The administrator's pages about people."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coordination.accounts import access, actions
from coordination.accounts.forms import InviteForm, PeopleFilterForm, PersonForm, ReasonForm, RolesForm
from coordination.accounts.models import User
from coordination.lib.paging import keyset
from coordination.lib.permissions import Permission, require
from coordination.lib.refusal import Refused, Stale

PER_PAGE = 50


@require_safe
def users(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    require(user, Permission.USER_MANAGE)
    form = PeopleFilterForm(request.GET, teams=access.list_teams(user))
    chosen = form.cleaned_data if form.is_valid() else {}
    people = access.list_people(user, **chosen)
    page = keyset(
        people,
        order=[("name", "asc"), ("id", "asc")],
        after=request.GET.get("after"),
        before=request.GET.get("before"),
        size=PER_PAGE,
    )
    context = {
        "form": form,
        "page": page,
        "pager": page.links(request.GET),
        "is_filtered": any(chosen.values()),
    }
    return render(request, "accounts/users.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def user_new(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    require(user, Permission.USER_MANAGE)
    form = InviteForm(request.POST or None)
    refusal = ""
    if request.method == "POST" and form.is_valid():
        try:
            person = actions.invite_user(organization=user.organization, by=user, **form.cleaned_data)
        except Refused as refused:
            refusal = refused.sentence
        else:
            messages.success(request, _("Invited. The link to choose a password is on its way."))
            return redirect("accounts:user", pk=person.pk)
    status = 422 if form.is_bound else 200
    return render(request, "accounts/user_new.html", {"form": form, "refusal": refusal}, status=status)


def user_page(request: HttpRequest, person: User, *, status: int = 200, **given: Any) -> HttpResponse:
    """The whole page about one person, with what the last form on it came back with."""
    is_self = person.pk == request.user.pk
    can = {
        "can_suspend": person.is_active and not is_self,
        "can_reinstate": not person.is_active,
        "can_invite_again": person.is_active and person.last_login is None,
    }
    context = {
        "person": person,
        "is_self": is_self,
        "person_form": PersonForm(initial=vars(person), auto_id="person_%s"),
        "roles_form": RolesForm(initial={"roles": person.roles, "version": person.version}),
        "reason_form": ReasonForm(),
        "teams": access.teams_of(person),
        "steps": access.second_steps_of(person),
        "sessions": access.sessions_of(person, this=request.session),
        **can,
        **given,
    }
    return render(request, "accounts/user.html", context, status=status)


@require_safe
def user(request: HttpRequest, pk: Any) -> HttpResponse:
    return user_page(request, _person(request, pk))


@require_POST
def user_change(request: HttpRequest, pk: Any) -> HttpResponse:
    person = _person(request, pk)
    form = PersonForm(request.POST, auto_id="person_%s")
    if not form.is_valid():
        return user_page(request, person, status=422, person_form=form)
    values = dict(form.cleaned_data)
    version = values.pop("version")
    try:
        actions.change_person(user=person, by=_by(request), version=version, **values)
    except Stale as stale:
        return conflict(
            request, stale, person, {name: (form[name].label, value) for name, value in values.items()}
        )
    return _saved(request, person)


@require_POST
def user_roles(request: HttpRequest, pk: Any) -> HttpResponse:
    person = _person(request, pk)
    form = RolesForm(request.POST)
    if not form.is_valid():
        return user_page(request, person, status=422, roles_form=form)
    try:
        roles, version = form.cleaned_data["roles"], form.cleaned_data["version"]
        actions.change_roles(user=person, roles=roles, by=_by(request), version=version)
    except Refused as refused:
        return user_page(request, person, status=422, roles_form=form, roles_refusal=refused.sentence)
    except Stale as stale:
        return conflict(request, stale, person, {})
    return _saved(request, person)


@require_POST
def user_suspend(request: HttpRequest, pk: Any) -> HttpResponse:
    return _act(
        request, pk, actions.suspend_user, _("Suspended. Their sessions have ended."), reason=_reason(request)
    )


@require_POST
def user_reinstate(request: HttpRequest, pk: Any) -> HttpResponse:
    return _act(request, pk, actions.reinstate_user, _("Reinstated."))


@require_POST
def user_invite_again(request: HttpRequest, pk: Any) -> HttpResponse:
    return _act(request, pk, actions.send_invitation_again, _("A new link is on its way."))


@require_POST
def user_reset_second_step(request: HttpRequest, pk: Any) -> HttpResponse:
    sentence = _("Reset. They set up a new second step when they sign in next.")
    return _act(request, pk, actions.reset_second_step, sentence, reason=_reason(request))


def _act(request: HttpRequest, pk: Any, action: Any, sentence: str, **values: Any) -> HttpResponse:
    person = _person(request, pk)
    try:
        action(user=person, by=_by(request), **values)
    except Refused as refused:
        return user_page(request, person, status=422, refusal=refused.sentence)
    messages.success(request, sentence)
    return redirect("accounts:user", pk=person.pk)


def _person(request: HttpRequest, pk: Any) -> User:
    return access.get_colleague(_by(request), pk, permission=Permission.USER_MANAGE)


def _by(request: HttpRequest) -> Any:
    return request.user


def _reason(request: HttpRequest) -> str:
    form = ReasonForm(request.POST)
    return form.cleaned_data["reason"] if form.is_valid() else ""


def _saved(request: HttpRequest, person: User) -> HttpResponse:
    messages.success(request, _("Saved."))
    return redirect("accounts:user", pk=person.pk)


def conflict(
    request: HttpRequest, stale: Stale, person: User, yours: dict[str, tuple[Any, str]]
) -> HttpResponse:
    """409: both values side by side where the form has text, else the way back to what is saved."""
    fields = [
        {"name": name, "label": label, "theirs": stale.current[name], "yours": value}
        for name, (label, value) in yours.items()
    ]
    url = reverse("accounts:user", kwargs={"pk": person.pk})
    context = {
        "sentence": stale.sentence,
        "fields": fields,
        "action": reverse("accounts:user_change", kwargs={"pk": person.pk}) if fields else "",
        "version": stale.version,
        "save_label": _("Save for %(name)s") % {"name": person.name},
        "cancel_url": url,
    }
    return render(request, "errors/409.html", {"conflict": context}, status=409)
