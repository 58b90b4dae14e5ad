"""One act on many tasks, as the API takes it and tells what came of each row."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework import serializers

from coordination.api.shapes import Day, Input, Moment, Output, Text, Whole, identifier, one_of
from coordination.worklist.models import Act

# what each act wants to know: one of these, and what it may be told besides
ACTS: dict[str, tuple[set[str], set[str]]] = {
    Act.CLOSE: (set(), set()),
    Act.SNOOZE: ({"until"}, {"reason"}),
    Act.ASSIGN: ({"owner_id", "queue_id"}, set()),
    Act.MOVE: ({"due_on", "due_at"}, {"reason"}),
}


class Picked(Input):
    """One task, as it was read."""

    id = identifier()
    version = Whole(min_value=1, max_value=999_999_999)


class BatchNew(Input):
    """`close` wants nothing more; `snooze` until; `assign` owner_id or queue_id; `move` due_on or due_at."""

    act = serializers.ChoiceField(choices=[str(act) for act in ACTS])
    tasks = serializers.ListField(child=Picked(), max_length=settings.BULK_ROWS, allow_empty=False)
    until = Moment(required=False)
    owner_id = identifier(required=False)
    queue_id = identifier(required=False)
    due_on = Day(required=False, help_text="Due by the end of this day where the organization is.")
    due_at = Moment(required=False)
    reason = Text(max_length=200, required=False, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        wanted, known = ACTS[attrs["act"]]
        sent = set(attrs) - {"act", "tasks"}
        if strange := sorted(sent - wanted - known):
            raise serializers.ValidationError({name: [_("This act does not know it.")] for name in strange})
        if wanted and len(sent & wanted) != 1:
            names = " / ".join(sorted(wanted))
            raise serializers.ValidationError({min(wanted): [_("Send %(names)s.") % {"names": names}]})
        ids = [picked["id"] for picked in attrs["tasks"]]
        if len(ids) != len(set(ids)):
            raise serializers.ValidationError({"tasks": [_("Send each task once.")]})
        return attrs


class RowOutput(Output):
    """What came of one task, or would come of it."""

    task_id = identifier()
    version = serializers.IntegerField(help_text="Of the task as this answer leaves it.")
    change_id = identifier(allow_null=True)
    state = serializers.ChoiceField(
        choices=["able", "done", "refused", "undone"], help_text="`able`: in a preview, what would be done."
    )
    detail = serializers.CharField(help_text="Why it was refused, or cannot be undone.")


class BatchOutput(Output):
    """One act on many tasks, undone as one. Rows the person does not see are not told."""

    id = identifier(allow_null=True, help_text="Null in a preview.")
    act = one_of(Act)
    at = Moment(allow_null=True)
    by_id = identifier(allow_null=True)
    asked = serializers.IntegerField()
    done = serializers.IntegerField()
    rows = RowOutput(many=True)
    not_found = serializers.ListField(child=identifier(), help_text="Sent, and not there for this person.")
    undo_until = Moment(allow_null=True, help_text="Null: not to be undone any more.")
    undone_at = Moment(allow_null=True)
    undone_by_id = identifier(allow_null=True)
