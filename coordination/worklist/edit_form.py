"""The form that changes what a task says: the fields as the person saw them, and which of them they changed."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from coordination.accounts.models import User
from coordination.lib.editing import SeenForm
from coordination.worklist.actions.editing import as_edited
from coordination.worklist.actions.needing import needable
from coordination.worklist.forms import PromiseFields
from coordination.worklist.models import Task
from coordination.worklist.task_form import ComingFields


class Lines(forms.CharField):
    """Several lines. A browser ends them its own way; here they end one way, so that the same text is the same."""

    widget = forms.Textarea(attrs={"rows": 5})

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return "\n".join(line.strip() for line in text.splitlines() if line.strip())


class TaskEditForm(ComingFields, PromiseFields, SeenForm):
    title = forms.CharField(label=_("What will be done"), max_length=200)
    reason = forms.CharField(label=_("Why now"), max_length=300)
    kind = forms.ChoiceField(label=_("Kind"), choices=Task.Kind.choices)
    priority = forms.TypedChoiceField(label=_("Priority"), coerce=int, choices=Task.Priority.choices)
    why = forms.CharField(
        label=_("Why it is less urgent"),
        max_length=200,
        required=False,
        help_text=_("Only when a safety matter is made less urgent."),
    )
    minutes = forms.IntegerField(label=_("Minutes of work"), min_value=0, max_value=480)
    context = forms.CharField(label=_("What helps to do it"), max_length=300, required=False)
    checklist = Lines(
        label=_("Checklist"),
        required=False,
        max_length=2000,
        help_text=_("One step a line, in the order of the work. Steps that are ticked stay ticked."),
    )
    mark_optional = True

    WATCHED = {"due": _("Due"), "owner": _("Who has it")}  # changed elsewhere, shown in no field of this form

    def __init__(self, data: Any, *, task: Task, user: User) -> None:
        self.task = task
        shown = as_edited(task)
        super().__init__(data, initial={**shown, "version": task.version})
        self.names = shown.keys() & self.fields.keys()
        if not task.is_critical:
            del self.fields["why"]
        self.offer_to(user, task.patient)
        self.offer_needs(needable(task))
        self.initial["seen"] = self.seen_of(shown)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data["promised_for"] = self.promised_for(data) if self.has_promise() else None
        return data

    @property
    def label_of(self) -> dict[str, Any]:
        return {name: field.label for name, field in self.fields.items()} | dict(self.WATCHED)

    def changes(self) -> dict[str, Any]:
        """The fields this person changed, as they are now."""
        return {name: self.cleaned_data[name] for name in self.names if self.was_touched(name)}
