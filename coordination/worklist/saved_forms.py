"""What is asked when a list is saved under a name."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from coordination.accounts.models import Team

MINE = "me"


class SavedViewForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=60, help_text=_("Never the name of a patient: others may read it.")
    )
    for_whom = forms.ChoiceField(label=_("For"))
    is_pinned = forms.BooleanField(
        label=_("Pin it to the side navigation"), required=False, help_text=_("With the count of its rows.")
    )
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

    @property
    def team(self) -> Team | None:
        return self.teams.get(self.cleaned_data.get("for_whom", MINE))
