"""The quick way to a patient, to what can be done about the one on the page, and to every page the person may open."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from coordination.accounts.models import User
from coordination.audit.actions import record_access
from coordination.lib.permissions import Permission, require
from coordination.navigation import navigation
from coordination.on_page import patient_on
from coordination.worklist.saved import named_views
from patients.access import list_patients, list_recent
from patients.banner import actions_for
from patients.finding import closest, find, fingerprint
from patients.forms.registry import SearchForm
from patients.models import Patient
from patients.registry import rows

SHOWN = 8


@require_POST
def jump(request: HttpRequest) -> HttpResponse:
    """Answer one keystroke. It is written down once the person rests on it (`settled`), or opens a record from it."""
    user: Any = request.user
    require(user, Permission.PATIENT_VIEW)
    form = SearchForm(request.POST)
    text = form.cleaned_data["text"] if form.is_valid() else ""
    if request.POST.get("settled"):
        return _settled(user, text)
    on_page = patient_on(request)
    found, count, current = _patients(user, text, on_page)
    actions = actions_for(user, current) if current else []
    context = {
        "heading": _("Patients") if text else _("Recent patients"),
        "rows": rows(found, user),
        "actions": _named(actions, text),
        "whose": current.display_name if current else "",
        "pages": _named([*navigation(user, ""), *named_views(request)], text),
        "status": _status(text, len(found), count),
    }
    return render(request, "components/_jump_results.html", context)


def _settled(user: User, text: str) -> HttpResponse:
    if text:
        found = len(find(user, list_patients(user), text))
        record_access(
            "search", "patient.searched", by=user, detail={"query": fingerprint(text), "results": found}
        )
    return HttpResponse(status=204)


def _patients(user: User, text: str, on_page: uuid.UUID | None) -> tuple[list[Patient], int, Patient | None]:
    """The patients to show, how many fit, and the one the page is about, if the person may see them."""
    if text:
        return closest(user, list_patients(user), text, size=SHOWN, beside=on_page)
    recent = list_recent(user, also=on_page)
    current = recent.pop(on_page, None)
    shown = list(recent.values())[:SHOWN]
    return shown, len(shown), current


def _named(entries: list[dict[str, Any]], text: str) -> list[dict[str, Any]]:
    return [entry for entry in entries if text.casefold() in str(entry["label"]).casefold()]


def _status(text: str, shown: int, count: int) -> str:
    if not text:
        return ""
    if not count:
        return _("No one called that among your patients.")
    if count > shown:
        return _("The %(shown)s closest of %(count)s patients. Type more of the name.") % {
            "shown": shown,
            "count": count,
        }
    return ngettext("%(count)s patient", "%(count)s patients", count) % {"count": count}
