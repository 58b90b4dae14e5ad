"""The template tags and filters every page uses: {% load throughline %}."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import uuid4

from django import forms, template
from django.conf import settings
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.middleware.csrf import get_token
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from coordination.lib import display
from coordination.lib.icons import ICONS

register = template.Library()

Day = date | datetime | None


@register.simple_tag
def icon(name: str, classes: str = "", label: str = "") -> SafeString:
    """One icon of the sprite. Decorative unless it is given a label of its own."""
    if name not in ICONS:
        if settings.DEBUG:
            raise ValueError(f"No icon called {name!r} in static/icons/sprite.svg")
        name = "circle"
    css = f"i {classes}".strip()
    return (
        _drawn(name, css, format_html('role="img" aria-label="{}"', label))
        if label
        else _decorative(name, css)
    )


@cache  # a list shows the same dozen hundreds of times
def _decorative(name: str, css: str) -> SafeString:
    return _drawn(name, css, mark_safe('aria-hidden="true"'))


def _drawn(name: str, css: str, named: SafeString) -> SafeString:
    return format_html(
        '<svg class="{}" {}><use href="{}#{}"/></svg>', css, named, static("icons/sprite.svg"), name
    )


@register.simple_tag
def idempotency_key() -> SafeString:
    """A fresh key in each form, so that a click twice or a retry saves once."""
    return format_html('<input type="hidden" name="idempotency_key" value="{}">', uuid4())


@register.simple_tag
def new_key() -> str:
    """The same key for a button that brings its own."""
    return str(uuid4())


@register.simple_tag(takes_context=True)
def csrf_header(context: template.Context) -> SafeString:
    """What the body hands down to every request inside the page: hx-headers:inherited='{...}'."""
    request = context.get("request")
    token = get_token(request) if request is not None else ""
    return format_html('hx-headers:inherited=\'{{"X-CSRFToken": "{}"}}\'', token)


@register.simple_tag(takes_context=True)
def query_with(context: template.Context, **changes: Any) -> str:
    """The query string of this page with some values changed; None takes a key away."""
    request = context.get("request")
    query: QueryDict = request.GET.copy() if request is not None else QueryDict(mutable=True)
    for key, value in changes.items():
        if value is None or value == "":
            query.pop(key, None)
        elif isinstance(value, list | tuple):
            query.setlist(key, [str(item) for item in value])
        else:
            query[key] = str(value)
    return f"?{query.urlencode()}"


@register.simple_tag
def now_local() -> datetime:
    """This moment in the reader's zone, for the clock in the top bar."""
    return timezone.localtime()


# --- days, times, ages, numbers: what a template lacks ("") is told as not recorded -------------


@register.filter
def day(value: Day) -> str:
    return display.day(value or None)


@register.filter
def day_short(value: Day) -> str:
    return display.day_short(value or None)


@register.filter
def day_heading(value: date | datetime) -> str:
    return display.day_heading(value)


@register.filter
def weekday(value: date | datetime) -> str:
    return display.weekday(value)


@register.filter
def hour(value: datetime | None) -> str:
    return display.hour(value or None)


@register.filter
def moment(value: datetime | None) -> str:
    return display.moment(value or None)


@register.filter
def moment_short(value: datetime | None) -> str:
    return display.moment_short(value or None)


@register.filter
def age(born: Day, on: Day = None) -> str:
    return display.age(born or None, on or None)


@register.filter
def age_short(born: Day, on: Day = None) -> str:
    """For a row of a list: years as a bare number, anything younger with its unit."""
    return display.age(born or None, on or None, unit_of_years=False)


@register.filter
def ago(value: Day) -> str:
    return display.ago(value or None)


@register.filter
def due_head(value: Day) -> str:
    return display.due_head(value or None)


@register.filter
def due_more(value: Day) -> str:
    return display.due_more(value or None)


@register.filter
def due_tone(value: Day) -> str:
    return display.due_tone(value or None)


