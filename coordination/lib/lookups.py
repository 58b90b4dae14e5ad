"""Conditions that keep their index under row-level security.

PostgreSQL tests a row's policy before any operator that might give the row away, and LIKE is one of those: under row-level
security it reads the whole table. The comparisons below are known to be safe, so they run along an index of `text_pattern_ops`.
"""

import uuid
from collections.abc import Collection
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, CharField, F, Func, UUIDField, Value

LAST = "\U0010ffff"  # sorts after every letter


class Begins(Func):
    """The column begins with this text, compared byte by byte: Begins("sort_name", "oka")."""

    template = "(%(expressions)s)"
    arg_joiner = " AND "
    output_field = BooleanField()

    def __init__(self, column: str | Func, text: str) -> None:
        value = F(column) if isinstance(column, str) else column
        super().__init__(_From(value, Value(text)), _Before(value, Value(f"{text}{LAST}")))


class _From(Func):
    template, arg_joiner, output_field = "%(expressions)s", " ~>=~ ", BooleanField()


class _Before(Func):
    template, arg_joiner, output_field = "%(expressions)s", " ~<~ ", BooleanField()


class Unindexed(Func):
    """The column as no index holds it: among few rows PostgreSQL then reads these, and not an index of everybody."""

    function = "COALESCE"

    def __init__(self, column: str, **extra: Any) -> None:
        super().__init__(F(column), F(column), **extra)


class Overlaps(Func):
    """The array has one of these texts: one parameter however many they are, like Among."""

    template, arg_joiner, output_field = "(%(expressions)s)", " && ", BooleanField()

    def __init__(self, array: str | Func, texts: Collection[str], *, size: int) -> None:
        value = F(array) if isinstance(array, str) else array
        super().__init__(value, Value(list(texts), output_field=ArrayField(CharField(max_length=size))))


class Among(Func):
    """The column is one of these ids: Among("pk", ids).

    One parameter however many they are. The statement reads the same for everybody, so each connection plans it once and not for
    every size of caseload.
    """

    template, arg_joiner, output_field = "(%(expressions)s))", " = ANY(", BooleanField()

    def __init__(self, column: str, ids: Collection[uuid.UUID]) -> None:
        super().__init__(F(column), Value(list(ids), output_field=ArrayField(UUIDField())))
