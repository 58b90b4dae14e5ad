"""One act on many tasks: what would happen, then what did, row by row, and all of it taken back as one."""

import uuid
from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.models import User
from coordination.api.base import ApiView, Operation
from coordination.api.problems import NoRowAllowed
from coordination.api.shapes import Nothing
from coordination.lib.permissions import Permission, require
from coordination.worklist import actions
from coordination.worklist.access import get_batch, list_among, list_refused
from coordination.worklist.actions import Order
from coordination.worklist.actions.bulk import foresee
from coordination.worklist.api.tasks import owner_named, queue_named
from coordination.worklist.models import Act, Batch, Change, Task
from coordination.worklist.serializers.batches import BatchNew, BatchOutput
from coordination.worklist.serializers.tasks import due_of

Versions = Mapping[uuid.UUID, int]


class BatchAsked(ApiView):
    """What both the preview and the act are asked."""

    tag = "Batches"

    def read(self, request: Request) -> tuple[User, list[Task], Order, Versions]:
        user = self.person(request)
        require(user, Permission.TASK_WORK)
        entered = self.entered(request)
        versions = {picked["id"]: picked["version"] for picked in entered["tasks"]}
        tasks = list_among(user, versions)
        return user, sorted(tasks, key=lambda task: task.pk), order_of(entered, user), versions


class BatchPreview(BatchAsked):
    """A dry run by POST. It changes nothing, so it needs no key; the act itself decides again."""

    name = "batches_preview"
    operations = {
        "POST": Operation("What an act on many tasks would do", "tasks:write", BatchOutput, input=BatchNew)
    }

    def post(self, request: Request) -> Response:
        user, tasks, order, versions = self.read(request)
        refused = foresee(tasks=tasks, order=order, by=user, versions=versions)
        rows = [
            _row(task.pk, task.version, "refused" if task.pk in refused else "able", refused.get(task.pk, ""))
            for task in tasks
        ]
        told = SimpleNamespace(
            id=None, act=order.act, at=None, by_id=None, asked=len(tasks), done=len(tasks) - len(refused),
            undo_until=None, undone_at=None, undone_by_id=None, rows=rows, not_found=_missing(versions, tasks),
        )  # fmt: skip
        return self.shown(request, told)


class Batches(BatchAsked):
    """One act on up to as many tasks as the house allows, in one transaction."""

    name = "batches"
    operations = {
        "POST": Operation(
            "Do one act to many tasks", "tasks:write", BatchOutput, input=BatchNew, status=201, once=True
        )
    }

    def post(self, request: Request) -> Response:
        user, tasks, order, versions = self.read(request)
        outcome = actions.act_on_many(tasks=tasks, order=order, by=user, versions=versions)
        if outcome.batch is None:
            places = {pk: f"/tasks/{place}" for place, pk in enumerate(versions)}
            raise NoRowAllowed({places[pk]: sentence for pk, sentence in outcome.refused.items()})
        batch, changes = get_batch(user, outcome.batch.pk)
        return self.shown(request, _told(user, batch, changes, not_found=_missing(versions, tasks)))


class BatchDetail(ApiView):
    """What came of each row."""

    name, tag = "batch", "Batches"
    operations = {"GET": Operation("One act on many tasks", "tasks:write", BatchOutput)}

    def get(self, request: Request, pk: uuid.UUID) -> Response:
        user = self.person(request)
        return self.shown(request, _told(user, *get_batch(user, pk)))


class BatchUndo(ApiView):
    """Takes the act back on every row that is still as it left it; the others say why not."""

    name, tag = "batch_undo", "Batches"
    operations = {
        "POST": Operation("Undo what was done to many", "tasks:write", BatchOutput, input=Nothing, once=True)
    }

    def post(self, request: Request, pk: uuid.UUID) -> Response:
        user = self.person(request)
        batch, rows = get_batch(user, pk)
        self.entered(request)
        wholes = actions.undo_batch(batch=batch, by=user, within=rows)
        why = {whole.change.pk: whole.refusal for whole in wholes}
        batch, changes = get_batch(user, pk)
        return self.shown(request, _told(user, batch, changes, why=why))


def order_of(entered: dict[str, Any], user: User) -> Order:
    """What is asked of every row, as the pages ask it."""
    act, reason = Act(entered["act"]), entered.get("reason", "")
    if act == Act.MOVE:
        return Order(act, due=due_of(entered, user), reason=reason)
    owner, queue = (
        owner_named(user, entered.get("owner_id")),
        queue_named(user, None, entered.get("queue_id")),
    )
    return Order(act, until=entered.get("until"), owner=owner, queue=queue, reason=reason)


def _told(
    user: User,
    batch: Batch,
    changes: Iterable[Change],
    *,
    why: Mapping[Any, str] | None = None,
    not_found: Iterable[uuid.UUID] = (),
) -> SimpleNamespace:
    """The rows that were done, then those that were refused, as far as this person sees them."""
    said = {row["task"]: row["sentence"] for row in batch.refused}
    rows = [
        _row(
            change.task_id,
            change.task.version if change.task is not None else change.version,
            "done" if change.undone_at is None else "undone",
            (why or {}).get(change.pk, ""),
            change_id=change.pk,
        )
        for change in changes
    ]
    rows += [_row(task.pk, task.version, "refused", said[str(task.pk)]) for task in list_refused(user, batch)]
    names = ("id", "act", "at", "by_id", "asked", "done", "undone_at", "undone_by_id")
    kept = {name: getattr(batch, name) for name in names}
    until = batch.undo_until if batch.can_be_undone(timezone.now()) else None
    return SimpleNamespace(**kept, rows=rows, not_found=list(not_found), undo_until=until)


def _row(task_id: Any, version: int, state: str, detail: str, *, change_id: Any = None) -> SimpleNamespace:
    return SimpleNamespace(task_id=task_id, version=version, change_id=change_id, state=state, detail=detail)


def _missing(versions: Versions, tasks: Iterable[Task]) -> list[uuid.UUID]:
    seen = {task.pk for task in tasks}
    return [pk for pk in versions if pk not in seen]
