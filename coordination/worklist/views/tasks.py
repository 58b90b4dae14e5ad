"""The pages of tasks: one task, a new one, and all of one patient."""

import uuid
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from coordination.accounts.middleware import passive
from coordination.accounts.models import User
from coordination.audit.actions import record_access
from coordination.audit.models import Event
from coordination.drafts.access import read_draft
from coordination.drafts.actions import let_go
from coordination.lib.paging import keyset
from coordination.lib.permissions import Permission, require
from coordination.lib.refusal import Refused
from coordination.lib.staleness import read_moment
from coordination.worklist import actions
from coordination.worklist.access import (
    get_task,
    list_changes,
    list_closed_tasks,
    list_contacts_about,
    list_needable,
    list_needed_by,
    list_needs,
    list_open_tasks,
    list_queues,
)
from coordination.worklist.changes import count_changes_about
from coordination.worklist.day import ORDERS, first_read
from coordination.worklist.drafts import task_key
from coordination.worklist.history import told
from coordination.worklist.models import Task
from coordination.worklist.peek import checklist_of, log_form, why
from coordination.worklist.rows import (
    Reader,
    actions_of,
    contact_of,
    due_words,
    ended_actions_of,
    escalated_words,
    name_of,
    owner_words,
    row_of,
    strip_of,
    undo_address,
)
from coordination.worklist.sleep import sleep_words
from coordination.worklist.standing import standing_words
from coordination.worklist.task_form import TaskForm
from coordination.worklist.turns import repeat_words
from coordination.worklist.views.answers import back_to, id_in, parts, person
from patients.access import get_patient, open_record
from patients.banner import Banner, record_page, with_query
from patients.models import Patient
from patients.walking import ALONG, walk_here

OPEN_ROWS = 100  # open tasks on one page of a record


