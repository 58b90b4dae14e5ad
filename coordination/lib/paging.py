"""Pages that stay right while rows come and go, at any depth: a page starts after a row, not after a number.

    page = keyset(tasks, order=[("due_at", "asc"), ("id", "asc")], after=request.GET.get("after"))

A cursor holds only the id of a row, signed; the values the list is sorted by are read again from that row, so
nothing about a patient stands in an address. Rows without a value come last, whichever way the list is sorted,
unless the order says otherwise: `("last_contact_at", "asc", "first")`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Generic, Literal, TypeVar

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.signing import BadSignature, Signer
from django.db.models import BooleanField, F, Func, IntegerField, Model, Q, QuerySet, Subquery, Value
from django.db.models.constants import LOOKUP_SEP
from django.db.models.expressions import OrderBy
from django.db.models.lookups import GreaterThan, LessThan
from django.http import QueryDict

from coordination.lib.lookups import Unindexed

Direction = Literal["asc", "desc"]
Nulls = Literal["first", "last", "none"]  # none: an annotation that always has a value
Order = Sequence[tuple[str, Direction] | tuple[str, Direction, Nulls]]

R = TypeVar("R")


@dataclass(frozen=True)
class Page(Generic[R]):
    """The rows of one page, in the order of the list, and where the pages beside it start (None: no such page)."""

    rows: list[R]
    next_cursor: str | None = None
    previous_cursor: str | None = None

    def __iter__(self) -> Iterator[R]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def links(self, query: QueryDict, *, total: object = None, of: str = "") -> dict[str, Any]:
        """What components/pager.html asks for, on top of the query string the person has now.

        `of` names the list where a page has two: each has its own cursors (`open_after`) and leaves the other where it is.
        """
        return {
            "shown": len(self.rows),
            "total": total,
            "previous_url": _address(query, of, before=self.previous_cursor) if self.previous_cursor else "",
            "next_url": _address(query, of, after=self.next_cursor) if self.next_cursor else "",
        }


@dataclass(frozen=True)
class Count:
    """A count that stops at a cap: nobody reads past "1000+", and the server need not either."""

    number: int
    is_capped: bool = False

    def __str__(self) -> str:
        return f"{self.number}+" if self.is_capped else str(self.number)


def capped_count(queryset: QuerySet[Any], cap: int = 1000) -> Count:
    """Count the rows, but no further than `cap`."""
    number = queryset.order_by()[: cap + 1].count()
    return Count(min(number, cap), number > cap)


def count_within(queryset: QuerySet[Any], cap: int = 1000) -> Func:
    """Return the same count as an expression, to be read beside the rows of a page in one statement."""
    first = ArraySubquery(queryset.order_by().values("pk")[: cap + 1])
    return Func(first, function="cardinality", output_field=IntegerField())


def count_of(rows: Sequence[Any], cap: int = 1000) -> Count:
    """Read it from the rows, annotated as `how_many`. No rows: none fit."""
    number = rows[0].how_many if rows else 0
    return Count(min(number, cap), number > cap)


@dataclass(frozen=True)
class Key:
    """One column the list is sorted by."""

    name: str
    descending: bool = False
    nulls_last: bool = True
    nullable: bool = True
    through: str = ""  # the reference it is read through, where that is what may be empty
    in_memory: bool = False

    def reversed(self) -> "Key":
        return replace(self, descending=not self.descending, nulls_last=not self.nulls_last)

    @property
    def is_natural(self) -> bool:
        """Whether an index holds the rows in this very order, read from one end or the other."""
        return not self.nullable or (self.nulls_last != self.descending and not self.through)

    def lacking(self, answer: bool) -> Q:
        """Rows without a value, or with one. A row referred to is then joined plainly, and can lead along its own index."""
        return Q(**{f"{self.through or self.name}__isnull": answer})

    def order(self) -> OrderBy:
        nulls = {} if self.is_natural else {"nulls_last" if self.nulls_last else "nulls_first": True}
        by = Unindexed(self.name) if self.in_memory else F(self.name)
        return OrderBy(by, descending=self.descending, **nulls)

    def beyond(self, value: Any) -> Q:
        """Rows whose value comes after `value`."""
        if value is None:
            return Q(pk__in=[]) if self.nulls_last else Q(**{f"{self.name}__isnull": False})
        further = Q(**{f"{self.name}__{'lt' if self.descending else 'gt'}": value})
        return further | Q(**{f"{self.name}__isnull": True}) if self.nullable and self.nulls_last else further

    def equal(self, value: Any) -> Q:
        return Q(**{f"{self.name}__isnull": True}) if value is None else Q(**{self.name: value})


class Row(Func):
    """ROW(a, b), which PostgreSQL compares column by column along an index."""

    function = "ROW"
    output_field = BooleanField()


def keys_of(model: type[Model], order: Order, *, few: bool = False) -> list[Key]:
    """Read an order. Names may be columns, columns of a related row, or annotations of the queryset.

    `few`: the list is short and its rows lie close to each other in the table. PostgreSQL takes them to be spread evenly, and
    would look for the first fifty along an index of everybody, all the way to where they lie; they are sorted in memory.
    """
    keys = []
    for name, way, *nulls in order:
        said = nulls[0] if nulls else "last"
        nullable = said != "none" and _is_nullable(model, name)
        keys.append(
            Key(
                name, way == "desc", said != "first", nullable, _through(model, name) if nullable else "", few
            )
        )
    return keys


def beyond(keys: Sequence[Key], values: Sequence[Any]) -> Q | GreaterThan | LessThan:
    """Return the condition for rows after the row with these `values`: for lists that are built another way."""
    if not any(key.nullable for key in keys) and len({key.descending for key in keys}) == 1:
        comparison: type[GreaterThan] | type[LessThan] = LessThan if keys[0].descending else GreaterThan
        return comparison(
            Row(*(F(key.name) for key in keys)),
            Row(*(value if isinstance(value, Subquery) else Value(value) for value in values)),
        )
    condition = keys[-1].beyond(values[-1])
    for key, value in zip(reversed(keys[:-1]), reversed(values[:-1]), strict=True):
        condition = key.beyond(value) | (key.equal(value) & condition)
    return condition


def keyset(
    queryset: QuerySet[Any, R],
    *,
    order: Order,
    after: str | None = None,
    before: str | None = None,
    size: int = 50,
    few: bool = False,
) -> Page[R]:
    """Return one page of `queryset`. The last column of `order` must be unique (the id).

    A cursor that was tampered with, or whose row is gone, leads to the first page. With values() the rows must
    hold "id" or "pk".
    """
    model: type[Model] = queryset.model
    keys = keys_of(model, order, few=few)
    backward = bool(before) and not after
    way = [key.reversed() for key in keys] if backward else keys
    values = _values_at(queryset, keys, before if backward else after)
    if values is None:
        return _first(queryset, keys, size)
    rows = _rows(queryset, way, values, size + 1)
    more, rows = len(rows) > size, rows[:size]
    if not rows or (backward and not more):
        return _first(queryset, keys, size)
    if backward:
        rows.reverse()
    return Page(
        rows,
        next_cursor=seal(model, rows[-1]) if more or backward else None,
        previous_cursor=seal(model, rows[0]) if more or not backward else None,
    )


Columns = tuple[Any, ...]


def beside(
    queryset: QuerySet[Any, Any],
    *,
    order: Order,
    of: dict[str, Any],
    known: Mapping[str, Any],
    read: Sequence[str] = ("pk",),
    few: bool = False,
) -> tuple[Columns | None, Columns | None]:
    """Return what stands before and after one row in the order of the list, also when the row left the list meanwhile.

    `of` finds the row, `known` are columns of it the caller has read already, `read` are the columns of its neighbors. One
    statement; two where the list is sorted by what may be empty and is not known.
    """
    keys = keys_of(queryset.model, order, few=few)
    values = _place_of(queryset, keys, of, known)
    if values is None:
        return None, None
    ways = [[key.reversed() for key in keys], keys]
    asked = [
        part.annotate(way=Value(n)).values_list("way", *read)[:1]
        for n, way in enumerate(ways)
        for part in _parts(queryset, way, values)
    ]
    found: dict[int, Columns] = {}
    for n, *columns in asked[0].union(*asked[1:], all=True):
        found.setdefault(n, tuple(columns))
    return found.get(0), found.get(1)


def _place_of(
    queryset: QuerySet[Any, Any], keys: Sequence[Key], of: dict[str, Any], known: Mapping[str, Any]
) -> Columns | None:
    """What a row is sorted by: asked for within the statement that compares with it, unless its being empty changes the question."""
    if all(key.name in known for key in keys):
        return tuple(known[key.name] for key in keys)
    every = _unfiltered(queryset).filter(**of)
    if any(key.nullable for key in keys):
        return next(iter(every.values_list(*(key.name for key in keys))[:1]), None)
    return tuple(Subquery(every.values(key.name)[:1]) for key in keys)


def seal(model: type[Model], row: Any) -> str:
    """Return the cursor of a row: its id and a signature."""
    pk = row.pk if isinstance(row, Model) else (row["id"] if "id" in row else row["pk"])
    return _signer(model).sign(str(pk))


def unseal(model: type[Model], cursor: str | None) -> Any:
    """Return the id a cursor of ours holds, None for any other text."""
    try:
        return model._meta.pk.to_python(_signer(model).unsign(cursor or ""))
    except (BadSignature, ValidationError):
        return None


def _signer(model: type[Model]) -> Signer:
    return Signer(salt=f"{__name__}:{model._meta.label_lower}", sep=".")


def _first(queryset: QuerySet[Any, R], keys: list[Key], size: int) -> Page[R]:
    rows = _rows(queryset, keys, None, size + 1)
    more, rows = len(rows) > size, rows[:size]
    return Page(rows, next_cursor=seal(queryset.model, rows[-1]) if more else None)


def _rows(queryset: QuerySet[Any, R], keys: list[Key], values: Sequence[Any] | None, wanted: int) -> list[R]:
    rows: list[R] = []
    for part in _parts(queryset, keys, values):
        if len(rows) < wanted:
            rows += part[: wanted - len(rows)]
    return rows


def _parts(
    queryset: QuerySet[Any, R], keys: list[Key], values: Sequence[Any] | None
) -> list[QuerySet[Any, R]]:
    """Rows with a value and rows without one are asked for apart: each question then runs along one index."""
    first, rest = keys[0], keys[1:]
    if values is None and first.is_natural:
        return [queryset.order_by(*(key.order() for key in keys))]
    present = replace(first, nullable=False)
    having = queryset.order_by(*(key.order() for key in [present, *rest]))
    lacking = queryset.order_by(*(key.order() for key in rest))
    starts_at_value = values is not None and values[0] is not None
    if values is not None and starts_at_value:
        bound = Q(**{f"{first.name}__{'lte' if first.descending else 'gte'}": values[0]})
        having = having.filter(bound, beyond([present, *rest], values))
    elif values is not None:
        lacking = lacking.filter(beyond(rest, values[1:]))
    if not first.nullable:
        return [having]
    if not starts_at_value:
        having = having.filter(first.lacking(False))
    lacking = lacking.filter(first.lacking(True))
    parts = [having, lacking] if first.nulls_last else [lacking, having]
    begins_in_second = values is not None and starts_at_value != first.nulls_last
    return parts[begins_in_second:]


def _values_at(
    queryset: QuerySet[Any, Any], keys: Iterable[Key], cursor: str | None
) -> tuple[Any, ...] | None:
    """What the row of a cursor is sorted by now. If it left the list (a task that was closed), its place stays."""
    pk = unseal(queryset.model, cursor)
    if pk is None:
        return None
    names = [key.name for key in keys]
    is_annotated = any(name in queryset.query.annotations for name in names)
    source = _unfiltered(queryset) if is_annotated else queryset.model._base_manager.using(queryset.db)
    return next(islice(source.filter(pk=pk).values_list(*names), 1), None)


def _unfiltered(queryset: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    """The annotations without the conditions: only a place is read, of a row whose id we signed."""
    every = queryset.order_by()
    every.query.where = type(every.query.where)()
    return every


def _is_nullable(model: type[Model], name: str) -> bool:
    options, nullable = model._meta, False
    for part in name.split(LOOKUP_SEP):
        try:
            found = options.pk if part == "pk" else options.get_field(part)
        except FieldDoesNotExist:
            return True  # an annotation
        nullable = nullable or bool(getattr(found, "null", False))
        if found.related_model:
            options = found.related_model._meta
    return nullable


def _through(model: type[Model], name: str) -> str:
    """The reference in front of a column that is never empty itself: "coordinator" of "coordinator__name"."""
    before, _sep, last = name.rpartition(LOOKUP_SEP)
    if not before or LOOKUP_SEP in before:
        return ""
    related: Any = model._meta.get_field(before).related_model
    return "" if related is None or related._meta.get_field(last).null else before


def _address(query: QueryDict, of: str, **cursor: str | None) -> str:
    changed = query.copy()
    for name in ("after", "before"):
        changed.pop(f"{of}{name}", None)
    changed.update({f"{of}{name}": value for name, value in cursor.items() if value})
    return f"?{changed.urlencode()}"
