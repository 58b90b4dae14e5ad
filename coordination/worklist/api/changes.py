"""What was done to tasks and contacts, and taking it back: the history of the pages, spoken by machines."""

import datetime as dt
import uuid

from django.conf import settings
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.api.base import ApiView, Operation
from coordination.api.paging import PageQuery, page_answer
from coordination.api.shapes import Nothing
from coordination.audit.actions import record_access
from coordination.audit.models import Event
from coordination.lib.paging import Order
from coordination.worklist import actions
from coordination.worklist.access import get_change, get_task, list_changes, list_done_by, require_day
from coordination.worklist.serializers.changes import ChangeOutput
from patients.access import record_visit

NEWEST: Order = [("at", "desc"), ("id", "desc")]


class TaskChanges(ApiView):
    """Everything that was done to one task, also what was undone."""

    name, tag = "task_changes", "Undo"
    operations = {
        "GET": Operation(
            "What was done to a task, newest first", "tasks:read", ChangeOutput, query=PageQuery, is_list=True
        )
    }

    def get(self, request: Request, pk: uuid.UUID) -> Response:
        user = self.person(request)
        task = get_task(user, pk)
        changes = list_changes(user, task)
        response, _shown = page_answer(
            changes, order=NEWEST, asked=self.asked, output=ChangeOutput, reader=user
        )
        if task.patient is not None:
            record_visit(user, task.patient, page="api.task_changes")
        return response


class Changes(ApiView):
    """What the person did in the last days, as on the page What I did."""

    name, tag = "changes", "Undo"
    operations = {
        "GET": Operation(
            "What the person did in the last days, newest first",
            "tasks:read",
            ChangeOutput,
            query=PageQuery,
            is_list=True,
        )
    }

    def get(self, request: Request) -> Response:
        user = self.person(request)
        require_day(user)
        done = list_done_by(user, timezone.now() - dt.timedelta(days=settings.HISTORY_DAYS))
        response, shown = page_answer(done, order=NEWEST, asked=self.asked, output=ChangeOutput, reader=user)
        detail = {"page": "api.changes", "rows": shown}
        record_access(Event.Kind.VIEW, "worklist.viewed", by=user, detail=detail)
        return response


class ChangeUndo(ApiView):
    """Takes one act back. Whether the task is still as the act left it is asked of the task, so no version is sent."""

    name, tag = "change_undo", "Undo"
    operations = {
        "POST": Operation("Undo what was done", "tasks:write", ChangeOutput, input=Nothing, once=True)
    }

    def post(self, request: Request, pk: uuid.UUID) -> Response:
        user = self.person(request)
        change = get_change(user, pk)
        self.entered(request)
        return self.shown(request, actions.undo_change(change=change, by=user), reader=user)
