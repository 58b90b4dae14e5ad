"""The doors to tasks and contacts, and to whose work one may look at."""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, QuerySet, Value
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from coordination.accounts.access import list_colleagues, require
from coordination.accounts.models import Cover, Team, User
from coordination.accounts.permissions import Permission
from coordination.lib.days import end_of_day, start_of_day
from coordination.worklist.models import Contact, Task
from coordination.worklist.querysets import Clock
from patients.models import Patient
from patients.querysets import scope_of


@dataclass(frozen=True)
class Desk:
    """Whose work a list shows: one's own, a team's queue, or that of a colleague one covers for."""

    key: str
    label: str
    owner_id: uuid.UUID | None = None
    queue_id: uuid.UUID | None = None


def get_task(user: User, pk: Any, *, permission: Permission = Permission.TASK_VIEW) -> Task:
    """404 if the person may not know the task exists, 403 if they see it but may not do this."""
    task: Task = get_object_or_404(Task.objects.visible_to(user).with_record(), pk=pk)
    require(user, permission)
    return task


def clock_of(user: User, now: dt.datetime | None = None) -> Clock:
    """Today is the organization's day: a date means the same for everyone on the team."""
    zone, today = user.organization.zone, user.organization.today()
    return Clock(now or timezone.now(), start_of_day(today, zone), end_of_day(today, zone))


def own_desk(user: User) -> Desk:
    return Desk("mine", _("My work"), owner_id=user.pk)


def list_desks(user: User) -> list[Desk]:
    """One's own first, then the queues of the teams one works in, then the people one covers for. One statement."""
    today = user.organization.today()
    kind = {"queue": Value("queue", output_field=CharField()), "cover": Value("cover", output_field=CharField())}
    queues = Team.objects.filter(pk__in=scope_of(user).team_ids, is_active=True).values_list(kind["queue"], "id", "name")
    covers = Cover.objects.in_force(today).filter(covering=user).values_list(kind["cover"], "absent_id", "absent__name")
    desks = [own_desk(user)]
    for what, pk, name in sorted(queues.union(covers), key=lambda row: (row[0] != "queue", row[2])):
        if what == "queue":
            desks.append(Desk(f"queue:{pk}", _("Queue of %(team)s") % {"team": name}, queue_id=pk))
        else:
            desks.append(Desk(f"cover:{pk}", _("Covering for %(name)s") % {"name": name}, owner_id=pk))
    return desks


def desk_named(user: User, key: str) -> Desk:
    """The desk a key stands for, without its name. What is on it is still cut down to what the person may see."""
    kind, _colon, text = key.partition(":")
    try:
        pk = uuid.UUID(text)
    except ValueError:
        return own_desk(user)
    return Desk(key, "", queue_id=pk) if kind == "queue" else Desk(key, "", owner_id=pk)


def list_work(user: User, desk: Desk) -> QuerySet[Task]:
    tasks = Task.objects.visible_to(user).open()
    return tasks.in_queues([desk.queue_id]) if desk.queue_id else tasks.owned_by(desk.owner_id)


def list_open_tasks(user: User, patient: Patient) -> QuerySet[Task]:
    return Task.objects.visible_to(user).of(patient).open().with_patient().in_work_order()


def list_closed_tasks(user: User, patient: Patient) -> QuerySet[Task]:
    tasks = Task.objects.visible_to(user).of(patient).closed().select_related("closed_by", "owner", "queue")
    return tasks.order_by("-closed_at", "-id")


def list_contacts(user: User, patient: Patient) -> QuerySet[Contact]:
    return Contact.objects.visible_to(user).of(patient).select_related("staff").newest_first()


def list_contacts_about(user: User, task: Task) -> QuerySet[Contact]:
    return Contact.objects.visible_to(user).filter(task=task).select_related("staff").newest_first()


def list_owners(user: User) -> list[User]:
    """Colleagues who may work a task. Whether they see the patient is asked when one is chosen."""
    return [colleague for colleague in list_colleagues(user) if colleague.may(Permission.TASK_WORK)]


def list_queues(user: User, patient: Patient | None) -> QuerySet[Team]:
    """A task about a patient waits in the queue of the patient's own team, where everyone sees the patient."""
    teams = Team.objects.visible_to(user).filter(is_active=True).order_by("name", "id")
    return teams.filter(pk=patient.team_id) if patient is not None else teams
