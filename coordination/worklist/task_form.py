"""A new commitment as it is filled in, and what it shares with the form that changes one."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from coordination.accounts.models import Team, User
from coordination.lib.day_field import DayField
from coordination.worklist.forms import TimeField, due_of
from coordination.worklist.models import Task
from coordination.worklist.owner_field import OwnerField, split_owner

NEEDABLE = 50  # HOUSE: other tasks of a patient that are offered


class Ids(forms.MultipleChoiceField):
    """Several ids in one order, sent apart or, from the screen of a conflict, in one piece. What has ended is no choice any more."""

    widget = forms.CheckboxSelectMultiple

    def to_python(self, value: Any) -> list[str]:
        sent_ids = value.split(",") if isinstance(value, str) else value or []
        return sorted({pk for part in sent_ids for pk in str(part).split(",") if self.valid_value(pk)})


class ComingFields(forms.Form):
    """What has to end before a task, and how it comes again."""

    needs = Ids(
        label=_("Needs first"),
        required=False,
        help_text=_("It is blocked until these are done, then opens by itself."),
    )
    repeat_every = forms.IntegerField(label=_("Repeats every"), min_value=1, max_value=366, required=False)
    repeat_unit = forms.ChoiceField(
        label=_("Days, weeks or months"),
        choices=[("", _("Does not repeat")), *Task.Unit.choices],
        required=False,
    )
    repeat_until = DayField(label=_("Last day"), required=False)

    def offer_needs(self, others: QuerySet[Task]) -> None:
        rows = others.order_by("due_at", "id")[:NEEDABLE]
        self.fields["needs"].choices = [(str(other.pk), other.headline) for other in rows]  # type: ignore[attr-defined]

    def says_more(self) -> bool:
        """Something of it is filled in, or wrong."""
        names = ComingFields.base_fields
        return any(self[name].value() or self[name].errors for name in names)


class TaskForm(ComingFields):
    """A new commitment."""

    title = forms.CharField(label=_("What will be done"), max_length=200)
    reason = forms.CharField(
        label=_("Why now"), max_length=300, help_text=_("One sentence, as you would say it to a colleague.")
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=Task.Kind.choices, initial=Task.Kind.CALL)
    day = DayField(label=_("Due on"))
    time = TimeField(label=_("At"), required=False, help_text=_("Empty: any time that day."))
    priority = forms.TypedChoiceField(
        label=_("Priority"), coerce=int, choices=Task.Priority.choices, initial=Task.Priority.NORMAL
    )
    to = OwnerField(label=_("Who does it"), empty_label=None)
    context = forms.CharField(label=_("What helps to do it"), max_length=300, required=False)
    promised = forms.BooleanField(label=_("Promised to the patient"), required=False)
    minutes = forms.IntegerField(label=_("Minutes of work"), min_value=0, max_value=480, initial=15)
    checklist = forms.CharField(
        label=_("Checklist"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One step a line."),
    )
    mark_optional = True

    def __init__(
        self,
        *args: Any,
        user: User,
        queues: list[Team],
        others: QuerySet[Task],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.offer_needs(others)
        self.fields["to"].offer_to(user, queues, me_first=True)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("day"):
            data["due"] = due_of(self.user, data["day"], data.get("time"))
        data |= split_owner(data)
        steps = (line.strip() for line in data.get("checklist", "").splitlines())
        data["steps"] = [{"text": step[:200], "done": False} for step in steps if step]
        return data
