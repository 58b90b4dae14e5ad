"""Records that need a person, one section at a time."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from coordination.audit.actions import record_access
from coordination.audit.models import Event
from coordination.lib.permissions import Permission, require
from patients.attention import section_in, sections_of


@require_safe
def attention(request: HttpRequest) -> HttpResponse:
    """Each section with how many it holds; the rows of the one that is open."""
    user: Any = request.user
    require(user, Permission.PATIENT_EDIT)
    sections = sections_of(user)
    current = section_in(request.GET, sections)
    page = current.page(after=request.GET.get("after"), before=request.GET.get("before"))
    record_access(
        Event.Kind.VIEW, "attention.viewed", by=user, detail={"section": current.key, "shown": len(page)}
    )
    context = {
        "tabs": [
            {
                "url": f"?show={section.key}",
                "label": section.label,
                "count": section.count,
                "current": section is current,
            }
            for section in sections
        ],
        "section": current,
        "rows": [current.row(row) for row in page],
        "pager": page.links(request.GET, total=current.count),
        "title": _("Records that need a person"),
    }
    return render(request, "patients/attention.html", context)
