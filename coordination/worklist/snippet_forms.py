"""What is asked when words are kept under a short name."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from coordination.accounts.models import Team
from coordination.worklist.models.snippet import SHORT_NAME

MINE = "me"


class SnippetForm(forms.Form):
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
    for_whom = forms.ChoiceField(label=_("For"))
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, teams: list[Team], is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.teams = {str(team.pk): team for team in teams}
        if not is_new or not teams:
            del self.fields["for_whom"]  # whose it is stays
            return
        choices = [
            (MINE, _("Me")),
            *((key, _("Everyone in %(team)s") % {"team": team}) for key, team in self.teams.items()),
        ]
        self.fields["for_whom"].choices = choices  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        return str(self.cleaned_data["name"]).lower()

    @property
    def team(self) -> Team | None:
        return self.teams.get(self.cleaned_data.get("for_whom", MINE))
