"""Fields of a task as JSON and back again, to the microsecond: what a change keeps must be what undo puts back."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from coordination.worklist.models import Task


def packed(task: Task, names: Iterable[str]) -> dict[str, Any]:
    """Return the named fields as JSON can hold them; a relation is its id."""
    return {name: _plain(getattr(task, _field(name).attname)) for name in names}


def unpacked(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return kept values as the task itself holds them, by the names of its columns ("owner_id")."""
    fields = {name: _field(name) for name in kept}
    return {field.attname: field.to_python(kept[name]) for name, field in fields.items()}


def _field(name: str) -> Any:
    return Task._meta.get_field(name)


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return str(value) if isinstance(value, uuid.UUID) else value
