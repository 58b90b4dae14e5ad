"""What an import would make of each row, without making it.

The first rows are imported for a trial and taken back, so what stands against all of them shows. Of the others only those who meet
somebody on record are: a row that meets nobody is a new patient, and a hundred thousand such rows are a minute, not an hour.
Rows that are one person are found by an index beside the file, so memory does not grow with the file.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from django.utils.translation import gettext as _

from coordination.interop.office.models import RosterJob
from coordination.interop.office.roster.answering import Line, keep, read_line, refusal
from coordination.interop.office.roster.fields import Unfit
from coordination.interop.office.roster.keeping import Result, RowFacts, probe_of
from coordination.interop.office.store import Folder
from coordination.lib.names import sort_key
from patients.matching import who_may_be_known
from patients.models import Identifier, Patient


def check(job: RosterJob, lines: Sequence[Line], folder: Folder) -> list[Result]:
    """What would become of these rows, in their order. Nothing of them stays."""
    results: dict[int, Result] = {}
    read: dict[int, RowFacts] = {}
    for line in lines:
        try:
            read[line[0]] = read_line(job, line)
        except Unfit as unfit:
            results[line[0]] = refusal(unfit)
    tried = _who_meets_somebody(job, read) if job.rows_done else set(read)
    path = folder.path / "seen"
    path.touch(mode=0o600)
    with closing(sqlite3.connect(path)) as database, database:
        seen = Seen(database)
        for number, facts in read.items():
            result = seen.told(number, facts)
            if result is None:
                result = keep(job, number, facts, stays=False) if number in tried else Result("new")
                if result.outcome == "new":
                    seen.add(number, facts)
            results[number] = result
    return [results[line[0]] for line in lines]


def _who_meets_somebody(job: RosterJob, read: dict[int, RowFacts]) -> set[int]:
    """The rows for whom somebody on record comes into question, by any of the ways the import looks."""
    here = Patient.objects.filter(organization_id=job.organization_id)
    keys = [facts.key for facts in read.values()]
    known = set(here.filter(source=job.source, source_key__in=keys).values_list("source_key", flat=True))
    members = {i.value for facts in read.values() for i in facts.identifiers if i.kind == Identifier.Kind.MB}
    rows = Identifier.objects.filter(organization_id=job.organization_id, value__in=members)
    owned = set(rows.values_list("value", flat=True))
    near = who_may_be_known([probe_of(job.organization_id, facts) for facts in read.values()])
    return {
        number
        for at, (number, facts) in enumerate(read.items())
        if at in near or facts.key in known or any(i.value in owned for i in facts.identifiers)
    }


class Seen:
    """Who is new in this file, and in which row they stood first."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        database.execute(
            "pragma synchronous = off"
        )  # lost with the machine, it is made anew by the next check
        database.execute(
            "create table if not exists seen (key text primary key, number integer, who text) without rowid"
        )

    def add(self, number: int, facts: RowFacts) -> None:
        rows = [(key, number, "|".join(_who(facts))) for key in _keys(facts)]
        self._database.executemany("insert or ignore into seen values (?, ?, ?)", rows)

    def told(self, number: int, facts: RowFacts) -> Result | None:
        """What to say of a row whose person stands in an earlier one; None for all others."""
        *same, name = _keys(facts)
        for key in same:
            if found := self._earlier(key, number):
                return self._same_number(found, facts)
        if found := self._earlier(name, number):
            how = _("Leave one of the two out, or give both rows the same number.")
            return Result("decision", [("family", _same_person(found[0]), how)])
        return None

    def _same_number(self, found: tuple[int, str], facts: RowFacts) -> Result:
        """As on record a number alone is not believed: the date of birth is the same, and one of the names."""
        born, family, given = _who(facts)
        first_born, first_family, first_given = found[1].split("|")
        if born == first_born and (family == first_family or given == first_given):
            how = _("Nothing to do: the patient is added once, with what both rows say.")
            return Result("matched", [("", _same_person(found[0]), how)])
        what = _("row %(n)s has this number with another name or date of birth") % {"n": found[0]}
        return Result("decision", [("record_number", what, _("Correct the roster."))])

    def _earlier(self, key: str, number: int) -> Any:
        asked = "select number, who from seen where key = ? and number < ?"
        return self._database.execute(asked, [key, number]).fetchone()


def _same_person(number: int) -> str:
    return _("Same person as row %(n)s") % {"n": number}


def _who(facts: RowFacts) -> tuple[str, str, str]:
    values = facts.values
    return values["birth_date"].isoformat(), sort_key(values["family"]), sort_key(values["given"])


def _keys(facts: RowFacts) -> list[str]:
    """What a person is found by within a file; the name with the date of birth last."""
    name = "|".join(_who(facts))
    members = [f"member:{i.value}|{name}" for i in facts.identifiers if i.kind == Identifier.Kind.MB]
    return [facts.key, *members, f"name:{name}"]
