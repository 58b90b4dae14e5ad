"""The shape of an absence: who is away, who looks after their patients, and on which days."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from coordination.accounts.circles import Circle
from coordination.accounts.models import User
from coordination.accounts.person_field import PersonField
from coordination.lib.day_field import DayField


class CoverForm(forms.Form):
    absent = PersonField(label=_("Away"), empty_label=_("Choose a person"))
    covering = PersonField(label=_("Looked after by"), empty_label=_("Choose a person"))
    starts_on, ends_on = DayField(label=_("First day")), DayField(label=_("Last day"))

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("absent", "covering"):
            self.fields[name].offer(by, Circle.MANAGED)  # type: ignore[attr-defined]


class CoverEndForm(forms.Form):
    ends_on = DayField(label=_("Last day"))
    seen = forms.DateField(required=False, widget=forms.HiddenInput)  # the last day as the page showed it
