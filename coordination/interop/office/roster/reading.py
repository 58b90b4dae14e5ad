"""From a file somebody sent to rows of text. What cannot be read is refused with one sentence, before any parser sees it."""

import csv
import datetime as dt
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineWorkbook

from coordination.interop.fhir.problems import Unreadable

MOST_ENTRIES = 2_000  # HOUSE: files inside a workbook
MOST_RATIO = 200  # HOUSE: unpacked to packed; a sheet of one repeated word comes to about 100
MOST_COLUMNS = 200  # HOUSE
MOST_CHARACTERS = 131_072  # of one cell of a CSV file
OLE, ZIP = b"\xd0\xcf\x11\xe0", b"PK\x03\x04"
DELIMITERS = ",;\t|"
Row = list[str]


def sheets_of(path: Path) -> list[str]:
    """The names of the sheets of a workbook; none for text. Raises Unreadable for anything else."""
    with path.open("rb") as file:
        start = file.read(4096)
    if not start.strip(b"\x00\r\n\t "):
        raise Unreadable(_("The file is empty."))
    if start.startswith(OLE):
        raise Unreadable(
            _(
                "This is an old Excel file (.xls) or one with a password. Save it as .xlsx without a password, or as CSV."
            )
        )
    if not start.startswith(ZIP):
        if start.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"<":
            raise Unreadable(
                _("This is a web page or XML, whatever its name says. Save it as .xlsx or as CSV.")
            )
        return []
    _refuse_bomb(path)
    try:
        with CalamineWorkbook.from_path(path) as book:
            return list(book.sheet_names)
    except (CalamineError, OSError) as error:
        raise Unreadable(
            _("The workbook is damaged or is none. Save it anew as .xlsx, or as CSV.")
        ) from error


def _refuse_bomb(path: Path) -> None:
    """Look into the archive before it is unpacked, and believe no size it only says."""
    most, packed, total = settings.IMPORT_MAX_UNPACKED_BYTES, max(path.stat().st_size, 1), 0
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_ENTRIES or sum(entry.file_size for entry in entries) > most:
                raise Unreadable(_("The workbook unpacks to more than this system takes. Send it in parts."))
            for entry in entries:
                with archive.open(entry) as inside:
                    while part := inside.read(1 << 20):
                        total += len(part)
                        if total > most or total > packed * MOST_RATIO + (1 << 20):
                            raise Unreadable(
                                _("The workbook unpacks to far more than a list of patients does.")
                            )
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError) as error:
        raise Unreadable(_("The workbook is damaged or has a password. Save it anew as .xlsx.")) from error


def rows_of(path: Path, sheet: int, sheets: list[str]) -> Iterator[tuple[Row, str]]:
    """Every row as text, with a sentence when its characters cannot be trusted."""
    for number, (cells, doubt) in enumerate(_of_sheet(path, sheet) if sheets else _of_text(path), start=1):
        if len(cells) > MOST_COLUMNS:
            raise Unreadable(
                _("Row %(row)s has %(n)s columns; at most %(most)s are taken.")
                % {"row": number, "n": len(cells), "most": MOST_COLUMNS}
            )
        yield cells, doubt


def _of_sheet(path: Path, sheet: int) -> Iterator[tuple[Row, str]]:
    """Values only: of a formula what it came to when the file was saved. A merged cell stands where it begins."""
    try:
        with CalamineWorkbook.from_path(path) as book:
            for row in book.get_sheet_by_index(sheet).iter_rows():
                yield [_text(cell) for cell in row], ""
    except (CalamineError, OSError) as error:
        raise Unreadable(_("The sheet cannot be read. Save the file anew as .xlsx, or as CSV.")) from error


def _text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, dt.date | dt.time) else str(cell).strip()


def _of_text(path: Path) -> Iterator[tuple[Row, str]]:
    encoding = _encoding(path)
    odd: set[int] = set()
    lines = _lines(path, encoding, odd)
    first = next((line for line in _lines(path, encoding, set()) if line.strip()), "")
    delimiter = max(DELIMITERS, key=first.count)
    csv.field_size_limit(MOST_CHARACTERS)
    reader, before = csv.reader(lines, delimiter=delimiter), 0
    try:
        for row in reader:
            doubt = _("characters of another encoding than the rest of the file")
            mixed = any(number in odd for number in range(before + 1, reader.line_num + 1))
            before = reader.line_num
            yield [cell.strip() for cell in row], doubt if mixed else ""
    except csv.Error as error:
        sentence = _(
            "From line %(line)s on the file is no table: a quotation mark is left open, or a cell is endless."
        )
        raise Unreadable(sentence % {"line": before + 1}) from error


def _encoding(path: Path) -> str:
    """utf-16 by its mark, else utf-8, else windows-1252; `mixed` where some lines are one and some the other."""
    with path.open("rb") as file:
        if file.read(2) in {b"\xff\xfe", b"\xfe\xff"}:
            return "utf-16"
        file.seek(0)
        several = other = False
        for line in file:
            if b"\x00" in line:
                raise Unreadable(_("The file holds bytes no text has. Save it as CSV (UTF-8) or as .xlsx."))
            try:
                several = len(line.decode("utf-8")) < len(line) or several
            except UnicodeDecodeError:
                other = True
    if not other:
        return "utf-8-sig"
    return "mixed" if several else "cp1252"


def _lines(path: Path, encoding: str, odd: set[int]) -> Iterator[str]:
    if encoding != "mixed":
        try:
            with path.open(
                encoding=encoding, errors="replace" if encoding == "cp1252" else "strict", newline=""
            ) as file:
                yield from file
        except UnicodeError as error:
            raise Unreadable(_("The text is damaged. Save it as CSV (UTF-8) or as .xlsx.")) from error
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                yield line.decode("utf-8-sig")
            except UnicodeDecodeError:
                odd.add(number)
                yield line.decode("cp1252", errors="replace")
