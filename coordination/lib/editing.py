"""Two people at one form: what each of them saw, what each of them changed, and the screen where both are shown.

A form carries the version it shows and the values as it showed them. When someone else saves first, fields the person never
touched are no conflict; of the others both values stand side by side, and nothing typed is lost.
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext as _

from coordination.lib import display


class SeenForm(forms.Form):
    """Give `seen` as initial (`shown_values`) and it comes back with what was typed."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    # what the person saw: when someone else saves first, fields they never touched are no conflict
    seen = forms.JSONField(widget=forms.HiddenInput, required=False)

    @property
    def shown_version(self) -> int | None:
        version: int | None = self.cleaned_data.get("version")
        return version

    @property
    def seen_values(self) -> dict[str, Any]:
        seen = self.cleaned_data.get("seen")
        return seen if isinstance(seen, dict) else {}

    def restore(self, typed: Mapping[str, Any]) -> None:
        """Show what was typed before, over the version it was typed over. What a browser does not send, as an unticked box, was empty."""
        if not typed:
            return
        for name, field in self.fields.items():
            if not field.widget.is_hidden:
                self.initial[name] = typed.get(name)
        self.initial["version"] = typed.get("version", self.initial.get("version"))
        try:
            self.initial["seen"] = json.loads(typed.get("seen") or "null")
        except ValueError:
            self.initial["seen"] = None

    def shown_fields(self) -> Iterator[BoundField]:
        return (bound for bound in self if not bound.is_hidden)

    def shown_values(self) -> dict[str, str]:
        """The fields as this form first shows them."""
        return {bound.name: sent(bound.field, bound.initial) for bound in self.shown_fields()}

    def was_touched(self, name: str) -> bool:
        """Whether the person changed this field. Without knowing what they saw: yes."""
        seen = self.seen_values
        return name not in seen or seen[name] != sent(self.fields[name], self.cleaned_data.get(name))


def sent(field: forms.Field, value: Any) -> str:
    """A value as the field sends it."""
    if isinstance(field, forms.NullBooleanField):
        return {True: "true", False: "false"}.get(value, "unknown")
    if value is None or value is False:
        return ""
    if value is True:
        return "true"
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(getattr(value, "pk", value))


def said(form: forms.Form, name: str, value: Any) -> str:
    """A value as a person reads it."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, dt.date):
        return display.day(value)
    choices = dict(getattr(form.fields[name], "choices", []) or [])
    if isinstance(value, list):
        return ", ".join(str(choices.get(item, item)) for item in value)
    return str(choices.get(value, "" if value is None else value))


def side_by_side(
    form: SeenForm, current: Mapping[str, Any], *, leave_out: tuple[str, ...] = (), merging: bool = False
) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
    """What this person changed beside what is stored, for components/conflict.html, and what goes along unseen.

    Where edits of different fields merge (`merging`), only what both changed is asked about.
    """
    rows: list[dict[str, Any]] = []
    same: list[tuple[str, str]] = []
    for name, field in form.fields.items():
        if name in {"version", "seen", *leave_out}:
            continue
        yours = form.cleaned_data.get(name)
        theirs = current.get(name, yours)
        theirs_sent, yours_sent = sent(field, theirs), sent(field, yours)
        if theirs_sent == yours_sent or not form.was_touched(name):
            same.append((name, theirs_sent))
        elif merging and form.seen_values.get(name) == theirs_sent:  # only this person changed it
            same.append((name, yours_sent))
        else:
            rows.append(
                {
                    "name": name,
                    "label": field.label,
                    "theirs": said(form, name, theirs),
                    "theirs_value": theirs_sent,
                    "yours": said(form, name, yours),
                    "yours_value": yours_sent,
                }
            )
    return rows, same
