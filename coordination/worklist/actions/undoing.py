"""Taking an act back: the task is again as it was, and history shows both.

One rule for every act: within UNDO_MINUTES, while the task is still as the act left it. What others did and undid since does not
count. A task that was opened ends as opened by mistake; a contact stays and says that it was undone (corrections add, they never
erase), and what it closed and opened goes back with it, also what was promised beside it.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from coordination.accounts.models import Team, User
from coordination.audit.actions import record, record_each
from coordination.lib import display
from coordination.lib.refusal import Refused
from coordination.lib.stored import unpacked
from coordination.lib.undoable import changed_since, check_time, undone_words
from coordination.worklist.actions.caseload import last_contact, lock_patients, lock_tasks, settle
from coordination.worklist.actions.changing import save_tasks
from coordination.worklist.actions.needing import check_needs_again, follow, keep_in_step, put_needs_back
from coordination.worklist.actions.tasks import Sight, check_owner
from coordination.worklist.actions.weighing import have_weighed
from coordination.worklist.models import Act, Batch, Change, Contact, Task
from coordination.worklist.querysets import OUTREACH
from patients.models import Patient


@dataclass
class Whole:
    """An act with what came of it: all of it goes back, or none."""

    change: Change
    came_of_it: list[Change] = field(default_factory=list)
    refusal: str = ""

    @property
    def changes(self) -> list[Change]:
        return [self.change, *self.came_of_it]


@transaction.atomic
def undo_change(*, change: Change, by: User) -> Change:
    """Put back what one act changed. Refused once it is too late, or when the task was changed since."""
    if (
        change.act == Act.OPEN and change.contact_id is not None
    ):  # a next step goes with the contact it came of
        change = Change.objects.get(contact=change.contact_id, act=Act.CONTACT)
    (whole,) = _undo([change], by=by)
    if whole.refusal:
        raise Refused(whole.refusal)
    return whole.change


@transaction.atomic
def undo_batch(*, batch: Batch, by: User, within: Iterable[Change]) -> list[Whole]:
    """Put back each row of a batch that is still as the batch left it; the others say why not.

    `within` are the rows this person sees. Refused when there is none to put back.
    """
    batch = Batch.objects.select_for_update(no_key=True).get(pk=batch.pk)
    if batch.undone_at is not None:
        raise Refused(undone_words(batch))
    check_time(batch)
    wholes = _undo(list(within), by=by)
    if all(whole.refusal for whole in wholes):
        raise Refused(wholes[0].refusal if wholes else _("There is nothing left to undo."))
    batch.undone_at, batch.undone_by = timezone.now(), by
    batch.save(update_fields=["undone_at", "undone_by"])
    record("batch.undone", by=by, target=batch, detail={"rows": sum(not whole.refusal for whole in wholes)})
    return wholes


def _undo(asked: list[Change], *, by: User) -> list[Whole]:
    """The same few statements for one act and for two hundred."""
    wholes = _with_what_came_of_it(asked)
    every = [change for whole in wholes for change in whole.changes]
    tasks = lock_tasks({change.task_id for change in every if change.task_id})
    alone = {change.contact.patient_id for change in every if change.contact and not change.task_id}
    lock_patients(alone - {task.patient_id for task in tasks.values()})
    history = _history(every)
    people = _people(every, by)
    for whole in wholes:
        for change in whole.changes:
            try:
                _put_back(change, tasks, history, people, by=by)
            except Refused as refusal:
                whole.refusal = _refusal_of(change, whole, refusal.sentence)
                break
    _save([change for whole in wholes if not whole.refusal for change in whole.changes], by=by)
    return wholes


def _refusal_of(change: Change, whole: Whole, sentence: str) -> str:
    if change is whole.change or change.task is None:
        return sentence
    return _("“%(title)s” came of it. %(why)s") % {"title": change.task.title, "why": sentence}


def _with_what_came_of_it(asked: list[Change]) -> list[Whole]:
    """What a contact closed and opened, what followed from a task that was closed, and what was promised beside an act."""
    wholes = [Whole(change) for change in asked]
    acts = [whole.change for whole in wholes if whole.change.act in {Act.CLOSE, Act.CONTACT, Act.EDIT}]
    if not acts:
        return wholes
    # who promises something beside one of them holds it: what came of it is complete after this
    held = Change.objects.select_for_update(no_key=True).filter(pk__in=[act.pk for act in acts])
    list(held.order_by("pk").values_list("pk"))
    ends = [act for act in acts if act.act != Act.EDIT]
    opened = Change.objects.filter(act=Act.OPEN, undone_at__isnull=True)
    # each way by its own index
    came = opened.filter(came_of__in=acts).values("pk").union(
        opened.filter(contact__in=[end.contact_id for end in ends if end.contact_id]).values("pk"),
        opened.filter(task__follows__in=[end.task_id for end in ends if end.task_id]).values("pk"),
    )  # fmt: skip
    for change in Change.objects.filter(pk__in=came).select_related("contact", "task").order_by("pk"):
        for whole in wholes:
            same = change.contact_id is not None and change.contact_id == whole.change.contact_id
            follows = change.task.follows_id is not None and change.task.follows_id == whole.change.task_id
            if same or change.came_of_id == whole.change.pk or (follows and whole.change in ends):
                whole.came_of_it.append(change)
                break
    return wholes


def _history(changes: list[Change]) -> dict[Any, list[Change]]:
    """Everything done to these tasks, read after the lock: who undid what meanwhile, and what came later."""
    ids = {change.task_id for change in changes if change.task_id}
    alone = [change.pk for change in changes if not change.task_id]
    first = min((change.at for change in changes), default=None)
    found: dict[Any, list[Change]] = {}
    kept = Change.objects.filter(Q(task__in=ids, at__gte=first) | Q(pk__in=alone)).select_related(
        "by", "undone_by"
    )
    for change in kept.order_by("version"):
        found.setdefault(change.task_id or change.pk, []).append(change)
    return found


@dataclass
class People:
    """Who may get work back, and whom they see: asked once for all rows."""

    users: dict[Any, User]
    teams: dict[Any, Team]
    sees: Sight


def _people(changes: list[Change], by: User) -> People:
    """Owners that an undo brings back. One's own work needs no question."""
    wanted = [change.before for change in changes if change.act != Act.OPEN]
    owners = {kept["owner"] for kept in wanted if kept.get("owner")} | {
        str(change.task.owner_id)
        for change in changes
        if change.task is not None and change.task.owner_id and change.act in {Act.CLOSE, Act.CONTACT}
    }
    queues = {kept["queue"] for kept in wanted if kept.get("queue")} | {
        str(change.task.queue_id)
        for change in changes
        if change.task is not None and change.task.queue_id and change.act in {Act.CLOSE, Act.CONTACT}
    }
    others = owners - {str(by.pk)}
    users = User.objects.in_bulk(list(others)) if others else {}
    teams = Team.objects.in_bulk(list(queues)) if queues else {}
    patients = {change.task.patient_id for change in changes if change.task is not None}
    return People(users | {by.pk: by}, teams, Sight(patients))


