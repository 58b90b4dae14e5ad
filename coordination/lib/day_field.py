"""A calendar day in a form."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from coordination.lib.days import FIRST_YEAR, LAST_YEAR


class DayInput(forms.DateInput):
    """A date as the browser asks for it; typed by hand it is 2026-11-21."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class DayField(forms.DateField):
    widget = DayInput
    default_error_messages = {"range": _("Choose a day between %(first)s and %(last)s.")}

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is not None and not FIRST_YEAR <= value.year <= LAST_YEAR:
            years = {"first": FIRST_YEAR, "last": LAST_YEAR}
            raise ValidationError(self.error_messages["range"], code="range", params=years)
