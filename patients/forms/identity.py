"""Who the patient is: fields shared by adding a patient and by changing one."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as __

from coordination.lib import display
from coordination.lib.languages import LANGUAGES, languages_by_name
from coordination.lib.typed import read_day
from patients.actions.identity import LANGUAGE, NAME, PERSON
from patients.forms.record import RecordForm
from patients.models import Patient

NOT_RECORDED = __("Not recorded")


class BirthField(forms.Field):
    """A date of birth as people say it: 14 Mar 1958, March 14, 1958, 1958-03-14, or 03/14/1958 with the month first."""

    widget = forms.TextInput(attrs={"autocomplete": "off", "class": "input"})

    def prepare_value(self, value: Any) -> Any:
        return display.day(value) if isinstance(value, dt.date) else value

    def to_python(self, value: Any) -> dt.date | None:
        if isinstance(value, dt.date) or value in self.empty_values:
            return value or None
        day = read_day(str(value))
        if day is None:
            raise forms.ValidationError(_("Write the date of birth like 14 Mar 1958 or 03/14/1958."))
        if day > timezone.localdate():
            raise forms.ValidationError(_("The date of birth is in the future."))
        if day.year < timezone.localdate().year - 130:
            raise forms.ValidationError(_("The date of birth is more than 130 years ago. Check the year."))
        return day


class SeveralChips(forms.CheckboxSelectMultiple):
    """Several answers. A conflict is resolved with one value that holds them all, joined by commas."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        return [
            part
            for value in super().value_from_datadict(data, files, name) or []
            for part in value.split(",")
            if part
        ]


def language_choices(*kept: str) -> list[tuple[str, Any]]:
    """Every language by name; a tag that came from elsewhere stays selectable."""
    return [
        ("", NOT_RECORDED),
        *languages_by_name(),
        *((tag, tag) for tag in kept if tag and tag not in LANGUAGES),
    ]


def patient_fields(names: Iterable[str]) -> dict[str, forms.Field]:
    """Form fields out of the model's own: its words, lengths and choices."""
    return {name: _field(name) for name in names}


def _field(name: str) -> forms.Field:
    model = Patient._meta.get_field(name)
    if name == "birth_date":
        return BirthField(
            label=__("Date of birth"), help_text=__("For example 14 Mar 1958 or 03/14/1958"), required=False
        )
    if name == "race_ethnicity":
        return forms.MultipleChoiceField(
            label=__("Race and ethnicity"),
            choices=Patient.Race.choices,
            required=False,
            widget=SeveralChips,
            help_text=__("All that apply"),
        )
    if name in {"language", "written_language"}:
        return forms.ChoiceField(label=LABELS[name], choices=language_choices, required=False)
    made = model.formfield()  # type: ignore[union-attr]
    assert isinstance(made, forms.Field)
    made.label, made.help_text = LABELS.get(name, made.label), HINTS.get(name, "")
    if isinstance(made, forms.TypedChoiceField):
        made.required, made.empty_value = False, model.get_default()  # type: ignore[union-attr]
        made.choices = list(model.choices or [])  # type: ignore[union-attr]
    return made


LABELS = {
    "family": __("Family name"), "given": __("Given name"), "middle": __("Middle names"), "prefix": __("Title"),
    "suffix": __("Suffix"), "preferred_name": __("Preferred name"), "former_names": __("Former names"),
    "pronunciation": __("How to say the name"), "family_first": __("The family name is said first"),
    "pronouns": __("Pronouns"), "birth_precision": __("How exactly is it known"), "sex": __("Legal sex"),
    "sex_for_clinical_use": __("Sex for clinical use"), "gender_identity": __("Gender identity"),
    "sexual_orientation": __("Sexual orientation"), "race_ethnicity_detail": __("In the patient's words"),
    "race_ethnicity_source": __("Who said so"), "marital_status": __("Marital status"),
    "language": __("Spoken language"), "written_language": __("Written language"), "english": __("English"),
    "interpreter_needed": __("Interpreter needed"), "interpreter_mode": __("How the interpreter joins"),
    "interpreter_gender": __("Preferred gender of the interpreter"), "communication_needs": __("Communication needs"),
    "cultural_needs": __("Cultural and faith needs"), "record_number": __("Record number"),
}  # fmt: skip
HINTS = {
    "former_names": __("Separate several with commas"),
    "pronouns": __("As in she/her"),
    "race_ethnicity_source": __("A weaker source never replaces a stronger one"),
    "communication_needs": __("As in large print, hearing aid, reads slowly"),
    "cultural_needs": __("As in prayer times, fasting, no blood products"),
    "record_number": __("Leave it empty to be given a new one"),
}
CLINICAL = {"sex_for_clinical_use", "sexual_orientation"}


def race_errors(form: forms.Form) -> None:
    race = form.cleaned_data.get("race_ethnicity") or []
    alone = {Patient.Race.DECLINED.value, Patient.Race.UNKNOWN.value} & set(race)
    if alone and len(race) > 1:
        form.add_error("race_ethnicity", _("“Declined” and “Not known” stand alone."))


def name_errors(form: forms.Form) -> None:
    if not (form.cleaned_data.get("family") or form.cleaned_data.get("given") or form.errors.get("family")):
        form.add_error("family", _("Write the family name, or the one name the patient has."))


class PatientSection(RecordForm):
    """One part of the edit page. Fields nobody of this role may see are not in it."""

    mark_optional = False
    names: tuple[str, ...] = ()

    def __init__(self, *args: Any, leave_out: Iterable[str] = (), **kwargs: Any) -> None:
        patient: Patient = kwargs["patient"]
        super().__init__(*args, row=patient, **kwargs)
        fields = patient_fields(name for name in self.names if name not in set(leave_out))
        for name in {"language", "written_language"} & set(fields):
            fields[name].choices = language_choices(getattr(patient, name))  # type: ignore[attr-defined]
        if "family" in fields:
            fields["family"].required = False  # some people have one name only
        self.fields.update(fields)

    def values(self) -> dict[str, Any]:
        return {name: value for name, value in super().values().items() if name in self.names}


class NameSection(PatientSection):
    names = NAME

    def clean(self) -> None:
        name_errors(self)


class PersonSection(PatientSection):
    names = PERSON

    def clean(self) -> None:
        race_errors(self)


class LanguageSection(PatientSection):
    names = LANGUAGE


class FormGroup:
    """Several forms of one page, seen by the error summary as one."""

    def __init__(self, *parts: forms.BaseForm) -> None:
        self.parts = parts

    def __iter__(self) -> Iterator[BoundField]:
        return (bound for part in self.parts for bound in part)

    def is_valid(self) -> bool:
        asked = [part.is_valid() for part in self.parts]  # every part, so that every message shows
        return all(asked)

    @property
    def errors(self) -> dict[str, Any]:
        return {
            f"{part.prefix or ''}-{name}": found for part in self.parts for name, found in part.errors.items()
        }

    def non_field_errors(self) -> list[str]:
        return [str(message) for part in self.parts for message in part.non_field_errors()]
