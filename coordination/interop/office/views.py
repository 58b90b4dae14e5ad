"""Exports: which list, the file at work, the file itself."""

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coordination.accounts.access import step_up_route, stepped_up
from coordination.accounts.middleware import lead_to, passive
from coordination.interop.office import actions
from coordination.interop.office.access import get_export, get_file, list_choices, list_exports
from coordination.interop.office.export.lists import open_list, query_of
from coordination.interop.office.export.running import SHELF
from coordination.interop.office.forms import ExportForm
from coordination.interop.office.models import ExportJob
from coordination.interop.office.presenting import progress_of, state_of
from coordination.interop.office.store import Folder
from coordination.lib.listing import Listing
from coordination.lib.paging import keyset
from coordination.lib.refusal import Refused

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@require_safe
def exports(request: HttpRequest) -> HttpResponse:
    """One's own exports, newest first."""
    user: Any = request.user
    page = keyset(
        list_exports(user),
        order=[("created_at", "desc"), ("id", "desc")],
        after=request.GET.get("after"),
        before=request.GET.get("before"),
    )
    rows = [{"it": job, "state": state_of(job)} for job in page.rows]
    return render(request, "office/exports.html", {"rows": rows, "pager": page.links(request.GET)})


@require_http_methods(["GET", "HEAD", "POST"])
def export_new(request: HttpRequest) -> HttpResponseBase:
    """What would be in the file, and which file. The address is that of the list, with its name."""
    user: Any = request.user
    name = request.GET.get("list", "")
    if not name:
        lists = [
            {"title": listing.title, "url": f"{reverse('office:export_new')}?list={key}"}
            for key, listing in list_choices(user)
        ]
        return render(request, "office/export_which.html", {"lists": lists})
    listing = open_list(user, name, request.GET)
    if not (settings.DEMO or stepped_up(request)):  # data is about to leave in bulk
        return lead_to(request, export_new, step_up_route(user), next=request.get_full_path())
    form, refusal = ExportForm(request.POST if request.method == "POST" else None), ""
    if form.is_bound and form.is_valid():
        try:
            job = actions.request_export(
                name=name, listing=listing, by=user, file_format=form.cleaned_data["format"]
            )
        except Refused as refused:
            refusal = refused.sentence
        else:
            return redirect("office:export", pk=job.pk)
    context = {
        "form": form,
        "listing": listing,
        "count": listing.count(),
        "columns": [column.label for column in listing.columns],
        "hours": settings.EXPORT_FILE_HOURS,
        "action": request.get_full_path(),
        "refusal": refusal,
    }
    return render(request, "office/export_new.html", context, status=422 if form.is_bound else 200)


@require_safe
def export(request: HttpRequest, pk: Any) -> HttpResponse:
    user: Any = request.user
    return render(request, "office/export.html", _context(request, get_export(user, pk)))


@passive
@require_safe
def export_progress(request: HttpRequest, pk: Any) -> HttpResponse:
    """Asked for by the page each second; with the end of the export it stops asking."""
    user: Any = request.user
    return render(request, "office/_export.html", _context(request, get_export(user, pk)))


def _context(request: HttpRequest, job: ExportJob, refusal: str = "") -> dict[str, Any]:
    user: Any = request.user
    return {
        "job": job,
        "listing": _still_open(user, job),
        "state": state_of(job),
        "progress": progress_of(job),
        "lost": job.rows_done - job.rows_written,
        "hours": settings.EXPORT_FILE_HOURS,
        "refusal": refusal,
    }


def _still_open(user: Any, job: ExportJob) -> Listing | None:
    """The list behind an export, or None once it is closed to this person: what became of their export they may read ever after."""
    try:
        return open_list(user, job.listing, query_of(job.choices))
    except (PermissionDenied, Http404):
        return None


@require_POST
def export_cancel(request: HttpRequest, pk: Any) -> HttpResponse:
    user: Any = request.user
    job = get_export(user, pk)
    try:
        actions.cancel_export(job=job, by=user)
    except Refused as refused:
        return render(request, "office/export.html", _context(request, job, refused.sentence), status=422)
    return redirect("office:export", pk=job.pk)


@require_safe
def export_file(request: HttpRequest, pk: Any) -> HttpResponseBase:
    """The file, to whoever asked for it, as long as they may still open the list."""
    user: Any = request.user
    job = get_file(user, pk)
    try:
        actions.record_download(job=job, by=user)
        file = (Folder(SHELF, job.stored_file).path / "file").open("rb")
    except (Refused, FileNotFoundError) as gone:
        sentence = (
            gone.sentence
            if isinstance(gone, Refused)
            else _("This file is no longer here. Ask for the list again.")
        )
        return render(request, "office/export.html", _context(request, job, sentence), status=422)
    answer = FileResponse(file, as_attachment=True, filename=job.file_name, content_type=TYPES[job.format])
    answer.headers["Cache-Control"] = "no-store"
    return answer
