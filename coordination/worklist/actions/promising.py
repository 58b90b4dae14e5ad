"""What was promised to a patient becomes a task the moment it is said."""

import datetime as dt

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from coordination.accounts.models import User
from coordination.lib import display
from coordination.lib.refusal import Refused
from coordination.worklist.actions.caseload import already_closed
from coordination.worklist.actions.tasks import open_task
from coordination.worklist.due import Due
from coordination.worklist.models import Act, Change, Contact, Task
from patients.models import Patient


@transaction.atomic
def promise(
    *,
    patient: Patient,
    by: User,
    words: str,
    day: dt.date,
    contact: Contact | None = None,
    task: Task | None = None,
    came_of: Change | None = None,
) -> Task:
    """Open the task of a promise: due that day, for whoever promised. It goes back with the act it came of.

    The promise of one contact is opened once, and so is that of one day in what was written about one task; anew when it was undone.
    """
    today = by.organization.today()
    if day < today:
        raise Refused(_("Choose a day that is still to come."), field="promise_day")
    if contact is not None:
        if contact.undone_at is not None:
            raise _taken_back()
        came_of = came_of or _held(Change.objects.filter(contact=contact, act=Act.CONTACT))
        if came_of is not None and came_of.undone_at is not None:
            raise _taken_back()
    elif task is not None:
        came_of = came_of or _held(Change.objects.filter(task=task, by=by).order_by("-at", "-id"))
    title = words.strip() or _("Call the patient")
    opened = open_task(
        by=by,
        patient=patient,
        title=title[:200],
        reason=_("Promised to the patient on %(day)s") % {"day": display.day_short(today)},
        due=Due.on(day, by.organization),
        kind=Task.Kind.CALL if title.lower().startswith(("call", "phone", "ring")) else Task.Kind.FOLLOW_UP,
        minutes=10,
        source=Task.Source.PROMISE,
        source_key=_key(contact, task, day),
        came_of=came_of,
    )
    if not opened.is_open:
        raise Refused(already_closed(opened))
    return opened


def _held(changes: QuerySet[Change]) -> Change | None:
    """The act, locked: whoever takes it back meanwhile waits, and takes the promise back with it; or was first."""
    return changes.select_for_update(no_key=True).first()


def _taken_back() -> Refused:
    return Refused(_("This contact was undone. Log it again to promise something in it."))


def _key(contact: Contact | None, task: Task | None, day: dt.date) -> str:
    if contact is not None:
        return f"promise:{contact.pk}"
    return f"promise:{task.pk}:{day}" if task is not None else ""
