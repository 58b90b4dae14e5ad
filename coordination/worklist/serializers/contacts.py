"""Contacts as the API takes and shows them."""

from rest_framework import serializers

from coordination.api.shapes import Input, Moment, Output, Text, Whole, identifier, one_of
from coordination.worklist.forms import TOPICS
from coordination.worklist.models import Contact, Task
from coordination.worklist.serializers.tasks import DueInput


class ContactOutput(Output):
    """One attempt to reach someone."""

    id = identifier()
    version = serializers.IntegerField()
    patient_id = identifier()
    task_id = identifier(allow_null=True, help_text="The task this contact ended.")
    next_task_id = identifier(allow_null=True, help_text="What follows.")
    no_follow_up_reason = serializers.CharField()
    occurred_at = Moment()
    minutes = serializers.IntegerField()
    direction = one_of(Contact.Direction)
    mode = one_of(Contact.Mode)
    target = one_of(Contact.Target)
    with_whom = serializers.CharField()
    staff_id = identifier()
    interpreter = one_of(Contact.Interpreter)
    outcome = one_of(Contact.Outcome)
    topics = serializers.ListField(child=serializers.CharField())
    note = serializers.CharField()
    contact_point_id = identifier(allow_null=True, help_text="The number that was used.")
    created_at = Moment()
    undone_at = Moment(allow_null=True, help_text="It was taken back. It stays and says so.")
    undone_by_id = identifier(allow_null=True)


class NextStepInput(DueInput):
    """What is left out is taken from the task the contact ends."""

    title = Text(max_length=200, required=False, allow_blank=True, default="")
    kind = one_of(Task.Kind, required=False)
    reason = Text(max_length=300, required=False, allow_blank=True, default="")


class ContactNew(Input):
    """A contact never ends in nothing: `next_step`, or `no_follow_up_reason`."""

    outcome = one_of(Contact.Outcome)
    task_id = identifier(required=False, help_text="The open task this contact ends.")
    next_step = NextStepInput(required=False)
    no_follow_up_reason = Text(max_length=200, required=False, allow_blank=True, default="")
    occurred_at = Moment(required=False, help_text="Without it: now.")
    direction = one_of(Contact.Direction, required=False, default="out")
    mode = one_of(Contact.Mode, required=False, default="phone")
    target = one_of(Contact.Target, required=False, default="patient")
    with_whom = Text(max_length=200, required=False, allow_blank=True, default="")
    interpreter = one_of(Contact.Interpreter, required=False, default="none")
    minutes = Whole(min_value=0, max_value=600, required=False, default=0)
    topics = serializers.ListField(
        child=serializers.ChoiceField(choices=[key for key, _label in TOPICS]),
        max_length=len(TOPICS),
        required=False,
        default=list,
    )
    note = Text(max_length=10_000, required=False, allow_blank=True, default="")
    contact_point_id = identifier(required=False, help_text="The number that was used.")
    despite = Text(
        max_length=250,
        required=False,
        allow_blank=True,
        default="",
        help_text="Why a number, an hour or a message was used that the patient ruled out. A supervisor looks at it.",
    )
