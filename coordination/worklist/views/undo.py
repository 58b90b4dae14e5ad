"""Taking an act back from wherever it is offered, and the page that keeps offering it."""

import datetime as dt
import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from coordination.accounts.models import User
from coordination.audit.actions import record_access
from coordination.audit.models import Event
from coordination.lib.paging import keyset
from coordination.lib.refusal import Refused
from coordination.worklist import actions
from coordination.worklist.access import get_undoable, list_done_by, list_done_to_records, require_day
from coordination.worklist.day import counts_behind
from coordination.worklist.history import told, told_of_records
from coordination.worklist.models import Act, Batch, Change, Task
from coordination.worklist.rows import name_of, row_of, strip_of
from coordination.worklist.views.answers import back_to, current_url, parts, person, reader_of, wants_parts

PAGE = 30
UNDONE: dict[str, Promise] = {
    Act.OPEN: gettext_lazy("Taken off the list: %(name)s, %(title)s."),
    Act.CLOSE: gettext_lazy("Open again: %(name)s, %(title)s."),
    Act.SNOOZE: gettext_lazy("Awake again: %(name)s, %(title)s."),
    Act.WAKE: gettext_lazy("Asleep again: %(name)s, %(title)s."),
    Act.ASSIGN: gettext_lazy("Handed back: %(name)s, %(title)s."),
    Act.CLAIM: gettext_lazy("Given back: %(name)s, %(title)s."),
    Act.WAIT: gettext_lazy("Work again: %(name)s, %(title)s."),
    Act.RESUME: gettext_lazy("Waiting again: %(name)s, %(title)s."),
    Act.MOVE: gettext_lazy("Due when it was: %(name)s, %(title)s."),
    Act.TICK: gettext_lazy("The checklist is as it was: %(name)s, %(title)s."),
    Act.EDIT: gettext_lazy("As it was before: %(name)s, %(title)s."),
    Act.CONTACT: gettext_lazy("The contact is undone: %(name)s, %(title)s."),
}


@require_POST
def undo(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Undo one act or a batch. Refused, it says why, with the way to the task."""
    user = person(request)
    found = get_undoable(user, pk)
    if isinstance(found, Change):
        return _undo_change(request, user, found)
    return _undo_batch(request, user, *found)


def _undo_change(request: HttpRequest, user: User, change: Change) -> HttpResponse:
    try:
        change = actions.undo_change(change=change, by=user)
    except Refused as refusal:
        return _refused(request, refusal.sentence, change.task)
    return _undone(request, undone_words(change), change.task)


def _undo_batch(request: HttpRequest, user: User, batch: Batch, rows: list[Change]) -> HttpResponse:
    try:
        wholes = actions.undo_batch(batch=batch, by=user, within=rows)
    except Refused as refusal:
        return _refused(request, refusal.sentence, None)
    done = sum(not whole.refusal for whole in wholes)
    sentence = ngettext("%(n)s task is as it was.", "%(n)s tasks are as they were.", done) % {"n": done}
    for whole in wholes:
        if whole.refusal and whole.change.task is not None:
            sentence += f" {name_of(whole.change.task)}: {whole.refusal}"
    return _undone(request, sentence, None)


def undone_words(change: Change) -> str:
    name = change.patient.display_name if change.patient is not None else change.headline
    words = {"name": name, "title": change.headline}
    return str(UNDONE.get(change.act, UNDONE[Act.EDIT])) % words


def _undone(request: HttpRequest, sentence: str, task: Task | None) -> HttpResponse:
    """The row as it is again, in its place, and the counts; without a script, the page it was undone from."""
    if not wants_parts(request):
        messages.success(request, sentence)
        return redirect(back_to(request))
    context: dict[str, Any] = {"sentence": sentence, **counts_behind(person(request), current_url(request))}
    if task is not None:
        context["row"] = row_of(task, reader_of(request))
    return parts(request, "worklist/_answer.html", context)


def _refused(request: HttpRequest, sentence: str, task: Task | None) -> HttpResponse:
    if wants_parts(request):
        context: dict[str, Any] = {"sentence": sentence, "tone": "red"}
        if task is not None:
            context |= {"url": reverse("worklist:task", args=[task.pk]), "link": _("Open")}
        return parts(request, "worklist/_answer.html", context, status=422)
    banner = (
        strip_of(task.patient, person(request)) if task is not None and task.patient is not None else None
    )
    page = {"task": task, "banner": banner, "refusal": sentence, "next": back_to(request)}
    return render(request, "worklist/refused.html", page, status=422)


@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """What one did in the last days, newest first; an act still within its time has its Undo here (WCAG 2.2.1)."""
    user = person(request)
    require_day(user)
    since = timezone.now() - dt.timedelta(days=settings.HISTORY_DAYS)
    page = keyset(
        list_done_by(user, since),
        order=[("at", "desc"), ("id", "desc")],
        after=request.GET.get("after"),
        before=request.GET.get("before"),
        size=PAGE,
    )
    acts = [*told(page.rows, user), *told_of_records(list_done_to_records(user, since, page), user)]
    acts.sort(key=lambda act: act["at"], reverse=True)
    detail = {"page": "history", "rows": len(acts)}
    record_access(Event.Kind.VIEW, "worklist.viewed", by=user, detail=detail)
    context = {
        "acts": acts,
        "pager": page.links(request.GET),
        "days": settings.HISTORY_DAYS,
        "minutes": settings.UNDO_MINUTES,
    }
    return render(request, "worklist/history.html", context)
