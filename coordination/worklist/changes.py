"""What happened to a list since somebody read it: a number, never the rows, which stay where they are under the hand."""

import datetime as dt
import uuid

from django.db.models import Q

from coordination.accounts.access import uuids
from coordination.accounts.models import User
from coordination.worklist.access import clock_of, desk_named, list_work
from coordination.worklist.day import View
from coordination.worklist.models import Task
from patients.models import Patient

SHOWN_MOST = 60  # ids a page may ask about; more would be a long address
# what was saved just before the list was read and only then became visible is told rather than missed
MARGIN = dt.timedelta(seconds=2)


def read_ids(text: str) -> list[uuid.UUID]:
    return uuids(text.split(",")[:SHOWN_MOST])


def count_changes_about(user: User, patient: Patient, since: dt.datetime) -> int:
    """How many tasks of one patient others changed, opened or closed. One statement."""
    tasks = Task.objects.visible_to(user).of(patient)
    return tasks.filter(_by_others(user, since)).count()


def _by_others(user: User, since: dt.datetime) -> Q:
    return Q(updated_at__gt=since - MARGIN) & ~Q(updated_by=user)


def count_changes(user: User, view: View, since: dt.datetime, shown: list[uuid.UUID]) -> int:
    """How many tasks others changed: those that are shown, wherever they went, and those that came in. One statement."""
    by_others = _by_others(user, since)
    in_list = list_work(user, desk_named(user, view.desk)).in_bucket(view.bucket, clock_of(user))
    came = in_list.filter(view.narrowed).filter(by_others)
    left = Task.objects.visible_to(user).filter(pk__in=shown).filter(by_others)
    return came.order_by().values("pk").union(left.order_by().values("pk")).count()
