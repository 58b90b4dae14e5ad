"""Everything that happened to a patient, once, newest first.

Each source in `settings.TIMELINE_SOURCES` is a model that says how its rows become entries. Every source is asked for one
page along its own index; the union of these small answers is the page. What the person may not see is not asked for.
"""

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.db.models import F, Model, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

from coordination.accounts.models import User
from coordination.accounts.permissions import Permission
from coordination.lib import display
from coordination.lib.paging import Count, capped_count
from coordination.lib.timeline import Entries
from patients.models import HistoryItem, Patient
from patients.panels import Ahead, ahead_of
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


def group_in(query: Mapping[str, Any]) -> str:
    """The group an address asks for; any other word stands for everything."""
    asked = str(query.get("kind", ""))
    return asked if asked in GROUPS else ""


def timeline_right(user: User) -> Permission:
    """What opens the timeline: the right to either of its parts. Whoever has none is refused for want of the second."""
    return Permission.HISTORY_VIEW if user.may(Permission.HISTORY_VIEW) else Permission.TASK_VIEW


def timeline_page(
    user: User, patient: Patient, *, group: str = "", after: str = "", text: str = "", size: int = PAGE
) -> TimelinePage:
    """One page of the timeline. `after` is the cursor of the page before; a cursor that means nothing starts anew."""
    sources = _sources(group)
    start = _start(sources, patient, after)
    parts = [_part(model, user, patient, start, text.strip(), size) for model in sources]
    rows = _read(parts, size + 1)
    more, rows = len(rows) > size, rows[:size]
    entries = _entries(sources, patient, rows)
    cursor = f"{entries[-1].kind}.{entries[-1].id}" if more else ""
    return TimelinePage(days=list(_by_day(entries)), shown=len(entries), next_cursor=cursor)


def _read(parts: list[QuerySet[Any]], wanted: int) -> list[Any]:
    asked = [part for part in parts if not part.query.is_empty()]
    if len(asked) < 2:
        return [row for part in asked for row in part]
    return list(asked[0].union(*asked[1:], all=True).order_by("-entry_at", "-id")[:wanted])


class WholeTimeline:
    """Every page of the timeline as one list (coordination/lib/listing.py), what is ahead first."""

    def __init__(self, user: User, patient: Patient, group: str = "") -> None:
        self.user, self.patient, self.group = user, patient, group
        self.sources = _sources(group)

    def ids(self) -> Iterator[uuid.UUID]:
        ahead = self._ahead()
        yield from ahead
        found = self._places().order_by("-entry_at", "-id")
        # what ended between the two questions is told once
        yield from (pk for pk, _at in found.iterator(chunk_size=5000) if pk not in ahead)

    def read(self, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Entry | Ahead]:
        wanted = (model.timeline.shape(self._rows(model).filter(pk__in=ids)) for model in self.sources)
        happened = {entry.id: entry for entry in _entries(self.sources, self.patient, _joined(wanted))}
        return {**happened, **self._ahead()}

    def count(self) -> Count:
        happened = capped_count(self._places())
        return Count(len(self._ahead()) + happened.number, happened.is_capped)

    def _ahead(self) -> dict[uuid.UUID, Ahead]:
        return {entry.id: entry for entry in ahead_of(self.user, self.patient, self.group)}

    def _rows(self, model: Any) -> QuerySet[Any]:
        rows: QuerySet[Any] = model.objects.for_timeline(self.user, self.patient)
        return rows.order_by()

    def _places(self) -> QuerySet[Any]:
        """The ids, with the moments they are sorted by."""
        return _joined(
            self._rows(model).annotate(entry_at=F(model.timeline.at)).values_list("id", "entry_at")
            for model in self.sources
        )


def _joined(parts: Iterable[QuerySet[Any]]) -> QuerySet[Any]:
    """All of them in one statement; those that can hold nothing are not asked."""
    every = list(parts)
    first, *others = [part for part in every if not part.query.is_empty()] or every[:1]
    return first.union(*others, all=True) if others else first


def title_words(kind: str, value: str) -> str:
    """A stored title of one kind as the timeline says it ("left_voicemail": "Left voicemail")."""
    for model in _sources():
        if model.timeline.kind == kind:
            return _choices(model, model.timeline.title).get(value, value)
    return value


def _sources(group: str = "") -> list[Any]:
    every: list[Any] = [apps.get_model(label) for label in settings.TIMELINE_SOURCES]
    return [model for model in every if group in ("", model.timeline.group)]


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


def _entries(sources: list[Any], patient: Patient, rows: Iterable[Any]) -> list[Entry]:
    known, zone = {model.timeline.kind: model for model in sources}, patient.organization.zone
    return [_entry(known[row[0]], patient, row, zone) for row in rows]


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
