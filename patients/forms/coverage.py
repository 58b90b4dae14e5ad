"""A health plan as it stands on the card."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as __

from coordination.lib.day_field import DayField
from patients.forms.record import RecordForm
from patients.models import Coverage


class CoverageForm(RecordForm):
    rank = forms.IntegerField(
        label=__("Pays in turn"), min_value=1, max_value=9, initial=1, help_text=__("1 pays first.")
    )
    kind = forms.ChoiceField(label=__("Kind"), choices=Coverage.Kind.choices)
    payer = forms.CharField(label=__("Payer"), max_length=200)
    plan = forms.CharField(label=__("Plan"), max_length=200, required=False)
    member_id = forms.CharField(label=__("Member number"), max_length=80, required=False)
    group_number = forms.CharField(label=__("Group number"), max_length=80, required=False)
    subscriber = forms.CharField(label=__("Subscriber, if not the patient"), max_length=200, required=False)
    relationship = forms.CharField(label=__("The patient is the subscriber's"), max_length=40, required=False)
    payer_phone = forms.CharField(label=__("Phone of the payer"), max_length=40, required=False)
    status = forms.ChoiceField(
        label=__("Status"), choices=Coverage.Status.choices, initial=Coverage.Status.ACTIVE
    )
    starts_on = DayField(label=__("From"), required=False)
    ends_on = DayField(label=__("Until"), required=False)

    def clean(self) -> dict[str, Any]:
        self.expect_order("starts_on", "ends_on", _("The end is before the start."))
        return self.cleaned_data
