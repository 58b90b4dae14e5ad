"""Adding a patient: look first, then write down what is known. Not known and declined are answers of their own."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as __

from coordination.accounts.access import list_teams
from coordination.accounts.models import Team, User
from coordination.accounts.permissions import Permission
from coordination.accounts.person_field import PersonField
from patients.actions.identity import LANGUAGE, NAME, PERSON
from patients.forms.identity import BirthField, FormGroup, name_errors, patient_fields, race_errors
from patients.forms.reaching import address_fields, clean_phone, identifier_fields, phone_fields

PHONES, IDENTIFIERS = 3, 2


class LookForm(forms.Form):
    """Search first: who is it?"""

    family = forms.CharField(label=__("Family name"), max_length=120)
    given = forms.CharField(label=__("Given name"), max_length=120, required=False)
    birth_date = BirthField(
        label=__("Date of birth"), required=False, help_text=__("For example 14 Mar 1958 or 03/14/1958")
    )


class NewPatientForm(forms.Form):
    mark_optional = False
    birth_unknown = forms.BooleanField(label=__("The date of birth is not known"), required=False)
    no_phone = forms.BooleanField(label=__("The patient has no phone"), required=False)
    not_duplicate = forms.BooleanField(label=__("This is another person"), required=False)
    why_not_duplicate = forms.CharField(
        label=__("How do you know"),
        max_length=300,
        required=False,
        help_text=__("As in twin sister, father of the same name"),
    )
    team = forms.ModelChoiceField(
        label=__("Team"), queryset=Team.objects.none(), required=False, empty_label=__("No team")
    )
    coordinator = PersonField(
        label=__("Coordinator"), required=False, empty_label=__("Nobody yet: the team takes care")
    )

    def __init__(self, *args: Any, by: User, leave_out: set[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.update(
            patient_fields(
                name for name in (*NAME, *PERSON, *LANGUAGE, "record_number") if name not in leave_out
            )
        )
        self.fields["family"].required = False  # some people have one name only
        self.fields["race_ethnicity_source"].initial = "self"
        self.fields["team"].queryset = list_teams(by)  # type: ignore[attr-defined]
        self.fields["coordinator"].offer(by)  # type: ignore[attr-defined]
        teams = list(by.memberships.filter(ends_on__isnull=True).values_list("team_id", flat=True)[:2])
        if len(teams) == 1:
            self.fields["team"].initial = teams[0]
        if by.may(Permission.CONTACT_LOG):
            self.fields["coordinator"].initial = by.pk

    def clean(self) -> None:
        name_errors(self)
        race_errors(self)
        data = self.cleaned_data
        if not data.get("birth_date") and not data.get("birth_unknown") and "birth_date" not in self.errors:
            self.add_error("birth_date", _("Write the date of birth, or tick that it is not known."))
        if not data.get("coordinator") and not data.get("team"):
            self.add_error(
                "coordinator", _("Choose a coordinator or a team, so that someone answers for this patient.")
            )
        if data.get("not_duplicate") and not data.get("why_not_duplicate"):
            self.add_error("why_not_duplicate", _("Say how you know that this is another person."))
        if not data.get("race_ethnicity"):
            data["race_ethnicity_source"] = "unknown"

    def values(self) -> dict[str, Any]:
        names = {*NAME, *PERSON, *LANGUAGE, "record_number"}
        return {name: value for name, value in self.cleaned_data.items() if name in names}


# the page in its order; what few patients need is folded away
WHO = ("family", "given", "birth_date", "birth_unknown", "sex", "preferred_name", "pronouns")
NAMES = ("middle", "prefix", "suffix", "former_names", "pronunciation", "family_first")
ABOUT = (
    "gender_identity", "sex_for_clinical_use", "sexual_orientation", "race_ethnicity", "race_ethnicity_detail",
    "race_ethnicity_source", "birth_precision", "marital_status",
)  # fmt: skip
SPEAKS = ("language", "interpreter_needed", "interpreter_mode", "english")
NEEDS = ("written_language", "interpreter_gender", "communication_needs", "cultural_needs")
ANSWERS_FOR = ("coordinator", "team", "record_number")
# a change of these looks for duplicates again
IDENTIFYING = {"family", "given", "birth_date", "sex", "suffix", "value", "postal_code", "record_number"}


class NewPhoneForm(forms.Form):
    def __init__(self, data: Any, *, prefix: str, initial: dict[str, Any] | None = None) -> None:
        super().__init__(
            data, prefix=prefix, initial=initial, empty_permitted=True, use_required_attribute=False
        )
        self.fields.update(phone_fields())
        self.fields["value"].required = False  # a line without a number is no line
        for name in (
            "note",
            "others_may_answer",
            "call_from",
            "call_until",
        ):  # written down once there is time
            del self.fields[name]

    def clean(self) -> None:
        clean_phone(self)


class NewAddressForm(forms.Form):
    def __init__(self, data: Any, *, prefix: str, initial: dict[str, Any] | None = None) -> None:
        super().__init__(
            data, prefix=prefix, initial=initial, empty_permitted=True, use_required_attribute=False
        )
        self.fields.update(address_fields())


class NewIdentifierForm(forms.Form):
    def __init__(self, data: Any, *, prefix: str, initial: dict[str, Any] | None = None) -> None:
        super().__init__(
            data, prefix=prefix, initial=initial, empty_permitted=True, use_required_attribute=False
        )
        self.fields.update(identifier_fields())
        self.fields["value"].required = False


class Registration(FormGroup):
    """The whole page: the patient, up to three phones, an address, up to two identifiers."""

    is_restored = False

    def __init__(
        self, data: Any = None, *, by: User, leave_out: set[str], initial: dict[str, Any] | None = None
    ) -> None:
        self.patient = NewPatientForm(data, by=by, leave_out=leave_out, initial=initial)
        kinds = ["mobile", "home", "email"]
        self.phones = [
            NewPhoneForm(data, prefix=f"phone{n}", initial={"kind": kinds[n]}) for n in range(PHONES)
        ]
        self.address = NewAddressForm(data, prefix="address")
        self.identifiers = [NewIdentifierForm(data, prefix=f"identifier{n}") for n in range(IDENTIFIERS)]
        super().__init__(self.patient, *self.phones, self.address, *self.identifiers)

        for part in self.parts:
            for name in IDENTIFYING & set(part.fields):
                part.fields[name].widget.attrs["class"] = "identifies"

    def restore(self, typed: Mapping[str, Any]) -> None:
        """Show what was typed before. What a browser does not send, as an unticked box, was empty."""
        for part in self.parts:
            part.initial = {name: typed.get(part.add_prefix(name)) for name in part.fields}
        self.is_restored = True

    def _needs_a_look(self, fields: Iterable[BoundField]) -> bool:
        return any(bound.errors or (self.is_restored and bound.value()) for bound in fields)

    def parts_of_page(self) -> dict[str, dict[str, Any]]:
        """The fields in the order of the page. A folded part opens by itself when something in it needs a look."""
        groups = {
            "who": WHO,
            "names": NAMES,
            "about": ABOUT,
            "speaks": SPEAKS,
            "needs": NEEDS,
            "care": ANSWERS_FOR,
        }
        page = {}
        for key, names in groups.items():
            fields = [self.patient[name] for name in names if name in self.patient.fields]
            page[key] = {"fields": fields, "open": self._needs_a_look(fields)}
        page["address"] = {"fields": list(self.address), "open": bool(self.address.errors)}
        for key, forms_of in (("more_phones", self.phones[1:]), ("identifiers", self.identifiers)):
            numbers = [form["value"] for form in forms_of]
            is_open = any(form.errors for form in forms_of) or self._needs_a_look(numbers)
            page[key] = {"fields": [], "open": is_open}
        return page

    def is_valid(self) -> bool:
        valid = super().is_valid()
        if (
            not self.phone_values()
            and not self.patient.cleaned_data.get("no_phone")
            and not any(form.errors for form in self.phones)
        ):
            self.phones[0].add_error(
                "value", _("Write a phone number, or tick that the patient has no phone.")
            )
            return False
        return valid

    def phone_values(self) -> list[dict[str, Any]]:
        return [_said(form) for form in self.phones if form.is_valid() and form.cleaned_data.get("value")]

    def address_values(self) -> list[dict[str, Any]]:
        data = _said(self.address) if self.address.is_valid() else {}
        return [data] if any(data.get(name) for name in ("line", "city", "postal_code")) else []

    def identifier_values(self) -> list[dict[str, Any]]:
        return [
            _said(form) for form in self.identifiers if form.is_valid() and form.cleaned_data.get("value")
        ]


def _said(form: forms.Form) -> dict[str, Any]:
    return dict(form.cleaned_data)
