"""The shape of an upload."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coordination.accounts.circles import Circle
from coordination.accounts.person_field import PersonField
from coordination.interop.access import list_import_teams
from coordination.interop.fhir.reading import megabytes

MOST_FILES = 20  # HOUSE: more belong into one NDJSON file


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One or several files."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> Any:
        one = super().clean
        return (
            [one(file, initial) for file in data]
            if isinstance(data, Sequence) and data
            else [one(data, initial)]
        )


class ImportForm(forms.Form):
    sent = FilesField(
        label=gettext_lazy("Files"),
        widget=ManyFiles(attrs={"accept": ".json,.ndjson,.jsonl,.gz"}),
        error_messages={
            "required": gettext_lazy("Choose at least one file."),
            "empty": gettext_lazy("This file is empty."),
        },
    )
    source = forms.CharField(
        label=gettext_lazy("Sending system"),
        max_length=120,
        help_text=gettext_lazy(
            "Use the same name each time: then patients who came before are updated, not added again."
        ),
        error_messages={"required": gettext_lazy("Name the system the records come from.")},
    )
    team: Any = forms.ModelChoiceField(
        label=gettext_lazy("Team for new patients"),
        queryset=None,
        required=False,
        help_text=gettext_lazy("A team, a coordinator or both, so that someone answers for them."),
    )
    coordinator: Any = PersonField(
        label=gettext_lazy("Coordinator for new patients"), required=False, empty_label=gettext_lazy("Choose")
    )
    dry_run = forms.BooleanField(
        label=gettext_lazy("Trial run first"),
        required=False,
        initial=True,
        help_text=gettext_lazy(
            "Reads and checks everything, shows what would happen and stores nothing. You can run it for real afterwards."
        ),
    )

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams: Any = self.fields["team"]
        teams.queryset, teams.empty_label = list_import_teams(user), _("Choose")
        self.fields["coordinator"].offer(user, Circle.CARRIERS)  # type: ignore[attr-defined]
        self.fields["sent"].help_text = _(
            "FHIR R4: Bundles or single resources as .json or .ndjson, also packed with gzip. Up to %(files)s files, %(size)s together."
        ) % {"files": MOST_FILES, "size": megabytes(settings.IMPORT_MAX_BYTES)}

    def clean_sent(self) -> list[Any]:
        files: list[Any] = self.cleaned_data["sent"]
        if len(files) > MOST_FILES:
            raise forms.ValidationError(_("Choose at most %(n)s files at a time.") % {"n": MOST_FILES})
        if sum(file.size or 0 for file in files) > settings.IMPORT_MAX_BYTES:
            raise forms.ValidationError(
                _("The files are larger than %(size)s together. Send them in parts.")
                % {"size": megabytes(settings.IMPORT_MAX_BYTES)}
            )
        return files
