"""Absences and cover, for those who answer for a team."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from coordination.accounts import actions
from coordination.accounts.access import get_cover, people_managed
from coordination.lib.permissions import Permission, require
from coordination.lib.refusal import Refused
from coordination.worklist.cover_forms import CoverEndForm, CoverForm
from coordination.worklist.covers import page_of_covers
from coordination.worklist.views.answers import person


@require_http_methods(["GET", "HEAD", "POST"])
def covers(request: HttpRequest) -> HttpResponse:
    """Who is away and who looks after their patients; a new cover is posted to it."""
    user = person(request)
    require(user, Permission.TEAM_MANAGE)
    if request.method != "POST":
        return _page(request)
    form = CoverForm(request.POST, people=people_managed(user), auto_id="cover_%s")
    if form.is_valid():
        try:
            actions.start_cover(by=user, **form.cleaned_data)
            return _back(request, _("Cover arranged. The person who covers is told."))
        except Refused as refused:
            form.add_error(refused.field or None, refused.sentence)
    return _page(request, form=form, status=422)


@require_POST
def change(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Another last day."""
    user = person(request)
    cover = get_cover(user, pk)
    form = CoverEndForm(request.POST)
    if not form.is_valid():
        return _page(request, refusal=_("Choose the last day of the cover."), status=422)
    try:
        actions.change_cover(cover=cover, by=user, **form.cleaned_data)
    except Refused as refused:
        return _page(request, refusal=refused.sentence, status=422)
    return _back(request, _("Last day changed."))


@require_POST
def end(request: HttpRequest, pk: UUID) -> HttpResponse:
    """End it today, or take it back before it began."""
    user = person(request)
    cover = get_cover(user, pk)
    try:
        actions.end_cover(cover=cover, by=user)
    except Refused as refused:
        return _page(request, refusal=refused.sentence, status=422)
    return _back(request, _("Cover ended."))


def _page(
    request: HttpRequest, *, form: CoverForm | None = None, refusal: str = "", status: int = 200
) -> HttpResponse:
    user = person(request)
    today = user.organization.today()
    lines, page = page_of_covers(user, after=request.GET.get("after"), before=request.GET.get("before"))
    context: dict[str, Any] = {
        "lines": lines,
        "pager": page.links(request.GET),
        "gaps": sum(len(line.gaps) for line in lines),
        "form": form
        or CoverForm(
            people=people_managed(user), initial={"starts_on": today, "ends_on": today}, auto_id="cover_%s"
        ),
        "refusal": refusal,
    }
    return render(request, "worklist/covers.html", context, status=status)


def _back(request: HttpRequest, sentence: str) -> HttpResponse:
    messages.success(request, sentence)
    return redirect("covers:list")
