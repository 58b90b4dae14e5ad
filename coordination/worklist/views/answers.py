"""How the worklist answers an action: the changed parts to a page that asked for them, else the page one came from."""

import uuid
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode

from coordination.accounts.models import User
from coordination.lib.coming_back import page_before
from coordination.worklist.day import counts_behind, view_behind
from coordination.worklist.models import Task
from coordination.worklist.rows import Reader, row_of, undo_address


def person(request: HttpRequest) -> User:
    return cast("User", request.user)


def wants_parts(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def current_url(request: HttpRequest) -> str:
    return request.headers.get("HX-Current-URL", "")


def parts(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200, trigger: str = ""
) -> HttpResponse:
    response = render(request, template, context, status=status)
    if trigger:
        response.headers["HX-Trigger"] = trigger
    patch_vary_headers(response, ["HX-Request"])
    return response


def id_in(text: str) -> uuid.UUID:
    """The id in an address; one that names nobody leads to nobody."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.UUID(int=0)


def back_to(request: HttpRequest, default: str = "") -> str:
    """The page an action leads back to: the one it was started from, if it is one of our own."""
    return page_before(request) or default or reverse("worklist:day")


def way_on(offer: dict[str, Any] | None, back: str) -> str:
    """Without a script: the page that asks about a promise, from which one goes on to where one was going; else there at once."""
    if offer is None:
        return back
    return f"{offer['url']}{'&' if '?' in offer['url'] else '?'}{urlencode({'next': back})}"


def reader_of(request: HttpRequest) -> Reader:
    """Whoever looks, on the page they look from."""
    view = view_behind(current_url(request))
    return Reader(
        person(request),
        timezone.now(),
        peeks=view is not None,
        day=view.query() if view is not None else None,
    )


def row_answer(
    request: HttpRequest,
    task: Task,
    sentence: str,
    *,
    tone: str = "",
    status: int = 200,
    close_dialog: bool = True,
    **more: Any,
) -> HttpResponse:
    """The row as it is now, the counts, and one sentence with its Undo; without a script, the page one came from."""
    undo_url = undo_address(task.last_change)
    if not wants_parts(request):
        messages.success(request, sentence, extra_tags=undo_url)
        return redirect(way_on(more.get("offer"), back_to(request, reverse("worklist:task", args=[task.pk]))))
    context = {
        "row": row_of(task, reader_of(request)),
        "sentence": sentence,
        "undo_url": undo_url,
        "tone": tone,
        **counts_behind(person(request), current_url(request)),
        **more,
    }
    return parts(
        request,
        "worklist/_answer.html",
        context,
        status=status,
        trigger="closeDialog" if close_dialog else "",
    )
