"""A roster is checked as it would be imported, in slices, however long it is."""

import datetime as dt
import time
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from coordination.interop.office.models import RosterJob
from tests.conftest import Cast
from tests.factories import PatientFactory
from tests.office.conftest import WorkOff
from tests.office.test_roster import HEAD, ROW, bring, counts, errors, sue
from tests.proofs.conftest import FULL

__all__ = ["bring", "sue"]
pytestmark = pytest.mark.django_db


# --- one person twice in one file
def test_a_person_standing_twice_is_named_by_the_earlier_row(cast: Cast, sue: Client, bring: Any) -> None:
    rows = [
        ROW,
        ROW.replace("Elm St", "Oak St"),
        ROW.replace("A-1,", "A-2,").replace("M77", ""),
        ROW.replace("Okafor,Grace,1958-03-14", "Lund,Karl,1970-01-02"),
        "A-9,Ruiz,Ann,1961-02-03,F,,,,,,,M8",
        ",Ruiz,Ann,1961-02-03,F,,,,,,,M8",
    ]
    text = "\n".join([HEAD, *rows])
    job = bring(text, until="check")
    told = errors(sue, job)
    assert counts(job) == {"new": 2, "matched": 2, "decision": 2}
    assert [words in told for words in ("Same person as row 2", "row 2 has this number", "row 6")] == [
        True
    ] * 3
    assert counts(bring(text)) == {"new": 2, "changed": 1, "matched": 1, "decision": 2}


def test_the_check_answers_as_the_import_does_past_its_first_rows(
    cast: Cast, sue: Client, bring: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("coordination.interop.office.roster.running.CHUNK", 1)
    PatientFactory(organization=cast.riverbend, family="Okafor", given="Grace", record_number="ZZZ")
    PatientFactory(
        organization=cast.riverbend,
        family="Lund",
        given="Karl",
        record_number="A-3",
        birth_date=dt.date(1970, 1, 2),
    )
    PatientFactory(organization=cast.riverbend, family="Abara", given="Bo", record_number="A-4")
    rows = [
        "A-0,Ruiz,Ann,1961-02-03,F,,,,,,,",
        ROW,
        "A-3,Lund,Karl,1970-01-02,M,,,,,,Spanish,",
        "A-4,Zimmer,Cy,1990-12-31,M,,,,,,,",
        "A-5,Quist,Di,1991-11-30,F,,,,,,,",
    ]
    text = "\n".join([HEAD, *rows])
    checked = counts(bring(text, until="check"))
    assert checked == counts(bring(text)) == {"new": 2, "changed": 1, "decision": 2}


@pytest.mark.slow
def test_a_long_roster_is_checked_in_slices(cast: Cast, sue: Client, work_off: WorkOff, bring: Any) -> None:
    """Every row is answered, no slice reads what another one read, and memory does not grow with the file: by less than a row."""
    rows = 100_000 if FULL else 25_000
    text = "MRN,Last Name,First Name,DOB\n" + "".join(
        f"N{n},{word(n)}{word(n // 7)},{word(n // 3)}a,{1930 + n % 80}-{n % 12 + 1:02}-{n % 28 + 1:02}\n"
        for n in range(rows)
    )
    job = bring(text, until="read")
    form = sue.get(f"/rosters/{job.pk}/").context["form"].initial
    assert sue.post(f"/rosters/{job.pk}/check/", form).status_code == 302
    before, began = resident(), time.monotonic()
    while not RosterJob.objects.get(pk=job.pk).is_over:
        work_off()
    grown = resident() - before
    print(f"{rows / (time.monotonic() - began):.0f} rows a second, {grown >> 20} MB more")
    job.refresh_from_db()
    assert (job.status, job.rows_done, sum(job.counts.values())) == ("done", rows, rows)
    assert job.counts["new"] == rows
    assert grown < rows * 600


def resident() -> int:
    """Bytes of memory this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def word(n: int) -> str:
    return "".join(chr(97 + n // 26**place % 26) for place in range(4))
