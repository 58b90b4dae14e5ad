"""Lines of health history as they are entered by hand: what it is, when, and who says so."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as __

from coordination.lib.day_field import DayField
from coordination.lib.days import start_of_day
from patients.forms.record import RecordForm, choices_with_blank, not_in_future
from patients.models import (
    Allergy,
    Condition,
    Encounter,
    FamilyHistory,
    HistoryItem,
    Immunization,
    Medication,
    Observation,
    Procedure,
    Sensitivity,
)
from patients.words import TOLD_BY

SOURCES = [*TOLD_BY.items(), ("other", __("Another source"))]


class HistoryForm(RecordForm):
    """What all kinds share. `occurred_on` becomes the start of that local day: by hand nobody enters more."""

    text = forms.CharField(label=__("What"), max_length=500)
    occurred_on = DayField(label=__("When it happened or began"), required=False)
    said_by = forms.ChoiceField(label=__("Who says so"), choices=SOURCES)
    sensitivity = forms.ChoiceField(
        label=__("Kept closely"),
        choices=choices_with_blank(Sensitivity.choices, __("No, as the rest of the record")),
        required=False,
        help_text=__("Hides the line from roles that may not see such facts. It may hide it from you."),
    )
    note = forms.CharField(
        label=__("Note"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )

    field_order = ["text"]

    def clean_occurred_on(self) -> Any:
        day = self.cleaned_data.get("occurred_on")
        not_in_future(day, self.about.organization.today())
        if day and self.about.birth_date and day < self.about.birth_date:
            raise forms.ValidationError(_("This day is before the patient was born."))
        return day

    def values(self) -> dict[str, Any]:
        values = super().values()
        day, said_by = values.pop("occurred_on", None), values.pop("said_by", "")
        values["occurred_at"] = start_of_day(day, self.about.organization.zone) if day else None
        values["source"] = "staff" if said_by in ("", "other") else f"staff:{said_by}"
        return values


class ConditionForm(HistoryForm):
    text = forms.CharField(label=__("Condition"), max_length=500)
    is_active = forms.BooleanField(label=__("Present now"), required=False, initial=True)
    field_order = ["text", "is_active", "occurred_on"]


class AllergyForm(HistoryForm):
    text = forms.CharField(label=__("Allergic to"), max_length=500)
    reaction = forms.CharField(label=__("Reaction"), max_length=300, required=False)
    criticality = forms.ChoiceField(
        label=__("Danger"), choices=Allergy.Criticality.choices, initial="unknown"
    )
    field_order = ["text", "reaction", "criticality", "occurred_on"]


class MedicationForm(HistoryForm):
    text = forms.CharField(
        label=__("Medication"), max_length=500, help_text=__("Name and strength, as on the label.")
    )
    dosage = forms.CharField(label=__("Dose, route and frequency"), max_length=500, required=False)
    basis = forms.ChoiceField(label=__("Basis"), choices=Medication.Basis.choices)
    reason = forms.CharField(label=__("What for"), max_length=300, required=False)
    prescriber = forms.CharField(label=__("Prescriber"), max_length=200, required=False)
    field_order = ["text", "dosage", "basis", "reason", "prescriber", "occurred_on"]

    def values(self) -> dict[str, Any]:
        day = self.cleaned_data.get("occurred_on")
        return {**super().values(), "starts_on": day}


class ProcedureForm(HistoryForm):
    text = forms.CharField(label=__("Procedure"), max_length=500)
    performer = forms.CharField(label=__("Done by or at"), max_length=200, required=False)
    field_order = ["text", "performer", "occurred_on"]


class ImmunizationForm(HistoryForm):
    text = forms.CharField(label=__("Vaccine"), max_length=500)


class FamilyHistoryForm(HistoryForm):
    relative = forms.CharField(label=__("Relative"), max_length=80)
    text = forms.CharField(label=__("Condition"), max_length=500)
    onset_age = forms.CharField(label=__("Age when it began"), max_length=40, required=False)
    is_deceased = forms.TypedChoiceField(
        label=__("Has this relative died"),
        choices=[("", __("Not known")), ("no", __("No")), ("yes", __("Yes"))],
        coerce=lambda value: value == "yes",
        empty_value=None,
        required=False,
    )
    field_order = ["relative", "text", "onset_age", "is_deceased"]


class EncounterForm(HistoryForm):
    text = forms.CharField(label=__("What kind of visit"), max_length=500)
    kind = forms.ChoiceField(label=__("Setting"), choices=Encounter.Kind.choices)
    facility = forms.CharField(label=__("Where"), max_length=200, required=False)
    clinician = forms.CharField(label=__("With whom"), max_length=200, required=False)
    reason = forms.CharField(label=__("Reason"), max_length=300, required=False)
    field_order = ["text", "kind", "facility", "clinician", "reason", "occurred_on"]


class ObservationForm(HistoryForm):
    text = forms.CharField(label=__("What was measured"), max_length=500)
    number = forms.DecimalField(label=__("Value"), max_digits=14, decimal_places=6)
    unit = forms.CharField(label=__("Unit"), max_length=60, required=False)
    occurred_on = DayField(label=__("Measured on"))
    field_order = ["text", "number", "unit", "occurred_on"]

    def values(self) -> dict[str, Any]:
        values = super().values()
        return {**values, "value": f"{values['number'].normalize():f}"}


class SensitivityForm(RecordForm):
    sensitivity = forms.ChoiceField(
        label=__("Kept closely"),
        choices=choices_with_blank(Sensitivity.choices, __("No, as the rest of the record")),
        required=False,
        help_text=__("Hides the line from roles that may not see such facts. It may hide it from you."),
    )


FORMS: dict[type[HistoryItem], type[HistoryForm]] = {
    Condition: ConditionForm,
    Allergy: AllergyForm,
    Medication: MedicationForm,
    Procedure: ProcedureForm,
    Immunization: ImmunizationForm,
    FamilyHistory: FamilyHistoryForm,
    Encounter: EncounterForm,
    Observation: ObservationForm,
}
