"""JSON taken apart while it arrives: a Bundle of any size gives one entry after the other and is never held whole."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from django.utils.translation import gettext as _

from coordination.interop.fhir.problems import Unreadable

DEPTH = 64  # HOUSE: real resources nest about 12 deep
LARGEST = 16 << 20  # HOUSE: characters of one resource
_SPACE = re.compile(r"[ \t\n\r]*")


class NotStrict(ValueError):
    """JSON that two readers could understand differently, or that no record needs."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotStrict(_("a name is given twice in one object"))
    return found


def _constant(name: str) -> NoReturn:
    raise NotStrict(_("%(name)s is not a number of JSON") % {"name": name})


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise NotStrict(_("a number is too large"))
    return value


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)


def strict(text: str, value: Any) -> None:
    """Raise NotStrict for what JSON allows and a database or a careful reader does not."""
    if "\\u0000" in text:
        raise NotStrict(_("it holds a NUL character"))
    if "\\ud" in text or "\\uD" in text:
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise NotStrict(_("it holds half a character")) from None
    if text.count("{") + text.count("[") > DEPTH and _depth(value) > DEPTH:
        raise NotStrict(_("it is nested more than %(n)s levels deep") % {"n": DEPTH})


def _depth(value: Any) -> int:
    level, here = 0, [value]
    while here:
        level += 1
        here = [
            child
            for item in here
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
        ]
    return level - 1


def parse_line(text: str) -> Any:
    """Read one line of NDJSON. Raises NotStrict with the reason."""
    try:
        value = _DECODER.decode(text)
    except NotStrict:
        raise
    except RecursionError:
        raise NotStrict(_("it is nested more than %(n)s levels deep") % {"n": DEPTH}) from None
    except ValueError:
        raise NotStrict(_("it is not JSON")) from None
    strict(text, value)
    return value


class Scanner:
    """A cursor over text that arrives in pieces; what has been read is let go."""

    def __init__(self, pieces: Iterator[str]) -> None:
        self._pieces = pieces
        self._text = ""
        self._at = 0
        self._gone = 0  # characters let go before the text held now
        self._ended = False

    def _more(self) -> bool:
        """Take another piece, at least as much as is held already; False at the end."""
        wanted = max(1, len(self._text) - self._at)
        parts = [self._text[self._at :]]
        self._gone += self._at
        self._at = 0
        while wanted > 0 and not self._ended:
            piece = next(self._pieces, None)
            if piece is None:
                self._ended = True
            else:
                parts.append(piece)
                wanted -= len(piece)
        before = len(parts[0])
        self._text = "".join(parts)
        return len(self._text) > before

    def bad(self, reason: str = "") -> Unreadable:
        position = {"position": f"{self._gone + self._at + 1:,}", "reason": reason or _("it is not JSON")}
        return Unreadable(_("It cannot be read from character %(position)s on: %(reason)s.") % position)

    def peek(self) -> str:
        """The next character that is not space; empty at the end."""
        while True:
            self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def take(self, expected: str) -> None:
        if self.peek() != expected:
            raise self.bad()
        self._at += 1

    def value(self) -> tuple[str, Any]:
        """Read one whole value; returns its text beside it."""
        if not self.peek():
            raise self.bad(_("the end is missing"))
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except NotStrict as problem:
                raise self.bad(str(problem)) from None
            except RecursionError:
                raise self.bad(_("it is nested more than %(n)s levels deep") % {"n": DEPTH}) from None
            except ValueError as problem:
                self._go_on(problem)
                continue
            # a number or word that ends where the text ends may go on in the next piece
            if end == len(self._text) and not isinstance(value, dict | list | str) and self._more():
                continue
            text = self._text[self._at : end]
            self._at = end
            return text, value

    def _go_on(self, problem: ValueError) -> None:
        """After a failed read: take more text if that may help, else refuse."""
        held = len(self._text) - self._at
        at = getattr(problem, "pos", 0)
        cut_off = "Unterminated string" in str(problem) or at >= len(self._text) - 16
        if held > LARGEST:
            raise self.bad(_("one resource is larger than %(n)s MB") % {"n": LARGEST >> 20})
        if not cut_off:
            self._at = max(self._at, at)
            raise self.bad()
        if not self._more():
            raise self.bad(_("the end is missing"))


def resources(pieces: Iterator[str]) -> Iterator[tuple[str, Any]]:
    """Yield the text and value of every Bundle entry, or of the one resource there is, of each JSON value in turn."""
    scanner = Scanner(pieces)
    if not scanner.peek():
        raise Unreadable(_("It is empty."))
    while scanner.peek():
        if scanner.peek() != "{":
            raise scanner.bad(_("it starts with something else than a FHIR resource"))
        yield from _top(scanner)


def _top(scanner: Scanner) -> Iterator[tuple[str, Any]]:
    scanner.take("{")
    fields: dict[str, Any] = {}
    parts: list[str] = []
    streamed = False
    while scanner.peek() != "}":
        if fields or streamed:
            scanner.take(",")
        if scanner.peek() != '"':
            raise scanner.bad()
        raw_key, key = scanner.value()
        scanner.take(":")
        if key == "entry" and fields.get("resourceType") == "Bundle" and scanner.peek() == "[":
            if streamed:
                raise scanner.bad(_("a name is given twice in one object"))
            streamed = True
            yield from _entries(scanner)
            continue
        if key in fields:
            raise scanner.bad(_("a name is given twice in one object"))
        text, fields[key] = scanner.value()
        parts.append(f"{raw_key}:{text}")
    scanner.take("}")
    if not streamed:
        yield "{" + ",".join(parts) + "}", fields


def _entries(scanner: Scanner) -> Iterator[tuple[str, Any]]:
    scanner.take("[")
    first = True
    while scanner.peek() != "]":
        if not first:
            scanner.take(",")
        first = False
        yield scanner.value()
    scanner.take("]")
