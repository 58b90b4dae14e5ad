"""Promises: the list of one's own, and the one click that makes a task of what was typed."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from coordination.accounts.models import User
from coordination.audit.actions import record_access
from coordination.audit.models import Event
from coordination.lib.days import local_date
from coordination.lib.permissions import Permission, require
from coordination.lib.refusal import Refused
from coordination.worklist.access import get_own_contact
from coordination.worklist.actions.promising import promise
from coordination.worklist.models import Contact, Task
from coordination.worklist.promise_words import Promise, find_promise
from coordination.worklist.promises import read_promises
from coordination.worklist.rows import due_words, name_of, strip_of
from coordination.worklist.views.answers import back_to, parts, person, wants_parts


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
    context = {
        "contact": contact,
        "found": found,
        "refusal": refusal,
        "banner": strip_of(contact.patient, user),
        "commit": _("Make it a task for %(name)s") % {"name": contact.patient.display_name},
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


def promise_in(data: dict[str, Any], user: User, task: Task) -> Task | None:
    """The task of what was promised beside a note about `task`; None when nothing was."""
    if data.get("promised_for") is None or task.patient is None:
        return None
    require(user, Permission.TASK_WORK)
    return promise(patient=task.patient, by=user, words=data["promise_words"], day=data["promised_for"])


def _promised(request: HttpRequest, user: User, task: Task, default: str) -> HttpResponse:
    words = {"name": name_of(task), "title": task.title, "due": due_words(task, user)}
    sentence = _("Promised to %(name)s: %(title)s, due %(due)s.") % words
    if wants_parts(request):
        return parts(request, "worklist/_answer.html", {"sentence": sentence})
    messages.success(request, sentence)
    return redirect(back_to(request, default))
