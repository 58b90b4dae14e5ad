"""The one way a task changes: the row, what it was before, and the audit trail, so that no act forgets any of them."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.utils import timezone

from coordination.accounts.models import User
from coordination.audit.actions import record, record_each
from coordination.drafts.actions import let_go
from coordination.lib.acting import insert
from coordination.lib.stored import packed
from coordination.worklist.actions.weighing import WEIGHT, weigh
from coordination.worklist.models import Act, Batch, Change, Contact, Task

Draft = tuple[str, uuid.UUID]  # the form something was typed into, and its subject

EVENTS: dict[str, str] = {
    Act.OPEN: "task.opened",
    Act.CLOSE: "task.closed",
    Act.CONTACT: "task.closed",
    Act.REOPEN: "task.reopened",
    Act.SNOOZE: "task.snoozed",
    Act.WAKE: "task.woken",
    Act.ASSIGN: "task.assigned",
    Act.CLAIM: "task.claimed",
    Act.WAIT: "task.waiting",
    Act.RESUME: "task.resumed",
    Act.MOVE: "task.moved",
    Act.TICK: "task.ticked",
    Act.EDIT: "task.edited",
}


def change_task(
    *,
    task: Task,
    act: Act,
    values: Mapping[str, Any],
    by: User,
    contact: Contact | None = None,
    reason: str = "",
    detail: Mapping[str, Any] | None = None,
    needs: Collection[str] | None = None,
    draft: Draft | None = None,
) -> Collection[str]:
    """Set `values` on a locked task and keep what was there before, for undo and for its history.

    Returns the names of the fields that differ. When none does, there is nothing to undo; that it was asked is recorded still.
    `needs` are the ids of what the task needed until now, where the act changed that. `draft` names what the act was typed in
    (form and subject): it is gone with the act. `task.last_change` is the act just done: its Undo is offered beside the sentence
    that tells of it.
    """
    before = packed(task, values)
    changed = task.change(dict(values), by=by, derive=lambda: weigh(task))
    if changed:
        kept = {name: before[name] for name in changed}
        was = {"needs_before": list(needs)} if needs is not None else {}
        _keep(task, act, by=by, contact=contact, before=kept, after=packed(task, changed), **was)
    record(EVENTS[act], by=by, target=task, changed=changed, reason=reason, detail=detail)
    if draft is not None:
        let_go(by=by, form=draft[0], subject_id=draft[1])
    return changed


def keep_opening(
    *, task: Task, by: User, contact: Contact | None = None, came_of: Change | None = None
) -> None:
    """Write down that a task was opened; undone, it ends as opened by mistake. `came_of` is the act that takes it back with it."""
    _keep(task, Act.OPEN, by=by, contact=contact, came_of=came_of)
    record(EVENTS[Act.OPEN], by=by, target=task, detail={"kind": task.kind, "source": task.source})


def keep_contact(*, contact: Contact, by: User) -> None:
    """Write down a contact that answers no task. One that does is kept with the task it closes."""
    contact.last_change = Change(
        organization_id=contact.organization_id,
        act=Act.CONTACT,
        contact=contact,
        version=0,
        at=timezone.now(),
        by=by,
    )
    insert(contact.last_change)


def change_tasks(
    wanted: Sequence[tuple[Task, Mapping[str, Any]]], *, act: Act, by: User, batch: Batch
) -> None:
    """The same for many locked tasks, each with its own values, in as many statements as for one."""
    changes, fields = [], set[str]()
    for task, values in wanted:
        before = packed(task, values)
        for name, value in values.items():
            setattr(task, name, value)
        after = packed(task, values)
        changed = [name for name in values if before[name] != after[name]]
        fields.update(changed)
        changes.append(
            Change(
                organization_id=task.organization_id,
                task=task,
                act=act,
                batch=batch,
                before={name: before[name] for name in changed},
                after={name: after[name] for name in changed},
                version=task.version + 1,
                at=batch.at,
                by=by,
            )
        )
    tasks = [task for task, _values in wanted]
    save_tasks(tasks, fields, by=by)
    Change.objects.bulk_create(changes)
    details = [{"batch": str(batch.pk)}] * len(changes)
    record_each(
        EVENTS[act], by=by, targets=tasks, changed=[change.before for change in changes], details=details
    )


def save_tasks(tasks: Collection[Task], fields: Collection[str], *, by: User) -> None:
    """Save the named fields of many locked tasks, and where each stands now, in one statement; each moves its version on."""
    if not tasks:
        return
    for task in tasks:
        weigh(task)
        task.version += 1
        task.updated_by, task.updated_at = by, timezone.now()
    Task.objects.bulk_update(tasks, [*fields, *WEIGHT, "version", "updated_by", "updated_at"])


def _keep(task: Task, act: Act, *, by: User, **also: Any) -> None:
    task.last_change = Change(
        organization_id=task.organization_id,
        task=task,
        act=act,
        version=task.version,
        at=timezone.now(),
        by=by,
        **also,
    )
    insert(task.last_change)