@require_safe
def task(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One commitment: why it exists, who has it, until when, and what was tried."""
    user = person(request)
    found = get_task(user, pk)
    reader = Reader(user, timezone.now())
    back = back_to(request)
    context: dict[str, Any] = {
        "task": found,
        "why": why(found, user),
        "owner": owner_words(found, user),
        "due_words": due_words(found, user),
        "sleep": sleep_words(found, user, reader.now),
        "repeats": repeat_words(found),
        "standing": standing_words(found),
        "escalated": escalated_words(found, user),
        "needs": list_needs(user, found),
        "needed_by": list_needed_by(user, found),
        "checklist": checklist_of(found, user),
        "contacts": [contact_of(contact) for contact in list_contacts_about(user, found)[:20]],
        "may_work": found.may_be_worked_by(user),
        "links": actions_of(found, reader) if found.is_open else ended_actions_of(found, reader),
        "history": told(list_changes(user, found)[: settings.HISTORY_ROWS], user),
        "back": back,
    }
    if found.patient is not None:
        context |= record_page(user, found.patient, "tasks", label=found.title)
        context["banner"] = own_keys_first(context["banner"], context["links"])
        context |= log_form(user, found.patient, found, place="page", back=back)
        record_access(Event.Kind.VIEW, "patient.viewed", by=user, target=found, detail={"page": "task"})
    return render(request, "worklist/task.html", context)


def own_keys_first(banner: Banner, links: dict[str, Any]) -> Banner:
    """On the page of an open task L logs about this task, and A is to assign it: the head gives that key up."""
    actions = [dict(action) for action in banner.actions]
    for action in actions:
        if action["key"] == "l" and links.get("log_url"):
            action["url"] = links["log_url"]
        elif action["key"] == "a" and links.get("assign_url"):
            action["key"] = action["shown_key"] = ""
    return replace(banner, actions=actions)


@require_http_methods(["GET", "HEAD", "POST"])
def task_new(request: HttpRequest) -> HttpResponse:
    """A new commitment, about a patient or not."""
    user = person(request)
    require(user, Permission.TASK_WORK)
    pk = request.GET.get("patient", "")
    patient = get_patient(user, id_in(pk), permission=Permission.TASK_WORK) if pk else None
    sent = request.POST if request.method == "POST" else None
    draft = read_draft(user, *task_key(user, patient), restore=sent is None)
    queues, others = list(list_queues(user, patient)), list_needable(user, patient)
    form = TaskForm(sent, user=user, queues=queues, others=others, initial=draft.fields)
    refusal = ""
    if sent is not None and sent.get("patient", "") != (str(patient.pk) if patient else ""):
        refusal = _("This form was about another patient. Nothing was saved.")
    elif sent is not None and form.is_valid():
        try:
            opened = _open(user, patient, form.cleaned_data)
            let_go(by=user, form=draft.form, subject_id=draft.subject_id)
        except Refused as refused:
            refusal = refused.sentence
        else:
            words = {"name": name_of(opened), "title": opened.title, "due": due_words(opened, user)}
            said = _("Added %(name)s: %(title)s, due %(due)s.") % words
            messages.success(request, said, extra_tags=undo_address(opened.last_change))
            return redirect(back_to(request))
    context = {
        "form": form,
        "draft": draft,
        "refusal": refusal,
        "patient": patient,
        "banner": strip_of(patient, user) if patient else None,
        "commit": _("Add task for %(name)s") % {"name": patient.display_name} if patient else _("Add task"),
        "next": back_to(request),
    }
    return render(request, "worklist/task_new.html", context, status=200 if sent is None else 422)


def _open(user: User, patient: Patient | None, data: dict[str, Any]) -> Task:
    names = (
        "title", "reason", "kind", "due", "owner", "queue", "priority", "minutes", "context",
        "needs", "repeat_every", "repeat_unit", "repeat_until",
    )  # fmt: skip
    source = Task.Source.PROMISE if data["promised"] and patient is not None else Task.Source.PERSON
    return actions.open_task(
        by=user,
        patient=patient,
        checklist=data["steps"],
        source=source,
        **{name: data[name] for name in names},
    )


@require_safe
def patient_tasks(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Every commitment to one patient: what is open, by whom, and how the others ended."""
    user = person(request)
    patient = open_record(user, pk, page="tasks", permission=Permission.TASK_VIEW)
    reader = Reader(user, timezone.now())
    asked = request.GET.copy()
    then = first_read(asked.get("at", ""), reader.now) if {"open_after", "open_before"} & set(asked) else None
    asked["at"] = (then or reader.now).isoformat()
    opened = keyset(
        list_open_tasks(user, patient, then),
        order=ORDERS["due"],
        after=asked.get("open_after"),
        before=asked.get("open_before"),
        size=OPEN_ROWS,
    )
    open_rows = [
        row_of(each, reader) | {"owner": owner_words(each, user), "version": each.version} for each in opened
    ]
    page = keyset(
        list_closed_tasks(user, patient),
        order=[("closed_at", "desc"), ("id", "desc")],
        after=request.GET.get("after"),
        before=request.GET.get("before"),
        size=20,
    )
    may_work = user.may(Permission.TASK_WORK)
    since = {"since": reader.now.isoformat()} | ({ALONG: request.GET[ALONG]} if ALONG in request.GET else {})
    context = {
        "rows": open_rows,
        "open_pager": opened.links(asked, of="open_") | {"label": _("Pages of open tasks")},
        "closed": page.rows,
        "pager": page.links(request.GET),
        "may_work": may_work,
        "may_log": user.may(Permission.CONTACT_LOG) and patient.may_be_contacted,
        "may_add": may_work and patient.status == patient.Status.ACTIVE,
        "refreshed_at": reader.now,
        "changes_url": f"{reverse('worklist:patient_changes', args=[patient.pk])}?{urlencode(since)}",
        "poll_seconds": settings.STALE_POLL_SECONDS,
    }
    return render(
        request,
        "worklist/patient_tasks.html",
        record_page(user, patient, "tasks", walk=walk_here(request, patient, "tasks")) | context,
    )


@passive
@require_safe
def patient_changes(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """How many tasks of the patient others changed since the page was read; nothing to say is 204. Asked by the page itself."""
    user = person(request)
    patient = get_patient(user, pk, permission=Permission.TASK_VIEW)
    since = read_moment(request.GET.get("since", ""))
    number = count_changes_about(user, patient, since) if since else 0
    if not number:
        return HttpResponse(status=204)
    along = urlencode({ALONG: request.GET[ALONG]}) if ALONG in request.GET else ""
    show_url = with_query(reverse("worklist:patient_tasks", args=[pk]), along)
    return parts(request, "components/changes.html", {"number": number, "show_url": show_url})
