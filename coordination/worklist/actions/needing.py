"""What has to end before a task can be worked: which tasks, no circle among them, and what follows when one of them ends.

A task is blocked while one it needs is open. It opens by itself when the last of them is done; when one was cancelled or declined
instead, it comes back to work and says that somebody must decide. Taking an end back blocks it again.
"""

from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from coordination.accounts.models import User
from coordination.lib.refusal import Refused
from coordination.notifications.actions import notify
from coordination.notifications.models import Notification
from coordination.outbox.actions import post_if
from coordination.worklist.actions.changing import change_task
from coordination.worklist.models import OPEN, Act, Dependency, Task

READY = {"waiting_on": "", "waiting_since": None, "status": Task.Status.OPEN}


def needable(task: Task) -> QuerySet[Task]:
    """What a task may need: other open tasks of its patient; of a task about nobody, those of its owner or queue."""
    others = Task.objects.open().exclude(pk=task.pk)
    if task.patient_id is not None:
        return others.filter(patient_id=task.patient_id)
    return others.filter(patient__isnull=True, owner_id=task.owner_id, queue_id=task.queue_id)


def open_needs(task: Task) -> list[str]:
    """The ids of the open tasks this one needs, in an order of their own."""
    needs = Dependency.objects.filter(task=task, needs__status__in=OPEN)
    return sorted(str(pk) for pk in needs.values_list("needs_id", flat=True))


def set_needs(task: Task, wanted: Collection[str], *, by: User) -> dict[str, Any]:
    """Say what a locked task needs. Returns what that makes of its own fields; refuses a circle by naming it."""
    found = _needed(task, wanted, by=by)
    _check_circle(task, found)
    _link(task, list(found), by=by)
    values = state_of(task, [need.title for need in found.values()])
    # another one of the same name: it waits for that one since now
    if values.get("waiting_on") == task.waiting_on:
        values["waiting_since"] = timezone.now()
    return values


def check_needs_again(task: Task, wanted: Collection[str]) -> None:
    """Refuse to put back what a locked task needed, where that cannot hold any more: one has ended, or it came to need this one."""
    rows = Task.objects.filter(pk__in=list(wanted)).order_by("pk")
    if task.patient_id is None:
        rows = rows.select_for_update(of=("self",), no_key=True)
    found = {str(need.pk): need for need in rows}
    for need in found.values():
        if not need.is_open:
            sentence = _("“%(title)s”, which it needed, has ended since. Edit the task to say what it needs.")
            raise Refused(sentence % {"title": need.title})
    _check_circle(task, found)


def put_needs_back(task: Task, wanted: Collection[str], *, by: User) -> None:
    """An edit of what a task needs was undone: it needs again what it needed before, and nothing else."""
    _link(task, wanted, by=by)


def _link(task: Task, wanted: Collection[str], *, by: User) -> None:
    Dependency.objects.filter(task=task, needs__status__in=OPEN).exclude(needs__in=list(wanted)).delete()
    links = [
        Dependency(organization_id=task.organization_id, task=task, needs_id=pk, created_by=by)
        for pk in wanted
    ]
    Dependency.objects.bulk_create(links, ignore_conflicts=True)


def needs_of_new(task: Task, wanted: Collection[str], *, by: User) -> list[Dependency]:
    """What a new task needs, to be written with it; it is blocked from the start. Nothing needs it yet, so there is no circle."""
    if not wanted:
        return []
    found = _needed(task, wanted, by=by)
    for name, value in state_of(task, [need.title for need in found.values()]).items():
        setattr(task, name, value)
    return [
        Dependency(organization_id=task.organization_id, task=task, needs=need, created_by=by)
        for need in found.values()
    ]


def _needed(task: Task, wanted: Collection[str], *, by: User) -> dict[str, Task]:
    if wanted and task.is_critical:
        raise Refused(_("A safety matter waits for no other task."), field="needs")
    rows: Any = needable(task).filter(pk__in=list(wanted))
    if task.patient_id is None:
        # no patient whose lock keeps these tasks as they are: none of them ends meanwhile
        rows = rows.visible_to(by).select_for_update(of=("self",), no_key=True).order_by("pk")
    found = {str(need.pk): need for need in rows}
    if found.keys() != set(wanted):
        raise Refused(_("One of these tasks has ended. Look again and save."), field="needs")
    return found


