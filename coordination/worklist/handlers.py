"""What follows from a message about tasks."""

from django.utils.translation import gettext as _

from coordination.accounts.models import User
from coordination.notifications.actions import notify
from coordination.notifications.models import Notification
from coordination.outbox.models import Message
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
