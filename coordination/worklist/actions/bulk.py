"""One act on many tasks: each row done or refused with its own sentence, all of it one batch, one transaction, one undo."""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from coordination.accounts.models import Team, User
from coordination.audit.actions import record
from coordination.lib.refusal import Refused
from coordination.outbox.actions import post
from coordination.worklist.actions.caseload import already_closed, lock_tasks, settle
from coordination.worklist.actions.changing import change_tasks
from coordination.worklist.actions.needing import follow
from coordination.worklist.actions.planning import check_due, check_snooze, due_values, owner_values
from coordination.worklist.actions.tasks import Sight, check_end, check_owner, end_values
from coordination.worklist.actions.waking import tell_sleepers
from coordination.worklist.due import Due
from coordination.worklist.models import Act, Batch, Task
from coordination.worklist.querysets import APPOINTMENTS


@dataclass(frozen=True)
class Order:
    """What was asked of every row. Only what the act needs is set."""

    act: Act
    until: dt.datetime | None = None
    due: Due | None = None
    owner: User | None = None
    queue: Team | None = None
    reason: str = ""

    def values(self, task: Task, *, by: User, sees: Sight) -> dict[str, Any]:
        """What the act changes on this row, or Refused. The rules are those of one task, and stricter for ending it."""
        if self.act == Act.CLOSE:
            check_bulk_end(task)
            return end_values(outcome=Task.Outcome.COMPLETED, note=self.reason, by=by)
        if self.act == Act.SNOOZE and self.until is not None:
            check_snooze(task, until=self.until, reason=self.reason)
            return {"snoozed_until": self.until, "wakes_on": "", "snooze_reason": self.reason.strip()}
        if self.act == Act.MOVE and self.due is not None:
            check_due(task, self.due)
            return due_values(task, self.due)
        if self.act == Act.ASSIGN:
            check_owner(patient=task.patient, owner=self.owner, queue=self.queue, by=by, sees=sees)
            return owner_values(task, owner=self.owner, queue=self.queue)
        raise TypeError(f"{self.act} is not done to many at once")


@dataclass(frozen=True)
class Outcome:
    """What came of it: the batch, or None when no row could be done, and the sentence of each row that was refused."""

    batch: Batch | None
    refused: dict[Any, str]


@transaction.atomic
def act_on_many(*, tasks: Collection[Task], order: Order, by: User, versions: Mapping[Any, int]) -> Outcome:
    """Do the act to every row that allows it. `versions` are the rows as the person saw them."""
    locked = lock_tasks([task.pk for task in tasks])
    wanted, refused = _sorted_out(locked.values(), order, by=by, versions=versions)
    if not wanted:
        return Outcome(None, refused)
    batch = Batch.objects.create(
        organization_id=by.organization_id,
        act=order.act,
        at=timezone.now(),
        by=by,
        asked=len(locked),
        done=len(wanted),
        refused=[{"task": str(pk), "sentence": sentence} for pk, sentence in refused.items()],
    )
    change_tasks(wanted, act=order.act, by=by, batch=batch)
    done = [task for task, _values in wanted]
    settle(*{task.patient_id for task in done})
    record(
        "batch.done", by=by, target=batch, detail={"act": order.act, "asked": len(locked), "rows": len(done)}
    )
    _tell(done, order, batch, by=by)
    return Outcome(batch, refused)


def foresee(
    *, tasks: Collection[Task], order: Order, by: User, versions: Mapping[Any, int]
) -> dict[Any, str]:
    """The sentence of each row that would be refused now. It locks and changes nothing, so the act itself decides again."""
    _wanted, refused = _sorted_out(tasks, order, by=by, versions=versions)
    return refused


def _sorted_out(
    tasks: Iterable[Task], order: Order, *, by: User, versions: Mapping[Any, int]
) -> tuple[list[tuple[Task, dict[str, Any]]], dict[Any, str]]:
    """The rows that allow the act, each with what it changes on it; and why the others do not."""
    rows = list(tasks)
    sees = Sight({task.patient_id for task in rows})
    wanted: list[tuple[Task, dict[str, Any]]] = []
    refused: dict[Any, str] = {}
    for task in rows:
        try:
            check_row(task, versions.get(task.pk))
            values = order.values(task, by=by, sees=sees)
            _check_differs(task, values)
        except Refused as refusal:
            refused[task.pk] = refusal.sentence
        else:
            wanted.append((task, values))
    return wanted, refused


def check_row(task: Task, version: int | None) -> None:
    if not task.is_open:
        raise Refused(already_closed(task))
    if version and version != task.version:
        raise Refused(_("Changed by %(name)s while you looked.") % {"name": task.updated_by})


def check_bulk_end(task: Task) -> None:
    """What ends with words, or brings the next one with it, is ended by itself."""
    if task.is_critical:
        raise Refused(_("A safety matter is ended by itself, with the words how."))
    if task.repeat_every is not None:
        raise Refused(_("A repeated task is ended by itself: the next one comes of it."))
    check_end(task, outcome=Task.Outcome.COMPLETED, note="")


def _check_differs(task: Task, values: Mapping[str, Any]) -> None:
    if all(getattr(task, name) == value for name, value in values.items()):
        raise Refused(_("It is like that already."))


def _tell(done: list[Task], order: Order, batch: Batch, *, by: User) -> None:
    """An owner hears of a batch once; who sleeps for a kept appointment hears of it as ever."""
    given = Counter(task.owner_id for task in done if task.owner_id is not None and task.owner_id != by.pk)
    if order.act == Act.ASSIGN:
        for owner_id, rows in given.items():
            post(
                "tasks.assigned",
                organization_id=by.organization_id,
                batch_id=batch.pk,
                user_id=owner_id,
                by_id=by.pk,
                rows=rows,
            )
    if order.act == Act.CLOSE:
        kept = {task.patient_id for task in done if task.kind in APPOINTMENTS and task.patient_id is not None}
        for patient_id in Task.objects.sleeping_for_visit(kept):
            tell_sleepers(patient_id=patient_id, event=Task.Event.VISIT_KEPT, by=by)
        follow(done, by=by)
