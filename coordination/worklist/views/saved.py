"""The pages of saved views: all of them, a new one, one to change, and the way back of one that was deleted."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coordination.lib.just_done import JustDone
from coordination.lib.permissions import Permission, require
from coordination.lib.refusal import Refused, Stale
from coordination.worklist import actions
from coordination.worklist.access import get_saved_view, list_saved_views, list_view_teams
from coordination.worklist.models import SavedView
from coordination.worklist.saved import address_of, asked_of, forget_pinned, lines, openings, read_pinned
from coordination.worklist.saved_forms import SavedViewForm
from coordination.worklist.views.answers import person
from coordination.worklist.views.taking_back import taken_back, team_behind
from coordination.worklist.whose_form import MINE

KIND = "views"


@require_safe
def views(request: HttpRequest) -> HttpResponse:
    """Every view one may open, with its count."""
    user = person(request)
    require(user, Permission.PATIENT_VIEW)
    found = list(list_saved_views(user)[:200])
    may_team = user.may(Permission.TEAM_MANAGE)
    rows = [
        line | {"may_change": view.team_id is None or may_team}
        for line, view in zip(lines(user, found), found, strict=True)
    ]
    return render(
        request,
        "worklist/views.html",
        {"rows": rows, "done": JustDone(request, KIND).toasts("worklist:view_restore")},
    )


@require_safe
def views_pinned(request: HttpRequest) -> HttpResponse:
    """The part of the side navigation, once the page of a list is there."""
    require(person(request), Permission.PATIENT_VIEW)
    return render(request, "components/_nav_views.html", {"pinned": read_pinned(request)})


@require_http_methods(["GET", "HEAD", "POST"])
def view_new(request: HttpRequest) -> HttpResponse:
    """Save what a list is asked for: `page` and `query` say which and what."""
    user = person(request)
    require(user, Permission.PATIENT_VIEW)
    asked = request.POST if request.method == "POST" else request.GET
    page = asked.get("page", "")
    if page not in SavedView.Page.values:
        page = SavedView.Page.PATIENTS
    if page == SavedView.Page.DAY:
        require(user, Permission.TASK_VIEW)
    query = asked_of(page, QueryDict(asked.get("query", "")[:2000]))
    sent = request.POST if request.method == "POST" else None
    initial = {"for_whom": MINE, "is_pinned": True}
    form = SavedViewForm(sent, teams=list(list_view_teams(user)), is_new=True, initial=initial)
    if sent is not None and form.is_valid():
        data = form.cleaned_data
        try:
            view = actions.save_view(
                by=user,
                name=data["name"],
                page=page,
                query=query,
                team=form.team,
                is_pinned=data["is_pinned"],
            )
        except Refused as refused:
            form.add_error(refused.field or None, refused.sentence)
        else:
            forget_pinned(request)
            messages.success(request, _("Saved as “%(name)s”.") % {"name": view.name})
            return redirect(address_of(view))
    draft = SavedView(page=page, query=query)
    back = address_of(draft).replace(f"view={draft.pk}", "").rstrip("?&")
    context = {
        "form": form,
        "page": page,
        "query": query,
        "said": openings(user, [draft])[0].said,
        "back": back,
    }
    return render(request, "worklist/view_form.html", context, status=422 if form.is_bound else 200)


@require_safe
def view(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The list as it was saved; or what of it is gone, said before a list is shown that is not what was saved."""
    user = person(request)
    found = get_saved_view(user, pk)
    (opening,) = openings(user, [found])
    if not opening.gone:
        return redirect(address_of(found))
    context = {
        "view": found,
        "gone": opening.gone,
        "left_url": address_of(found) if opening.rows is not None else "",
        "may_change": found.team_id is None or user.may(Permission.TEAM_MANAGE),
    }
    return render(request, "worklist/view_gone.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def view_edit(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Another name, and whether it is pinned."""
    user = person(request)
    found = get_saved_view(user, pk, to_change=True)
    sent = request.POST if request.method == "POST" else None
    initial = {"name": found.name, "is_pinned": found.is_pinned, "version": found.version}
    form = SavedViewForm(sent, teams=[], is_new=False, initial=initial)
    status = 422 if form.is_bound else 200
    if sent is not None and form.is_valid():
        data = form.cleaned_data
        values = {"name": data["name"].strip(), "is_pinned": data["is_pinned"]}
        try:
            view = actions.change_view(view=found, by=user, version=data["version"], **values)
        except Refused as refused:
            form.add_error(refused.field or None, refused.sentence)
        except Stale as stale:
            form.add_error(None, stale.sentence)
            status = 409
        else:
            forget_pinned(request)
            JustDone(request, KIND).add(view.last_change, _("Saved “%(name)s”.") % {"name": view.name})
            return redirect("worklist:views")
    (opening,) = openings(user, [found])
    context = {"form": form, "view": found, "said": opening.said, "back": reverse("worklist:views")}
    return render(request, "worklist/view_form.html", context, status=status)


@require_POST
def view_change(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Make the view what its list shows now."""
    user = person(request)
    found = get_saved_view(user, pk, to_change=True)
    query = asked_of(found.page, QueryDict(request.POST.get("query", "")[:2000]))
    found = actions.change_view(view=found, by=user, query=query)
    forget_pinned(request)
    said = _("“%(name)s” is what you see now.") % {"name": found.name}
    JustDone(request, KIND).add(found.last_change, said)
    undo_url = reverse("worklist:view_restore", args=[pk]) if found.last_change else ""
    messages.success(request, said, extra_tags=undo_url)
    return redirect(address_of(found))


@require_POST
def view_delete(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = person(request)
    found = get_saved_view(user, pk, to_change=True)
    said = _("Deleted “%(name)s”.") % {"name": found.name}
    JustDone(request, KIND).add(actions.delete_view(view=found, by=user), said)
    forget_pinned(request)
    return redirect("worklist:views")


@require_POST
def view_restore(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Take back that it was deleted or changed: for the session that did it, for some minutes."""
    user = person(request)
    require(user, Permission.PATIENT_VIEW)

    def put_back(kept: dict[str, Any]) -> str:
        if "before" in kept:
            found = get_saved_view(user, pk, to_change=True)
            view = actions.put_view_back(view=found, by=user, kept=kept)
            said = _("“%(name)s” is as it was before.") % {"name": view.name}
        else:
            view = actions.restore_view(by=user, kept=kept, team=team_behind(user, kept))
            said = _("“%(name)s” is back.") % {"name": view.name}
        forget_pinned(request)
        return said

    return taken_back(request, KIND, pk, back="worklist:views", put_back=put_back)
