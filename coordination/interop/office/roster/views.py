"""Rosters: the list, a new one, its columns, the job at work, the rows to look at."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coordination.accounts.middleware import passive
from coordination.interop.access import list_sources
from coordination.interop.office.models import RosterJob
from coordination.interop.office.presenting import progress_of, state_of
from coordination.interop.office.roster import actions
from coordination.interop.office.roster.access import (
    get_roster,
    kept_rows,
    list_rosters,
    mapping_before,
    take_errors,
    undoable,
)
from coordination.interop.office.roster.fields import BY_KEY, guess
from coordination.interop.office.roster.forms import MappingForm, UploadForm
from coordination.interop.office.roster.running import SHELF, Run, csv_of_kept, csv_of_said
from coordination.interop.office.store import Folder
from coordination.lib.paging import keyset
from coordination.lib.permissions import Permission, require
from coordination.lib.refusal import Refused

SHOWN = 50  # rows with something to say on the page; all of them are in the file
SAMPLES = 3


@require_safe
def rosters(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    page = keyset(
        list_rosters(user),
        order=[("created_at", "desc"), ("id", "desc")],
        after=request.GET.get("after"),
        before=request.GET.get("before"),
    )
    rows = [{"it": job, "state": state_of(job), "said": summary(job)} for job in page.rows]
    return render(request, "office/rosters.html", {"rows": rows, "pager": page.links(request.GET)})


@require_http_methods(["GET", "HEAD", "POST"])
def roster_new(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    require(user, Permission.PATIENT_IMPORT)
    sent = request.method == "POST"
    form = UploadForm(user, request.POST, request.FILES) if sent else UploadForm(user)
    if sent and form.is_valid():
        folder, values = Folder.create(SHELF), form.cleaned_data
        try:
            size = folder.put("sent", values.pop("sent").chunks())
            job = actions.request_roster(folder=folder, size=size, by=user, **values)
            return redirect("office:roster", pk=job.pk)
        except Refused as refused:
            folder.remove()
            form.add_error(refused.field or None, refused.sentence)
        except BaseException:
            folder.remove()
            raise
    context = {"form": form, "sources": list_sources(user)}
    return render(request, "office/roster_new.html", context, status=422 if sent else 200)


@require_safe
def roster(request: HttpRequest, pk: Any) -> HttpResponse:
    user: Any = request.user
    return render(request, "office/roster.html", _context(get_roster(user, pk)))


@passive
@require_safe
def roster_progress(request: HttpRequest, pk: Any) -> HttpResponse:
    """Asked for by the page each second; with the end of a stage it stops asking."""
    user: Any = request.user
    return render(request, "office/_roster.html", _context(get_roster(user, pk)))


@require_POST
def roster_sheet(request: HttpRequest, pk: Any) -> HttpResponse:
    user: Any = request.user
    job, text = get_roster(user, pk), request.POST.get("sheet", "")
    return _acted(request, job, actions.read_sheet, sheet=int(text) if text.isdigit() else -1)


@require_POST
def roster_check(request: HttpRequest, pk: Any) -> HttpResponse:
    user: Any = request.user
    job = get_roster(user, pk)
    form = _mapping_form(job, request.POST)
    if form is None:
        refused = _("The file is not here, or not read yet.")
        return render(request, "office/roster.html", _context(job, refused), status=422)
    if not form.is_valid():
        return render(request, "office/roster.html", _context(job, form=form), status=422)
    chosen = form.cleaned_data
    return _acted(request, job, actions.check_roster, columns=chosen["columns"], order=chosen["order"])


@require_POST
def roster_import(request: HttpRequest, pk: Any) -> HttpResponse:
    user: Any = request.user
    return _acted(request, get_roster(user, pk), actions.import_roster)


@require_POST
def roster_cancel(request: HttpRequest, pk: Any) -> HttpResponse:
    user: Any = request.user
    return _acted(request, get_roster(user, pk), actions.cancel_roster)


def _acted(request: HttpRequest, job: RosterJob, action: Any, **values: Any) -> HttpResponse:
    try:
        action(job=job, by=request.user, **values)
    except Refused as refused:
        return render(request, "office/roster.html", _context(job, refused.sentence), status=422)
    return redirect("office:roster", pk=job.pk)


@require_safe
def roster_errors(request: HttpRequest, pk: Any) -> HttpResponse | StreamingHttpResponse:
    """The rows to look at, to correct and to send again. The name of the file tells nothing of a patient."""
    user: Any = request.user
    job = get_roster(user, pk)
    run = Run(job)
    undone = job.stage == RosterJob.Stage.UNDO
    if not undone and (not run.folder.exists or "width" not in job.mapping):
        messages.info(request, _("The file is no longer here. Upload it again."))
        return redirect("office:roster", pk=job.pk)
    take_errors(user, job)
    answer = StreamingHttpResponse(
        # read now: once the answer is on its way, the request's transaction and with it the rows are gone
        csv_of_kept(list(kept_rows(job))) if undone else csv_of_said(run),
        content_type="text/csv; charset=utf-8",
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="roster-{job.pk}.csv"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _context(job: RosterJob, refusal: str = "", form: MappingForm | None = None) -> dict[str, Any]:
    run = Run(job)
    here, rests = run.folder.exists, job.is_over
    read = here and "width" in job.mapping
    imported = job.stage == RosterJob.Stage.IMPORT and job.status == RosterJob.Status.DONE
    undone = job.stage == RosterJob.Stage.UNDO
    form = form or (_mapping_form(job) if read and rests and not imported and not undone else None)
    said = list(islice(run.said(), SHOWN)) if read and rests and not undone else []
    return {
        "job": job,
        "state": state_of(job),
        "progress": progress_of(job),
        "said": summary(job),
        "refusal": refusal,
        "columns": _columns(run, form) if form else [],
        "form": form,
        "sheets": list(enumerate(job.sheets)) if here and rests and len(job.sheets) > 1 else [],
        "can_import": here and rests and not undone and job.stage != RosterJob.Stage.READ and not imported
        and (job.stage == RosterJob.Stage.IMPORT or job.status == RosterJob.Status.DONE),
        "problems": [
            {"row": line[0], "field": BY_KEY[one[0]].label if one[0] else "", "what": one[1], "how": one[2]}
            for line, one in said
        ] if not undone else [
            {"row": number, "what": " ".join(why)} for number, why in islice(kept_rows(job), SHOWN)
        ],
        "is_gone": rests and not here,
        "can_undo": rests and bool(undoable(job)),
    }  # fmt: skip


def summary(job: RosterJob) -> str:
    """The counts in one sentence."""
    words = {
        "new": _("%(n)s new"),
        "changed": _("%(n)s changed"),
        "matched": _("%(n)s as before"),
        "decision": _("%(n)s need a decision"),
        "refused": _("%(n)s refused"),
        "whole": _("%(n)s taken back"),
        "partly": _("%(n)s taken back in part"),
        "kept": _("%(n)s kept"),
    }
    return ", ".join(words[name] % {"n": f"{job.counts[name]:,}"} for name in words if job.counts.get(name))


def _names(job: RosterJob) -> list[str]:
    """What to call each column: by its letter, and by its heading if it has one."""
    names = []
    for place in range(max(job.mapping["width"], len(job.head))):
        letter = (chr(64 + place // 26) if place >= 26 else "") + chr(65 + place % 26)
        head = job.head[place] if place < len(job.head) else ""
        names.append(f"{letter}: {head}" if head else _("Column %(letter)s") % {"letter": letter})
    return names


def _mapping_form(job: RosterJob, data: Any = None) -> MappingForm | None:
    run = Run(job)
    if not run.folder.exists or "width" not in job.mapping:
        return None
    names = _names(job)
    before, taken, initial = mapping_before(job), set(), {}
    for place in range(len(names)):
        head = job.head[place] if place < len(job.head) else ""
        key = (
            job.mapping.get("columns", {}).get(str(place), "")
            if "columns" in job.mapping
            else before.get(head, guess(head))
        )
        if key and key not in taken:
            initial[f"c{place}"] = key
            taken.add(key)

    def cells(place: int) -> Iterator[str]:
        return (row[place] if place < len(row) else "" for _number, row, _doubt in run.lines())

    return MappingForm(names, data, cells=cells, initial=initial)


def _columns(run: Run, form: MappingForm) -> list[dict[str, Any]]:
    """Each column's choice beside what stands in its first rows."""
    first = [row for _number, row, _doubt in islice(run.lines(), SAMPLES)]
    return [
        {
            "field": form[name],
            "samples": [row[place][:40] for row in first if place < len(row) and row[place]],
        }
        for place, name in enumerate(name for name in form.fields if name != "order")
    ]
