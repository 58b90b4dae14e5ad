"""Files as they are sent: plain or gzip, unpacked piece by piece and never further than the limits allow."""

import codecs
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from coordination.interop.fhir.problems import Unreadable

PIECE = 1 << 18
RATIO, RATIO_FROM = 100, 8 << 20  # HOUSE: real FHIR packs 10 to 40 times; the first 8 MB are never suspected
SUFFIXES = (".json", ".ndjson", ".jsonl", ".json.gz", ".ndjson.gz", ".jsonl.gz")


@dataclass(frozen=True)
class Limits:
    packed: int
    unpacked: int

    @classmethod
    def of_settings(cls) -> "Limits":
        return cls(settings.IMPORT_MAX_BYTES, settings.IMPORT_MAX_UNPACKED_BYTES)


def find_files(paths: list[Path]) -> list[Path]:
    """Return the files to read, folders opened, in an order that is the same each time."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(f for f in path.rglob("*") if f.is_file() and f.name.lower().endswith(SUFFIXES))
        elif path.is_file():
            found.append(path)
        else:
            raise Unreadable(_("There is no file or folder %(path)s.") % {"path": path})
    return found


def is_named_by_line(name: str) -> bool:
    """Whether a file name promises one resource on each line."""
    return name.lower().removesuffix(".gz").endswith((".ndjson", ".jsonl"))


def read_text(path: Path, limits: Limits) -> Iterator[str]:
    """Yield the text of one file piece by piece. Raises Unreadable as soon as it cannot be taken."""
    size = path.stat().st_size
    if size == 0:
        raise Unreadable(_("It is empty."))
    if size > limits.packed:
        raise Unreadable(
            _("It is %(size)s, the limit is %(limit)s. Send it in parts.")
            % {"size": megabytes(size), "limit": megabytes(limits.packed)}
        )
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    first = True
    for piece in _unpacked(path, limits):
        if first and piece.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise Unreadable(_("It is UTF-16 text. Save it as UTF-8 and send it again."))
        first = False
        yield _decoded(decoder, piece)
    yield _decoded(decoder, b"", final=True)


def _decoded(decoder: codecs.IncrementalDecoder, piece: bytes, final: bool = False) -> str:
    try:
        return decoder.decode(piece, final)
    except UnicodeDecodeError:
        raise Unreadable(_("It is not UTF-8 text. Save it as UTF-8 and send it again.")) from None


def _unpacked(path: Path, limits: Limits) -> Iterator[bytes]:
    with path.open("rb") as file:
        magic = file.read(2)
        file.seek(0)
        pieces = iter(lambda: file.read(PIECE), b"")
        source = _gunzip(pieces) if magic == b"\x1f\x8b" else ((piece, len(piece)) for piece in pieces)
        packed = unpacked = 0
        for piece, taken in source:
            packed += taken
            unpacked += len(piece)
            if unpacked > limits.unpacked:
                raise Unreadable(
                    _("It unpacks to more than %(limit)s. Send it in parts.")
                    % {"limit": megabytes(limits.unpacked)}
                )
            if unpacked > RATIO_FROM and unpacked > RATIO * max(packed, 1):
                raise Unreadable(
                    _("It unpacks to more than %(n)s times its size, which no record does.") % {"n": RATIO}
                )
            yield piece


def _gunzip(pieces: Iterator[bytes]) -> Iterator[tuple[bytes, int]]:
    """Unpack one or several gzip members; yields what came out and how many bytes went in for it."""
    unpacker = zlib.decompressobj(wbits=31)
    started = False
    for piece in pieces:
        taken, data = len(piece), piece
        while data:
            if unpacker.eof:
                data = data.lstrip(b"\x00")
                if not data:
                    break
                unpacker = zlib.decompressobj(wbits=31)
            try:
                out = unpacker.decompress(data, PIECE)
            except zlib.error:
                raise Unreadable(_("It is damaged: it cannot be unpacked.")) from None
            started = True
            data = unpacker.unconsumed_tail or unpacker.unused_data
            yield out, taken
            taken = 0
    if not started or not unpacker.eof:
        raise Unreadable(_("It is cut off: the end is missing. Send it again."))


def megabytes(size: int) -> str:
    if size < 1 << 20:
        return _("%(n)s KB") % {"n": -(-size // 1024)}
    return _("%(n)s MB") % {"n": -(-size // (1 << 20))}
