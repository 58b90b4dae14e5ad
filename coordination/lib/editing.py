"""Two people at one form: what each of them saw, what each of them changed, and the screen where both are shown.

A form carries the version it shows and the values as it showed them. When someone else saves first, fields the person never
touched are no conflict; of the others both values stand side by side, and nothing typed is lost.
"""

import datetime as dt
import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any, ClassVar

from django import forms
from django.forms.boundfield import BoundField
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from coordination.lib import display
from coordination.lib.editable import overlapping


class SeenForm(forms.Form):
    """Give `seen` as initial (`shown_values`) and it comes back with what was typed."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    # what the person saw: when someone else saves first, fields they never touched are no conflict
    seen = forms.JSONField(widget=forms.HiddenInput, required=False)

    # label by name: changed elsewhere, shown in no field of this form
    WATCHED: ClassVar[Mapping[str, Any]] = {}

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

    def seen_of(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """What is stored, as this form sends it."""
        return {
            name: sent(self.fields[name], value) if name in self.fields else value
            for name, value in stored.items()
            if name in self.fields or name in self.WATCHED
        }

    def seen_before(self) -> dict[str, Any] | None:
        """What the person saw, read back; None when the form did not say. What cannot be read was never seen."""
        if not isinstance(self.cleaned_data.get("seen"), dict):
            return None
        before = {}
        for name, value in self.seen_values.items():
            if name in self.WATCHED:
                before[name] = value
            elif (field := self.fields.get(name)) is not None:
                said_then = field.widget.value_from_datadict(MultiValueDict({name: [value]}), {}, name)
                try:
                    before[name] = field.clean(said_then)
                except forms.ValidationError:
                    continue
        return before

    def kept_of(self, stored: Mapping[str, Any]) -> list[str]:
        """The labels of what others changed since, where this person changed nothing."""
        return [
            str(field.label)
            for name, field in self.fields.items()
            if name in stored and name in self.seen_values and not self.was_touched(name)
            if self.seen_values[name] != sent(field, stored[name])
        ]

    def was_touched(self, name: str) -> bool:
        """Whether the person changed this field. Without knowing what they saw: yes."""
        seen = self.seen_values
        return name not in seen or seen[name] != sent(self.fields[name], self.cleaned_data.get(name))


def as_sent(typed: Mapping[str, Any]) -> MultiValueDict[str, Any]:
    """What was kept of a form, as the form sent it."""
    return MultiValueDict(
        {name: value if isinstance(value, list) else [value] for name, value in typed.items()}
    )


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
    form: SeenForm,
    current: Mapping[str, Any],
    *,
    leave_out: tuple[str, ...] = (),
    together: Collection[tuple[str, ...]] = (),
) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
    """What both changed, side by side for components/conflict.html, and what goes along unseen: what only one of them changed."""
    names = [name for name in form.fields if name not in {"version", "seen", *leave_out}]
    yours = {name: form.cleaned_data.get(name) for name in names}
    theirs = {name: current.get(name, yours[name]) for name in names}
    yours_sent = {name: sent(form.fields[name], yours[name]) for name in names}
    theirs_sent = {name: sent(form.fields[name], theirs[name]) for name in names}
    asked = overlapping(yours_sent, seen=form.seen_values, stored=theirs_sent, together=together)
    rows = [
        {
            "name": name,
            "label": form.fields[name].label,
            "theirs": said(form, name, theirs[name]),
            "theirs_value": theirs_sent[name],
            "yours": said(form, name, yours[name]),
            "yours_value": yours_sent[name],
        }
        for name in asked
    ]
    same = [
        (name, (yours_sent if form.was_touched(name) else theirs_sent)[name])
        for name in names
        if name not in asked
    ]
    return rows, same
