import datetime as dt
import re
import uuid
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from coordination.audit.models import Event
from coordination.lib.day_field import DayField
from coordination.lib.display import day as day_words

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class EventFilter(forms.Form):
    """What to look for in the audit trail. Everything is optional."""

    actor: "forms.ModelChoiceField[Any]" = forms.ModelChoiceField(
        queryset=None, label=_("Person"), required=False, empty_label=_("Everybody")
    )
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("Every kind")), *Event.Kind.choices]
    )
    patient = forms.CharField(
        label=_("Patient"),
        required=False,
        max_length=300,
        help_text=_("Paste the address of the patient's page"),
        # the form is sent in the address: a name typed here must not get there
        widget=forms.TextInput(
            attrs={"pattern": f".*{_UUID.pattern}.*", "title": _("The address of a patient's page")}
        ),
    )
    since = DayField(label=_("From"), required=False)
    until = DayField(label=_("To"), required=False)

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["actor"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = people

    def clean_patient(self) -> uuid.UUID | None:
        text = self.cleaned_data["patient"]
        found = _UUID.search(text)
        if text and not found:
            raise forms.ValidationError(
                _("This holds no patient's address. Open the patient and copy the address.")
            )
        return uuid.UUID(found[0]) if found else None

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", _("The last day lies before the first."))
        return cleaned

    def words(self) -> dict[str, str]:
        """Say each filter that narrows."""
        data = self.cleaned_data
        words = {
            "actor": str(data["actor"] or ""),
            "kind": str(dict(Event.Kind.choices)[data["kind"]]) if data["kind"] else "",
            "patient": gettext("One patient") if data["patient"] else "",
            "since": gettext("From %(day)s") % {"day": day_words(data["since"])} if data["since"] else "",
            "until": gettext("To %(day)s") % {"day": day_words(data["until"])} if data["until"] else "",
        }
        return {name: label for name, label in words.items() if label}

    def chosen(self) -> dict[str, str]:
        """The choices as an address holds them: days and ids, of a pasted address no more than the id."""
        data = self.cleaned_data
        actor = data["actor"].pk if data["actor"] else None
        return {name: str(value) for name, value in {**data, "actor": actor}.items() if value}

    def filters(self) -> dict[str, Any]:
        """Return what list_events takes: days become moments in the reader's zone."""
        data = self.cleaned_data
        return {
            "actor": data["actor"].pk if data["actor"] else None,
            "patient": data["patient"],
            "kind": data["kind"],
            "since": _begin(data["since"]) if data["since"] else None,
            "until": _begin(data["until"] + dt.timedelta(days=1)) if data["until"] else None,
        }


def _begin(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))
