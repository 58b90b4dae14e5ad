"""Everything that happened to a patient, once, newest first.

Each source in `settings.TIMELINE_SOURCES` is a model that says how its rows become entries. Every source is asked for one
page along its own index; the union of these small answers is the page. What the person may not see is not asked for.
"""

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

from coordination.accounts.models import User
from coordination.lib import display
from coordination.lib.timeline import Entries
from patients.models import HistoryItem, Patient
from patients.words import source_words

PAGE = 30
Start = tuple[dt.datetime, uuid.UUID] | None
GROUPS: dict[str, Promise] = {
    "": gettext_lazy("Everything"),
    "contacts": gettext_lazy("Contacts"),
    "tasks": gettext_lazy("Tasks"),
    "clinical": gettext_lazy("Clinical"),
}


@dataclass(frozen=True)
class Entry:
    """What templates/components/timeline_entry.html shows."""

    kind: str
    id: uuid.UUID
    moment: dt.datetime
    at: dt.datetime | None  # None: only the day is known
    title: str
    text: str
    by: str
    icon: str
    url: str
    tone: str = ""
    tags: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Day:
    heading: str
    today: bool
    entries: list[Entry]


@dataclass(frozen=True)
class TimelinePage:
    days: list[Day]
    shown: int
    next_cursor: str = ""


def timeline_page(
    user: User, patient: Patient, *, group: str = "", after: str = "", text: str = "", size: int = PAGE
) -> TimelinePage:
    """One page of the timeline. `after` is the cursor of the page before; a cursor that means nothing starts anew."""
    sources = [model for model in _sources() if group in ("", model.timeline.group)]
    start = _start(sources, patient, after)
    parts = [_part(model, user, patient, start, text.strip(), size) for model in sources]
    rows = _read(parts, size + 1)
    more, rows = len(rows) > size, rows[:size]
    known = {model.timeline.kind: model for model in sources}
    zone = patient.organization.zone
    entries = [_entry(known[row[0]], patient, row, zone) for row in rows]
    cursor = f"{entries[-1].kind}.{entries[-1].id}" if more else ""
    return TimelinePage(days=list(_by_day(entries)), shown=len(entries), next_cursor=cursor)


def _read(parts: list[QuerySet[Any]], wanted: int) -> list[Any]:
    asked = [part for part in parts if not part.query.is_empty()]
    if len(asked) < 2:
        return [row for part in asked for row in part]
    return list(asked[0].union(*asked[1:], all=True).order_by("-entry_at", "-id")[:wanted])


def title_words(kind: str, value: str) -> str:
    """A stored title of one kind as the timeline says it ("left_voicemail": "Left voicemail")."""
    for model in _sources():
        if model.timeline.kind == kind:
            return _choices(model, model.timeline.title).get(value, value)
    return value


def _sources() -> list[Any]:
    return [apps.get_model(label) for label in settings.TIMELINE_SOURCES]


def _part(model: Any, user: User, patient: Patient, start: Start, text: str, size: int) -> QuerySet[Any]:
    """The newest entries of one source, at most as many as the page holds."""
    entries: Entries = model.timeline
    rows = model.objects.for_timeline(user, patient)
    if start is not None:
        at, pk = start
        older = Q(**{f"{entries.at}__lt": at}) | Q(pk__lt=pk)
        rows = rows.filter(Q(**{f"{entries.at}__lte": at}), older)
    if text:
        rows = rows.filter(_mentions(model, text))
    return entries.shape(rows.order_by(f"-{entries.at}", "-id")[: size + 1])


def _start(sources: list[Any], patient: Patient, cursor: str) -> Start:
    """When the entry named by a cursor happened: the cursor itself tells nothing about the patient."""
    kind, _dot, pk = cursor.partition(".")
    model = next((source for source in sources if source.timeline.kind == kind), None)
    try:
        key = uuid.UUID(pk)
    except ValueError:
        return None
    if model is None:
        return None
    at = model.objects.filter(patient=patient, pk=key).values_list(model.timeline.at, flat=True).first()
    return (at, key) if at else None


def _mentions(model: type[Model], text: str) -> Q:
    """Rows in whose words `text` appears. A stored value is searched by what the page calls it."""
    entries: Entries = model.timeline  # type: ignore[attr-defined]
    found = Q()
    for column in (entries.title, entries.detail, entries.note):
        if not isinstance(column, str) or not column:
            continue
        choices = _choices(model, column)
        if choices:
            found |= Q(
                **{f"{column}__in": [key for key, word in choices.items() if text.lower() in word.lower()]}
            )
        else:
            found |= Q(**{f"{column}__icontains": text})
    return found


def _choices(model: type[Model], column: Any) -> dict[str, str]:
    try:
        found = model._meta.get_field(column) if isinstance(column, str) and column else None
    except FieldDoesNotExist:
        return {}
    return {str(value): str(label) for value, label in getattr(found, "flatchoices", [])}


def _entry(model: Any, patient: Patient, row: tuple[Any, ...], zone: dt.tzinfo) -> Entry:
    kind, pk, at, title, detail, note, source, author, undone = row
    entries: Entries = model.timeline
    title = _choices(model, entries.title).get(title, title)
    detail = _choices(model, entries.detail).get(detail, detail)
    here = at.astimezone(zone)
    tags = [{"text": str(entries.label)}] if entries.label else []
    if undone:
        tags.append({"text": gettext("Undone"), "tone": "amber", "icon": "undo-2"})
    return Entry(
        kind=kind,
        id=pk,
        moment=at,
        at=at if (here.hour, here.minute, here.second) != (0, 0, 0) else None,
        title=f"{title}: {detail}" if detail and entries.group == "clinical" else title,
        text="\n".join(part for part in (detail if entries.group != "clinical" else "", note) if part),
        by=source_words(source, author),
        icon=entries.icon,
        url=_url(model, patient, kind, pk),
        tags=tags,
    )


def _url(model: Any, patient: Patient, kind: str, pk: uuid.UUID) -> str:
    if issubclass(model, HistoryItem):
        return reverse("patients:history_item", args=[patient.pk, kind, pk])
    route: str = model.timeline.route
    return reverse(route, args=[pk]) if route else ""


def _by_day(entries: list[Entry]) -> Iterator[Day]:
    today = timezone.localdate()
    for day, group in groupby(entries, key=lambda entry: display.as_day(entry.moment)):
        yield Day(heading=display.day_heading(day), today=day == today, entries=list(group))
