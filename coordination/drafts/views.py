"""What a form sends while it is typed into, and the button that lets go of it."""

import uuid
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from coordination.drafts import actions
from coordination.drafts.access import get_draft, open_form
from coordination.idempotency.claims import repeatable
from coordination.lib.refusal import Refused


@repeatable  # it carries the key of the form, which is used up by saving it only
@require_POST
def keep(request: HttpRequest, form: str, pk: uuid.UUID) -> HttpResponse:
    """Typing is use of the session, so this is not passive."""
    user: Any = request.user
    patient_id = open_form(user, form, pk)
    try:
        draft = actions.keep(
            by=user,
            form=form,
            subject_id=pk,
            patient_id=patient_id,
            fields=actions.typed(request.POST),
            part="part" in request.GET,
            form_key=_key(request.POST.get("idempotency_key", "")),
        )
    except Refused as refused:
        return render(request, "drafts/_kept.html", {"refusal": refused.sentence}, status=422)
    if draft is None:
        return HttpResponse(status=204)
    return render(request, "drafts/_kept.html", {"draft": draft})


def _key(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


@require_POST
def discard(request: HttpRequest, form: str, pk: uuid.UUID) -> HttpResponse:
    user: Any = request.user
    actions.discard(draft=get_draft(user, form, pk), by=user)
    messages.success(request, _("The draft is discarded."))
    return redirect(_page_of(request))


def _page_of(request: HttpRequest) -> str:
    """The page the form stands on, which then shows it empty."""
    came_from = urlsplit(request.headers.get("Referer", ""))
    page = urlunsplit(("", "", came_from.path, came_from.query, ""))
    ours = came_from.netloc == request.get_host() and url_has_allowed_host_and_scheme(
        page, allowed_hosts=None
    )
    return page if ours and page.startswith("/") else "/"
