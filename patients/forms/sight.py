"""What is typed to open a record in an emergency, and to review that."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as __

from patients.emergency import TwoIdentifiers
from patients.forms.identity import BirthField
from patients.models import AccessGrant


class TwoIdentifiersForm(forms.Form):
    """A date of birth, and either a family name or a record number."""

    family = forms.CharField(label=__("Family name"), max_length=120, required=False)
    number = forms.CharField(label=__("Or the record number"), max_length=40, required=False)
    born = BirthField(label=__("Date of birth"), help_text=__("Like 14 Mar 1958 or 03/14/1958"))

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        family, number = given.get("family", "").strip(), given.get("number", "").strip()
        if bool(family) == bool(number):
            self.add_error("family", _("Give the family name or the record number, one of the two."))
        return given

    def wanted(self) -> TwoIdentifiers:
        given = self.cleaned_data
        return TwoIdentifiers(given["born"], given["family"].strip(), given["number"].strip())


class ExplainForm(forms.Form):
    """Whom, and about whom. Both are typed in full, so that the page lists nobody."""

    person = forms.CharField(
        label=__("Person"), max_length=254, help_text=__("The e-mail address, or the whole name.")
    )
    number = forms.CharField(label=__("Record number of the patient"), max_length=40)


class ReasonForm(forms.Form):
    reason = forms.ChoiceField(
        label=__("Reason"), choices=AccessGrant.Reason.choices, widget=forms.RadioSelect
    )
    note = forms.CharField(
        label=__("What happened"), max_length=300, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = _("Why this record, why now. At least %(n)s characters; whoever reviews it reads them.")
        self.fields["note"].help_text = words % {"n": settings.BREAK_GLASS_NOTE}


class ReviewForm(forms.Form):
    finding = forms.ChoiceField(
        label=__("Your finding"), choices=AccessGrant.Finding.choices, widget=forms.RadioSelect
    )
    finding_note = forms.CharField(
        label=__("Note"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=__("Needed unless it was appropriate."),
    )
