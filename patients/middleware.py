"""The old address of a merged record leads to the record it lives on in."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from patients.access import MergedAway

Answer = Callable[[HttpRequest], HttpResponseBase]


class FollowMerged:
    """Looking goes on at the same page of the surviving record; what was sent to the old one is not saved (409)."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, MergedAway):
            return None
        url, looks = _same_page(request, exception), request.method in {"GET", "HEAD"}
        sentence = _(
            "This record was merged into another one while you were working. Nothing was saved: enter it there."
        )
        if hasattr(request, "bearer"):  # a program is told the same, without a session that keeps words
            return redirect(url) if looks else HttpResponse(sentence, status=409, content_type="text/plain")
        if not looks:
            context = {"conflict": {"sentence": sentence, "cancel_url": url}}
            return render(request, "errors/409.html", context, status=409)
        messages.info(request, _("The record you asked for was merged into this one."))
        if getattr(request, "htmx", False):
            return HttpResponse(status=204, headers={"HX-Redirect": url})
        return redirect(url)


def _same_page(request: HttpRequest, merged: MergedAway) -> str:
    """The page asked for, of the other record; its overview where the address names the patient otherwise."""
    match = request.resolver_match
    if match is not None and match.kwargs.get("pk") == merged.pk and request.method in {"GET", "HEAD"}:
        return reverse(match.view_name, kwargs={**match.kwargs, "pk": merged.survivor_id})
    return reverse("patients:patient", args=[merged.survivor_id])
