"""Tasks: the doors and actions of the pages, spoken by machines."""

import uuid
from collections.abc import Callable
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.circles import Circle, people_in
from coordination.accounts.models import User
from coordination.api.base import ApiView, Operation
from coordination.api.paging import OLDEST_CHANGE, page_answer
from coordination.api.shapes import Input, Nothing
from coordination.audit.actions import record_access
from coordination.audit.models import Event
from coordination.lib.permissions import Permission, require
from coordination.lib.refusal import Refused
from coordination.worklist import actions
from coordination.worklist.access import (
    get_end,
    get_task,
    list_queues,
    list_tasks,
    read_needs,
)
from coordination.worklist.actions.caseload import lock_task
from coordination.worklist.models import Task
from coordination.worklist.serializers import tasks as shapes
from patients.access import get_patient, record_visit
from patients.models import Patient


def owner_named(user: User, pk: uuid.UUID | None) -> User | None:
    if pk is None:
        return None
    owner = people_in(Circle.WORKERS, user).filter(pk=pk).first()
    if owner is None:
        raise Refused(_("Nobody with this id works tasks here."), field="owner_id")
    return owner


def queue_named(user: User, patient: Patient | None, pk: uuid.UUID | None) -> Any:
    if pk is None:
        return None
    queue = list_queues(user, patient).filter(pk=pk).first()
    if queue is None:
        raise Refused(
            _("A task about a patient waits in the queue of the patient's own team."), field="queue_id"
        )
    return queue


class Tasks(ApiView):
    """The list of tasks, the most urgent first; and one more."""

    name, tag = "tasks", "Tasks"
    operations = {
        "GET": Operation(
            "Tasks by due time", "tasks:read", shapes.TaskOutput, query=shapes.TaskQuery, is_list=True
        ),
        "POST": Operation(
            "Open a task",
            "tasks:write",
            shapes.TaskOutput,
            input=shapes.TaskNew,
            status=201,
            once=True,
            etag=True,
        ),
    }

    def get(self, request: Request) -> Response:
        user = self.person(request)
        rows = list_tasks(user, **self.asked)
        response, shown = page_answer(
            rows,
            order=OLDEST_CHANGE if "updated_since" in self.asked else [("due_at", "asc"), ("id", "asc")],
            asked=self.asked,
            output=shapes.TaskOutput,
            reader=user,
        )
        record_access(Event.Kind.VIEW, "tasks.listed", by=user, detail={"page": "api", "rows": shown})
        return response

    def post(self, request: Request) -> Response:
        user, permission = self.person(request), Permission.TASK_WORK
        require(user, permission)
        entered = self.entered(request)
        pk, owner, queue = (entered.pop(name, None) for name in ("patient_id", "owner_id", "queue_id"))
        patient = get_patient(user, pk, permission=permission) if pk else None
        steps = [{"text": text, "done": False} for text in entered.pop("checklist")]
        needs = sorted({str(pk) for pk in entered.pop("needs")})
        promised = entered.pop("promised") and patient is not None
        task = actions.open_task(
            by=user,
            source=Task.Source.PROMISE if promised else Task.Source.PERSON,
            due=shapes.due_of(entered, user),
            patient=patient,
            owner=owner_named(user, owner),
            queue=queue_named(user, patient, queue),
            checklist=steps,
            needs=needs,
            **entered,
        )
        return self.shown(request, read_needs(task), reader=user)


class TaskDetail(ApiView):
    """One task."""

    name, tag = "task", "Tasks"
    operations = {
        "GET": Operation("One task", "tasks:read", shapes.TaskOutput, etag=True),
        "PATCH": Operation(
            "Change what a task says",
            "tasks:write",
            shapes.TaskOutput,
            input=shapes.TaskChange,
            versioned=True,
            etag=True,
        ),
    }

    def get(self, request: Request, pk: uuid.UUID) -> Response:
        user = self.person(request)
        task = get_task(user, pk)
        if task.patient is not None:
            record_visit(user, task.patient, page="api.task")
        return self.shown(request, read_needs(task), reader=user)

    def patch(self, request: Request, pk: uuid.UUID) -> Response:
        user = self.person(request)
        seen = get_task(user, pk, permission=Permission.TASK_WORK)
        values = self.entered(request)
        task = lock_task(seen)
        task.expect_version(self.version(request))
        edited = actions.edit_task(task=task, by=user, why=values.pop("why"), values=_as_typed(values))
        return self.shown(request, read_needs(edited.task), reader=user)


