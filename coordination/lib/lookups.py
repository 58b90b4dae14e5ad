"""Conditions that keep their index under row-level security.

PostgreSQL tests a row's policy before any operator that might give the row away, and LIKE is one of those: under row-level
security it reads the whole table. The comparisons below are known to be safe, so they run along an index of `text_pattern_ops`.
"""

import uuid
from collections.abc import Collection
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, F, Func, UUIDField, Value

LAST = "\U0010ffff"  # sorts after every letter


class Begins(Func):
    """The column begins with this text, compared byte by byte: Begins("sort_name", "oka")."""

    template = "(%(expressions)s)"
    arg_joiner = " AND "
    output_field = BooleanField()

    def __init__(self, column: str, text: str) -> None:
        super().__init__(_From(F(column), Value(text)), _Before(F(column), Value(f"{text}{LAST}")))


class _From(Func):
    template, arg_joiner, output_field = "%(expressions)s", " ~>=~ ", BooleanField()


class _Before(Func):
    template, arg_joiner, output_field = "%(expressions)s", " ~<~ ", BooleanField()


class Unindexed(Func):
    """The column as no index holds it: among few rows PostgreSQL then reads these, and not an index of everybody."""

    function = "COALESCE"

    def __init__(self, column: str, **extra: Any) -> None:
        super().__init__(F(column), F(column), **extra)


class Among(Func):
    """The column is one of these ids: Among("pk", ids).

    One parameter however many they are. The statement reads the same for everybody, so each connection plans it once and not for
    every size of caseload.
    """

    template, arg_joiner, output_field = "(%(expressions)s))", " = ANY(", BooleanField()

    def __init__(self, column: str, ids: Collection[uuid.UUID]) -> None:
        super().__init__(F(column), Value(list(ids), output_field=ArrayField(UUIDField())))
