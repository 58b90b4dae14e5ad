"""A list of the product as it can be taken away: the rows of its page, in its order, with the columns of its role.

Whoever owns a list says how it is exported, beside the list itself (`exports.py` of the app, named in `settings.EXPORT_LISTS`):
a callable (user, query) that refuses like the page does and returns a `Listing`. The query is the one of the page's address.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.db.models import Model, QuerySet

from coordination.lib.paging import Order

Sort = Literal["text", "number", "day", "moment"]
Cell = Any  # str, int, date, aware datetime or None, as the sort of its column says


@dataclass(frozen=True)
class Column:
    """One column: its name for the audit trail, its heading, and what a row says in it."""

    key: str
    label: Any
    read: Callable[[Any], Cell]
    sort: Sort = "text"
    width: int = 18  # characters


@dataclass(frozen=True)
class Listing:
    """What a person would see on the page at this moment. `choices` is the query without what goes without saying."""

    stem: str  # of the file's name: never a name or a number of anyone
    title: str
    sentence: str  # what narrows it, in words
    rows: QuerySet[Any]
    order: Order
    columns: Sequence[Column]
    url: str
    choices: dict[str, str] = field(default_factory=dict)
    patient_id: uuid.UUID | None = None  # when all of it is about one patient


def words_of(model: type[Model], name: str) -> Callable[[Any], str]:
    """Read a field as its label. The labels are said once: `get_x_display` says all of them again for every row."""
    words = {value: str(label) for value, label in model._meta.get_field(name).flatchoices}  # type: ignore[union-attr]
    return lambda row: words.get(getattr(row, name), "")
