"""My day: the list, the preview beside it, the paper of it."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from coordination.accounts.middleware import passive
from coordination.accounts.permissions import Permission
from coordination.audit.actions import record_access
from coordination.audit.models import Event
from coordination.lib.staleness import read_moment
from coordination.worklist.access import clock_of, desk_named, get_task, list_work, require_day
from coordination.worklist.changes import count_changes, read_ids
from coordination.worklist.day import View, read_day, view_behind
from coordination.worklist.peek import read_peek
from coordination.worklist.rows import Reader, row_of
from coordination.worklist.views.answers import current_url, parts, person, reader_of, wants_parts

ON_PAPER = 200  # HOUSE: rows of a day sheet; it says how many there are when they are more


@require_safe
def day(request: HttpRequest) -> HttpResponse:
    """One's work in the order it should be done; also a team's queue, or the work of someone one covers for."""
    user = person(request)
    require_day(user)
    view = View.read(request.GET)
    page = read_day(user, view)
    page["can_work"] = user.may(Permission.TASK_WORK)
    page["can_act"] = page["can_work"] or user.may(Permission.OWN_TASKS)
    page["can_log"] = user.may(Permission.CONTACT_LOG)
    detail = {"page": "day", "bucket": view.bucket, "rows": page["shown"]}
    record_access(Event.Kind.VIEW, "worklist.viewed", by=user, detail=detail)
    if wants_parts(request) and view.after:
        return parts(request, "worklist/_more.html", page)
    return render(request, "worklist/day.html", page)


@passive
@require_safe
def changes(request: HttpRequest) -> HttpResponse:
    """How many rows of the list others changed since it was read; nothing to say is 204. Asked by the page itself."""
    user = person(request)
    require_day(user)
    since, view = read_moment(request.GET.get("since", "")), View.read(request.GET)
    number = count_changes(user, view, since, read_ids(request.GET.get("ids", ""))) if since else 0
    if not number:
        return HttpResponse(status=204)
    return parts(request, "components/changes.html", {"number": number, "show_url": view.address()})


@require_safe
def peek(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The preview. It shows the record, so it is written down as a view of it."""
    user = person(request)
    task = get_task(user, pk)
    if not wants_parts(request):
        return redirect("worklist:task", pk=pk)
    context = read_peek(user, task, reader_of(request))
    record_access(Event.Kind.VIEW, "patient.viewed", by=user, target=task, detail={"page": "peek"})
    response = parts(request, "worklist/_peek.html", context)
    if (view := view_behind(current_url(request))) is not None:
        place = {"after": view.after, "seen": view.seen, "at": view.at}
        response.headers["HX-Replace-Url"] = view.address(**place, selected=str(pk))
    return response


@require_safe
def day_print(request: HttpRequest) -> HttpResponse:
    """The day on paper: what is overdue and due today, to take along on visits."""
    user = person(request)
    require_day(user)
    view, clock = View.read(request.GET), clock_of(user)
    tasks = list_work(user, desk_named(user, view.desk)).filter(clock.awake, due_at__lte=clock.end_of_today)
    reader = Reader(user, timezone.now())
    found = list(tasks.with_patient().in_work_order(clock)[: ON_PAPER + 1])
    count = tasks.count() if len(found) > ON_PAPER else len(found)
    rows = [row_of(task, reader) | {"reason": task.reason} for task in found[:ON_PAPER]]
    record_access(Event.Kind.PRINT, "worklist.printed", by=user, detail={"rows": len(rows)})
    context = {"rows": rows, "count": count, "view": view, "printed_at": clock.now}
    return render(request, "worklist/day_print.html", context)
