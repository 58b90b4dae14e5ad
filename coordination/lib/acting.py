"""An act asks first and writes last: everything it changes goes to the database in one statement, when nothing refuses it any more.

Inside an act, `insert` and `save_fields` gather; whatever asks the database something meanwhile is answered as if they had
written at once, for what was gathered goes first. So an act reads like any other function, and costs one write.
"""

from collections.abc import Callable, Collection, Sequence
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import DatabaseError, Error, connection, models, transaction
from django.db.models.expressions import DatabaseDefault
from django.db.models.sql import DeleteQuery, InsertQuery, UpdateQuery
from psycopg.pq import TransactionStatus

P = ParamSpec("P")
R = TypeVar("R")
Execute = Callable[[Any, Any, bool, Any], Any]
Build = Callable[[Sequence[models.Model]], tuple[models.QuerySet[Any], dict[str, Any]]]

_under_way: ContextVar["Gathered | None"] = ContextVar("act", default=None)


def acting(act: Callable[P, R]) -> Callable[P, R]:
    """Run an act whole or not at all: in the transaction around it, else in one of its own.

    Refused before it wrote, it leaves nothing to take back, so no savepoint stands around it; one is made on the way if the act
    has to write before its end. An act that is part of another one writes with it.
    """

    @wraps(act)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if (outer := _under_way.get()) is not None:
            return _as_part(outer, lambda: act(*args, **kwargs))
        if connection.in_atomic_block:
            return _gathering(lambda: act(*args, **kwargs))
        with transaction.atomic():
            return _gathering(lambda: act(*args, **kwargs))

    return run


def insert(row: models.Model) -> None:
    """Add a new row, at the latest when the act ends."""
    gathered = _under_way.get()
    if gathered is None:
        row.save(force_insert=True)
    else:
        gathered.insert(row)


def insert_if(row: models.Model, found: models.QuerySet[Any]) -> None:
    """Add a new row if the queryset finds anything, at the latest when the act ends: asked in the statement that writes.

    So what another transaction wrote before it let go of a lock counts, although this act waited for that lock.
    """
    gathered = _under_way.get()
    if gathered is not None:
        gathered.insert_if(row, found)
    elif found.exists():
        row.save(force_insert=True)


def save_fields(row: models.Model, names: Collection[str]) -> None:
    """Save these fields of a row that is there, at the latest when the act ends."""
    gathered = _under_way.get()
    if gathered is None:
        row.save(update_fields=names)
    else:
        gathered.update(row, names)


def delete(rows: models.QuerySet[Any]) -> None:
    """Remove the rows of a queryset, at the latest when the act ends. Nothing may hang on them, and the act writes none of them."""
    gathered = _under_way.get()
    if gathered is None:
        rows.delete()
    else:
        gathered.delete(rows)


def update_last(build: Build) -> None:
    """Update the rows of a queryset when the act ends, in the same statement.

    `build` returns the queryset and its values. It is told the rows that go out with it: to the database they are still as they
    were, so what it counts must leave them out and add them by hand.
    """
    gathered = _under_way.get()
    if gathered is None:
        rows, values = build([])
        rows.update(**values)
    else:
        gathered.last.append(build)


