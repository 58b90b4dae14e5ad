"""What is sent as a roster: any encoding, any workbook, and malice, which gets one sentence."""

import datetime as dt
import io
import zipfile
from typing import Any

import pytest
import xlsxwriter
from django.test import Client

from patients.models import Patient
from tests.conftest import Cast
from tests.office.test_roster import bring, counts, errors, sue, workbook

__all__ = ["bring", "sue"]
pytestmark = pytest.mark.django_db


# --- malice
def test_excel_dates_formulas_and_merged_cells(cast: Cast, bring: Any) -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet, day = book.add_worksheet(), book.add_format({"num_format": "mm/dd/yy"})
        sheet.write_row(0, 0, ["Last Name", "First Name", "DOB", "MRN"])
        sheet.write_row(1, 0, ["Okafor", "Grace", "", 17])
        sheet.write_datetime(1, 2, dt.datetime(1958, 3, 14), day)  # noqa: DTZ001
        sheet.write_row(2, 0, ["Serial", "Sam", 21258, "0042"])
        sheet.write_formula(3, 0, '=WEBSERVICE("http://x")', None, "Formula")
        sheet.write_row(3, 1, ["Fay", "1960-01-01"])
        sheet.merge_range(4, 0, 5, 0, "Merged")
        sheet.write_row(4, 1, ["Mia", "1960-01-01"])
        sheet.write_row(5, 1, ["Max", "1960-01-01"])
    job = bring(out.getvalue(), name="r.xlsx")
    assert counts(job) == {"new": 4, "refused": 1}
    assert Patient.objects.get(family="Okafor").birth_date == dt.date(1958, 3, 14)
    serial = Patient.objects.get(family="Serial")
    assert (serial.birth_date, serial.record_number) == (dt.date(1958, 3, 14), "0042")
    assert Patient.objects.filter(family="Formula").exists()


def test_days_counted_from_1904(cast: Cast, bring: Any) -> None:
    rows = [
        ["Last Name", "First Name", "DOB"],
        ["Okafor", "Grace", dt.date(1958, 3, 14)],
        ["Bare", "Bo", 19796],
    ]
    bring(workbook(*rows, date_1904=True), name="mac.xlsx")
    assert Patient.objects.get(family="Okafor").birth_date == dt.date(1958, 3, 14)
    assert Patient.objects.get(family="Bare").birth_date == dt.date(1958, 3, 14)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_names_in_any_encoding(cast: Cast, bring: Any, encoding: str) -> None:
    text = 'Last Name;First Name;DOB;Address\nGarc\u00eda;Zo\u00eb;1958-03-14;"1 Elm St\nApt 2"\n'
    bring(text.encode(encoding))
    assert Patient.objects.get(family="Garc\u00eda").address_set.get().line == "1 Elm St Apt 2"


def test_names_from_right_to_left_and_with_combining_marks(cast: Cast, bring: Any) -> None:
    bring(
        "Last Name,First Name,DOB\n\u05db\u05d4\u05df,\u05e9\u05e8\u05d4,1958-03-14\nNgu\u0079e\u0302\u0303n,A\u0301nh,1960-01-01\n"
    )
    assert Patient.objects.filter(family="\u05db\u05d4\u05df").exists()
    assert Patient.objects.filter(given="A\u0301nh").exists()


def test_a_line_of_another_encoding_is_told_by_its_row(cast: Cast, sue: Client, bring: Any) -> None:
    good, bad = "Garc\u00eda,Ana,1958-03-14\n".encode(), "Mu\u00f1oz,Bo,1960-01-01\n".encode("cp1252")
    job = bring(b"Last Name,First Name,DOB\n" + good + bad)
    assert counts(job) == {"new": 1, "refused": 1}, job.error
    assert "another encoding" in errors(sue, job)


def test_duplicate_headings_and_no_headings(cast: Cast, sue: Client, bring: Any) -> None:
    job = bring("Last Name,First Name,DOB,Phone,Phone\nOkafor,Grace,1958-03-14,5555550142,5555550143\n")
    assert counts(job) == {"new": 1}
    page = sue.get(f"/rosters/{bring('Okafor,Grace,1958-03-14', until='read').pk}/").text
    assert "No headings were found" in page
    assert "Column A" in page


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * (64 << 20))
    return out.getvalue()


MALICE: dict[str, tuple[bytes, str]] = {
    "empty": (b" \n", "is empty"),
    "bomb": (bomb(), "unpacks to"),
    "password": (b"\xd0\xcf\x11\xe0" + b"x" * 600, "password"),
    "html": (b"<html><table><tr><td>x</td></tr></table></html>", "web page"),
    "nul": (b"Last Name,First Name\nA\x00B,C\n", "bytes no text has"),
    "no workbook": (b"PK\x03\x04" + b"x" * 100, "damaged"),
    "columns": (",".join(["x"] * 10_000).encode(), "columns"),
    "endless cell": (b'Last Name,First Name,DOB\n"' + b"x" * 200_000, "quotation mark"),
}


@pytest.mark.parametrize("name", MALICE)
def test_what_is_no_table_gets_one_clear_refusal(cast: Cast, sue: Client, bring: Any, name: str) -> None:
    content, words = MALICE[name]
    job = bring(content)
    assert job.status == "failed"
    assert words in sue.get(f"/rosters/{job.pk}/").text
