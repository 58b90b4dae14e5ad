"""What follows from a message about tasks."""

from django.utils.translation import gettext as _

from coordination.accounts.actions import ensure_system_user
from coordination.accounts.models import User
from coordination.notifications.actions import notify
from coordination.notifications.models import Notification
from coordination.outbox.models import Message
from coordination.worklist.actions import close_task
from coordination.worklist.actions.tasks import OUTREACH
from coordination.worklist.actions.waking import wake_for_event
from coordination.worklist.models import Task
from coordination.worklist.rows import due_words


def notify_owner(message: Message) -> None:
    """Tell whoever was handed a task, unless it has been handed on or closed since."""
    task = Task.objects.select_related("owner__organization").filter(pk=message.payload["task_id"]).first()
    if task is None or not task.is_open or str(task.owner_id) != message.payload["user_id"]:
        return
    giver = User.objects.filter(pk=message.payload["by_id"]).first()
    words = {"name": giver, "title": task.title, "due": due_words(task, task.owner)}
    notify(
        user=task.owner,
        kind=Notification.Kind.SAFETY if task.is_critical else Notification.Kind.ASSIGNED,
        text=(_("%(name)s gave you a task: %(title)s, due %(due)s.") % words)[:300],
        route="worklist:task",
        subject_id=task.pk,
        patient_id=task.patient_id,
        key=f"task.assigned:{message.pk}",
        by=giver,
    )


def wake_for_news(message: Message) -> None:
    """Wake what sleeps until this happened to the patient, and tell each owner. Told twice, nothing sleeps any more."""
    event = message.payload["event"] if message.topic == "patient.news" else Task.Event.RESULT
    teller = User.objects.filter(pk=message.payload.get("by_id")).first()
    sleeping = Task.objects.asleep_for(message.payload["patient_id"], event)
    for task in sleeping.select_related("organization").order_by("pk"):
        woken = wake_for_event(task=task, event=event, by=ensure_system_user(task.organization))
        if woken is not None and woken.owner is not None:
            words = {"why": woken.snooze_reason, "title": woken.title}
            notify(
                user=woken.owner,
                kind=Notification.Kind.SAFETY if woken.is_critical else Notification.Kind.DUE,
                text=(_("%(why)s. %(title)s") % words)[:300],
                route="worklist:task",
                subject_id=woken.pk,
                patient_id=woken.patient_id,
                key=f"task.woken:{woken.pk}:{woken.version}",
                by=teller,
            )


def stop_outreach(message: Message) -> None:
    """Nobody calls a patient who died: what was to reach the patient ends, what is owed to others stays."""
    patient_id = message.payload["patient_id"]
    tasks = Task.objects.open().filter(patient_id=patient_id, patient__is_deceased=True, kind__in=OUTREACH)
    for task in tasks.select_related("organization").order_by("pk"):
        by = ensure_system_user(task.organization)
        close_task(task=task, by=by, outcome=Task.Outcome.DECEASED, note=_("The patient has died."))
