"""Run what is due by the clock. The table of slots decides who runs: any number of clocks may tick at once."""

import datetime as dt

import structlog
from django.conf import settings
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.module_loading import import_string

from coordination.lib.faults import describe
from coordination.outbox.models import Slot

_log = structlog.get_logger(__name__)

# a slot is claimed once, or again when whoever claimed it has died over it
_CLAIM = """
    insert into outbox_slot (job, due_at, claimed_at, error) values (%s, %s, statement_timestamp(), '')
    on conflict (job, due_at) do update set claimed_at = excluded.claimed_at
    where outbox_slot.finished_at is null
        and outbox_slot.claimed_at < excluded.claimed_at - make_interval(secs => %s)
"""


def run_due(now: dt.datetime | None = None) -> list[str]:
    """Run each job whose slot nobody has claimed; returns their names. Of missed slots only the latest is run."""
    ran = []
    for job, (path, minutes) in settings.SCHEDULE.items():
        slot = latest_slot(now or timezone.now(), minutes)
        if claim(job, slot):
            run(job, slot, path)
            ran.append(job)
    return ran


def latest_slot(now: dt.datetime, minutes: int) -> dt.datetime:
    """The latest whole step of `minutes` since 1970 in UTC: no clock change skips or repeats one."""
    step = minutes * 60
    return dt.datetime.fromtimestamp(int(now.timestamp()) // step * step, tz=dt.UTC)


def claim(job: str, slot: dt.datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [job, slot, settings.OUTBOX_LEASE_SECONDS])
        return bool(cursor.rowcount)


def run(job: str, slot: dt.datetime, path: str) -> None:
    error = ""
    try:
        import_string(path)()
    except Exception as fault:
        error = describe(fault)
        _log.exception("schedule.failed", task=job)
    Slot.objects.filter(job=job, due_at=slot).update(finished_at=Now(), error=error)