class Gathered:
    """What an act is going to write."""

    def __init__(self) -> None:
        self.last: list[Build] = []
        self._writes: list[tuple[str, Sequence[Any]]] = []
        self._rows: dict[tuple[str, Any], models.Model | None] = {}  # None: many, by a queryset
        self._is_sending = False
        self._savepoint = ""

    def insert(self, row: models.Model) -> None:
        sql, params = self._inserting(row)
        self._add(row, sql, params)

    def insert_if(self, row: models.Model, found: models.QuerySet[Any]) -> None:
        into, values = self._inserting(row)
        columns, _values, row_of = into.removesuffix(")").partition(" VALUES (")
        condition, more = found.query.exists().get_compiler(connection=connection).as_sql()
        sql = f"{columns} select {row_of} where exists ({condition})"
        self._add_many(row._meta.db_table, sql, [*values, *more])

    def delete(self, rows: models.QuerySet[Any]) -> None:
        query: Any = rows.query.clone()
        query.__class__ = DeleteQuery  # as Django's own fast delete does
        sql, params = query.get_compiler(connection=connection).as_sql()
        self._add_many(rows.model._meta.db_table, sql, params)

    def _inserting(self, row: models.Model) -> tuple[str, Sequence[Any]]:
        unnamed = row._meta.auto_field if row.pk is None else None
        fields = [
            field
            for field in row._meta.concrete_fields  # without what the database fills in
            if not field.generated
            and field is not unnamed
            and not isinstance(getattr(row, field.attname), DatabaseDefault)
        ]
        query = InsertQuery(row.__class__)
        query.insert_values(fields, [row])
        ((sql, params),) = query.get_compiler(connection=connection).as_sql()
        row._state.adding, row._state.db = False, connection.alias  # noqa: SLF001 (what saving does)
        return sql, params

    def update(self, row: models.Model, names: Collection[str]) -> None:
        values: list[Any] = []
        for name in names:
            field: Any = row._meta.get_field(name)
            values.append((field, None, field.pre_save(row, add=False)))
        query: Any = row.__class__._base_manager.filter(pk=row.pk).query.chain(UpdateQuery)
        query.add_update_fields(values)
        sql, params = query.get_compiler(connection=connection).as_sql()
        if (row._meta.db_table, row.pk) in self._rows:  # one statement cannot write one row twice
            self._send_early()
        self._add(row, sql, params)

    def _add(self, row: models.Model, sql: str, params: Sequence[Any]) -> None:
        self._rows[row._meta.db_table, row.pk] = row
        self._writes.append((sql, params))

    def _add_many(self, table: str, sql: str, params: Sequence[Any]) -> None:
        """How many it writes is not known before."""
        self._rows[table, object()] = None
        self._writes.append((sql, params))

    def _add_last(self, build: Build) -> None:
        queryset, values = build([row for row in self._rows.values() if row is not None])
        if any(table == queryset.model._meta.db_table for table, _pk in self._rows):
            self._send()  # one statement cannot write one row twice
            queryset, values = build([])
        query: Any = queryset.query.chain(UpdateQuery)
        query.add_update_values(values)
        sql, params = query.get_compiler(connection=connection).as_sql()
        self._add_many(queryset.model._meta.db_table, sql, params)

    def forget(self, *, keep: int = 0) -> None:
        """Write nothing of what is left, and of what comes last only the first `keep`."""
        self._writes.clear()
        self._rows.clear()
        del self.last[keep:]

    def watch(self, execute: Execute, sql: Any, params: Any, many: bool, context: Any) -> Any:
        """Let every other statement find what was gathered before it."""
        if not self._is_sending:
            if self._writes:
                self._send_early()
            elif str(sql).lstrip()[:6].upper() != "SELECT":
                self._keep_the_way_back()
        return execute(sql, params, many, context)

    def finish(self) -> None:
        """Write what is left."""
        for build in self.last:
            self._add_last(build)
        self._send()
        self._is_sending = True
        if self._savepoint:
            transaction.savepoint_commit(self._savepoint)

    def take_back(self) -> None:
        """Undo what was written before the act was refused. What cannot be undone alone ends the whole transaction."""
        self.forget()
        self._is_sending = True
        try:
            if self._savepoint:
                transaction.set_rollback(False)  # else Django would not even ask
                transaction.savepoint_rollback(self._savepoint)
        except Error:
            transaction.set_rollback(True)
        if not is_usable():
            transaction.set_rollback(True)

    def _send_early(self) -> None:
        self._keep_the_way_back()
        self._send()

    def _keep_the_way_back(self) -> None:
        if not self._savepoint:
            self._is_sending = True
            self._savepoint = transaction.savepoint()
            self._is_sending = False

    def _send(self) -> None:
        if not self._writes:
            return
        parts = [f"w{n} as ({sql} returning 1)" for n, (sql, _params) in enumerate(self._writes)]
        counts = ", ".join(f"(select count(*) from w{n})" for n in range(len(parts)))  # noqa: S608 (of our own)
        values = [value for _sql, params in self._writes for value in params]
        is_one = [row is not None for row in self._rows.values()]
        self._writes.clear()
        self._rows.clear()
        self._is_sending = True
        with connection.cursor() as cursor:
            cursor.execute(f"with {', '.join(parts)} select {counts}", values)
            written = cursor.fetchone()
        self._is_sending = False
        if any(one and count != 1 for one, count in zip(is_one, written, strict=True)):
            raise DatabaseError("A row that was to be saved is not there.")


def is_usable() -> bool:
    """After an error PostgreSQL refuses everything else of a transaction, and a lost connection has none any more."""
    wire = connection.connection
    return wire is not None and wire.info.transaction_status == TransactionStatus.INTRANS


def _gathering(act: Callable[[], R]) -> R:
    gathered = Gathered()
    token = _under_way.set(gathered)
    try:
        with connection.execute_wrapper(gathered.watch):
            result = act()
            gathered.finish()
    except BaseException:
        gathered.take_back()
        raise
    finally:
        _under_way.reset(token)
    return result


def _as_part(outer: Gathered, act: Callable[[], R]) -> R:
    """Inside another act: refused, it leaves that one as it was."""
    before = len(outer.last)
    with transaction.atomic():  # the savepoint it begins with sends what was gathered before
        try:
            return act()
        except BaseException:
            outer.forget(keep=before)
            raise
