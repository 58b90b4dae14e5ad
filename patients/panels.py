"""What the apps above add to a patient's overview, without this app knowing them.

`settings.PATIENT_PANELS` and `settings.TIMELINE_AHEAD` name callables `(user, patient) -> ...`. Each decides for
itself what the person may see and answers None (or nothing) when there is nothing to show.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from coordination.accounts.models import User
from patients.models import Patient


@dataclass(frozen=True)
class Panel:
    """One card of the overview: its template is rendered with `context` and what every page has."""

    template: str
    context: Mapping[str, Any] = field(default_factory=dict)
    wide: bool = True  # in the wide column; False puts it in the narrow one


@dataclass(frozen=True)
class Ahead:
    """One thing that is still to come, for the block on top of the timeline."""

    title: str
    id: uuid.UUID  # of what is planned
    at: dt.datetime | None = None
    text: str = ""
    by: str = ""
    icon: str = "calendar-clock"
    tone: str = ""
    url: str = ""


def panels_of(user: User, patient: Patient) -> list[Panel]:
    """Every panel the person may see, in the order of the setting."""
    found = (_callable(path)(user, patient) for path in settings.PATIENT_PANELS)
    return [panel for panel in found if panel is not None]


def ahead_of(user: User, patient: Patient, group: str = "") -> list[Ahead]:
    """What is planned for the patient, soonest first; what has no date comes last. It is work: no other group shows it."""
    if group not in {"", "tasks"}:
        return []
    answers: Iterable[Iterable[Ahead]] = (_callable(path)(user, patient) for path in settings.TIMELINE_AHEAD)
    entries = [entry for answer in answers for entry in answer]
    return sorted(entries, key=lambda entry: (entry.at is None, entry.at.timestamp() if entry.at else 0.0))


def _callable(path: str) -> Callable[[User, Patient], Any]:
    found: Callable[[User, Patient], Any] = import_string(path)
    return found
