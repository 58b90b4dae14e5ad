"""The pages of snippets: all of them, a new one, one to change, the way back of one that was deleted, and what typing asks for."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coordination.drafts.access import read_draft
from coordination.drafts.actions import let_go
from coordination.lib.just_done import JustDone
from coordination.lib.permissions import Permission
from coordination.lib.refusal import Refused, Stale
from coordination.worklist.access import get_snippet, list_snippets, list_view_teams
from coordination.worklist.actions import snippets as actions
from coordination.worklist.drafts import snippet_key
from coordination.worklist.models import Snippet
from coordination.worklist.snippet_forms import SnippetForm
from coordination.worklist.views.answers import person
from coordination.worklist.views.taking_back import taken_back, team_behind
from coordination.worklist.whose_form import MINE

KIND = "snippets"
LISTED_MOST = 1000


@require_safe
def snippets(request: HttpRequest) -> HttpResponse:
    user = person(request)
    may_team = user.may(Permission.TEAM_MANAGE)
    rows = [
        {"snippet": each, "may_change": each.team_id is None or may_team}
        for each in list_snippets(user)[:LISTED_MOST]
    ]
    return render(
        request,
        "worklist/snippets.html",
        {"rows": rows, "done": JustDone(request, KIND).toasts("worklist:snippet_restore")},
    )


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
            form_name, subject_id = snippet_key(user)
            let_go(by=user, form=form_name, subject_id=subject_id)
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
            changed = actions.change_snippet(
                snippet=found, by=user, name=data["name"], text=data["text"], version=data["version"]
            )
        except Refused as refused:
            form.add_error(refused.field or None, refused.sentence)
        except Stale as stale:
            form.add_error(None, stale.sentence)
            status = 409
        else:
            JustDone(request, KIND).add(changed.last_change, _("Saved “%(name)s”.") % {"name": changed.name})
            return redirect("worklist:snippets")
    return _page(request, form, found, status)


@require_POST
def snippet_delete(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = person(request)
    found = get_snippet(user, pk)
    said = _("Deleted “%(name)s”.") % {"name": found.name}
    JustDone(request, KIND).add(actions.delete_snippet(snippet=found, by=user), said)
    return redirect("worklist:snippets")


@require_POST
def snippet_restore(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Take back that it was deleted or changed: for the session that did it, for some minutes."""
    user = person(request)

    def put_back(kept: dict[str, Any]) -> str:
        if "before" in kept:
            snippet = actions.put_snippet_back(snippet=get_snippet(user, pk), by=user, kept=kept)
            return _("“%(name)s” is as it was before.") % {"name": snippet.name}
        snippet = actions.restore_snippet(by=user, kept=kept, team=team_behind(user, kept))
        return _("“%(name)s” is back.") % {"name": snippet.name}

    return taken_back(request, KIND, pk, back="worklist:snippets", put_back=put_back)


def _page(request: HttpRequest, form: SnippetForm, snippet: Snippet | None, status: int) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "snippet": snippet}
    if snippet is None:
        user = person(request)
        context["draft"] = draft = read_draft(user, *snippet_key(user), restore=not form.is_bound)
        form.initial.update(draft.fields)
    return render(request, "worklist/snippet_form.html", context, status=status)
