"""The record of one patient: overview, timeline, who opened it, and a summary on paper."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from coordination.accounts.permissions import Permission
from coordination.audit.access import NEWEST_FIRST
from coordination.audit.models import Event
from coordination.lib.paging import keyset
from coordination.lib.typed import read_words
from patients import access, lines, overviews
from patients.banner import record_page, with_query
from patients.models import Allergy, Condition, Immunization, Medication, Patient
from patients.panels import Panel, ahead_of, panels_of
from patients.sight import explain_access, people_who_see
from patients.timeline import GROUPS, group_in, timeline_page, timeline_right
from patients.walking import walk_here

GLANCE = 9
NEWEST = 8
PRINTED = 60


@require_safe
def overview(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The situation in one look."""
    user: Any = request.user
    patient = access.open_record(user, pk, page="overview")
    page = record_page(user, patient, "overview", walk=walk_here(request, patient, "overview"))
    history, told = user.may(Permission.HISTORY_VIEW), _may_see_timeline(user)
    panels = panels_of(user, patient)
    context = {
        **page,
        "tiles": overviews.tiles(user, patient, page["banner"].known),
        "steps": overviews.starter_steps(user, patient, page["banner"].known),
        "wide_panels": [_drawn(request, panel) for panel in panels if panel.wide],
        "narrow_panels": [_drawn(request, panel) for panel in panels if not panel.wide],
        "conditions": _glance(user, patient, Condition) if history else None,
        "medications": _glance(user, patient, Medication) if history else None,
        "days": timeline_page(user, patient, size=NEWEST).days if told else None,
        "can_add": user.may(Permission.HISTORY_EDIT),
        "history_url": with_query(reverse("patients:history", args=[patient.pk]), page["along"]),
        "timeline_url": with_query(reverse("patients:timeline", args=[patient.pk]), page["along"]),
    }
    return render(request, "patients/overview.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def timeline(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Everything, once, in order. A search is sent, never addressed: its words may say what a patient suffers from."""
    user: Any = request.user
    asked = request.POST if request.method == "POST" else request.GET
    group = group_in(asked)
    text = read_words(request.POST.get("q", ""), 100)
    after = asked.get("after", "")
    right = timeline_right(user)
    searched = {"kind": Event.Kind.SEARCH, "name": "timeline.searched"} if text else {}
    patient = access.open_record(user, pk, page="timeline", permission=right, **searched)
    page = timeline_page(user, patient, group=group, after=after, text=text)
    record = record_page(user, patient, "timeline", walk=walk_here(request, patient, "timeline"))
    url = reverse("patients:timeline", args=[patient.pk])
    context = {
        **record,
        "days": page.days,
        "shown": page.shown,
        "next_cursor": page.next_cursor,
        "is_first": not after,
        "ahead": ahead_of(user, patient, group) if not after and not text else [],
        "groups": [
            {
                "url": with_query(f"{url}?kind={name}" if name else url, record["along"]),
                "label": label,
                "current": name == group,
            }
            for name, label in GROUPS.items()
        ],
        "group": group,
        "q": text,
        "timeline_url": with_query(url, record["along"]),
    }
    return render(request, "patients/timeline.html", context)


@require_safe
def access_log(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Who opened this record, when and why."""
    user: Any = request.user
    patient = access.open_record(user, pk, page="access log", permission=Permission.ACCESS_LOG_VIEW)
    page = keyset(
        access.access_log_of(user, patient),
        order=NEWEST_FIRST,
        after=request.GET.get("after"),
        before=request.GET.get("before"),
    )
    context = {
        **record_page(user, patient, "access", walk=walk_here(request, patient, "access")),
        "events": [overviews.event_line(event) for event in page.rows],
        "pager": page.links(request.GET),
        "sees_all": access.sees_all_visits(user),
    }
    return render(request, "patients/access.html", context)


@require_safe
def sight(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Why one sees this patient oneself; and, for those who may ask, who else does and why."""
    user: Any = request.user
    patient = access.open_record(user, pk, page="who sees", name="access.explained")
    everyone = user.may(Permission.ACCESS_LOG_VIEW)
    page = (
        people_who_see(user, patient, after=request.GET.get("after"), before=request.GET.get("before"))
        if everyone
        else None
    )
    context = {
        **record_page(user, patient, "access" if everyone else "", label=_("Who can see this record")),
        "mine": explain_access(user, patient),
        "people": page.rows if page else None,
        "pager": page.links(request.GET) if page else {},
    }
    return render(request, "patients/sight.html", context)


@require_safe
def print_summary(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What a colleague elsewhere needs, on paper, with who printed it and when on each page."""
    user: Any = request.user
    patient = access.open_record(
        user,
        pk,
        page="print",
        permission=Permission.PATIENT_PRINT,
        kind=Event.Kind.PRINT,
        name="patient.printed",
    )
    page = record_page(user, patient)
    today = user.organization.today()
    history = user.may(Permission.HISTORY_VIEW)
    models_ = (Condition, Allergy, Medication, Immunization)
    context = {
        **page,
        "sections": [_printed(user, patient, model) for model in models_] if history else [],
        # allergies and the safety note have a place of their own on the sheet
        "reach": [
            fact for fact in page["banner"].details if fact["label"] not in {_("Allergies"), _("Safety note")}
        ],
        "team": [row for row in access.care_team_of(user, patient) if row.is_member_on(today)],
        "days": timeline_page(user, patient, size=NEWEST).days if _may_see_timeline(user) else [],
    }
    return render(request, "patients/print.html", context)


def _drawn(request: HttpRequest, panel: Panel) -> str:
    return render_to_string(panel.template, {**panel.context}, request=request)


def _may_see_timeline(user: Any) -> bool:
    return bool(user.may(Permission.HISTORY_VIEW) or user.may(Permission.TASK_VIEW))


def _glance(user: Any, patient: Patient, model: type[Condition | Medication]) -> dict[str, Any]:
    """What holds now, the newest first, and whether there is more."""
    rows = (
        access.history_of(user, model, patient)
        .filter(is_active=True)
        .order_by("-occurred_at", "-id")[: GLANCE + 1]
    )
    shown = lines.section(patient, model, list(rows)).current
    return {"rows": shown[:GLANCE], "has_more": len(shown) > GLANCE, "model": model.timeline.kind}


def _printed(user: Any, patient: Patient, model: Any) -> lines.Section:
    rows = access.history_of(user, model, patient)
    if model is not Immunization:
        rows = rows.filter(is_active=True)
    return lines.section(patient, model, list(rows.order_by("-occurred_at", "-id")[:PRINTED]))