def _as_typed(values: dict[str, Any]) -> dict[str, Any]:
    """The values as the form of the page sends them: steps one a line, ids in one order."""
    if "checklist" in values:
        values["checklist"] = "\n".join(" ".join(step.split()) for step in values["checklist"])
    if "needs" in values:
        values["needs"] = sorted({str(pk) for pk in values["needs"]})
    return values


class TaskAct(ApiView):
    """Something one does with one task, as it was when the caller read it."""

    tag = "Tasks"
    perform: ClassVar[Callable[[User, Task, dict[str, Any]], Task]]

    def post(self, request: Request, pk: uuid.UUID) -> Response:
        user = self.person(request)
        seen = get_task(user, pk, permission=Permission.TASK_WORK)
        entered = self.entered(request)
        task = lock_task(seen)
        task.expect_version(self.version(request))
        return self.shown(request, read_needs(type(self).perform(user, task, entered)), reader=user)


def _close(user: User, task: Task, entered: dict[str, Any]) -> Task:
    return actions.close_task(task=task, by=user, **entered)


def _reopen(user: User, task: Task, entered: dict[str, Any]) -> Task:
    return actions.undo_change(change=get_end(user, task), by=user).task or task


def _snooze(user: User, task: Task, entered: dict[str, Any]) -> Task:
    return actions.snooze_task(task=task, by=user, **entered)


def _wake(user: User, task: Task, entered: dict[str, Any]) -> Task:
    return actions.wake_task(task=task, by=user)


def _assign(user: User, task: Task, entered: dict[str, Any]) -> Task:
    owner = owner_named(user, entered.get("owner_id"))
    queue = queue_named(user, task.patient, entered.get("queue_id"))
    return actions.assign_task(task=task, by=user, owner=owner, queue=queue)


def _claim(user: User, task: Task, entered: dict[str, Any]) -> Task:
    return actions.claim_task(task=task, by=user)


def _wait(user: User, task: Task, entered: dict[str, Any]) -> Task:
    return actions.set_waiting(task=task, by=user, **entered)


def _move(user: User, task: Task, entered: dict[str, Any]) -> Task:
    return actions.change_due(task=task, by=user, due=shapes.due_of(entered, user), reason=entered["reason"])


def _tick(user: User, task: Task, entered: dict[str, Any]) -> Task:
    return actions.tick_checklist(task=task, by=user, **entered)


def _act(word: str, summary: str, shape: type[Input], perform: Callable[..., Task]) -> type[TaskAct]:
    act = Operation(
        summary, "tasks:write", shapes.TaskOutput, input=shape, once=True, versioned=True, etag=True
    )
    members = {
        "name": f"task_{word}",
        "operations": {"POST": act},
        "perform": staticmethod(perform),
        "__doc__": f"{summary}.",
    }
    return type(f"Task{word.title()}", (TaskAct,), members)


ACTS: dict[str, type[TaskAct]] = {
    word: _act(word, summary, shape, perform)
    for word, summary, shape, perform in [
        ("close", "End a task with an outcome", shapes.CloseInput, _close),
        ("reopen", "Take the end back, within the minutes of undo", Nothing, _reopen),
        ("snooze", "Let a task sleep", shapes.SnoozeInput, _snooze),
        ("wake", "Wake a sleeping task", Nothing, _wake),
        ("assign", "Hand a task to a person or a team", shapes.AssignInput, _assign),
        ("claim", "Take a task out of a queue", Nothing, _claim),
        ("wait", "Say on whom a task waits", shapes.WaitInput, _wait),
        ("move", "Move the due time", shapes.MoveInput, _move),
        ("tick", "Tick one step of the checklist", shapes.TickInput, _tick),
    ]
}
