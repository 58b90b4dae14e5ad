"""What every form about a patient carries: whom it is about, and which version of the row it shows."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coordination.lib.day_field import DayField
from coordination.lib.editable import Editable
from coordination.lib.editing import SeenForm
from patients.models import Patient

HIDDEN = ("patient", "version", "seen")


class RecordForm(SeenForm):
    """The patient's id is sent along and must be the one in the address: a form of another tab saves nothing here."""

    mark_optional = True
    patient = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, patient: Patient, row: Editable | None = None, **kwargs: Any) -> None:
        self.about, self.row = patient, row
        stored = row.editable_values() if row is not None else {}
        version = {"version": row.version} if row is not None else {}
        kwargs["initial"] = {**stored, **kwargs.get("initial", {}), "patient": patient.pk, **version}
        if row is not None:
            kwargs["initial"]["seen"] = self.shown_values
        super().__init__(*args, **kwargs)
        for field in self.fields.values():  # the list of what is wrong stands on top, away from the fields
            field.error_messages["required"] = _("%(field)s is missing.") % {"field": field.label}

    def clean_patient(self) -> Any:
        if self.cleaned_data["patient"] != self.about.pk:
            raise forms.ValidationError(_("This form is about another patient. Nothing was saved."))
        return self.cleaned_data["patient"]

    def values(self) -> dict[str, Any]:
        """What was entered, without what only guides the form."""
        return {name: value for name, value in self.cleaned_data.items() if name not in HIDDEN}

    def edited(self) -> dict[str, Any]:
        """What an action that changes the row is told: the values, and over what they were typed."""
        return {"values": self.values(), "version": self.shown_version, "seen": self.seen_before()}

    def expect_order(self, start: str, end: str, message: str) -> None:
        first, last = self.cleaned_data.get(start), self.cleaned_data.get(end)
        if first and last and last < first:
            self.add_error(end, message)


class ConfirmForm(RecordForm):
    """A button with nothing to fill in: who and which version."""


class ReasonForm(RecordForm):
    reason = forms.CharField(
        label=gettext_lazy("Why"), max_length=200, widget=forms.Textarea(attrs={"rows": 2}), strip=True
    )


class EndForm(RecordForm):
    on = DayField(label=gettext_lazy("Last day"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        patient: Patient = kwargs["patient"]
        kwargs["initial"] = {"on": patient.organization.today(), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)


def not_in_future(day: dt.date | None, today: dt.date) -> None:
    if day is not None and day > today:
        raise forms.ValidationError(_("This day is in the future."))


def choices_with_blank(choices: Any, blank: Any) -> list[tuple[str, Any]]:
    return [("", blank), *(pair for pair in choices if pair[0])]