def _put_back(
    change: Change, tasks: dict[Any, Task], history: dict[Any, list[Change]], people: People, *, by: User
) -> None:
    """Set the fields as they were, on the locked row in memory, or refuse."""
    done = history.get(change.task_id or change.pk, [])
    stored = next((each for each in done if each.pk == change.pk), change)
    if stored.undone_at is not None:
        raise Refused(undone_words(stored))
    check_time(stored)
    if change.task_id is None:
        return
    task = change.task = tasks[change.task_id]
    _check_unchanged(task, change, [each for each in done if each.version > change.version])
    was_open = task.is_open
    values = _end_as_mistake(task, by) if change.act == Act.OPEN else unpacked(Task, change.before)
    for name, value in values.items():
        setattr(task, name, value)
    if task.is_open:
        _check_again(task, people, handed={"owner", "queue"} & set(change.before), opens=not was_open, by=by)
    if change.needs_before:
        check_needs_again(task, change.needs_before)


def _check_unchanged(task: Task, change: Change, later: list[Change]) -> None:
    """The task must be as the act left it. An act that was undone moved the version twice and changed nothing."""
    standing = [each for each in later if each.undone_at is None]
    if not standing and task.version == change.version + 2 * len(later):
        return
    who, when = (standing[-1].by, standing[-1].at) if standing else (task.updated_by, task.updated_at)
    raise changed_since(who, when)


