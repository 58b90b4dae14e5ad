"""What is asked when a list is saved under a name."""

from django import forms
from django.utils.translation import gettext_lazy as _

from coordination.worklist.whose_form import WhoseForm


class SavedViewForm(WhoseForm):
    field_order = ("name", "for_whom", "is_pinned")

    name = forms.CharField(
        label=_("Name"), max_length=60, help_text=_("Never the name of a patient: others may read it.")
    )
    is_pinned = forms.BooleanField(
        label=_("Pin it to the side navigation"), required=False, help_text=_("With the count of its rows.")
    )
