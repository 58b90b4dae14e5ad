"""One act on the tasks that were selected: what would happen, row by row, then what did."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from coordination.accounts.models import User
from coordination.idempotency.claims import repeatable
from coordination.lib.permissions import Permission, require
from coordination.lib.refusal import Refused
from coordination.worklist import actions
from coordination.worklist.access import get_batch, list_among, list_queues, list_refused
from coordination.worklist.actions.bulk import Order, Outcome, check_row, foresee
from coordination.worklist.forms import AssignForm, DueForm
from coordination.worklist.models import Act, Task
from coordination.worklist.rows import Reader, row_of, undo_address
from coordination.worklist.snooze_form import SnoozeForm
from coordination.worklist.views.answers import back_to, parts, person, wants_parts

Versions = dict[uuid.UUID, int]


@dataclass(frozen=True)
class Kind:
    act: Act
    title: Promise
    build: Callable[[User, Any], forms.Form | None]
    order: Callable[[dict[str, Any]], Order]


def _assign_form(user: User, data: Any) -> forms.Form:
    queues = list(list_queues(user, None))
    return AssignForm(data, user=user, queues=queues, task=Task())


KINDS: dict[str, Kind] = {
    "done": Kind(Act.CLOSE, gettext_lazy("Done"), lambda _user, _data: None, lambda _data: Order(Act.CLOSE)),
    "snooze": Kind(
        Act.SNOOZE, gettext_lazy("Snooze"), lambda user, data: SnoozeForm(data, user=user, task=Task()),
        lambda data: Order(Act.SNOOZE, until=data["until"], reason=data["reason"]),
    ),
    "assign": Kind(
        Act.ASSIGN, gettext_lazy("Assign"), _assign_form,
        lambda data: Order(Act.ASSIGN, owner=data["owner"], queue=data["queue"]),
    ),
    "move": Kind(
        Act.MOVE, gettext_lazy("Move the due time"), lambda user, data: DueForm(data, user=user),
        lambda data: Order(Act.MOVE, due=data["due"], reason=data["reason"]),
    ),
}  # fmt: skip


@repeatable
@require_POST
def bulk(request: HttpRequest) -> HttpResponse:
    """The preview: each row with what is refused of it, and what the act wants to know. It changes nothing.

    Asked again with what was chosen (`looked`), it says what would be refused of just that.
    """
    return _bulk(request, committed=False)


@require_POST
def bulk_commit(request: HttpRequest) -> HttpResponse:
    """All rows in one transaction; then the page that says what came of each."""
    return _bulk(request, committed=True)


def _bulk(request: HttpRequest, *, committed: bool) -> HttpResponse:
    user = person(request)
    require(user, Permission.TASK_WORK)
    asked = request.POST.get("act", "")
    versions, too_many = _selected(request.POST.getlist("ids"))
    if not versions or asked not in KINDS:
        messages.info(request, _("Select the tasks first."))
        return redirect(back_to(request))
    kind, tasks = KINDS[asked], list_among(user, versions)
    looked = "looked" in request.POST
    form = kind.build(user, request.POST if committed or looked else None)
    page = {
        "asked": asked,
        "kind": kind,
        "form": form,
        "too_many": too_many,
        "gone": len(versions) - len(tasks),
    }
    if too_many:
        return _preview(request, tasks, {}, page, versions=versions, status=422)
    is_chosen = form is None or form.is_valid()
    refused = _foreseen(user, kind, tasks, versions, form, is_chosen=is_chosen)
    if not committed:
        return _preview(request, tasks, refused, page, versions=versions, status=200)
    unseen = {str(pk) for pk in refused} - set(request.POST.getlist("left")) if looked else set()
    if unseen or not is_chosen:
        page["unseen"] = len(unseen)
        return _preview(request, tasks, refused, page, versions=versions, status=422)
    outcome = actions.act_on_many(
        tasks=tasks, order=kind.order(form.cleaned_data if form else {}), by=user, versions=versions
    )
    if outcome.batch is None:
        return _preview(request, tasks, outcome.refused, page, versions=versions, status=422)
    messages.success(request, done_words(tasks, outcome), extra_tags=undo_address(outcome.batch))
    came_from = urlencode({"next": back_to(request)})
    return redirect(f"{reverse('worklist:bulk_result', args=[outcome.batch.pk])}?{came_from}")


def _selected(sent: list[str]) -> tuple[Versions, bool]:
    """The rows that were ticked, "id" or "id:version"; and whether they are more than one act may take."""
    versions: Versions = {}
    for text in sent:
        pk, _colon, version = text.partition(":")
        try:
            versions[uuid.UUID(pk)] = int(version) if version.isdecimal() and len(version) < 9 else 0
        except ValueError:
            continue
    return dict(list(versions.items())[: settings.BULK_ROWS]), len(versions) > settings.BULK_ROWS


def _foreseen(
    user: User,
    kind: Kind,
    tasks: list[Task],
    versions: Versions,
    form: forms.Form | None,
    *,
    is_chosen: bool,
) -> dict[Any, str]:
    """What would be refused of what was chosen; before that, what is refused whatever is chosen."""
    if is_chosen:
        order = kind.order(form.cleaned_data if form is not None else {})
        return foresee(tasks=tasks, order=order, by=user, versions=versions)
    refused = {}
    for task in tasks:
        try:
            check_row(task, versions.get(task.pk))
        except Refused as refusal:
            refused[task.pk] = refusal.sentence
    return refused


def _preview(
    request: HttpRequest,
    tasks: list[Task],
    refused: dict[Any, str],
    page: dict[str, Any],
    *,
    versions: Versions,
    status: int,
) -> HttpResponse:
    """The rows at the versions the person saw: one that others changed meanwhile stays left out."""
    reader = Reader(person(request), timezone.now())
    rows = [
        row_of(task, reader)
        | {"version": versions.get(task.pk) or task.version, "refusal": refused.get(task.pk, "")}
        for task in tasks
    ]
    able = sum(not row["refusal"] for row in rows)
    context = page | {
        "rows": rows,
        "able": able,
        "most": settings.BULK_ROWS,
        "next": back_to(request),
    }
    if wants_parts(request):
        return parts(request, "worklist/_bulk_seen.html", context, status=status)
    return render(request, "worklist/bulk.html", context, status=status)


def done_words(tasks: list[Task], outcome: Outcome) -> str:
    """ "4 done for 4 patients." """
    done = [task for task in tasks if task.pk not in outcome.refused]
    n, patients = len(done), len({task.patient_id for task in done if task.patient_id})
    sentence = ngettext("%(n)s task done", "%(n)s tasks done", n) % {"n": n}
    if outcome.batch is not None and outcome.batch.act != Act.CLOSE:
        words = {"n": n, "act": outcome.batch.get_act_display()}
        sentence = ngettext("%(act)s: %(n)s task", "%(act)s: %(n)s tasks", n) % words
    about = ngettext("for %(n)s patient", "for %(n)s patients", patients) % {"n": patients}
    return f"{sentence} {about}." if patients else f"{sentence}."


@require_safe
def bulk_result(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What came of each row, with one Undo for all of them."""
    user = person(request)
    batch, changes = get_batch(user, pk)
    said = {row["task"]: row["sentence"] for row in batch.refused}
    refused = list_refused(user, batch)
    reader = Reader(user, timezone.now())
    rows = [
        row_of(change.task, reader) | {"undone": change.undone_at is not None}
        for change in changes
        if change.task
    ]
    rows += [row_of(task, reader) | {"refusal": said[str(task.pk)]} for task in refused]
    may = batch.can_be_undone(timezone.now())
    undo_url = undo_address(batch) if may else ""
    context = {"batch": batch, "rows": rows, "undo_url": undo_url, "back": back_to(request)}
    return render(request, "worklist/bulk_result.html", context)
