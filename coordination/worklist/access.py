"""The doors to tasks and contacts, and to whose work one may look at."""

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import Exists, F, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from coordination.accounts.models import Cover, Team, User
from coordination.lib.days import end_of_day, local_date, start_of_day
from coordination.lib.paging import Page
from coordination.lib.permissions import Permission, require
from coordination.lib.refusal import Refused
from coordination.worklist.models import OPEN, Act, Batch, Change, Contact, SavedView, Snippet, Task
from coordination.worklist.querysets import ChangeQuerySet, Clock, TaskQuerySet
from patients.access import changes_by
from patients.models import Patient, RecordChange
from patients.querysets import scope_of

ESCALATED = "escalated"


@dataclass(frozen=True)
class Desk:
    """Whose work a list shows: one's own, a team's queue, that of a colleague one covers for, or what is late before oneself."""

    key: str
    label: str
    owner_id: uuid.UUID | None = None
    queue_id: uuid.UUID | None = None
    escalated_to_id: uuid.UUID | None = None


def get_task(
    user: User, pk: Any, *, permission: Permission = Permission.TASK_VIEW, to_change: bool = False
) -> Task:
    """404 if the person may not know the task exists, 403 if they see it but may not do this.

    `to_change` locks it, with its patient, in the same statement, so that an action need not ask again. A task about no patient
    is locked by the action.
    """
    seen = Task.objects.visible_to(user).with_record()
    held: Task | None = seen.with_its_patient().filter(pk=pk).first() if to_change else None
    if held is not None:
        held.held_in = connection.atomic_blocks[0]
    task: Task = held or get_object_or_404(seen, pk=pk)
    kept = permission in {Permission.TASK_VIEW, Permission.TASK_WORK} and task.may_be_worked_by(user)
    if not kept:
        require(user, permission)
    return task


def list_among(user: User, ids: Collection[Any]) -> list[Task]:
    """The tasks of these that this person sees and may work, in the order of the work; 404 when there are none."""
    require(user, Permission.TASK_WORK)
    tasks = Task.objects.visible_to(user).filter(pk__in=ids).with_record().in_work_order(clock_of(user))
    found = list(tasks.select_related("patient", "owner", "queue", "closed_by", "updated_by"))
    if not found:
        raise Http404
    return found


def require_day(user: User) -> None:
    """Raise PermissionDenied (403) for roles that have no day: neither tasks of patients nor of their own."""
    if not user.may(Permission.OWN_TASKS):
        require(user, Permission.TASK_VIEW)


def get_change(user: User, pk: Any) -> Change:
    """404 for an act on what the person may not know of, 403 if they may not do what they would undo."""
    change: Change = get_object_or_404(Change.objects.visible_to(user).with_record(), pk=pk)
    if not change.may_be_undone_by(user):
        require(user, Permission.CONTACT_LOG if change.is_of_contact else Permission.TASK_WORK)
    return change


def get_contact_change(user: User, contact: Contact) -> Change:
    """How a contact was logged, to take it back; 422 for one that nobody logged here."""
    logged = Change.objects.visible_to(user).filter(contact=contact, act=Act.CONTACT).first()
    if logged is None:
        raise Refused(_("This contact was not logged here. It cannot be undone."))
    return get_change(user, logged.pk)


def get_end(user: User, task: Task) -> Change:
    """How a closed task ended, to take it back; 422 for one that is open."""
    ends = list_changes(user, task).filter(act__in=[Act.CLOSE, Act.CONTACT], undone_at__isnull=True)
    end = None if task.is_open else ends.first()
    if end is None:
        raise Refused(_("This task is open.") if task.is_open else _("Its end cannot be undone any more."))
    return get_change(user, end.pk)


def get_batch(user: User, pk: Any) -> tuple[Batch, list[Change]]:
    """A batch, and those of its rows this person sees; 404 when there are none."""
    rows = list(Change.objects.visible_to(user).with_record().filter(batch=pk).order_by("pk"))
    if not rows:
        raise Http404
    require(user, Permission.TASK_WORK)
    return rows[0].batch, rows


