"""Finding the other record, choosing what is kept, and saying that one is sure."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as __

from patients.comparing import BOTH, MINE, THEIRS, Difference
from patients.forms.identity import BirthField
from patients.models import Patient


class OtherRecordForm(forms.Form):
    """Two identifiers find one person: a name alone finds many."""

    mark_optional = False
    name = forms.CharField(label=__("Name"), max_length=120, required=False)
    birth_date = BirthField(
        label=__("Date of birth"), required=False, help_text=__("For example 14 Mar 1958 or 03/14/1958")
    )
    record_number = forms.CharField(label=__("Record number or identifier"), max_length=60, required=False)

    def clean(self) -> None:
        if sum(bool(self.cleaned_data.get(name)) for name in self.fields) < 2 and not self.errors:
            self.add_error(
                "birth_date", _("Write two of the three: the name, the date of birth, the record number.")
            )

    @property
    def text(self) -> str:
        """The search, as a person would type it."""
        born = self.cleaned_data["birth_date"]
        parts = [
            self.cleaned_data["name"],
            born.isoformat() if born else "",
            self.cleaned_data["record_number"],
        ]
        return " ".join(part for part in parts if part)


class PairForm(forms.Form):
    """What both steps of a merge carry: which two, in which version, and what is kept."""

    mark_optional = False
    patient = forms.UUIDField(widget=forms.HiddenInput)
    version = forms.IntegerField(widget=forms.HiddenInput)
    merged_version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, survivor: Patient, merged: Patient, found: list[Difference], **kwargs: Any
    ) -> None:
        self.survivor, self.found = survivor, found
        kwargs["initial"] = {
            "patient": survivor.pk,
            "version": survivor.version,
            "merged_version": merged.version,
        }
        super().__init__(*args, **kwargs)
        for difference in found:
            if difference.is_asked:
                self.fields[self.name_of(difference)] = forms.ChoiceField(
                    label=str(difference.aspect.label),
                    choices=[(choice, CHOICES[choice]) for choice in difference.choices],
                    initial=difference.kept,
                    required=False,
                )

    @staticmethod
    def name_of(difference: Difference) -> str:
        return f"keep_{difference.aspect.key}"

    def clean_patient(self) -> Any:
        if self.cleaned_data["patient"] != self.survivor.pk:
            raise forms.ValidationError(_("This form is about another patient. Nothing was saved."))
        return self.cleaned_data["patient"]

    def chosen(self) -> dict[str, str]:
        """What is kept, by aspect."""
        return {
            difference.aspect.key: self.cleaned_data.get(self.name_of(difference), "")
            for difference in self.found
            if difference.is_asked
        }

    def kept_of(self, difference: Difference) -> str:
        """What is marked now: chosen, or proposed."""
        if not difference.is_asked:
            return difference.kept
        return str(self[self.name_of(difference)].value() or difference.kept)

    def carried(self) -> Iterator[BoundField]:
        """The fields the second step takes along unseen."""
        return (bound for bound in self if bound.name not in {"second_identifier", "reason"})


CHOICES = {MINE: __("The record that stays"), THEIRS: __("The other record"), BOTH: __("Both")}


class MergeForm(PairForm):
    """The second step: nothing happens before this."""

    second_identifier = forms.CharField(
        label=__("Date of birth or record number of the record that goes away"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    reason = forms.CharField(
        label=__("How do you know that both are the same person"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=__("As in same Medicare card seen, patient confirmed both addresses"),
    )


class UnmergeForm(forms.Form):
    mark_optional = False
    patient = forms.UUIDField(widget=forms.HiddenInput)
    version = forms.IntegerField(widget=forms.HiddenInput)
    put_back = forms.MultipleChoiceField(
        label=__("Changed since: put back as it was before the merge"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=__("What is not ticked stays as it is now."),
    )
    reason = forms.CharField(
        label=__("How do you know that they are two people"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, survivor: Patient, touched: list[tuple[str, str]], **kwargs: Any) -> None:
        self.survivor = survivor
        kwargs["initial"] = {"patient": survivor.pk, "version": survivor.version}
        super().__init__(*args, **kwargs)
        if touched:
            self.fields["put_back"].choices = touched  # type: ignore[attr-defined]
        else:
            del self.fields["put_back"]

    def clean_patient(self) -> Any:
        if self.cleaned_data["patient"] != self.survivor.pk:
            raise forms.ValidationError(_("This form is about another patient. Nothing was saved."))
        return self.cleaned_data["patient"]


class TwoPeopleForm(forms.Form):
    mark_optional = False
    reason = forms.CharField(
        label=__("How do you know that they are two people"),
        max_length=300,
        help_text=__("As in twin sister"),
    )
