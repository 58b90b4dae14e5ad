"""The file itself: CSV as Excel reads it, or a workbook. What comes in are cells as they lie in the spool."""

import csv
import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter
from django.utils.translation import gettext as _

from coordination.lib.spreadsheets import MOST_CHARACTERS, safe_text

OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
FIRST_DAY = dt.date(1900, 3, 1)  # before it Excel counts a day that never was


@dataclass(frozen=True)
class Head:
    """What stands around the rows."""

    labels: Sequence[str]
    sorts: Sequence[str]
    widths: Sequence[int]
    zone: ZoneInfo
    about: Sequence[tuple[str, str]]  # who took what, when


def encode(value: Any, sort: str) -> Any:
    """A cell as JSON can hold it. A moment keeps its instant; the zone of the reader comes with the file."""
    if value is None or value == "":
        return None
    if sort in {"day", "moment"}:
        return value.isoformat()
    return int(value) if sort == "number" else str(value)


def write_csv(path: Path, head: Head, rows: Iterable[Sequence[Any]]) -> None:
    """UTF-8 with a mark at its begin, as Excel wants it. Days and moments are ISO 8601, moments with their offset."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file, lineterminator="\r\n")
        out.writerow([safe_text(label) for label in head.labels])
        for row in rows:
            out.writerow([_plain(cell, sort, head.zone) for cell, sort in zip(row, head.sorts, strict=True)])


def _plain(cell: Any, sort: str, zone: ZoneInfo) -> Any:
    if cell is None:
        return ""
    if sort == "moment":
        return dt.datetime.fromisoformat(cell).astimezone(zone).isoformat(timespec="seconds")
    return safe_text(cell.replace("\x00", "")) if isinstance(cell, str) and sort == "text" else cell


def write_xlsx(path: Path, head: Head, rows: Iterable[Sequence[Any]]) -> None:
    """A workbook of two sheets: the rows, and who took them when. Every text is text, whatever it begins with."""
    with xlsxwriter.Workbook(str(path), {**OPTIONS, "tmpdir": str(path.parent)}) as book:
        bold = book.add_format({"bold": True})
        formats = {
            "day": book.add_format({"num_format": "yyyy-mm-dd"}),
            "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        }
        sheet = book.add_worksheet(_("Rows"))
        sheet.freeze_panes(1, 0)
        for place, (label, width) in enumerate(zip(head.labels, head.widths, strict=True)):
            sheet.set_column(place, place, width)
            sheet.write_string(0, place, label, bold)
        last = 0
        for last, row in enumerate(rows, start=1):
            for place, (cell, sort) in enumerate(zip(row, head.sorts, strict=True)):
                if cell is not None:
                    _write_cell(sheet, last, place, cell, sort, formats, head.zone)
        sheet.autofilter(0, 0, last, len(head.labels) - 1)
        about = book.add_worksheet(_("About"))
        about.set_column(0, 0, 22)
        about.set_column(1, 1, 80)
        for line, (label, words) in enumerate(head.about):
            about.write_string(line, 0, label, bold)
            about.write_string(line, 1, words)


def _write_cell(
    sheet: Any, line: int, place: int, cell: Any, sort: str, formats: dict[str, Any], zone: ZoneInfo
) -> None:
    if sort == "number":
        sheet.write_number(line, place, cell)
        return
    value: Any = None
    if sort == "day":
        value = dt.date.fromisoformat(cell)
    elif sort == "moment":
        value = dt.datetime.fromisoformat(cell).astimezone(zone).replace(tzinfo=None)
    if value is not None and (value if sort == "day" else value.date()) >= FIRST_DAY:
        sheet.write_datetime(line, place, value, formats[sort])
    else:
        sheet.write_string(line, place, str(cell)[:MOST_CHARACTERS])
