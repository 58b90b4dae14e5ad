"""What one does with one task: each act is a form that works as a page, in a dialog, and answers with the changed row."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from coordination.accounts.models import User
from coordination.accounts.permissions import Permission
from coordination.drafts.access import Kept, read_draft
from coordination.lib.refusal import Refused, Stale
from coordination.worklist import actions
from coordination.worklist.access import get_task, list_queues
from coordination.worklist.drafts import act_key
from coordination.worklist.forms import AssignForm, CloseForm, DueForm, TaskEdit, WaitingForm
from coordination.worklist.models import Task
from coordination.worklist.peek import checklist_of
from coordination.worklist.rows import due_value, due_words, name_of, owner_words, row_of, strip_of
from coordination.worklist.sleep import sleep_words
from coordination.worklist.snooze_form import SnoozeForm
from coordination.worklist.views.answers import back_to, parts, person, reader_of, row_answer, wants_parts
from coordination.worklist.views.promises import NOTE, offer_in, promise_in

Data = dict[str, Any]
Said = tuple[Task, str]  # the task as it is now, and the sentence


@dataclass(frozen=True)
class Act:
    route: str
    title: Promise
    commit: Promise  # the button names the patient
    build: Callable[[User, Task, Any], TaskEdit]
    perform: Callable[[User, Task, Data], Said]
    offer: Callable[[User, Task, Data], dict[str, Any] | None] = lambda _user, _task, _data: None


def _version(data: Data) -> int | None:
    version: int | None = data.get("version")
    return version


def _snooze(user: User, task: Task, data: Data) -> Said:
    task = actions.snooze_task(
        task=task,
        by=user,
        until=data["until"],
        wakes_on=data.get("wakes_on", ""),
        reason=data["reason"],
        version=_version(data),
        draft=act_key("snooze", task),
    )
    words = {"name": name_of(task), "title": task.title, "sleep": sleep_words(task, user, timezone.now())}
    return task, _("Snoozed %(name)s: %(title)s. %(sleep)s.") % words


def _assign(user: User, task: Task, data: Data) -> Said:
    task = actions.assign_task(
        task=task,
        by=user,
        owner=data["owner"],
        queue=data["queue"],
        version=_version(data),
        draft=act_key("assign", task),
    )
    words = {"name": name_of(task), "title": task.title, "owner": owner_words(task, user)}
    return task, _("%(owner)s has %(name)s: %(title)s.") % words


def _wait(user: User, task: Task, data: Data) -> Said:
    task = actions.set_waiting(
        task=task,
        by=user,
        waiting_on=data["waiting_on"],
        version=_version(data),
        draft=act_key("waiting", task),
    )
    words = {"name": name_of(task), "title": task.title, "whom": task.waiting_on}
    sentence = (
        _("%(name)s: %(title)s waits on %(whom)s.")
        if task.waiting_on
        else _("%(name)s: %(title)s is work again.")
    )
    return task, sentence % words


def _move(user: User, task: Task, data: Data) -> Said:
    task = actions.change_due(
        task=task,
        by=user,
        due=data["due"],
        reason=data["reason"],
        version=_version(data),
        draft=act_key("due", task),
    )
    words = {"name": name_of(task), "title": task.title, "due": due_words(task, user)}
    return task, _("%(name)s: %(title)s is due %(due)s.") % words


def _close(user: User, task: Task, data: Data) -> Said:
    note, outcome = data.get("note", ""), data.get("outcome") or Task.Outcome.COMPLETED
    task = actions.close_task(
        task=task, by=user, outcome=outcome, note=note, version=_version(data), draft=act_key("done", task)
    )
    words = {"name": name_of(task), "title": task.title}
    if (promised := promise_in(data, user, task)) is not None:
        words |= {"promised": promised.title, "due": due_words(promised, user)}
        return task, _("Done: %(name)s, %(title)s. Promised: %(promised)s, %(due)s.") % words
    return task, _("Done: %(name)s, %(title)s.") % words


def _offer(user: User, task: Task, data: Data) -> dict[str, Any] | None:
    if data.get("promised_for") is not None:
        return None
    return offer_in(user, task, NOTE, data["note"])


def _due_form(user: User, task: Task, data: Any) -> TaskEdit:
    due = due_value(task, user)
    local = task.due_at.astimezone(user.zone)
    initial = {
        "day": local.date() if task.due_has_time else due,
        "time": local.time() if task.due_has_time else None,
    }
    return DueForm(data, user=user, initial=initial)


def _assign_form(user: User, task: Task, data: Any) -> TaskEdit:
    return AssignForm(data, user=user, queues=list(list_queues(user, task.patient)), task=task)


SNOOZE = Act(
    "snooze",
    gettext_lazy("Snooze"),
    gettext_lazy("Snooze for %(name)s"),
    lambda user, task, data: SnoozeForm(data, user=user, task=task),
    _snooze,
)
ASSIGN = Act("assign", gettext_lazy("Assign"), gettext_lazy("Assign for %(name)s"), _assign_form, _assign)
WAITING = Act(
    "waiting",
    gettext_lazy("Waiting on"),
    gettext_lazy("Save for %(name)s"),
    lambda _user, task, data: WaitingForm(data, initial={"waiting_on": task.waiting_on}),
    _wait,
)
DUE = Act("due", gettext_lazy("Move the due time"), gettext_lazy("Move for %(name)s"), _due_form, _move)
DONE = Act(
    "done",
    gettext_lazy("How it ended"),
    gettext_lazy("Close for %(name)s"),
    lambda user, task, data: CloseForm(data, user=user, task=task),
    _close,
    _offer,
)


def _answer(request: HttpRequest, pk: uuid.UUID, act: Act) -> HttpResponse:
    user = person(request)
    task = get_task(user, pk, permission=Permission.TASK_WORK, to_change=request.method == "POST")
    if request.method != "POST":
        draft = read_draft(user, *act_key(act.route, task))
        form = act.build(user, task, None)
        form.initial.update(draft.fields)
        return _show(request, act, task, form, draft=draft)
    form = act.build(user, task, request.POST)
    if not form.is_valid():
        return _show(request, act, task, form, status=422)
    try:
        task, sentence = act.perform(user, task, form.cleaned_data)
    except Refused as refusal:
        return _show(request, act, task, form, refusal=refusal.sentence, status=422)
    except Stale as stale:
        return _show(
            request,
            act,
            get_task(user, pk, permission=Permission.TASK_WORK),
            form,
            stale=stale.sentence,
            status=409,
        )
    return row_answer(request, task, sentence, offer=act.offer(user, task, form.cleaned_data))


def _show(
    request: HttpRequest,
    act: Act,
    task: Task,
    form: TaskEdit,
    *,
    refusal: str = "",
    stale: str = "",
    status: int = 200,
    draft: Kept | None = None,
) -> HttpResponse:
    """The form, with what is stored now. After a conflict the next save is measured against that."""
    user = person(request)
    facts = [
        {"label": _("Task"), "value": task.headline},
        {"label": _("Due"), "value": due_words(task, user)},
        {"label": _("Who has it"), "value": owner_words(task, user)},
    ]
    context = {
        "act": act,
        "task": task,
        "form": form,
        "facts": facts,
        "banner": strip_of(task.patient, user) if task.patient is not None else None,
        "action_url": reverse(f"worklist:{act.route}", args=[task.pk]),
        "version": task.version if stale or not form.is_bound else form.data.get("version") or task.version,
        "commit": str(act.commit) % {"name": name_of(task)},
        "refusal": refusal,
        "stale": stale,
        "draft": draft or Kept(*act_key(act.route, task)),
        "place": "act",
        "next": back_to(request, reverse("worklist:task", args=[task.pk])),
    }
    template = "worklist/_act_dialog.html" if wants_parts(request) else "worklist/act.html"
    return parts(request, template, context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def snooze(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    return _answer(request, pk, SNOOZE)


@require_http_methods(["GET", "HEAD", "POST"])
def assign(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    return _answer(request, pk, ASSIGN)


@require_http_methods(["GET", "HEAD", "POST"])
def waiting(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    return _answer(request, pk, WAITING)


@require_http_methods(["GET", "HEAD", "POST"])
def due(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    return _answer(request, pk, DUE)


@require_http_methods(["GET", "HEAD", "POST"])
def done(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One click completes an ordinary task; the form says how else it ended."""
    if request.method == "POST" and "outcome" not in request.POST:
        return _at_once(request, pk, lambda user, task: _close(user, task, {}))
    return _answer(request, pk, DONE)


