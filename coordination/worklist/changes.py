"""What happened to a list since somebody read it: a number, never the rows, which stay where they are under the hand."""

import datetime as dt
import uuid

from coordination.accounts.access import uuids
from coordination.accounts.models import User
from coordination.lib.staleness import SHOWN_MOST, by_others
from coordination.worklist.access import clock_of, desk_named, list_work
from coordination.worklist.day import View
from coordination.worklist.models import Task
from patients.models import Patient


def read_ids(text: str) -> list[uuid.UUID]:
    return uuids(text.split(",")[:SHOWN_MOST])


def count_changes_about(user: User, patient: Patient, since: dt.datetime) -> int:
    """How many tasks of one patient others changed, opened or closed. One statement."""
    tasks = Task.objects.visible_to(user).of(patient)
    return tasks.filter(by_others(user, since)).count()


def count_changes(user: User, view: View, since: dt.datetime, shown: list[uuid.UUID]) -> int:
    """How many tasks others changed: those that are shown, wherever they went, and those that came in. One statement."""
    others = by_others(user, since)
    in_list = list_work(user, desk_named(user, view.desk)).in_bucket(view.bucket, clock_of(user))
    came = in_list.filter(view.narrowed).filter(others)
    left = Task.objects.visible_to(user).filter(pk__in=shown).filter(others)
    return came.order_by().values("pk").union(left.order_by().values("pk")).count()
