"""The shape of a request for a file."""

from django import forms
from django.utils.translation import gettext_lazy as _

from coordination.interop.office.models import ExportJob


class ExportForm(forms.Form):
    format = forms.ChoiceField(
        label=_("File"),
        choices=ExportJob.Format.choices,
        initial=ExportJob.Format.XLSX,
        widget=forms.RadioSelect,
    )