@require_POST
def claim(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    def perform(user: User, task: Task) -> Said:
        task = actions.claim_task(task=task, by=user)
        words = {"name": name_of(task), "title": task.title}
        return task, _("You have %(name)s: %(title)s.") % words

    return _at_once(request, pk, perform)


@require_POST
def wake(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    def perform(user: User, task: Task) -> Said:
        task = actions.wake_task(task=task, by=user)
        return task, _("Awake again: %(name)s, %(title)s.") % {"name": name_of(task), "title": task.title}

    return _at_once(request, pk, perform)


def _at_once(request: HttpRequest, pk: uuid.UUID, perform: Callable[[User, Task], Said]) -> HttpResponse:
    """An act of one click. Refused, it says why beside the row, or on the page of the task."""
    user = person(request)
    task = get_task(user, pk, permission=Permission.TASK_WORK, to_change=True)
    try:
        task, sentence = perform(user, task)
    except Refused as refusal:
        if wants_parts(request):
            task = get_task(user, pk, permission=Permission.TASK_WORK)
            return row_answer(request, task, refusal.sentence, tone="red", status=422)
        return refused_page(request, task, refusal.sentence)
    return row_answer(request, task, sentence)


def refused_page(request: HttpRequest, task: Task, sentence: str) -> HttpResponse:
    row = row_of(task, reader_of(request))
    banner = strip_of(task.patient, person(request)) if task.patient is not None else None
    context = {"row": row, "task": task, "banner": banner, "refusal": sentence, "next": back_to(request)}
    return parts(request, "worklist/refused.html", context, status=422)


@require_POST
def checklist(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Tick one step. `done` is sent by a ticked box only."""
    user = person(request)
    task = get_task(user, pk, permission=Permission.TASK_WORK, to_change=True)
    text = request.POST.get("step", "")
    step = int(text) if text.isdecimal() and len(text) < 4 else -1
    try:
        task = actions.tick_checklist(
            task=task, by=user, step=step, done="done" in request.POST, text=request.POST.get("text", "")
        )
    except Refused as refusal:
        if wants_parts(request):
            return row_answer(request, task, refusal.sentence, tone="red", status=422)
        return refused_page(request, task, refusal.sentence)
    if not wants_parts(request):
        return row_answer(request, task, _("Saved."))
    context = {"checklist": checklist_of(task, user), "task": task, "may_work": True}
    return parts(request, "worklist/_checklist.html", context)
