"""Walk the chain again and say what does not fit.

An edit shows in its own seal; a removal leaves a seal without an event or a hole in the numbers; an insertion has no seal; a
swap breaks the seals it touched; a tail cut off, or a chain made anew, does not fit the heads kept outside the database.
What cannot be seen: the removal of an event in the seconds before it was sealed, by someone who owns the tables.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coordination.audit.chain import CANONICAL, FIRST, fix_output, link
from coordination.audit.heads import read_heads

PAGE = 5_000
TOLD = 100  # findings told one by one; beyond that only counted
UNSEALED_SECONDS = 60

_CHAIN = f"""
    select s.position, s.mac, s.event_id, case when e.id is not null then {CANONICAL} end
    from audit_seal s left join audit_event e on e.id = s.event_id where s.position > %s order by s.position
"""  # noqa: S608 (CANONICAL is a constant of ours)
_OUTSIDE = """
    select e.id from audit_event e
    where not exists (select from audit_seal s where s.event_id = e.id)
        and not exists (select from audit_pending p where p.event_id = e.id)
    order by e.id
"""
_WAITING = """
    select p.event_id, e.id is null from audit_pending p left join audit_event e on e.id = p.event_id
    where e.id is null or e.at < statement_timestamp() - make_interval(secs => %s) order by p.event_id
"""


@dataclass
class Report:
    """What a walk found. `sentences` holds the first hundred findings, `found` counts them all."""

    first_position: int = 0
    last_position: int = 0
    checked: int = 0
    is_complete: bool = False
    seconds: float = 0.0
    found: int = 0
    sentences: list[str] = field(default_factory=list)

    def add(self, sentence: str) -> None:
        self.found += 1
        if len(self.sentences) < TOLD:
            self.sentences.append(sentence)

    @property
    def per_second(self) -> int:
        return round(self.checked / self.seconds) if self.seconds else 0


@dataclass
class Walk:
    """Where a walk along the chain stands."""

    report: Report
    heads: dict[int, bytes]
    position: int
    mac: bytes | None  # None after a hole: the next seal has nothing to be compared with


def verify(*, begin: int = 0, budget_seconds: float | None = None) -> Report:
    """Recompute every seal after position `begin`. With a budget it may stop before the end and says so."""
    report = Report(first_position=begin, last_position=begin)
    started = time.monotonic()
    deadline = started + budget_seconds if budget_seconds is not None else None
    path = Path(settings.AUDIT_HEADS_FILE)
    heads = {
        head.position: head.mac for head in read_heads(path)
    }  # read before the rows: sealing goes on meanwhile
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("set local statement_timeout = 0")
            fix_output(cursor)
        walk = Walk(report, heads, begin, _mac_at(begin))
        report.is_complete = _walk_chain(walk, deadline)
        if report.is_complete:
            _compare_end(walk, path)
            _find_unsealed(report)
    report.last_position = walk.position
    report.seconds = time.monotonic() - started
    return report


def _mac_at(position: int) -> bytes | None:
    if not position:
        return FIRST
    with connection.cursor() as cursor:
        cursor.execute("select mac from audit_seal where position = %s", [position])
        row = cursor.fetchone()
    return bytes(row[0]) if row else None


def _walk_chain(walk: Walk, deadline: float | None) -> bool:
    """Return whether the end was reached."""
    for page in _pages(walk.position):
        for row in page:
            _check(walk, *row)
        if deadline is not None and time.monotonic() > deadline:
            return False
    return True


def _pages(begin: int) -> Iterator[list[tuple[Any, ...]]]:
    """One statement, so one moment of the tables, read page by page."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(_CHAIN, [begin])
        while page := cursor.fetchmany(PAGE):
            yield page


def _check(walk: Walk, position: int, mac: bytes, event_id: Any, event: str | None) -> None:
    report = walk.report
    if position != walk.position + 1:
        first, last = walk.position + 1, position - 1
        report.add(
            ngettext(
                "Seal %(first)s is missing: it was removed.",
                "Seals %(first)s to %(last)s are missing: they were removed.",
                last - first + 1,
            )
            % {"first": first, "last": last}
        )
        walk.mac = None
    if event is None:
        report.add(
            _("Event %(event)s at position %(position)s was removed.")
            % {"event": event_id, "position": position}
        )
    elif walk.mac is not None and link(walk.mac, event) != mac:
        report.add(
            _(
                "Event %(event)s at position %(position)s does not fit its seal: it was edited, or moved, or the seal was."
            )
            % {"event": event_id, "position": position}
        )
    if walk.heads and walk.heads.get(position, mac) != mac:
        report.add(
            _("The chain up to position %(position)s was written anew since it was sealed.")
            % {"position": position}
        )
    walk.position, walk.mac = position, mac
    report.checked += 1


def _compare_end(walk: Walk, path: Path) -> None:
    """What the heads know beyond the last seal was cut off."""
    end = max(walk.heads, default=0)
    if end > walk.position:
        walk.report.add(
            _("The end of the chain was cut off: it reached position %(end)s and now ends at %(position)s.")
            % {"end": end, "position": walk.position}
        )
    if walk.position and not path.exists():
        walk.report.add(
            _("The file of heads is missing, so that rows cut off at the end would not be noticed.")
        )


def _find_unsealed(report: Report) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_OUTSIDE)
        for (event_id,) in cursor:
            report.add(
                _("Event %(event)s has no seal: it was inserted past the guard.") % {"event": event_id}
            )
        cursor.execute(_WAITING, [UNSEALED_SECONDS])
        for event_id, is_gone in cursor:
            if is_gone:
                report.add(_("Event %(event)s was removed before it was sealed.") % {"event": event_id})
            else:
                report.add(
                    _("Event %(event)s waits for its seal for more than a minute: is the worker running?")
                    % {"event": event_id}
                )
