"""The health of the system, and what a person decides about messages a machine may not decide about."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from coordination.audit.access import read_seals
from coordination.lib.paging import keyset
from coordination.lib.permissions import Permission
from coordination.lib.refusal import Refused
from coordination.outbox import actions
from coordination.outbox.access import get_message, list_jobs, list_troubled, list_workers, read_queue
from coordination.outbox.models import Message

JOBS = {
    "verify_audit": gettext_lazy("Walk along the audit chain"),
    "forget_answers": gettext_lazy("Forget answers to repeated writes"),
    "forget_messages": gettext_lazy("Remove settled messages"),
    "forget_drafts": gettext_lazy("Remove old drafts"),
    "clear_sessions": gettext_lazy("Clear ended sessions"),
    "forget_import_files": gettext_lazy("Remove files of old imports"),
    "forget_office_files": gettext_lazy("Remove exported lists and rosters after their hours"),
    "gather_late_rows": gettext_lazy("Gather what came late to merged records"),
    "hand_over_covers": gettext_lazy("Ask for a handover where a cover ends"),
    "escalate": gettext_lazy("Put late tasks before the supervisor"),
    "weigh": gettext_lazy("Put tasks that were never weighed where they stand"),
    "check_loops": gettext_lazy("Look for work that could be dropped"),
}
TOPICS = {
    "loops.asked": gettext_lazy("Ask one rule about work that could be dropped"),
    "task.assigned": gettext_lazy("Tell the owner of a task"),
    "tasks.assigned": gettext_lazy("Tell the owner of several tasks"),
    "notification.mail": gettext_lazy("E-mail: something waits"),
    "patient.merged": gettext_lazy("Gather what came late to a merged record"),
    "patient.unmerged": gettext_lazy("Look for similar names after a merge was taken back"),
    "import.requested": gettext_lazy("Go on with an import"),
    "roster.requested": gettext_lazy("Go on with a roster"),
    "export.requested": gettext_lazy("Go on with an export"),
    "patient.named": gettext_lazy("Look for similar names"),
    "task.ended": gettext_lazy("Open what needed a task that ended"),
    "patient.news": gettext_lazy("Wake what sleeps until this happened"),
    "patient.result": gettext_lazy("Wake what sleeps until a result"),
    "patient.weighed": gettext_lazy("Put the tasks of a patient where they stand now"),
    "patient.died": gettext_lazy("End what was to reach a patient who died"),
    "cover.arranged": gettext_lazy("Tell the person who covers"),
    "cover.ended": gettext_lazy("Tell the person who covered"),
    "access.broken_glass": gettext_lazy("Have an emergency access reviewed"),
    "access.reviewed": gettext_lazy("End the task of an access review"),
    "webhook.due": gettext_lazy("Tell another system"),
    "user.invited": gettext_lazy("E-mail: invitation"),
    "password.forgotten": gettext_lazy("E-mail: new password"),
    "security.changed": gettext_lazy("E-mail: sign-in changed"),
}


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    return render(request, "outbox/health.html", _context(request))


def _context(request: HttpRequest) -> dict[str, Any]:
    user: Any = request.user
    page = keyset(
        list_troubled(user),
        order=[("created_at", "desc"), ("id", "desc")],
        after=request.GET.get("after"),
        before=request.GET.get("before"),
    )
    queue = read_queue(user)
    return {
        "queue": queue,
        "tiles": _tiles(queue),
        "troubled": [{"it": message, "label": TOPICS.get(message.topic, message.topic)} for message in page],
        "pager": page.links(request.GET, total=queue.troubled),
        "jobs": [
            {"it": job, "label": JOBS.get(job.name, job.name), "every": _every(job.minutes)}
            for job in list_jobs(user)
        ],
        "seals": read_seals(),
        "workers": list_workers(user),
        "version": settings.VERSION,
        "can_repair": user.may(Permission.HEALTH_REPAIR),
    }


def _every(minutes: int) -> str:
    """Say how often in the largest unit that fits."""
    if minutes % 1440 == 0:
        return ngettext("Day", "%(n)s days", minutes // 1440) % {"n": minutes // 1440}
    if minutes % 60 == 0:
        return ngettext("Hour", "%(n)s hours", minutes // 60) % {"n": minutes // 60}
    return ngettext("Minute", "%(n)s minutes", minutes) % {"n": minutes}


def _tiles(queue: Any) -> list[dict[str, Any]]:
    notes = {
        Message.State.QUEUED: _("Waiting for the worker or for their time"),
        Message.State.SENDING: _("A worker has them now"),
        Message.State.UNCERTAIN: _("May have arrived: a person decides"),
        Message.State.DEAD: _("Failed too often: a person decides"),
        Message.State.SENT: _("Done"),
        Message.State.CANCELLED: _("Stopped by a person"),
    }
    return [
        {"label": state.label, "value": str(queue.counts[state]), "note": notes[state]}
        for state in Message.State
    ]


@require_POST
def send_again(request: HttpRequest, pk: Any) -> HttpResponse:
    return _decided(request, pk, actions.send_again, _("The message is queued again."))


@require_POST
def mark_sent(request: HttpRequest, pk: Any) -> HttpResponse:
    return _decided(request, pk, actions.mark_sent, _("The message counts as sent."))


@require_POST
def cancel(request: HttpRequest, pk: Any) -> HttpResponse:
    return _decided(request, pk, actions.cancel, _("The message is cancelled."))


def _decided(request: HttpRequest, pk: Any, action: Callable[..., Message], said: str) -> HttpResponse:
    user: Any = request.user
    message = get_message(user, pk, permission=Permission.HEALTH_REPAIR)
    try:
        action(message=message, by=user)
    except Refused as refusal:
        return render(request, "outbox/health.html", {**_context(request), "refusal": refusal}, status=422)
    messages.success(request, said)
    return redirect("outbox:health")
