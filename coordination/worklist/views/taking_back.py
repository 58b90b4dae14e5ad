"""The way back from what a session just did to a saved view, a snippet or a cover."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from coordination.accounts.models import Team, User
from coordination.lib.just_done import JustDone
from coordination.lib.refusal import Refused
from coordination.worklist.access import list_view_teams
from coordination.worklist.views.answers import wants_parts


def taken_back(
    request: HttpRequest, kind: str, pk: Any, *, back: str, put_back: Callable[[dict[str, Any]], str]
) -> HttpResponse:
    """Have `put_back` take back what was kept, and say its sentence or why not. 404 for other sessions, and once it is too late."""
    done = JustDone(request, kind)
    kept = done.find(pk)
    if kept is None:
        raise Http404
    try:
        messages.success(request, put_back(kept))
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        done.drop(pk)
    if wants_parts(request):
        return HttpResponse(headers={"HX-Redirect": reverse(back)})
    return redirect(back)


def team_behind(user: User, kept: dict[str, Any]) -> Team | None:
    """The team something deleted was for; None when it was one's own. 404 when one may no longer keep things for it."""
    team = next((team for team in list_view_teams(user) if str(team.pk) == kept["team"]), None)
    if kept["team"] and team is None:
        raise Http404
    return team
