"""Tasks as the API takes and shows them."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from coordination.accounts.models import User
from coordination.accounts.permissions import Permission
from coordination.api.paging import PageQuery
from coordination.api.shapes import Day, Input, Moment, Output, Text, Whole, Yes, identifier, one_of
from coordination.worklist.due import Due
from coordination.worklist.models import Task

BUCKETS = ["all", "overdue", "today", "transitions", "waiting", "upcoming", "snoozed"]


class Step(Output):
    """One line of a checklist."""

    text = serializers.CharField()
    done = serializers.BooleanField()


class Steps(serializers.ListField):
    """A checklist, as it is stored."""

    child = Step()

    def to_representation(self, data: Any) -> list[dict[str, Any]]:
        return [{"text": str(step.get("text", "")), "done": bool(step.get("done"))} for step in data]


class HeadStart(serializers.DictField):
    """The parts of a head start that are above zero."""

    child = serializers.IntegerField(min_value=1)


class Needs(serializers.ListField):
    """Ids that the door read along with the task (access.py)."""

    child = identifier()


class TaskOutput(Output):
    """One promise: who keeps it, until when, why, and how it ended."""

    id = identifier()
    version = serializers.IntegerField()
    patient_id = identifier(allow_null=True)
    kind = one_of(Task.Kind)
    title = serializers.CharField()
    reason = serializers.CharField()
    context = serializers.CharField()  # type: ignore[assignment]
    owner_id = identifier(allow_null=True, help_text="Either an owner or a queue, always.")
    queue_id = identifier(allow_null=True)
    due_at = Moment(help_text="Late after this moment; for a day, its end where the organization is.")
    due_has_time = serializers.BooleanField()
    due_rule = serializers.CharField()
    work_at = Moment(
        allow_null=True,
        help_text="Where it stands among the work: due_at less head_start. Not part of the version.",
    )
    head_start = HeadStart(
        allow_null=True, help_text="Why, in minutes: risk, effort, reach. Needs the scope history:read."
    )
    minutes = serializers.IntegerField()
    priority = serializers.ChoiceField(choices=Task.Priority.values, help_text="1 is a safety matter.")
    status = one_of(Task.Status)
    waiting_on = serializers.CharField()
    waiting_since = Moment(allow_null=True)
    snoozed_until = Moment(allow_null=True)
    snooze_reason = serializers.CharField()
    wakes_on = one_of(Task.Event, blank=True, help_text="What wakes it before `snoozed_until`.")
    needs = Needs(
        source="open_need_ids", help_text="The open tasks it needs first. With one of them it is blocked."
    )
    repeat_every = serializers.IntegerField(allow_null=True)
    repeat_unit = one_of(Task.Unit, blank=True)
    repeat_until = serializers.DateField(allow_null=True, help_text="The last day on which one may be due.")
    escalated_at = Moment(allow_null=True)
    escalated_to_id = identifier(allow_null=True)
    checklist = Steps()
    attempt = serializers.IntegerField()
    attempts_planned = serializers.IntegerField()
    source = one_of(Task.Source)  # type: ignore[assignment]
    follows_id = identifier(allow_null=True)
    outcome = one_of(Task.Outcome, blank=True)
    outcome_note = serializers.CharField()
    closed_at = Moment(allow_null=True)
    closed_by_id = identifier(allow_null=True)
    created_at = Moment()
    created_by_id = identifier()
    updated_at = Moment()

    def __init__(self, *args: Any, reader: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.opens_risk = reader is not None and reader.may(Permission.HISTORY_VIEW)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """The parts tell the patient's risk, and so would the moment beside the due time."""
        hidden = {} if self.opens_risk else {"work_at": None, "head_start": None}
        return super().to_representation(instance) | hidden