def _check_again(task: Task, people: People, *, handed: Collection[str], opens: bool, by: User) -> None:
    """The rules of the worklist hold for what comes back as for what is new."""
    if opens and task.patient is not None and task.patient.is_deceased and task.kind in OUTREACH:
        raise Refused(_("This patient has died. Nothing that reaches out to the patient can be planned."))
    if opens or handed:
        owner, queue = people.users.get(task.owner_id), people.teams.get(task.queue_id)
        check_owner(patient=task.patient, owner=owner, queue=queue, by=by, sees=people.sees)
    if not task.is_critical:
        return
    if task.snoozed_until is not None and task.snoozed_until > task.due_at:
        words = {"limit": display.moment_short(task.due_at)}
        raise Refused(_("A safety matter cannot sleep past its limit, %(limit)s.") % words)
    if task.status == Task.Status.WAITING:
        raise Refused(_("A safety matter waits on nobody. Act, or hand it to someone who can."))


def _end_as_mistake(task: Task, by: User) -> dict[str, Any]:
    # a promise gives up what it came of: it can be made anew
    cause = {"source_key": ""} if task.source == Task.Source.PROMISE else {}
    return cause | {
        "status": Task.Status.CANCELLED,
        "outcome": Task.Outcome.MISTAKE,
        "outcome_note": _("Undone."),
        "closed_at": timezone.now(),
        "closed_by_id": by.pk,
        "snoozed_until": None,
        "wakes_on": "",
    }


def _names_of(change: Change, task: Task, by: User) -> Collection[str]:
    """The fields that undoing this act sets."""
    if change.act != Act.OPEN:
        return set(change.before)
    return {name.removesuffix("_id") for name in _end_as_mistake(task, by)}


def _save(changes: list[Change], *, by: User) -> None:
    """Write what was put back: rows, marks, caseload, audit trail."""
    if not changes:
        return
    now = timezone.now()
    Change.objects.filter(pk__in=[change.pk for change in changes]).update(undone_at=now, undone_by=by)
    for change in changes:
        change.undone_at, change.undone_by = now, by
    on_tasks = [(change, change.task) for change in changes if change.task is not None]
    names = [sorted(_names_of(change, task, by)) for change, task in on_tasks]
    tasks = [task for _change, task in on_tasks]
    contacts = {change.contact_id: change.contact for change in changes if change.contact is not None}
    latest = _take_back(contacts, tasks, by=by) if contacts else {}
    save_tasks(tasks, {name for each in names for name in each}, by=by)
    patients = {task.patient_id for task in tasks} | {each.patient_id for each in contacts.values()}
    settle(*patients, **latest)
    _record(on_tasks, names, by=by)
    record_each("contact.undone", by=by, targets=list(contacts.values()))
    follow([task for change, task in on_tasks if change.act in {Act.OPEN, Act.CLOSE, Act.CONTACT}], by=by)
    for change, task in on_tasks:
        if change.needs_before is not None:
            put_needs_back(task, change.needs_before, by=by)
        if "status" in change.before:
            keep_in_step(task, by=by)


def _record(on_tasks: list[tuple[Change, Task]], names: list[list[str]], *, by: User) -> None:
    """Each act that was undone; and of a task that opened again or ended by it that it did, as other systems are told of both."""
    follows = {Act.CLOSE: "task.reopened", Act.CONTACT: "task.reopened", Act.OPEN: "task.closed"}
    ended = [(change, task) for change, task in on_tasks if change.act in follows]
    record_each(
        ["task.undone"] * len(on_tasks) + [follows[Act(change.act)] for change, _task in ended],
        by=by,
        targets=[task for _change, task in on_tasks + ended],
        changed=names,
        details=[{"act": change.act, "change": str(change.pk)} for change, _task in on_tasks + ended],
    )


def _take_back(contacts: dict[Any, Contact], tasks: list[Task], *, by: User) -> dict[str, Any]:
    """Mark the contacts; returns the last contact of a caseload row without them, by which all work is weighed again."""
    for contact in contacts.values():
        contact.change({"undone_at": timezone.now(), "undone_by": by}, by=by)
    latest = last_contact()
    about = Patient.objects.filter(pk__in={contact.patient_id for contact in contacts.values()})
    outcomes = dict(about.annotate(outcome=latest["last_contact_outcome"]).values_list("pk", "outcome"))
    for task in tasks:
        if task.patient is not None:
            stored = task.patient.last_contact_outcome
            task.patient.last_contact_outcome = outcomes.get(task.patient_id, stored)
    have_weighed(*outcomes, organization_id=by.organization_id)
    return latest