def list_refused(user: User, batch: Batch) -> list[Task]:
    """The tasks of a batch that were refused, as far as this person sees them."""
    ids = [row["task"] for row in batch.refused]
    found = Task.objects.visible_to(user).filter(pk__in=ids).with_record().order_by("pk")
    return list(found) if ids else []


def get_undoable(user: User, pk: Any) -> Change | tuple[Batch, list[Change]]:
    """What an Undo button names: one act, or a batch with its rows."""
    if Batch.objects.filter(pk=pk, organization_id=user.organization_id).exists():
        return get_batch(user, pk)
    return get_change(user, pk)


def list_done_by(user: User, since: dt.datetime) -> ChangeQuerySet:
    """What this person did, each act once. Order by -at, -id."""
    done: ChangeQuerySet = Change.objects.visible_to(user).filter(by=user, at__gte=since).acts().with_record()
    return done


def list_done_to_records(user: User, since: dt.datetime, page: Page[Any]) -> list[RecordChange]:
    """What this person did to records between the acts of one page, so that every page of what they did goes on where one ended."""
    done = changes_by(user).filter(at__gte=page.rows[-1].at if page.next_cursor else since)
    if page.previous_cursor:
        newer = list_done_by(user, since).filter(at__gt=page.rows[0].at).order_by("at").values("at")[:1]
        done = done.filter(at__lt=Subquery(newer))
    return list(done.order_by("-at", "-id"))


def list_changes(user: User, task: Task) -> QuerySet[Change]:
    return Change.objects.visible_to(user).filter(task=task).with_record().newest_first()


def name_owners(people: Collection[str], teams: Collection[str]) -> dict[str, str]:
    """The names of people and teams by their ids, also of those who left."""
    found: dict[str, str] = {}
    for model, ids in ((User, people), (Team, teams)):
        if ids:
            found |= {
                str(pk): name for pk, name in model.objects.filter(pk__in=ids).values_list("pk", "name")
            }
    return found


def clock_of(user: User, now: dt.datetime | None = None) -> Clock:
    """Today is the organization's day: a date means the same for everyone on the team."""
    now, zone = now or timezone.now(), user.organization.zone
    today = local_date(now, zone)
    return Clock(now, start_of_day(today, zone), end_of_day(today, zone))


def own_desk(user: User) -> Desk:
    return Desk("mine", _("My work"), owner_id=user.pk)


def read_desks(user: User, *, asked: str = "", **also: Any) -> tuple[list[Desk], dict[str, Any]]:
    """One's own desk, then the queues of the teams one works in, then the people one covers for.

    The desk for what was escalated is there while something is, and when it is asked for: a saved view of it may be empty.
    What a list says about itself (`also`) is read in the same statement: My day is opened more often than anything else.
    """
    named = {"id": F("pk"), "name": F("name")}
    absent = {"id": F("absent_id"), "name": F("absent__name")}
    teams = Team.objects.filter(pk__in=scope_of(user).team_ids, is_active=True).order_by("name")
    covers = Cover.objects.in_force(user.organization.today()).filter(covering=user).order_by("absent__name")
    (row,) = User.objects.filter(pk=user.pk).values(
        queues=ArraySubquery(teams.values(json=JSONObject(**named))),
        covers=ArraySubquery(covers.values(json=JSONObject(**absent))),
        escalated=Exists(Task.objects.open().filter(escalated_to=user)),
        **also,
    )
    desks = [own_desk(user)]
    if row.pop("escalated") or asked == ESCALATED:
        desks.append(Desk(ESCALATED, _("Escalated to me"), escalated_to_id=user.pk))
    for team in row.pop("queues") or []:
        label = _("Queue of %(team)s") % {"team": team["name"]}
        desks.append(Desk(f"queue:{team['id']}", label, queue_id=uuid.UUID(team["id"])))
    for colleague in row.pop("covers") or []:
        label = _("Covering for %(name)s") % {"name": colleague["name"]}
        desks.append(Desk(f"cover:{colleague['id']}", label, owner_id=uuid.UUID(colleague["id"])))
    return desks, row


