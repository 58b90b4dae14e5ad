"""What was done to tasks and contacts, as the API shows it: the act, what it changed, and until when it can be undone."""

from typing import Any, cast

from django.utils import timezone
from rest_framework import serializers

from coordination.accounts.models import User
from coordination.api.shapes import Moment, Output, identifier, one_of
from coordination.lib.stored import unpacked
from coordination.worklist.models import Act, Task
from coordination.worklist.serializers.tasks import TaskOutput

SHOWN = TaskOutput().fields  # a change shows a field as the task itself does


class FieldOutput(Output):
    """One field: its name in the shape of a task, and its values as they stand there."""

    field = serializers.CharField()
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class Changed(serializers.ListField):
    """Of a change, the fields that differ."""

    child = FieldOutput()

    def to_representation(self, data: Any) -> list[dict[str, Any]]:
        before, after = unpacked(Task, data.before), unpacked(Task, data.after)
        names = (Task._meta.get_field(name).attname for name in data.before)  # type: ignore[union-attr]
        return [
            {"field": name, "before": _said(name, before[name]), "after": _said(name, after[name])}
            for name in names
            if name in SHOWN
        ]


def _said(name: str, value: Any) -> Any:
    return None if value is None else SHOWN[name].to_representation(value)


class UndoUntil(Moment):
    """Of an act: null once it is too late or was taken back, and for whoever may not take it back."""

    def to_representation(self, value: Any) -> Any:
        act, now = value.batch or value, timezone.now()
        may = value.may_be_undone_by(cast("ChangeOutput", self.parent).reader)
        if not (may and value.can_be_undone(now) and act.can_be_undone(now)):
            return None
        return super().to_representation(value.undo_until)


class ChangeOutput(Output):
    """One act on one task, or one contact."""

    id = identifier()
    act = one_of(Act)
    at = Moment()
    by_id = identifier()
    by = serializers.CharField(source="by.name")
    task_id = identifier(allow_null=True, help_text="Null: a contact that answered no task.")
    contact_id = identifier(allow_null=True, help_text="The contact it came of.")
    batch_id = identifier(allow_null=True, help_text="It was done to many at once, which is undone as one.")
    version = serializers.IntegerField(help_text="Of the task once it was done.")
    changed = Changed(source="*")
    undo_until = UndoUntil(
        allow_null=True, source="*", help_text="Null: not to be undone any more, or not by this person."
    )
    undone_at = Moment(allow_null=True)
    undone_by_id = identifier(allow_null=True)

    def __init__(self, *args: Any, reader: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reader = reader
