"""The search above a list of colleagues that is too short for all of them."""

import re
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from coordination.accounts.access import uuids
from coordination.accounts.circles import FOUND, Circle, called, in_words, offered_first, people_in
from coordination.accounts.models import User
from coordination.lib.permissions import Permission, require_any
from coordination.lib.typed import read_words

# whoever has one of these meets a form that asks for a colleague
FINDERS = (Permission.PATIENT_VIEW, Permission.TASK_WORK, Permission.TEAM_MANAGE, Permission.PATIENT_IMPORT)
PLACE, PREFIX = re.compile(r"[A-Za-z][\w-]{0,60}", re.ASCII), re.compile(r"(\w{1,10}:)?", re.ASCII)


@require_safe
def colleagues(request: HttpRequest) -> HttpResponse:
    """The list anew: those whose name holds what was typed, the first of them chosen, or else those it began with.

    Whoever was chosen stays when nobody is found: a choice is never lost unseen.
    """
    user: Any = request.user
    require_any(user, *FINDERS)
    asked = request.GET
    circle, place, prefix = (
        asked.get("circle", "everyone"),
        asked.get("place", "people"),
        asked.get("prefix", ""),
    )
    if circle not in set(Circle) or not PLACE.fullmatch(place) or not PREFIX.fullmatch(prefix):
        raise Http404
    people, text = people_in(Circle(circle), user), read_words(asked.get("text", ""), 60)
    found = called(people, text) if text else []
    before = asked.get(asked.get("field", ""), "").removeprefix(prefix)
    listed = found or _as_before(user, people, before)
    context = {
        "place": place,
        "people": [(prefix + pk, name) for pk, name in in_words(listed)],
        "chosen": prefix + (str(found[0].pk) if found else before),
        "said": _said(found) if text else "",
    }
    return render(request, "accounts/_colleagues.html", context)


def _as_before(user: User, people: Any, chosen: str) -> list[User]:
    first = offered_first(user, people).people
    return [*first, *people.filter(pk__in=set(uuids([chosen])) - {person.pk for person in first})]


def _said(found: list[User]) -> str:
    if not found:
        return _("Nobody found. What was chosen stays.")
    words = {"count": len(found), "name": found[0].name}
    if len(found) == FOUND:
        return _("The first %(count)s; %(name)s is chosen. Type more of the name.") % words
    return ngettext("%(name)s found and chosen", "%(count)s found; %(name)s is chosen", len(found)) % words
