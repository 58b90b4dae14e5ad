"""Patients and their health history as the API takes and shows them."""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from rest_framework import serializers

from coordination.accounts.models import User
from coordination.api.paging import PageQuery
from coordination.api.shapes import Day, Input, Moment, Output, Text, Whole, Yes, identifier, one_of
from coordination.lib.languages import LANGUAGES
from patients.forms.identity import BirthField
from patients.models import (
    Allergy,
    Encounter,
    Medication,
    Patient,
    RecordStatus,
    Sensitivity,
)
from patients.registry import columns_for

# what a role does not see in the list of patients it does not see here: the column that opens each field
COLUMN_OF = {
    "risk": "risk",
    "language": "language",
    "interpreter_needed": "language",
    "last_contact_at": "contact",
    "next_due_at": "due",
    "open_tasks": "tasks",
}


class PatientOutput(Output):
    """Who the patient is. What the person's role or the token's scopes do not open is null."""

    id = identifier()
    version = serializers.IntegerField()
    record_number = serializers.CharField()
    family = serializers.CharField()
    given = serializers.CharField()
    middle = serializers.CharField()
    preferred_name = serializers.CharField()
    former_names = serializers.CharField()
    pronouns = serializers.CharField()
    birth_date = Day(allow_null=True)
    birth_precision = one_of(Patient.BirthPrecision)
    sex = one_of(Patient.Sex)
    is_deceased = serializers.BooleanField()
    deceased_on = Day(allow_null=True)
    status = one_of(Patient.Status)
    team_id = identifier(allow_null=True)
    coordinator_id = identifier(allow_null=True)
    has_similar_name = serializers.BooleanField()
    risk = one_of(Patient.Risk, allow_null=True)
    language = serializers.CharField(allow_null=True)
    interpreter_needed = one_of(Patient.YesNo, allow_null=True)
    last_contact_at = Moment(allow_null=True)
    next_due_at = Moment(allow_null=True)
    open_tasks = serializers.IntegerField(allow_null=True)
    updated_at = Moment()

    def __init__(self, *args: Any, reader: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        seen = columns_for(reader) if reader is not None else {}
        self.hidden = [name for name, column in COLUMN_OF.items() if column not in seen]

    def to_representation(self, instance: Any) -> dict[str, Any]:
        shown = super().to_representation(instance)
        for name in self.hidden:
            shown[name] = None
        return shown


class PatientQuery(PageQuery):
    team_id = identifier(required=False)
    coordinator_id = identifier(required=False)
    status = serializers.ChoiceField(
        choices=["active", "ended", "deceased", "all"], required=False, default="active"
    )
    risk = one_of(Patient.Risk, required=False, help_text="Needs the scope history:read.")
    updated_since = Moment(
        required=False,
        help_text="Who the patient is was changed at this moment or later; the oldest change first.",
    )


class SearchInput(Input):
    """A name in any order, misspelt or only heard; a date of birth; a number. Several parts must all fit."""

    text = Text(max_length=120)
    limit = Whole(required=False, min_value=1, max_value=200, default=50)


class SearchOutput(Output):
    """The closest first. `found` counts all, at most 200."""

    items = PatientOutput(many=True)
    found = serializers.IntegerField()


def _text(name: str, **kwargs: Any) -> Text:
    longest = getattr(Patient._meta.get_field(name), "max_length", None)
    return Text(max_length=longest, required=False, allow_blank=True, **kwargs)


class PatientChange(Input):
    """Only what is sent is changed."""

    family = _text("family")
    given = _text("given")
    middle = _text("middle")
    preferred_name = _text("preferred_name")
    former_names = _text("former_names", help_text="Separate several with commas.")
    pronouns = _text("pronouns")
    birth_date = Day(required=False, allow_null=True)
    birth_precision = one_of(Patient.BirthPrecision, required=False)
    sex = one_of(Patient.Sex, required=False)
    language = _text("language", help_text="A BCP-47 tag.")
    interpreter_needed = one_of(Patient.YesNo, required=False)

    def validate_birth_date(self, day: dt.date | None) -> dt.date | None:
        try:
            BirthField().to_python(day.isoformat() if day else "")
        except ValidationError as error:
            raise serializers.ValidationError(error.messages) from None
        return day

    def validate_language(self, tag: str) -> str:
        if tag and tag not in LANGUAGES:
            raise serializers.ValidationError([_("This language is not known.")])
        return tag


class PatientNew(PatientChange):
    """Someone must answer for the patient: a team, a coordinator, or both."""

    record_number = _text("record_number", help_text="Left out: a new one is given.")
    team_id = identifier(required=False)
    coordinator_id = identifier(required=False)
    not_duplicate = Yes(
        required=False, default=False, help_text="Told before that someone on record is alike."
    )
    why_not_duplicate = Text(required=False, default="", allow_blank=True, max_length=200)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not (attrs.get("family") or attrs.get("given")):
            words = _("Write the family name, or the one name the patient has.")
            raise serializers.ValidationError({"family": [words]})
        return attrs


class HistoryOutput(Output):
    """One line of health history, with where it came from and when it was checked."""

    id = identifier()
    version = serializers.IntegerField()
    patient_id = identifier()
    code_system = serializers.CharField()
    code = serializers.CharField()
    text = serializers.CharField()
    status = serializers.CharField(help_text="The source's own word.")
    note = serializers.CharField()
    sensitivity = one_of(Sensitivity, blank=True)
    occurred_at = Moment(allow_null=True)
    recorded_at = Moment(allow_null=True)
    verified_at = Moment(allow_null=True)
    record_status = one_of(RecordStatus)
    source = serializers.CharField()  # type: ignore[assignment]
    updated_at = Moment()


class ConditionOutput(HistoryOutput):
    category = serializers.CharField()
    is_active = serializers.BooleanField()
    abated_on = Day(allow_null=True)


class AllergyOutput(HistoryOutput):
    category = serializers.CharField()
    reaction = serializers.CharField()
    severity = serializers.CharField()
    criticality = one_of(Allergy.Criticality)
    is_active = serializers.BooleanField()


class MedicationOutput(HistoryOutput):
    basis = one_of(Medication.Basis)
    dosage = serializers.CharField()
    reason = serializers.CharField()
    prescriber = serializers.CharField()
    is_active = serializers.BooleanField()
    starts_on = Day(allow_null=True)
    ends_on = Day(allow_null=True)


class ProcedureOutput(HistoryOutput):
    performer = serializers.CharField()
    ended_at = Moment(allow_null=True)


class ImmunizationOutput(HistoryOutput):
    """A vaccine given."""


class FamilyHistoryOutput(HistoryOutput):
    relative = serializers.CharField()
    onset_age = serializers.CharField()
    is_deceased = serializers.BooleanField(allow_null=True)


class EncounterOutput(HistoryOutput):
    kind = one_of(Encounter.Kind)
    facility = serializers.CharField()
    clinician = serializers.CharField()
    reason = serializers.CharField()
    disposition = serializers.CharField()
    ended_at = Moment(allow_null=True)


class ObservationOutput(HistoryOutput):
    category = serializers.CharField()
    value = serializers.CharField()
    number = serializers.DecimalField(max_digits=20, decimal_places=6, allow_null=True)
    unit = serializers.CharField()
    interpretation = serializers.CharField()
