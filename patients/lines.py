"""Health history as it is shown: each line with where it came from, when, and when it was last checked."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from coordination.lib import display
from patients.doses import Part, dose_words, medicine_parts
from patients.models import (
    Allergy,
    Condition,
    Encounter,
    FamilyHistory,
    HistoryItem,
    Medication,
    Observation,
    Patient,
    Procedure,
    RecordStatus,
)
from patients.words import source_words

Item = dict[str, Any]


@dataclass(frozen=True)
class Line:
    url: str
    parts: list[Part]
    detail: str
    when: str
    source: str
    checked: str
    tags: list[Item] = field(default_factory=list)
    active: bool = True
    note: str = ""
    text: str = ""


@dataclass(frozen=True)
class Section:
    kind: str
    label: Promise | str
    icon: str
    current: list[Line]
    past: list[Line]
    past_label: str
    add_url: str


def section(patient: Patient, model: type[HistoryItem], rows: Sequence[HistoryItem]) -> Section:
    shown = [line(patient, row) for row in rows]
    past_words = {Condition: _("Resolved"), Medication: _("Stopped"), Allergy: _("No longer held")}
    kind = model.timeline.kind
    return Section(
        kind=kind,
        label=model.label,
        icon=model.timeline.icon,
        current=[each for each in shown if each.active],
        past=[each for each in shown if not each.active],
        past_label=past_words.get(model, ""),
        add_url=reverse("patients:history_add", args=[patient.pk, kind]),
    )


def line(patient: Patient, row: HistoryItem) -> Line:
    return Line(
        url=reverse("patients:history_item", args=[patient.pk, row.timeline.kind, row.pk]),
        parts=medicine_parts(row.text) if isinstance(row, Medication) else [Part(row.text, strong=True)],
        text=row.text,
        detail=_detail(row),
        when=_when(patient, row),
        source=source_words(row.source, row.created_by.name),
        checked=checked_words(row),
        tags=_tags(row),
        active=getattr(row, "is_active", True),
        note=row.note,
    )


def checked_words(row: HistoryItem) -> str:
    if row.verified_at is None or row.verified_by is None:
        return _("not checked yet")
    return _("checked %(day)s by %(name)s") % {
        "day": display.day(row.verified_at),
        "name": row.verified_by.name,
    }


def value_words(row: Observation) -> str:
    """A result with its unit; a number without traps."""
    value = dose_words(f"{row.number.normalize():f}") if row.number is not None else row.value
    return f"{value} {_unit(row.unit)}".strip()


def _unit(unit: str) -> str:
    """UCUM annotations are for machines: {score} says nothing, [lb_av] is a pound."""
    known = {
        "[lb_av]": "lb",
        "[in_i]": "in",
        "mm[Hg]": "mmHg",
        "Cel": "°C",
        "[degF]": "°F",
        "/min": _("per minute"),
    }
    return known.get(unit, "" if unit.startswith("{") and unit.endswith("}") else unit)


def _detail(row: HistoryItem) -> str:
    match row:
        case Allergy():
            bits = [row.reaction, row.severity]
        case Medication():
            by = _("prescribed by %(name)s") % {"name": row.prescriber} if row.prescriber else ""
            bits = [dose_words(row.dosage), row.reason and _("for %(reason)s") % {"reason": row.reason}, by]
        case Procedure():
            bits = [row.performer]
        case FamilyHistory():
            onset = _("began at %(age)s") % {"age": row.onset_age} if row.onset_age else ""
            bits = [row.relative, onset, _("has died") if row.is_deceased else ""]
        case Encounter():
            bits = [str(row.get_kind_display()), row.facility, row.clinician, row.reason, row.disposition]
        case Observation():
            bits = [value_words(row), row.interpretation]
        case _:
            bits = []
    return ", ".join(str(bit) for bit in bits if bit)


def _when(patient: Patient, row: HistoryItem) -> str:
    zone = patient.organization.zone
    began = display.day(row.occurred_at.astimezone(zone).date()) if row.occurred_at else ""
    end: dt.date | None = getattr(row, "abated_on", None) or getattr(row, "ends_on", None)
    if end is None:
        return (
            _("since %(day)s") % {"day": began}
            if began and isinstance(row, Condition | Medication)
            else began
        )
    return _("%(start)s to %(end)s") % {"start": began or _("not known"), "end": display.day(end)}


def _tags(row: HistoryItem) -> list[Item]:
    tags: list[Item] = []
    if isinstance(row, Allergy) and row.criticality == Allergy.Criticality.HIGH:
        tags.append({"text": _("High danger"), "tone": "red", "icon": "triangle-alert"})
    if row.record_status == RecordStatus.DISPUTED:
        tags.append({"text": _("Disputed"), "tone": "amber", "icon": "circle-help"})
    if row.record_status == RecordStatus.ENTERED_IN_ERROR:
        tags.append({"text": _("Entered in error"), "tone": "red", "icon": "circle-x"})
    if row.sensitivity:
        tags.append({"text": str(row.get_sensitivity_display()), "tone": "violet", "icon": "lock"})
    return tags


def facts(patient: Patient, row: HistoryItem) -> list[Item]:
    """Everything known about one line, for its own page."""
    pairs = [
        (_("As written"), row.text),
        (_("More"), _detail(row)),
        (_("When"), _when(patient, row) or display.not_recorded()),
        (_("Status"), str(row.get_record_status_display())),
        (_("The source's own word"), row.status),
        (_("Code"), f"{row.code} ({row.code_system})" if row.code_system else row.code),
        (_("Source"), source_words(row.source, row.created_by.name)),
        (_("Recorded"), display.moment(row.recorded_at)),
        (_("Entered here"), display.moment(row.created_at)),
        (_("Checked"), checked_words(row)),
        (_("Kept closely"), str(row.get_sensitivity_display()) if row.sensitivity else ""),
        (_("Note"), row.note),
    ]
    return [{"label": label, "value": value} for label, value in pairs if value]


def result_rows(patient: Patient, rows: Sequence[Observation]) -> list[Item]:
    return [
        {
            "text": row.text,
            "value": value_words(row) or display.not_recorded(),
            "interpretation": row.interpretation,
            "at": row.occurred_at,
            "source": source_words(row.source, row.created_by.name),
            "url": reverse("patients:history_item", args=[patient.pk, "observation", row.pk]),
            "series_url": reverse("patients:history_series", args=[patient.pk, row.pk]),
            "tags": _tags(row),
        }
        for row in rows
    ]


WIDTH, HEIGHT, MARGIN = 640, 160, 24


def chart(rows: Sequence[Observation]) -> Item | None:
    """Points on a line for one unit, oldest left. The last two values are written out; the table says the rest."""
    numbered = [row for row in reversed(rows) if row.number is not None and row.occurred_at is not None]
    units = {row.unit for row in numbered}
    if len(numbered) < 2 or len(units) != 1:
        return None
    values = [float(row.number or 0) for row in numbered]
    moments = [row.occurred_at.timestamp() for row in numbered if row.occurred_at is not None]
    low, high = min(values), max(values)
    points = [
        {
            "x": round(_at(moment, moments[0], moments[-1], WIDTH), 1),
            "y": round(HEIGHT - _at(value, low, high, HEIGHT), 1),
            "text": value_words(row),
            "day": display.day(row.occurred_at),
            "told": index >= len(values) - 2,
            "dy": 18 if index and value < values[index - 1] else -9,
        }
        for index, (row, value, moment) in enumerate(zip(numbered, values, moments, strict=True))
    ]
    return {
        "points": points,
        "path": " ".join(f"{point['x']},{point['y']}" for point in points),
        "first": display.day(numbered[0].occurred_at),
        "last": display.day(numbered[-1].occurred_at),
        "low": f"{low:g}",
        "high": f"{high:g}",
        "label": _("%(what)s, %(n)s values from %(first)s to %(last)s, lowest %(low)s, highest %(high)s")
        % {
            "what": numbered[0].text,
            "n": len(points),
            "first": display.day(numbered[0].occurred_at),
            "last": display.day(numbered[-1].occurred_at),
            "low": f"{low:g}",
            "high": f"{high:g}",
        },
    }


def _at(value: float, low: float, high: float, size: int) -> float:
    """Where a value stands between the margins; in the middle when there is no span."""
    inner = size - 2 * MARGIN
    return MARGIN + (inner * (value - low) / (high - low) if high > low else inner / 2)