@register.filter
def phone(value: str | None) -> str:
    return display.phone(value or None)


@register.filter
def tel(value: str | None) -> str:
    return display.tel(value or None)


@register.filter
def change_words(line: Mapping[str, str]) -> str:
    return display.change_words(line)


@register.filter
def initials(value: object) -> str:
    return display.initials(str(value))


@register.filter
def iso(value: date | datetime) -> str:
    """For the datetime attribute of <time>."""
    return value.isoformat()


@register.filter
def column(value: datetime, first_hour: int = 8) -> int:
    """The quarter-hour column of the day ribbon, 1 to 36, counted from the first hour shown."""
    here = timezone.localtime(value)
    return min(36, max(1, (here.hour - int(first_hour)) * 4 + here.minute // 15 + 1))


# --- forms ----------------------------------------------------------------------------------

CHOICE_WIDGETS = (forms.RadioSelect, forms.CheckboxSelectMultiple)


def _kind(bound: BoundField, look: str) -> str:
    """Which of the shapes in components/field.html this field takes."""
    widget = bound.field.widget
    if isinstance(widget, CHOICE_WIDGETS):
        return look if look in ("seg", "chips") else "choices"
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    if isinstance(widget, forms.FileInput):
        return "file"
    return "input"


def _attributes(bound: BoundField, kind: str, extra: dict[str, Any]) -> dict[str, Any]:
    attributes = {name.replace("_", "-"): value for name, value in extra.items()}
    if kind in ("input", "file"):
        classes = [bound.field.widget.attrs.get("class", ""), attributes.get("class", ""), "input"]
        attributes["class"] = " ".join(dict.fromkeys(c for c in classes if c))
    return attributes


@register.inclusion_tag("components/field.html")
def field(
    bound: BoundField, look: str = "", width: str = "", optional: bool | None = None, **extra: Any
) -> dict[str, Any]:
    """Label, hint, error and control of one form field, tied together for a screen reader.

    look: "seg" or "chips" for radio buttons; width: "w4" to "w20" for what is short by nature (a year, a ZIP code);
    optional: say so beside the label (a form class may say it for all with mark_optional = True);
    anything else becomes an attribute of the control (autocomplete="off", inputmode="numeric", autofocus=True).
    """
    kind = _kind(bound, look)
    if optional is None:
        optional = not bound.field.required and getattr(bound.form, "mark_optional", False)
    attributes = _attributes(bound, kind, extra)
    return {
        "field": bound,
        "kind": kind,
        "width": width,
        "show_optional": optional,
        "control": bound.as_widget(attrs=attributes) if kind in ("input", "file", "check") else "",
    }


@register.filter
def error_fields(form: forms.BaseForm | None) -> Iterator[tuple[BoundField, str]]:
    """Every field error with the field it belongs to, in the order of the form, for the error summary."""
    return ((bound, str(message)) for bound in form or () for message in bound.errors)


@register.filter
def error_count(form: forms.BaseForm) -> int:
    return sum(len(messages) for messages in form.errors.values())


@register.filter
def error_anchor(bound: BoundField) -> str:
    """The id an error leads to: the control, or the first choice of a group."""
    return bound.id_for_label or f"{bound.auto_id}_0"


@register.inclusion_tag("components/sort_header.html", takes_context=True)
def sort_header(context: template.Context, label: str, key: str, numeric: bool = False) -> dict[str, Any]:
    """A column head that sorts. Reads `sort` ("born" or "-born") from the context; a click turns it round."""
    now = str(context.get("sort", ""))
    state = {key: "ascending", f"-{key}": "descending"}.get(now, "")
    turned = f"-{key}" if state == "ascending" else key
    url = query_with(context, sort=turned, after=None, before=None)
    return {"label": label, "state": state, "url": url, "numeric": numeric}


@register.filter
def words(value: str) -> list[str]:
    return value.split()
