"""What is asked when words are kept under a short name."""

from django import forms
from django.utils.translation import gettext_lazy as _

from coordination.worklist.models.snippet import SHORT_NAME
from coordination.worklist.whose_form import WhoseForm


class SnippetForm(WhoseForm):
    field_order = ("name", "text", "for_whom")

    name = forms.CharField(
        label=_("Short name"),
        max_length=20,
        validators=[SHORT_NAME],
        help_text=_("What you type after a colon, for example voicemail."),
    )
    text = forms.CharField(
        label=_("Words"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5, "data-plain": ""}),
        help_text=_("Three underscores ___ are a blank to fill in. Never anything about one patient."),
    )

    def clean_name(self) -> str:
        return str(self.cleaned_data["name"]).lower()
