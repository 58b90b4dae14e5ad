"""Rows of lists that are of no one table, as they can be taken away (coordination/lib/listing.py)."""

import datetime as dt
import heapq
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from coordination.accounts.access import list_covers
from coordination.accounts.models import Cover, User
from coordination.lib.paging import Count, capped_count, keys_of
from coordination.worklist.access import list_done_by
from coordination.worklist.covers import SOONEST_FIRST, Line, lines_of
from coordination.worklist.history import told, told_of_records
from patients.access import changes_by


class Covers:
    """The covers in force and to come, each with what falls due in its days."""

    def __init__(self, user: User) -> None:
        self.user = user

    def ids(self) -> Iterator[uuid.UUID]:
        keys = keys_of(Cover, SOONEST_FIRST)
        found = list_covers(self.user).order_by(*(key.order() for key in keys))
        yield from found.values_list("pk", flat=True)

    def read(self, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Line]:
        return {
            line.it.pk: line for line in lines_of(self.user, list(list_covers(self.user).filter(pk__in=ids)))
        }

    def count(self) -> Count:
        return capped_count(list_covers(self.user))


class Done:
    """What one did with tasks, contacts and records since then, newest first."""

    def __init__(self, user: User, since: dt.datetime) -> None:
        self.user = user
        self.tasks = list_done_by(user, since)
        self.records = changes_by(user).filter(at__gte=since)

    def ids(self) -> Iterator[uuid.UUID]:
        parts = (rows.order_by("-at", "-id").values_list("at", "pk") for rows in (self.tasks, self.records))
        yield from (pk for _at, pk in heapq.merge(*parts, reverse=True))

    def read(self, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
        tasks, records = (list(rows.filter(pk__in=ids)) for rows in (self.tasks, self.records))
        acts = zip(tasks, told(tasks, self.user), strict=True)
        return {change.pk: act for change, act in acts} | {
            act["pk"]: act for act in told_of_records(records, self.user)
        }

    def count(self) -> Count:
        tasks, records = capped_count(self.tasks), capped_count(self.records)
        return Count(tasks.number + records.number, tasks.is_capped or records.is_capped)
