"""The audit trail as a page. Looking into it is written down like any other look."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from coordination.audit.access import NEWEST_FIRST, list_events, list_people
from coordination.audit.actions import record_access
from coordination.audit.forms import EventFilter
from coordination.audit.models import Event
from coordination.audit.sentences import sentence
from coordination.lib.paging import keyset

SIZE = 50
TONES = {
    Event.Kind.DENIAL: "red",
    Event.Kind.SECURITY: "violet",
    Event.Kind.EXPORT: "amber",
    Event.Kind.PRINT: "amber",
}


@require_safe
def events(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    form = EventFilter(request.GET, people=list_people(user))
    if not form.is_valid():
        context = {"form": form, "is_open": True, "pager": None, "lines": []}
        return render(request, "audit/events.html", context, status=422)
    filters = form.filters()
    page = keyset(
        list_events(user, **filters),
        order=NEWEST_FIRST,
        after=request.GET.get("after"),
        before=request.GET.get("before"),
        size=SIZE,
    )
    _write_down(user, filters, len(page))
    context = {
        "form": form,
        "lines": [_line(event) for event in page],
        "pager": page.links(request.GET),
        "chips": _chips(request, form),
        "clear_url": reverse("audit:events"),
    }
    return render(request, "audit/events.html", context)


def _write_down(user: Any, filters: dict[str, Any], shown: int) -> None:
    asked = {name: str(value) for name, value in filters.items() if value}
    kind = Event.Kind.SEARCH if asked else Event.Kind.VIEW
    name = "audit.searched" if asked else "audit.viewed"
    record_access(kind, name, by=user, patient_id=filters["patient"], detail={**asked, "shown": shown})


def _line(event: Event) -> dict[str, Any]:
    return {
        "it": event,
        "sentence": sentence(event),
        "tone": TONES.get(Event.Kind(event.kind), ""),
        "changed": ", ".join(event.changed),
        "about": str(event.patient_id or event.target_id)[-12:],
    }


def _chips(request: HttpRequest, form: EventFilter) -> list[dict[str, Any]]:
    """Say each filter in words, with the way to take it off."""
    chips = []
    for name, label in form.words().items():
        query = request.GET.copy()
        for gone in (name, "after", "before"):
            query.pop(gone, None)
        chips.append({"label": label, "remove_url": f"?{query.urlencode()}"})
    return chips
