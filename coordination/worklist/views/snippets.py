"""The pages of snippets: all of them, a new one, one to change, the way back of one that was deleted, and what typing asks for."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coordination.lib.deletions import Deletions
from coordination.lib.permissions import Permission
from coordination.lib.refusal import Refused, Stale
from coordination.worklist.access import get_snippet, list_snippets, list_view_teams
from coordination.worklist.actions import snippets as actions
from coordination.worklist.models import Snippet
from coordination.worklist.snippet_forms import SnippetForm
from coordination.worklist.views.answers import person, wants_parts
from coordination.worklist.whose_form import MINE

DELETED = "snippets"
LISTED_MOST = 1000


@require_safe
def snippets(request: HttpRequest) -> HttpResponse:
    user = person(request)
    may_team = user.may(Permission.TEAM_MANAGE)
    rows = [
        {"snippet": each, "may_change": each.team_id is None or may_team}
        for each in list_snippets(user)[:LISTED_MOST]
    ]
    return render(request, "worklist/snippets.html", {"rows": rows, "deleted": _deleted(request)})


@require_safe
def snippets_typed(request: HttpRequest) -> HttpResponse:
    """All of them, to a page on which a colon was typed. The page keeps them as long as it is open."""
    found = [
        {"name": each.name, "text": each.text, "whose": each.team.name if each.team is not None else ""}
        for each in list_snippets(person(request))[:LISTED_MOST]
    ]
    return JsonResponse({"snippets": found})


@require_http_methods(["GET", "HEAD", "POST"])
def snippet_new(request: HttpRequest) -> HttpResponse:
    user = person(request)
    sent = request.POST if request.method == "POST" else None
    form = SnippetForm(sent, teams=list(list_view_teams(user)), is_new=True, initial={"for_whom": MINE})
    if sent is not None and form.is_valid():
        data = form.cleaned_data
        try:
            actions.save_snippet(by=user, name=data["name"], text=data["text"], team=form.team)
        except Refused as refused:
            form.add_error(refused.field or None, refused.sentence)
        else:
            messages.success(request, _("Saved. Type :%(name)s in a note.") % {"name": data["name"]})
            return redirect("worklist:snippets")
    return _page(request, form, None, 422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def snippet_edit(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = person(request)
    found = get_snippet(user, pk)
    sent = request.POST if request.method == "POST" else None
    initial = {"name": found.name, "text": found.text, "version": found.version}
    form = SnippetForm(sent, teams=[], is_new=False, initial=initial)
    status = 422 if form.is_bound else 200
    if sent is not None and form.is_valid():
        data = form.cleaned_data
        try:
            actions.change_snippet(
                snippet=found, by=user, name=data["name"], text=data["text"], version=data["version"]
            )
        except Refused as refused:
            form.add_error(refused.field or None, refused.sentence)
        except Stale as stale:
            form.add_error(None, stale.sentence)
            status = 409
        else:
            messages.success(request, _("Saved."))
            return redirect("worklist:snippets")
    return _page(request, form, found, status)


@require_POST
def snippet_delete(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = person(request)
    Deletions(request, DELETED).add(actions.delete_snippet(snippet=get_snippet(user, pk), by=user))
    return redirect("worklist:snippets")


@require_POST
def snippet_restore(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Take a deletion back: for the session that deleted, for some minutes."""
    user, deletions = person(request), Deletions(request, DELETED)
    kept = deletions.find(pk)
    if kept is None:
        raise Http404
    team = next((team for team in list_view_teams(user) if str(team.pk) == kept["team"]), None)
    if kept["team"] and team is None:
        raise Http404
    try:
        restored = actions.restore_snippet(by=user, kept=kept, team=team)
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        deletions.drop(pk)
        messages.success(request, _("“%(name)s” is back.") % {"name": restored.name})
    if wants_parts(request):
        return HttpResponse(headers={"HX-Redirect": reverse("worklist:snippets")})
    return redirect("worklist:snippets")


def _page(request: HttpRequest, form: SnippetForm, snippet: Snippet | None, status: int) -> HttpResponse:
    return render(request, "worklist/snippet_form.html", {"form": form, "snippet": snippet}, status=status)


def _deleted(request: HttpRequest) -> list[dict[str, Any]]:
    return [
        {
            "text": _("Deleted “%(name)s”.") % {"name": each["name"]},
            "undo_url": reverse("worklist:snippet_restore", args=[each["id"]]),
        }
        for each in Deletions(request, DELETED).all()
    ]
