"""Absences and cover, for those who answer for a team."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from coordination.accounts import actions
from coordination.accounts.access import get_cover, people_managed
from coordination.accounts.models import Cover
from coordination.lib.just_done import JustDone
from coordination.lib.permissions import Permission, require
from coordination.lib.refusal import Refused
from coordination.worklist.cover_forms import CoverEndForm, CoverForm
from coordination.worklist.covers import page_of_covers
from coordination.worklist.views.answers import person
from coordination.worklist.views.taking_back import taken_back

KIND = "covers"


@require_http_methods(["GET", "HEAD", "POST"])
def covers(request: HttpRequest) -> HttpResponse:
    """Who is away and who looks after their patients; a new cover is posted to it."""
    user = person(request)
    require(user, Permission.TEAM_MANAGE)
    if request.method != "POST":
        return _page(request)
    form = CoverForm(request.POST, by=user, auto_id="cover_%s")
    if form.is_valid():
        try:
            cover = actions.start_cover(by=user, **form.cleaned_data)
            return _done(request, cover, _("Cover arranged. The person who covers is told."))
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
        cover = actions.change_cover(cover=cover, by=user, **form.cleaned_data)
    except Refused as refused:
        return _page(request, refusal=refused.sentence, status=422)
    return _done(request, cover, _("Last day changed."))


@require_POST
def end(request: HttpRequest, pk: UUID) -> HttpResponse:
    """End it today, or take it back before it began."""
    user = person(request)
    cover = get_cover(user, pk)
    try:
        cover = actions.end_cover(cover=cover, by=user)
    except Refused as refused:
        return _page(request, refusal=refused.sentence, status=422)
    return _done(request, cover, _("Cover ended. The person who covered is told."))


@require_POST
def undo(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take back what this session just did to a cover, for some minutes."""
    user = person(request)

    def put_back(kept: dict[str, Any]) -> str:
        absent = get_object_or_404(people_managed(user), pk=kept["absent_id"])
        actions.put_cover_back(kept=kept, by=user)
        return _("The cover for %(name)s is as it was before.") % {"name": absent}

    return taken_back(request, KIND, pk, back="covers:list", put_back=put_back)


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
        or CoverForm(by=user, initial={"starts_on": today, "ends_on": today}, auto_id="cover_%s"),
        "refusal": refusal,
        "done": JustDone(request, KIND).toasts("covers:undo"),
    }
    return render(request, "worklist/covers.html", context, status=status)


def _done(request: HttpRequest, cover: Cover, sentence: str) -> HttpResponse:
    JustDone(request, KIND).add(cover.last_change, f"{cover.absent}: {sentence}")
    return redirect("covers:list")