def desk_named(user: User, key: str) -> Desk:
    """The desk a key stands for, without its name. What is on it is still cut down to what the person may see."""
    if key == ESCALATED:
        return Desk(key, "", escalated_to_id=user.pk)
    kind, _colon, text = key.partition(":")
    try:
        pk = uuid.UUID(text)
    except ValueError:
        return own_desk(user)
    return Desk(key, "", queue_id=pk) if kind == "queue" else Desk(key, "", owner_id=pk)


def list_work(user: User, desk: Desk) -> TaskQuerySet:
    tasks: TaskQuerySet = Task.objects.visible_to(user).open()
    if desk.escalated_to_id:
        return tasks.filter(escalated_to_id=desk.escalated_to_id)
    return tasks.in_queues([desk.queue_id]) if desk.queue_id else tasks.owned_by(desk.owner_id)


def list_tasks(user: User, **asked: Any) -> TaskQuerySet:
    """Tasks the person sees, narrowed. Asked for nobody's, no queue's and no patient's in particular: one's own, and open.

    What changed since a moment (`updated_since`) is of everybody and also what ended, for it ended since.
    """
    require(user, Permission.TASK_VIEW)
    tasks: TaskQuerySet = Task.objects.visible_to(user).with_needs()
    columns = ("owner_id", "queue_id", "patient_id", "kind")
    named: dict[str, Any] = {name: asked[name] for name in columns if name in asked}
    if "updated_since" in asked:
        named["updated_at__gte"] = asked["updated_since"]
    elif not {"owner_id", "queue_id", "patient_id"} & set(named):
        named["owner_id"] = user.pk
    if "due_after" in asked:
        named["due_at__gte"] = asked["due_after"]
    if "due_before" in asked:
        named["due_at__lt"] = asked["due_before"]
    tasks = tasks.filter(**named)
    if "bucket" in asked:
        return tasks.in_bucket(asked["bucket"], clock_of(user))
    status = asked.get("status", "all" if "updated_since" in asked else "open")
    groups = {"open": tasks.open, "closed": tasks.closed, "all": tasks.all}
    return groups[status]() if status in groups else tasks.filter(status=status)


def list_open_tasks(user: User, patient: Patient, now: dt.datetime | None = None) -> QuerySet[Task]:
    """Order by rank, stands_at, id. `now` is when the first page of them was read: the groups of a later one are those."""
    tasks = Task.objects.visible_to(user).of(patient).open().with_patient()
    return tasks.in_work_order(clock_of(user, now))


def list_needable(user: User, patient: Patient | None) -> QuerySet[Task]:
    """What a new task may need first: the open tasks of its patient; of one about nobody, one's own about nobody."""
    tasks = Task.objects.visible_to(user).open()
    return tasks.of(patient) if patient is not None else tasks.filter(patient__isnull=True, owner=user)


def list_needs(user: User, task: Task) -> list[Task]:
    """What has to end before this task, as far as this person sees it."""
    return list(Task.objects.visible_to(user).filter(needed_by__task=task).order_by("created_at", "id"))


def read_needs(task: Task) -> Task:
    """The task with the ids of what it needs first, as in a list (`with_needs`). Only one that is blocked needs anything."""
    links = task.needs.filter(needs__status__in=OPEN).order_by("needs_id")
    is_blocked = task.status == Task.Status.BLOCKED
    task.open_need_ids = list(links.values_list("needs_id", flat=True)) if is_blocked else []
    return task


def list_needed_by(user: User, task: Task) -> list[Task]:
    return list(Task.objects.visible_to(user).filter(needs__needs=task).order_by("created_at", "id"))


def list_closed_tasks(user: User, patient: Patient) -> QuerySet[Task]:
    tasks = Task.objects.visible_to(user).of(patient).closed().select_related("closed_by", "owner", "queue")
    return tasks.order_by("-closed_at", "-id")


