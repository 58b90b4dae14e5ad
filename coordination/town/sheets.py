"""Rows on their way into PostgreSQL by COPY: as fast as it takes them, with the model's own defaults."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import connection, models

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
NULL = "\\N"
FLUSH_AT = 20_000  # rows kept in memory for one table


class Sheet:
    """The rows of one table, kept as COPY text lines."""

    def __init__(self, model: type[models.Model], **common: Any) -> None:
        fields = [f for f in model._meta.concrete_fields if not isinstance(f, models.AutoField)]
        self.table = model._meta.db_table
        self.columns = [f.column for f in fields]
        self.place = {f.attname: n for n, f in enumerate(fields)} | {f.name: n for n, f in enumerate(fields)}
        self.blank = [NULL if f.null else as_text(f.get_default()) if f.has_default() else "" for f in fields]
        for name, value in common.items():
            self.blank[self.place[name]] = as_text(value)
        self.trees = {f.attname for f in fields if isinstance(f, models.JSONField)}
        for name in self.trees:
            self.blank[self.place[name]] = as_tree(fields[self.place[name]].get_default())
        self.lines: list[str] = []

    def add(self, **values: Any) -> None:
        cells = self.blank.copy()
        place = self.place
        for name, value in values.items():
            cells[place[name]] = as_tree(value) if name in self.trees else as_text(value)
        self.lines.append("\t".join(cells))

    def flush(self) -> int:
        """Hand the rows over. Returns how many there were."""
        if not self.lines:
            return 0
        columns = ", ".join(f'"{column}"' for column in self.columns)
        with (
            connection.cursor() as cursor,
            cursor.copy(f'copy "{self.table}" ({columns}) from stdin') as copy,
        ):
            for start in range(0, len(self.lines), 1000):
                copy.write(("\n".join(self.lines[start : start + 1000]) + "\n").encode())
        count = len(self.lines)
        self.lines.clear()
        return count


def as_text(value: Any) -> str:
    """Return `value` as COPY text. A list is a text array."""
    match value:
        case None:
            return NULL
        case str():
            return value.translate(_ESCAPES)
        case bool():
            return "t" if value else "f"
        case dt.datetime() | dt.date():
            return value.isoformat()
        case list():
            items = ('"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"' for item in value)
            return ("{" + ",".join(items) + "}").translate(_ESCAPES)
        case _:
            return str(value).translate(_ESCAPES)


def as_tree(value: Any) -> str:
    """Return `value` as COPY text of a JSON column."""
    return json.dumps(value, ensure_ascii=False).translate(_ESCAPES)


@contextmanager
def rules_lifted(sheets: Mapping[str, Sheet]) -> Iterator[None]:
    """COPY is refused where row-level security binds the writer, so it is lifted from the tables' owner, within this transaction."""
    tables = sorted({sheet.table for sheet in sheets.values()})
    _alter(tables, "no force row level security")
    yield
    _alter(tables, "force row level security")


def _alter(tables: list[str], what: str) -> None:
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f'alter table "{table}" {what}')