class TaskQuery(PageQuery):
    """Without an owner, a queue, a patient or `updated_since` the list is one's own work."""

    owner_id = identifier(required=False)
    queue_id = identifier(required=False)
    patient_id = identifier(required=False)
    kind = one_of(Task.Kind, required=False)
    bucket = serializers.ChoiceField(choices=BUCKETS, required=False, help_text="As on My day.")
    status = serializers.ChoiceField(
        choices=[
            "open",
            "closed",
            "all",
            "in_progress",
            "waiting",
            "blocked",
            "done",
            "cancelled",
            "declined",
        ],
        required=False,
        help_text="`open` is all that has not ended. Without it: open.",
    )
    due_after = Moment(required=False)
    due_before = Moment(required=False)
    updated_since = Moment(
        required=False,
        help_text="Every task you see that was changed at this moment or later, also what ended; the oldest change first.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "bucket" in attrs and "status" in attrs:
            raise serializers.ValidationError({"status": [_("Send a bucket or a status, not both.")]})
        return super().validate(attrs)


class DueInput(Input):
    """When it is due: a day, or a moment."""

    due_on = Day(required=False, help_text="Due by the end of this day where the organization is.")
    due_at = Moment(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("due_on" in attrs) == ("due_at" in attrs):
            raise serializers.ValidationError({"due_on": [_("Send due_on or due_at.")]})
        return attrs


def due_of(entered: dict[str, Any], user: User) -> Due:
    day, moment = entered.pop("due_on", None), entered.pop("due_at", None)
    return Due.on(day, user.organization) if day else Due(moment, has_time=True)


class TaskNew(DueInput):
    """Without an owner or a queue it is one's own."""

    title = Text(max_length=200)
    reason = Text(max_length=300, help_text="Why now, as you would say it to a colleague.")
    kind = one_of(Task.Kind, required=False, default="other")
    patient_id = identifier(required=False)
    owner_id = identifier(required=False)
    queue_id = identifier(required=False)
    context = Text(max_length=300, required=False, allow_blank=True, default="")  # type: ignore[assignment]
    minutes = Whole(min_value=0, max_value=480, required=False, default=15)
    priority = serializers.ChoiceField(choices=Task.Priority.values, required=False, default=3)
    checklist = serializers.ListField(child=Text(max_length=200), max_length=50, required=False, default=list)
    promised = Yes(required=False, default=False, help_text="Promised to the patient.")
    needs = serializers.ListField(
        child=identifier(),
        max_length=50,
        required=False,
        default=list,
        help_text="Open tasks of the same patient. It is blocked until these are done, then opens by itself.",
    )
    repeat_every = Whole(min_value=1, max_value=366, required=False, allow_null=True, default=None)
    repeat_unit = one_of(Task.Unit, blank=True, required=False, default="")
    repeat_until = Day(required=False, allow_null=True, default=None)


class TaskChange(Input):
    """What is left out stays as it is."""

    title = Text(max_length=200, required=False)
    reason = Text(max_length=300, required=False)
    context = Text(max_length=300, required=False, allow_blank=True)  # type: ignore[assignment]
    kind = one_of(Task.Kind, required=False)
    priority = serializers.ChoiceField(choices=Task.Priority.values, required=False)
    why = Text(
        max_length=200,
        required=False,
        allow_blank=True,
        default="",
        help_text="Needed when a safety matter is made less urgent.",
    )
    minutes = Whole(min_value=0, max_value=480, required=False)
    checklist = serializers.ListField(
        child=Text(max_length=200),
        max_length=50,
        required=False,
        help_text="The steps in their order. Steps that are ticked stay ticked.",
    )
    needs = serializers.ListField(
        child=identifier(),
        max_length=50,
        required=False,
        help_text="Open tasks of the same patient. It is blocked until these are done, then opens by itself.",
    )
    repeat_every = Whole(min_value=1, max_value=366, required=False, allow_null=True)
    repeat_unit = one_of(Task.Unit, blank=True, required=False)
    repeat_until = Day(required=False, allow_null=True)


class CloseInput(Input):
    outcome = one_of(Task.Outcome, required=False, default="completed")
    note = Text(max_length=500, required=False, allow_blank=True, default="")


class SnoozeInput(Input):
    until = Moment(help_text="It is back then at the latest.")
    wakes_on = one_of(
        Task.Event,
        blank=True,
        required=False,
        default="",
        help_text="Or as soon as this happens to its patient.",
    )
    reason = Text(max_length=200, required=False, allow_blank=True, default="")


class AssignInput(Input):
    """One person or one team."""

    owner_id = identifier(required=False)
    queue_id = identifier(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError({"owner_id": [_("Send owner_id or queue_id.")]})
        return attrs


class WaitInput(Input):
    waiting_on = Text(max_length=200, allow_blank=True, help_text="Empty: it is work again.")


class MoveInput(DueInput):
    reason = Text(max_length=200, required=False, allow_blank=True, default="")


class TickInput(Input):
    step = Whole(min_value=0, max_value=999, help_text="Counted from 0.")
    done = Yes()