def list_contacts(user: User, patient: Patient) -> QuerySet[Contact]:
    return Contact.objects.visible_to(user).of(patient).select_related("staff").newest_first()


def list_contacts_about(user: User, task: Task) -> QuerySet[Contact]:
    return Contact.objects.visible_to(user).filter(task=task).select_related("staff").newest_first()


def get_own_contact(user: User, pk: Any) -> Contact:
    """A contact this person logged, about a patient they see, to go on from."""
    contacts = Contact.objects.visible_to(user).select_related("patient", "next_task")
    contact: Contact = get_object_or_404(contacts, pk=pk, staff=user)
    require(user, Permission.TASK_WORK)
    return contact


def get_own_words(user: User, pk: Any, name: str) -> Task:
    """A task about a patient in whose field `name` this person wrote: how it ended, or what it says while it is open."""
    task = get_task(user, pk, permission=Permission.TASK_WORK)
    writer = task.closed_by_id if name == "outcome_note" else task.updated_by_id
    if task.patient is None or writer != user.pk:
        raise Http404
    require(user, Permission.TASK_WORK)
    return task


def list_promises(user: User) -> TaskQuerySet:
    """What this person has to keep, or had to."""
    tasks: TaskQuerySet = Task.objects.visible_to(user).owned_by(user.pk)
    return tasks.filter(source=Task.Source.PROMISE)


def list_contacts_on(user: User, patient: Patient, day: dt.date) -> QuerySet[Contact]:
    """The contacts of one day of the organization, earliest first."""
    zone = user.organization.zone
    within = (start_of_day(day, zone), end_of_day(day, zone))
    contacts = list_contacts(user, patient).filter(occurred_at__range=within).select_related("next_task")
    return contacts.order_by("occurred_at", "id")


def get_contact(user: User, pk: Any) -> Contact:
    """404 for a contact with a patient the person does not see."""
    contacts = Contact.objects.visible_to(user).select_related("patient", "staff", "next_task")
    contact: Contact = get_object_or_404(contacts, pk=pk)
    return contact


def list_queues(user: User, patient: Patient | None) -> QuerySet[Team]:
    """A task about a patient waits in the queue of the patient's own team, where everyone sees the patient."""
    teams = Team.objects.visible_to(user).filter(is_active=True).order_by("name", "id")
    return teams.filter(pk=patient.team_id) if patient is not None else teams


def list_saved_views(user: User) -> QuerySet[SavedView]:
    """The lists the person may open by name: their own, then those of their teams."""
    return SavedView.objects.visible_to(user).in_reading_order()


def get_saved_view(user: User, pk: Any, *, to_change: bool = False) -> SavedView:
    """404 if it is neither one's own nor of a team one works in; 403 to change a team's without the right."""
    view: SavedView = get_object_or_404(list_saved_views(user), pk=pk)
    if to_change and view.team_id is not None:
        require(user, Permission.TEAM_MANAGE)
    return view


def may_write(user: User) -> bool:
    """Whether there is anything this person writes: the entry of the account menu."""
    rights = (Permission.CONTACT_LOG, Permission.TASK_WORK, Permission.OWN_TASKS, Permission.PATIENT_EDIT)
    return any(user.may(right) for right in rights)


def list_snippets(user: User) -> QuerySet[Snippet]:
    return Snippet.objects.visible_to(user).in_reading_order()


def get_snippet(user: User, pk: Any) -> Snippet:
    """To change it. 404 if it is neither one's own nor of a team one works in; 403 for a team's without the right."""
    snippet: Snippet = get_object_or_404(list_snippets(user), pk=pk)
    if snippet.team_id is not None:
        require(user, Permission.TEAM_MANAGE)
    return snippet


def list_view_teams(user: User) -> QuerySet[Team]:
    """The teams the person may save a list or a snippet for: those they work in and look after."""
    teams = Team.objects.visible_to(user).filter(is_active=True, pk__in=scope_of(user).team_ids)
    return teams.order_by("name", "id") if user.may(Permission.TEAM_MANAGE) else teams.none()