def state_of(task: Task, titles: list[str]) -> dict[str, Any]:
    """Blocked by these, or ready when there is none."""
    if not titles:
        return dict(READY) if task.status == Task.Status.BLOCKED else {}
    since = task.waiting_since if task.status == Task.Status.BLOCKED else timezone.now()
    return {"status": Task.Status.BLOCKED, "waiting_on": ", ".join(titles)[:200], "waiting_since": since}


def _check_circle(task: Task, wanted: dict[str, Task]) -> None:
    """Walk from what it would need along what that needs; coming back to the task itself is a circle."""
    needs: dict[Any, list[Task]] = {}
    same = Q(task__patient_id=task.patient_id) if task.patient_id else Q(task__patient__isnull=True)
    for link in Dependency.objects.filter(same, task__status__in=OPEN).select_related("needs"):
        needs.setdefault(link.task_id, []).append(link.needs)
    paths = [[need] for need in wanted.values()]
    seen = set()
    while paths:
        path = paths.pop()
        if path[-1].pk == task.pk:
            loop = _(" needs ").join(f"“{step.title}”" for step in [task, *path])
            raise Refused(_("That goes round in a circle: %(loop)s.") % {"loop": loop}, field="needs")
        if path[-1].pk not in seen:
            seen.add(path[-1].pk)
            paths += [[*path, need] for need in needs.get(path[-1].pk, [])]


def follow(changed: Iterable[Task], *, by: User) -> None:
    """Bring what needs these tasks in step with them, in the transaction in which they ended or opened again.

    What somebody else is changing right now is not waited for, which could wait for us: a message does it moments later. Of
    a task whose lock said that none needs it, it is asked again when the act writes: the lock may have been waited for.
    """
    asked = []
    for task in changed:
        if getattr(task, "is_needed", True):
            asked.append(task)
        else:
            _tell_of_end(task, by=by, found=Dependency.objects.filter(needs=task))
    links = Dependency.objects.filter(needs__in=asked) if asked else Dependency.objects.none()
    needed_ids = set(links.values_list("needs_id", flat=True))
    for needed in [task for task in asked if task.pk in needed_ids]:
        dependents = Task.objects.open().filter(needs__needs=needed)
        held = list(dependents.select_for_update(of=("self",), no_key=True, skip_locked=True))
        for task in held:
            _follow(task, needed, by=by)
        _tell_of_end(needed, by=by, found=dependents.exclude(pk__in=[task.pk for task in held]))


def _tell_of_end(task: Task, *, by: User, found: QuerySet[Any]) -> None:
    post_if(found, "task.ended", task_id=task.pk, by_id=by.pk, organization_id=task.organization_id)


def keep_in_step(task: Task, *, by: User) -> None:
    """A task came back as blocked: what it needed may have ended meanwhile, then it is work again."""
    needs = Dependency.objects.filter(task=task, needs__status__in=OPEN)
    if task.status == Task.Status.BLOCKED and not needs.exists():
        change_task(task=task, act=Act.RESUME, values=READY, by=by)


def _follow(task: Task, needed: Task, *, by: User) -> None:
    titles = list(
        Task.objects.open()
        .filter(needed_by__task=task)
        .order_by("created_at")
        .values_list("title", flat=True)
    )
    if needed.is_open:  # it has opened again
        if task.status in {Task.Status.OPEN, Task.Status.IN_PROGRESS} and not task.is_critical:
            change_task(task=task, act=Act.WAIT, values=state_of(task, titles) | {"snooze_reason": ""}, by=by)
        return
    if task.status != Task.Status.BLOCKED:
        return
    if needed.status != Task.Status.DONE:
        words = _("Decide: “%(title)s” ended without being done") % {"title": needed.title}
        change_task(task=task, act=Act.RESUME, values=READY | {"snooze_reason": words[:200]}, by=by)
        _ask_to_decide(task, words, by=by)
    elif titles:
        change_task(task=task, act=Act.WAIT, values=state_of(task, titles), by=by)
    else:
        words = _("Ready: “%(title)s” is done") % {"title": needed.title}
        change_task(task=task, act=Act.RESUME, values=READY | {"snooze_reason": words[:200]}, by=by)


def _ask_to_decide(task: Task, words: str, *, by: User) -> None:
    if task.owner is None:
        return
    notify(
        user=task.owner,
        kind=Notification.Kind.DUE,
        text=f"{words}. {task.title}"[:300],
        route="worklist:task",
        subject_id=task.pk,
        patient_id=task.patient_id,
        key=f"task.decide:{task.pk}:{task.version}",
        by=by,
    )
