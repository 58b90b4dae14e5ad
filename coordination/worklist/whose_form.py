"""Whose something is that people name: one's own, or a team's."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from coordination.accounts.models import Team

MINE = "me"


class WhoseForm(forms.Form):
    """Asks for whom it is when it is new and the person looks after teams; whose it is stays."""

    for_whom = forms.ChoiceField(label=_("For"))
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, teams: list[Team], is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.teams = {str(team.pk): team for team in teams}
        if not is_new or not teams:
            del self.fields["for_whom"]
            return
        choices = [
            (MINE, _("Me")),
            *((key, _("Everyone in %(team)s") % {"team": team}) for key, team in self.teams.items()),
        ]
        self.fields["for_whom"].choices = choices  # type: ignore[attr-defined]

    @property
    def team(self) -> Team | None:
        return self.teams.get(self.cleaned_data.get("for_whom", MINE))
