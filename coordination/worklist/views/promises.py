"""Promises: the list of one's own, and the one click that makes a task of what was typed."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from coordination.accounts.models import User
from coordination.audit.actions import record_access
from coordination.audit.models import Event
from coordination.lib.days import local_date
from coordination.lib.permissions import Permission, require
from coordination.lib.refusal import Refused
from coordination.worklist.access import get_own_contact, get_own_words
from coordination.worklist.actions.promising import promise
from coordination.worklist.models import Contact, Task
from coordination.worklist.promise_words import Promise, find_promise
from coordination.worklist.promises import read_promises
from coordination.worklist.rows import due_words, name_of, strip_of, undo_address
from coordination.worklist.views.answers import back_to, parts, person, wants_parts
from patients.models import Patient

NOTE = "outcome_note"
SAID_IN = {
    NOTE: gettext_lazy("The task is closed."),
    "reason": gettext_lazy("The task is saved."),
    "context": gettext_lazy("The task is saved."),
}


@require_safe
def promises(request: HttpRequest) -> HttpResponse:
    """What one promised: still open, late, kept, broken."""
    user = person(request)
    require(user, Permission.TASK_VIEW)
    page = read_promises(user, request.GET, timezone.now())
    detail = {"page": "promises", "state": page["state"], "rows": len(page["rows"])}
    record_access(Event.Kind.VIEW, "worklist.viewed", by=user, detail=detail)
    return render(request, "worklist/promises.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
def contact_promise(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Make a task of the promise one's own note speaks of. The note is read again: nothing of it is sent along."""
    user = person(request)
    contact = get_own_contact(user, pk)
    found = suggestion_of(user, contact)
    default = reverse("worklist:patient_tasks", args=[contact.patient_id])
    if found is None:
        return redirect(back_to(request, default))
    refusal = ""
    if request.method == "POST":
        try:
            task = promise(
                patient=contact.patient, by=user, words=found.words, day=found.day, contact=contact
            )
        except Refused as refused:
            refusal = refused.sentence
        else:
            return _promised(request, user, task, default)
    return _ask(request, contact.patient, found, _("The contact is saved."), default, refusal)


@require_http_methods(["GET", "HEAD", "POST"])
def task_promise(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The same of what one wrote when a task was closed or edited. The address says only in which field it stands."""
    user = person(request)
    name = request.GET.get("in", NOTE)
    if name not in SAID_IN:
        raise Http404
    task = get_own_words(user, pk, name)
    assert task.patient is not None
    default = reverse("worklist:task", args=[pk])
    found = find_promise(getattr(task, name), user.organization.today())
    if found is None:
        return redirect(back_to(request, default))
    refusal = ""
    if request.method == "POST":
        try:
            made = promise(patient=task.patient, by=user, words=found.words, day=found.day, task=task)
        except Refused as refused:
            refusal = refused.sentence
        else:
            return _promised(request, user, made, default)
    return _ask(request, task.patient, found, SAID_IN[name], default, refusal)


def _ask(
    request: HttpRequest, patient: Patient, found: Promise, saved: Any, default: str, refusal: str
) -> HttpResponse:
    context = {
        "saved": saved,
        "found": found,
        "refusal": refusal,
        "banner": strip_of(patient, person(request)),
        "commit": _("Make it a task for %(name)s") % {"name": patient.display_name},
        "next": back_to(request, default),
    }
    return parts(request, "worklist/promise.html", context, status=422 if refusal else 200)


def suggestion_of(user: User, contact: Contact) -> Promise | None:
    return find_promise(contact.note, user.organization.today()) if contact.note else None


def offer_of(user: User, contact: Contact) -> dict[str, Any] | None:
    """The promise in a note just saved, unless the next step is for that day already."""
    found = suggestion_of(user, contact) if user.may(Permission.TASK_WORK) else None
    if found is None:
        return None
    following = contact.next_task
    if following is not None and local_date(following.due_at, user.organization.zone) == found.day:
        return None
    url = reverse("worklist:contact_promise", args=[contact.pk])
    return {"words": found.words, "day": found.day, "url": url}


def offer_in(user: User, task: Task, name: str, text: str, *, before: str = "") -> dict[str, Any] | None:
    """The promise in what was just typed about a task; None for one that stood there before, or that the task itself keeps.

    It is read from the text at hand: looking for it asks the database nothing.
    """
    patient = task.patient
    if patient is None or not patient.may_be_contacted or not user.may(Permission.TASK_WORK):
        return None
    today = user.organization.today()
    found = find_promise(text, today)
    if found is None or found == find_promise(before, today):
        return None
    if task.is_open and local_date(task.due_at, user.organization.zone) == found.day:
        return None
    url = f"{reverse('worklist:task_promise', args=[task.pk])}?in={name}"
    return {"words": found.words, "day": found.day, "url": url}


def promise_in(data: dict[str, Any], user: User, task: Task) -> Task | None:
    """The task of what was promised beside the act just done to `task`; None when nothing was. Undo takes both back."""
    if data.get("promised_for") is None or task.patient is None:
        return None
    require(user, Permission.TASK_WORK)
    return promise(
        patient=task.patient,
        by=user,
        words=data["promise_words"],
        day=data["promised_for"],
        came_of=task.last_change,
    )


def _promised(request: HttpRequest, user: User, task: Task, default: str) -> HttpResponse:
    words = {"name": name_of(task), "title": task.title, "due": due_words(task, user)}
    sentence = _("Promised to %(name)s: %(title)s, due %(due)s.") % words
    if wants_parts(request):
        context = {"sentence": sentence, "undo_url": undo_address(task.last_change)}
        return parts(request, "worklist/_answer.html", context)
    messages.success(request, sentence, extra_tags=undo_address(task.last_change))
    return redirect(back_to(request, default))
