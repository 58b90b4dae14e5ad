"""Fields of a row as JSON and back again, to the microsecond: what is kept of a change must be what undo puts back."""

import datetime as dt
import decimal
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models


def packed(row: models.Model, names: Iterable[str]) -> dict[str, Any]:
    """Return the named fields as JSON can hold them; a relation is its id."""
    return {name: _plain(getattr(row, _field(row, name).attname)) for name in names}


def unpacked(model: type[models.Model], kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return kept values as a row itself holds them, by the names of its columns ("owner_id")."""
    fields = {name: _field(model, name) for name in kept}
    return {field.attname: field.to_python(kept[name]) for name, field in fields.items()}


def _field(model: type[models.Model] | models.Model, name: str) -> Any:
    return model._meta.get_field(name)


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    return str(value) if isinstance(value, uuid.UUID | decimal.Decimal) else value
