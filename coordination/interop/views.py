"""Imports: the list, a new one, one at work, what it could not take."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coordination.accounts.middleware import passive
from coordination.interop import actions
from coordination.interop.access import export_issues, get_import, list_imports, list_issues, list_sources
from coordination.interop.fhir.reading import is_named_by_line
from coordination.interop.fhir.workspace import Workspace
from coordination.interop.forms import ImportForm
from coordination.interop.presenting import counts_by_kind, heading, issue_tabs, progress_of, state_of
from coordination.interop.texts import csv_rows, summary
from coordination.lib.paging import keyset
from coordination.lib.permissions import Permission, require
from coordination.lib.refusal import Refused
from patients.models import ImportJob


@require_safe
def imports(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    page = keyset(
        list_imports(user),
        order=[("created_at", "desc"), ("id", "desc")],
        after=request.GET.get("after"),
        before=request.GET.get("before"),
    )
    rows = [{"it": job, "state": state_of(job), "summary": summary(job)} for job in page.rows]
    return render(request, "interop/imports.html", {"rows": rows, "pager": page.links(request.GET)})


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    require(user, Permission.PATIENT_IMPORT)
    if request.method != "POST":
        return _form(request, ImportForm(user))
    form = ImportForm(user, request.POST, request.FILES)
    if not form.is_valid():
        return _form(request, form, status=422)
    workspace = Workspace.create()
    try:
        values = form.cleaned_data
        size = receive(workspace, values.pop("sent"))
        job = actions.request_import(workspace=workspace, size=size, by=user, **values)
    except Refused as refusal:
        workspace.remove()
        form.add_error(refusal.field or None, refusal.sentence)
        return _form(request, form, status=422)
    except BaseException:
        workspace.remove()
        raise
    return redirect("interop:import", pk=job.pk)


def receive(workspace: Workspace, files: Sequence[Any]) -> int:
    """Move the upload to the private store; returns its size in bytes."""
    return sum(
        workspace.receive(file.chunks(), number=number, by_line=is_named_by_line(file.name or ""))
        for number, file in enumerate(files, start=1)
    )


def _form(request: HttpRequest, form: ImportForm, status: int = 200) -> HttpResponse:
    user: Any = request.user
    return render(request, "interop/new.html", {"form": form, "sources": list_sources(user)}, status=status)


@require_safe
def show(request: HttpRequest, pk: Any) -> HttpResponse:
    user: Any = request.user
    return render(request, "interop/import.html", _context(request, get_import(user, pk)))


@passive
@require_safe
def progress(request: HttpRequest, pk: Any) -> HttpResponse:
    """Asked for by the page each second; with the end of the import it stops asking."""
    user: Any = request.user
    return render(request, "interop/_import.html", _context(request, get_import(user, pk)))


def _context(request: HttpRequest, job: ImportJob, refusal: str = "") -> dict[str, Any]:
    severity = request.GET.get("show", "")
    context: dict[str, Any] = {
        "job": job,
        "heading": heading(job),
        "state": state_of(job),
        "progress": progress_of(job),
        "summary": summary(job),
        "by_kind": counts_by_kind(job),
        "can_run": job.dry_run and job.status == ImportJob.Status.DONE and Workspace(job.stored_file).exists,
        "refusal": refusal,
    }
    if job.finished_at is None:
        return context
    page = keyset(
        list_issues(job, severity),
        order=[("id", "asc")],
        after=request.GET.get("after"),
        before=request.GET.get("before"),
    )
    return context | {
        "issues": page.rows,
        "pager": page.links(request.GET),
        "issue_tabs": issue_tabs(job, severity),
    }


@require_POST
def cancel(request: HttpRequest, pk: Any) -> HttpResponse:
    user: Any = request.user
    return _acted(
        request, get_import(user, pk), actions.cancel_import, _("The import stops after the patient at hand.")
    )


@require_POST
def run(request: HttpRequest, pk: Any) -> HttpResponse:
    user: Any = request.user
    return _acted(request, get_import(user, pk), actions.run_for_real, _("The import has been queued."))


def _acted(request: HttpRequest, job: ImportJob, action: Any, sentence: str) -> HttpResponse:
    try:
        job = action(job=job, by=request.user)
    except Refused as refusal:
        return render(request, "interop/import.html", _context(request, job, refusal.sentence), status=422)
    messages.success(request, sentence)
    return redirect("interop:import", pk=job.pk)


@require_safe
def issues(request: HttpRequest, pk: Any) -> StreamingHttpResponse:
    """What could not be taken, to sort and to send back. The name of the file tells nothing of a patient."""
    user: Any = request.user
    job = get_import(user, pk)
    rows = list(export_issues(user, job))
    response = StreamingHttpResponse(csv_rows(rows), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="import-{job.pk}.csv"'
    return response
