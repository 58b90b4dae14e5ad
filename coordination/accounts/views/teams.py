"""Teams and sites: who works where, and whose patients they see."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coordination.accounts import access, actions
from coordination.accounts.forms import MemberForm, SiteForm, TeamForm
from coordination.accounts.models import Team
from coordination.lib.permissions import Permission, require
from coordination.lib.refusal import Refused, Stale


def teams_page(request: HttpRequest, *, status: int = 200, **given: Any) -> HttpResponse:
    user: Any = request.user
    sites = access.list_sites(user)
    context = {
        "teams": access.list_managed_teams(user),
        "sites": sites,
        "can_shape": access.manages_all_teams(user),
        "team_form": TeamForm(sites=sites, auto_id="team_%s"),
        "site_form": SiteForm(auto_id="site_%s"),
        **given,
    }
    return render(request, "accounts/teams.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def teams(request: HttpRequest) -> HttpResponse:
    """The list, and a new team posted to it."""
    user: Any = request.user
    require(user, Permission.TEAM_MANAGE)
    if request.method != "POST":
        return teams_page(request)
    require(user, Permission.USER_MANAGE)
    form = TeamForm(request.POST, sites=access.list_sites(user), auto_id="team_%s")
    if not form.is_valid():
        return teams_page(request, status=422, team_form=form)
    try:
        name, site = form.cleaned_data["name"], form.cleaned_data["site"]
        team = actions.create_team(organization=user.organization, name=name, site=site, by=user)
    except Refused as refused:
        return teams_page(request, status=422, team_form=form, team_refusal=refused.sentence)
    messages.success(request, _("Team added."))
    return redirect("accounts:team", pk=team.pk)


@require_POST
def sites(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    require(user, Permission.TEAM_MANAGE)
    require(user, Permission.USER_MANAGE)
    form = SiteForm(request.POST, auto_id="site_%s")
    if not form.is_valid():
        return teams_page(request, status=422, site_form=form)
    try:
        actions.create_site(organization=user.organization, by=user, **form.cleaned_data)
    except Refused as refused:
        return teams_page(request, status=422, site_form=form, site_refusal=refused.sentence)
    messages.success(request, _("Site added."))
    return redirect("accounts:teams")


def team_page(request: HttpRequest, team: Team, *, status: int = 200, **given: Any) -> HttpResponse:
    user: Any = request.user
    today = team.organization.today()
    context = {
        "team": team,
        "today": today,
        "members": access.members_of(team),
        "can_shape": access.manages_all_teams(user),
        "team_form": TeamForm(
            sites=access.list_sites(user),
            initial={"name": team.name, "site": team.site_id, "version": team.version},
            auto_id="team_%s",
        ),
        "member_form": MemberForm(by=user, team=team, initial={"starts_on": today}, auto_id="member_%s"),
        **given,
    }
    return render(request, "accounts/team.html", context, status=status)


@require_safe
def team(request: HttpRequest, pk: Any) -> HttpResponse:
    return team_page(request, access.get_managed_team(_by(request), pk))


@require_POST
def team_rename(request: HttpRequest, pk: Any) -> HttpResponse:
    team = access.get_shaped_team(_by(request), pk)
    form = TeamForm(request.POST, sites=access.list_sites(_by(request)), auto_id="team_%s")
    if not form.is_valid():
        return team_page(request, team, status=422, team_form=form)
    try:
        actions.rename_team(team=team, by=_by(request), **form.cleaned_data)
    except Refused as refused:
        return team_page(request, team, status=422, team_form=form, team_refusal=refused.sentence)
    except Stale as stale:
        url = reverse("accounts:team", kwargs={"pk": team.pk})
        return render(
            request,
            "errors/409.html",
            {"conflict": {"sentence": stale.sentence, "cancel_url": url}},
            status=409,
        )
    return _back(request, team, _("Saved."))


@require_POST
def team_retire(request: HttpRequest, pk: Any) -> HttpResponse:
    return _shape(request, pk, actions.retire_team, _("Retired."))


@require_POST
def team_reinstate(request: HttpRequest, pk: Any) -> HttpResponse:
    return _shape(request, pk, actions.reinstate_team, _("In use again."))


@require_POST
def member_add(request: HttpRequest, pk: Any) -> HttpResponse:
    team = access.get_managed_team(_by(request), pk)
    form = MemberForm(request.POST, by=_by(request), team=team, auto_id="member_%s")
    if not form.is_valid():
        return team_page(request, team, status=422, member_form=form)
    try:
        actions.add_team_member(team=team, by=_by(request), **form.cleaned_data)
    except Refused as refused:
        return team_page(request, team, status=422, member_form=form, member_refusal=refused.sentence)
    return _back(request, team, _("Added."))


@require_POST
def member_end(request: HttpRequest, pk: Any, membership: Any) -> HttpResponse:
    team = access.get_managed_team(_by(request), pk)
    found = access.get_membership(team, membership)
    return _try(request, team, _("Membership ended."), actions.end_membership, membership=found)


@require_POST
def sight_give(request: HttpRequest, pk: Any, membership: Any) -> HttpResponse:
    team = access.get_managed_team(_by(request), pk)
    found = access.get_membership(team, membership)
    return _try(
        request,
        team,
        _("They see the patients of this team now."),
        actions.give_sight,
        team=team,
        user=found.user,
    )


@require_POST
def sight_take(request: HttpRequest, pk: Any, membership: Any) -> HttpResponse:
    team = access.get_managed_team(_by(request), pk)
    found = access.get_membership(team, membership)
    sentence = _("They no longer see the patients of this team through it.")
    return _try(request, team, sentence, actions.take_sight, team=team, user=found.user)


def _shape(request: HttpRequest, pk: Any, action: Any, sentence: str) -> HttpResponse:
    team = access.get_shaped_team(_by(request), pk)
    return _try(request, team, sentence, action, team=team)


def _try(request: HttpRequest, team: Team, sentence: str, action: Any, /, **values: Any) -> HttpResponse:
    try:
        action(by=_by(request), **values)
    except Refused as refused:
        return team_page(request, team, status=422, refusal=refused.sentence)
    return _back(request, team, sentence)


def _back(request: HttpRequest, team: Team, sentence: str) -> HttpResponse:
    messages.success(request, sentence)
    return redirect("accounts:team", pk=team.pk)


def _by(request: HttpRequest) -> Any:
    return request.user
