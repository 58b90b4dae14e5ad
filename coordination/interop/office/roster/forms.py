"""The shape of an upload, and of what its columns mean."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as __

from coordination.accounts.circles import Circle
from coordination.accounts.person_field import PersonField
from coordination.interop.access import list_import_teams
from coordination.interop.fhir.reading import megabytes
from coordination.interop.office.roster.coverage import needs_payer
from coordination.interop.office.roster.fields import BY_KEY, DATES, DMY, FIELDS, MDY, REQUIRED, order_of

ORDERS = [(MDY, __("Month first: February 3")), (DMY, __("Day first: 2 March"))]


class UploadForm(forms.Form):
    sent = forms.FileField(
        label=__("File"),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
        error_messages={"required": __("Choose a file."), "empty": __("This file is empty.")},
    )
    source = forms.CharField(
        label=__("Sent by"),
        max_length=100,
        help_text=__(
            "The payer or hospital, by the same name each time: then patients who came before are updated."
        ),
        error_messages={"required": __("Name who sent the roster.")},
    )
    team: Any = forms.ModelChoiceField(
        label=__("Team for new patients"),
        queryset=None,
        required=False,
        help_text=__("A team, a coordinator or both: new patients wait there for their first contact."),
    )
    coordinator: Any = PersonField(
        label=__("Coordinator for new patients"), required=False, empty_label=__("Choose")
    )

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams: Any = self.fields["team"]
        teams.queryset, teams.empty_label = list_import_teams(user), _("Choose")
        self.fields["coordinator"].offer(user, Circle.CARRIERS)  # type: ignore[attr-defined]
        self.fields["sent"].help_text = _("CSV or .xlsx with one row for each patient, up to %(size)s.") % {
            "size": megabytes(settings.IMPORT_MAX_BYTES)
        }

    def clean_sent(self) -> Any:
        file = self.cleaned_data["sent"]
        if (file.size or 0) > settings.IMPORT_MAX_BYTES:
            raise forms.ValidationError(_("The file is too large. Send it in parts."))
        return file


class MappingForm(forms.Form):
    """One choice for each column of the file. `cells` gives what stands in a column, to see how its dates are written."""

    def __init__(self, names: Sequence[str], *args: Any, cells: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._cells = cells
        choices = [("", _("Leave out")), *((field.key, field.label) for field in FIELDS)]
        for place, name in enumerate(names):
            self.fields[f"c{place}"] = forms.ChoiceField(label=name, choices=choices, required=False)
        self.fields["order"] = forms.ChoiceField(
            label=__("Dates like 02/03/1960 are"),
            choices=[("", __("As the dates themselves show")), *ORDERS],
            required=False,
        )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        columns: dict[str, str] = {}
        for name, key in list(data.items()):
            if name == "order" or not key:
                continue
            if key in columns.values():
                self.add_error(name, _("Another column is this field already."))
            columns[name.removeprefix("c")] = key
        missing = [str(BY_KEY[key].label) for key in REQUIRED if key not in columns.values()]
        if missing:
            raise forms.ValidationError(
                _("Say which column is: %(fields)s.") % {"fields": ", ".join(missing)}
            )
        if needs_payer(columns.values()):
            raise forms.ValidationError(
                _("Say which column is the payer, or leave out those about the coverage.")
            )
        days = chain.from_iterable(self._cells(int(at)) for at, key in columns.items() if key in DATES)
        order = data.get("order") or order_of(days)
        if order in {"either", "both"}:
            self.add_error("order", _("Dates like 02/03/1960 can be read two ways here. Say which is meant."))
        return {"columns": columns, "order": order or MDY}


class UndoForm(forms.Form):
    """Why an import is taken back: it stands with each record."""

    reason = forms.CharField(
        label=__("Why is this roster taken back?"),
        max_length=200,
        widget=forms.TextInput(attrs={"class": "input"}),
    )
