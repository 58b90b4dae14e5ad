"""What a list of patients can be narrowed by. A value nobody offers is passed over, never an error page."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as __

from coordination.accounts.access import NEARBY, Nearby
from coordination.accounts.models import User
from coordination.lib.languages import languages_by_name
from coordination.lib.permissions import Permission
from patients.models import Patient

ANY = __("Any")
STATUSES = [
    ("active", __("In care")),
    ("ended", __("Care ended")),
    ("deceased", __("Died")),
    ("all", __("Everyone")),
]
QUIET = [
    ("7", __("7 days")),
    ("14", __("14 days")),
    ("30", __("30 days")),
    ("60", __("60 days")),
    ("90", __("90 days")),
]
TASKS = [("open", __("Open tasks")), ("overdue", __("Overdue tasks")), ("none", __("Nothing planned"))]


class SearchForm(forms.Form):
    text = forms.CharField(label=__("Search patients"), max_length=120)


class FilterForm(forms.Form):
    coordinator = forms.ChoiceField(label=__("Coordinator"), required=False)
    team = forms.ChoiceField(label=__("Team"), required=False)
    offered = forms.CharField(label=__("Find a coordinator or team"), max_length=60, required=False)
    status = forms.ChoiceField(label=__("Status"), choices=STATUSES, required=False)
    risk = forms.ChoiceField(label=__("Risk"), choices=[("", ANY), *Patient.Risk.choices], required=False)
    language = forms.ChoiceField(label=__("Language"), required=False)
    interpreter = forms.ChoiceField(
        label=__("Interpreter needed"), choices=[("", ANY), *Patient.YesNo.choices], required=False
    )
    quiet = forms.ChoiceField(label=__("No contact in"), choices=[("", ANY), *QUIET], required=False)
    tasks = forms.ChoiceField(label=__("Tasks"), choices=[("", ANY), *TASKS], required=False)
    sort = forms.ChoiceField(label=__("Sorted by"), required=False)

    def __init__(self, data: Any, *, user: User, sorts: list[tuple[str, Any]], nearby: Nearby) -> None:
        super().__init__(data)
        self.fields["coordinator"].choices = [  # type: ignore[attr-defined]
            ("", ANY), ("me", __("Me")), ("none", __("Nobody")), *nearby.people,
        ]  # fmt: skip
        self.fields["team"].choices = [("", ANY), *nearby.teams]  # type: ignore[attr-defined]
        self.fields["language"].choices = [("", ANY), *languages_by_name()]  # type: ignore[attr-defined]
        self.fields["sort"].choices = sorts  # type: ignore[attr-defined]
        closed = set() if user.may(Permission.HISTORY_VIEW) else {"risk"}
        closed |= set() if user.may(Permission.TASK_VIEW) else {"quiet", "tasks"}
        closed |= (
            set()
            if user.may(Permission.HISTORY_VIEW) or user.may(Permission.PATIENT_EDIT)
            else {"language", "interpreter"}
        )
        if not data.get("offered") and max(len(nearby.people), len(nearby.teams)) < NEARBY:
            closed.add("offered")  # all of them are on offer
        for name in closed:
            del self.fields[name]

    def chosen(self) -> dict[str, str]:
        """What was chosen and is on offer. The form then shows just that; what only finds something to choose is no choice."""
        self.is_valid()
        self.errors.clear()
        self.data = {name: value for name, value in self.cleaned_data.items() if value and name != "offered"}
        return dict(self.data)

    def offers(self, values: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
        """Of the filters somebody kept, those still on offer, and the names of those that are not."""
        kept: dict[str, str] = {}
        gone: list[str] = []
        for name, value in values.items():
            field = self.fields.get(name)
            if isinstance(field, forms.ChoiceField) and field.valid_value(value):
                kept[name] = value
            else:
                gone.append(name)
        return kept, gone

    def words(self, name: str, value: str) -> str:
        return str(dict(self.fields[name].choices).get(value, value))  # type: ignore[attr-defined]
