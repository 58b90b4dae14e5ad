"""Phones, addresses and identifiers: the same fields when a patient is added and when one line is changed."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as __

from coordination.lib.day_field import DayField
from patients.actions.reaching import to_e164
from patients.forms.record import RecordForm
from patients.models import Address, ContactPoint, Identifier


class YesNoSelect(forms.NullBooleanSelect):
    def __init__(self) -> None:
        super().__init__()
        self.choices = [("unknown", __("Not asked")), ("true", __("Yes")), ("false", __("No"))]


class TimeInput(forms.TimeInput):
    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


def phone_fields() -> dict[str, forms.Field]:
    return {
        "kind": forms.ChoiceField(label=__("Kind"), choices=ContactPoint.Kind.choices, initial="mobile"),
        "value": forms.CharField(label=__("Number or e-mail"), max_length=200),
        "voicemail": forms.ChoiceField(
            label=__("Voicemail"), choices=ContactPoint.Voicemail.choices, initial="unknown"
        ),
        "text_allowed": forms.NullBooleanField(
            label=__("Text messages allowed"), widget=YesNoSelect, required=False
        ),
        "others_may_answer": forms.CharField(
            label=__("Who else may answer"),
            max_length=120,
            required=False,
            help_text=__("As in partner, front desk of the shelter"),
        ),
        "call_from": forms.TimeField(label=__("Call only from"), required=False, widget=TimeInput),
        "call_until": forms.TimeField(label=__("Call only until"), required=False, widget=TimeInput),
        "best_time": forms.CharField(label=__("Best time"), max_length=100, required=False),
        "note": forms.CharField(label=__("Note"), max_length=200, required=False),
    }


def clean_phone(form: forms.Form) -> None:
    kind, value = form.cleaned_data.get("kind", ""), form.cleaned_data.get("value", "")
    if kind == ContactPoint.Kind.EMAIL and value:
        try:
            validate_email(value)
        except ValidationError:
            form.add_error("value", _("Write the e-mail address like name@example.org."))
    elif value and not to_e164(kind, value):
        form.add_error(
            "value",
            _("This number cannot be dialed. Write it with the area code, or with + and the country."),
        )
    begins, ends = form.cleaned_data.get("call_from"), form.cleaned_data.get("call_until")
    if begins and ends and ends <= begins:
        form.add_error("call_until", _("The hours end before they begin."))


# where nobody speaks to a machine
UNSPOKEN = {ContactPoint.Kind.EMAIL.value, ContactPoint.Kind.FAX.value}


def address_fields() -> dict[str, forms.Field]:
    return {
        "line": forms.CharField(label=__("Street and number"), max_length=300, required=False),
        "city": forms.CharField(label=__("City"), max_length=120, required=False),
        "state": forms.CharField(label=__("State"), max_length=60, required=False),
        "postal_code": forms.CharField(label=__("ZIP code"), max_length=20, required=False),
        "country": forms.CharField(label=__("Country"), max_length=60, required=False),
        "use": forms.ChoiceField(label=__("Use"), choices=Address.Use.choices, initial="home"),
        "is_confidential": forms.BooleanField(
            label=__("Confidential: the only address to write to"), required=False,
            help_text=__("The patient asked to be reached here and nowhere else"),
        ),
    }  # fmt: skip


def identifier_fields() -> dict[str, forms.Field]:
    return {
        "kind": forms.ChoiceField(label=__("Kind"), choices=Identifier.Kind.choices, initial="MC"),
        "value": forms.CharField(label=__("Number"), max_length=200),
        "system": forms.CharField(
            label=__("Issued by"),
            max_length=300,
            required=False,
            help_text=__("As in Mercy General, Ohio Medicaid"),
        ),
        "starts_on": DayField(label=__("From"), required=False),
        "ends_on": DayField(label=__("Until"), required=False),
    }


class LineForm(RecordForm):
    """One phone, address or identifier of a patient on record."""


class PhoneForm(LineForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.update(phone_fields())
        self.fields["rank"] = forms.IntegerField(
            label=__("Order: 1 is tried first"), min_value=1, max_value=99, initial=1
        )

        if self.row is None:  # asked once for each number, so that nobody has to guess later
            self.fields["voicemail"].label = __("What may be left on voicemail: ask the patient")
            self.fields["voicemail"].initial = None
            self.fields["voicemail"].choices = [  # type: ignore[attr-defined]
                ("", __("Choose")),
                *ContactPoint.Voicemail.choices,
            ]
            self.fields["voicemail"].required = self.data.get("kind") not in UNSPOKEN

    def clean(self) -> None:
        if not self.cleaned_data.get("voicemail") and "voicemail" not in self.errors:
            self.cleaned_data["voicemail"] = ContactPoint.Voicemail.UNKNOWN
        clean_phone(self)


class AddressForm(LineForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.update(address_fields())
        self.fields["starts_on"] = DayField(label=__("From"), required=False)
        self.fields["ends_on"] = DayField(label=__("Until"), required=False)

    def clean(self) -> None:
        if not any(self.cleaned_data.get(name) for name in ("line", "city", "postal_code")):
            self.add_error("line", _("Write the street, the city or the ZIP code."))
        self.expect_order("starts_on", "ends_on", _("This ends before it starts."))


class IdentifierForm(LineForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.update(identifier_fields())

    def clean(self) -> None:
        self.expect_order("starts_on", "ends_on", _("This ends before it starts."))


class RemoveForm(RecordForm):
    reason = forms.CharField(
        label=__("Why"), max_length=200, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    entered_in_error = forms.BooleanField(
        label=__("It was entered in error"), required=False,
        help_text=__("It never was this patient's. Otherwise it stays on record, marked as no longer in use."),
    )  # fmt: skip


class DeathForm(RecordForm):
    died_on = DayField(
        label=__("Date of death"), required=False, help_text=__("Leave it empty when it is not known")
    )
