"""Changing what a task says, by two people at once if it must be."""

import json
import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from coordination.accounts.models import User
from coordination.accounts.permissions import Permission
from coordination.drafts.access import Kept, read_draft
from coordination.drafts.actions import let_go
from coordination.lib.editing import sent, side_by_side
from coordination.lib.refusal import Refused, Stale
from coordination.worklist import actions
from coordination.worklist.access import get_task
from coordination.worklist.actions.editing import Edited
from coordination.worklist.drafts import edit_key
from coordination.worklist.edit_form import TaskEditForm
from coordination.worklist.forms import PROMISE
from coordination.worklist.models import Task
from coordination.worklist.rows import due_words, name_of, strip_of, undo_address
from coordination.worklist.views.answers import back_to, person, way_on
from coordination.worklist.views.promises import SAID_IN, offer_in, promise_in


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Edits of different fields merge by themselves and say so; of the same field both values are shown (409)."""
    user = person(request)
    task = get_task(user, pk, permission=Permission.TASK_WORK)
    form = TaskEditForm(request.POST if request.method == "POST" else None, task=task, user=user)
    if request.method != "POST":
        form.restore(_draft(request, task).fields)
        return _page(request, task, form)
    if not form.is_valid():
        return _page(request, task, form, status=422)
    try:
        edited = actions.edit_task(
            task=task,
            by=user,
            values=form.changes(),
            seen=form.seen_before(),
            version=form.shown_version,
            why=form.cleaned_data.get("why", ""),
        )
        promised = promise_in(form.cleaned_data, user, edited.task)
    except Refused as refusal:
        if refusal.field in form.fields:
            form.add_error(refusal.field, refusal.sentence)
            return _page(request, task, form, status=422)
        return _page(request, task, form, refusal=refusal.sentence, status=422)
    except Stale as stale:
        return _conflict(request, task, form, stale)
    form_name, subject_id = edit_key(task)
    let_go(by=user, form=form_name, subject_id=subject_id)
    said = saved_words(edited, form)
    if promised is not None:
        words = {"title": promised.title, "due": due_words(promised, user)}
        said = f"{said} {_('Promised: %(title)s, %(due)s.') % words}"
    done = edited.task.last_change or (promised.last_change if promised is not None else None)
    messages.success(request, said, extra_tags=undo_address(done))
    offer = None if promised is not None else _offer(user, edited.task, form)
    return redirect(way_on(offer, back_to(request, reverse("worklist:task", args=[pk]))))


def _offer(user: User, task: Task, form: TaskEditForm) -> dict[str, Any] | None:
    """The first promise this edit wrote into the task."""
    before, now = form.seen_before() or {}, form.changes()
    found = (
        offer_in(user, task, name, now[name], before=before.get(name, "")) for name in SAID_IN if name in now
    )
    return next((offer for offer in found if offer), None)


def saved_words(edited: Edited, form: TaskEditForm) -> str:
    words = {"name": name_of(edited.task), "title": edited.task.title}
    if not edited.kept:
        return _("Saved for %(name)s: %(title)s.") % words
    fields = ", ".join(str(form.label_of[name]) for name in edited.kept if name in form.label_of)
    words |= {"other": edited.other, "fields": fields}
    return _("Saved for %(name)s: %(title)s. What %(other)s changed meanwhile was kept: %(fields)s.") % words


def _draft(request: HttpRequest, task: Task) -> Kept:
    restore = request.method != "POST"
    return read_draft(person(request), *edit_key(task), restore=restore, version=task.version)


def _about(request: HttpRequest, task: Task) -> dict[str, Any]:
    return {
        "task": task,
        "banner": strip_of(task.patient, person(request)) if task.patient is not None else None,
        "next": back_to(request, reverse("worklist:task", args=[task.pk])),
        "commit": _("Save for %(name)s") % {"name": name_of(task)},
    }


def _page(
    request: HttpRequest, task: Task, form: TaskEditForm, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    context = _about(request, task) | {"form": form, "refusal": refusal, "draft": _draft(request, task)}
    return render(request, "worklist/edit.html", context, status=status)


def _conflict(request: HttpRequest, task: Task, form: TaskEditForm, stale: Stale) -> HttpResponse:
    """What both changed, side by side. What is chosen is measured against what is stored now."""
    about = _about(request, task)
    rows, same = side_by_side(form, stale.current, leave_out=("why", *PROMISE))
    hidden = [*same, ("seen", json.dumps(form.seen_of(stale.current))), ("next", about["next"])]
    hidden += [
        (name, sent(form.fields[name], form.cleaned_data[name])) for name in PROMISE if name in form.fields
    ]
    conflict = {
        "sentence": stale.sentence,
        "fields": rows,
        "action": request.path,
        "version": stale.version,
        "hidden": [*hidden, ("why", form.cleaned_data.get("why", ""))],
        "save_label": about["commit"],
        "cancel_url": about["next"],
    }
    return render(request, "worklist/conflict.html", about | {"conflict": conflict}, status=409)
