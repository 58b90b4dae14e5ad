"""A list of the product as it can be taken away: the rows of its page, in its order, with the columns of its role.

Whoever owns a list says how it is exported, beside the list itself (`exports.py` of the app, named in `settings.EXPORT_LISTS`):
a callable (user, query) that refuses like the page does and returns a `Listing`. The query is the one of the page's address.

The rows are a queryset, or, where a page joins rows of several tables, something that answers the same three questions (`Rows`).
"""

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from django.db.models import Model, QuerySet, UUIDField

from coordination.lib.paging import Count, Order, capped_count, keys_of

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


class Rows(Protocol):
    """Rows of a list that is of no one table."""

    def ids(self) -> Iterator[uuid.UUID]:
        """Which there are, in the order of the page."""

    def read(self, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Any]:
        """Those of them that can still be seen, in as many statements for many as for one."""

    def count(self) -> Count:
        """How many there are, up to a cap."""


@dataclass(frozen=True)
class Listing:
    """What a person would see on the page at this moment. `choices` is the query without what goes without saying."""

    stem: str  # of the file's name: never a name or a number of anyone
    title: str
    sentence: str  # what narrows it, in words
    rows: QuerySet[Any] | Rows
    columns: Sequence[Column]
    url: str
    order: Order = ()  # of a queryset
    choices: dict[str, str] = field(default_factory=dict)
    patient_id: uuid.UUID | None = None  # when all of it is about one patient

    def ids(self) -> Iterator[uuid.UUID]:
        """Which rows there are, in their order, read at once."""
        if not isinstance(self.rows, QuerySet):
            return self.rows.ids()
        keys = keys_of(self.rows.model, self.order)
        found = self.rows.order_by(*(key.order() for key in keys)).values_list("pk", flat=True)
        return map(_id, found.iterator(chunk_size=5000))

    def read(self, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Any]:
        """The rows of these ids that are still in the list."""
        if not isinstance(self.rows, QuerySet):
            return self.rows.read(ids)
        wanted: Iterable[Any] = ids if _has_uuids(self.rows.model) else [one.int for one in ids]
        return {_id(row.pk): row for row in self.rows.order_by().filter(pk__in=wanted)}

    def count(self) -> Count:
        return capped_count(self.rows) if isinstance(self.rows, QuerySet) else self.rows.count()


def _has_uuids(model: type[Model]) -> bool:
    return isinstance(model._meta.pk, UUIDField)


def _id(pk: Any) -> uuid.UUID:
    """A number is kept as a UUID too, so that every id is of one length."""
    return pk if isinstance(pk, uuid.UUID) else uuid.UUID(int=pk)


def words_of(model: type[Model], name: str) -> Callable[[Any], str]:
    """Read a field as its label. The labels are said once: `get_x_display` says all of them again for every row."""
    words = {value: str(label) for value, label in model._meta.get_field(name).flatchoices}  # type: ignore[union-attr]
    return lambda row: words.get(getattr(row, name), "")
