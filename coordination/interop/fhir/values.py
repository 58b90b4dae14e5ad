"""A resource read field by field: each read names what it expects, and a wrong type says where it stands."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from coordination.interop.fhir import dates
from coordination.interop.fhir.dates import FhirDate
from coordination.interop.fhir.problems import Rejected

LARGEST_NUMBER = 10**30  # nothing measured is beyond; also keeps out what is not finite
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class Coding:
    system: str
    code: str
    display: str


@dataclass(frozen=True)
class Concept:
    """A CodeableConcept: words for people, and every code it was given."""

    text: str
    codings: tuple[Coding, ...]

    @property
    def words(self) -> str:
        """The text, or the words of the first code that has some, or the code itself."""
        return self.text or next((c.display for c in self.codings if c.display), "") or self.code

    @property
    def code(self) -> str:
        return next((c.code for c in self.codings if c.code), "")

    def has(self, code: str) -> bool:
        return any(c.code == code for c in self.codings)

    def __bool__(self) -> bool:
        return bool(self.words)


NOTHING = Concept("", ())


@dataclass(frozen=True)
class Ref:
    """A reference: a literal one, a business identifier, words, or several of them."""

    reference: str
    display: str
    identifier: tuple[str, str] = ("", "")


class Node:
    """One JSON object of a resource and the path that leads to it."""

    __slots__ = ("json", "path")

    def __init__(self, json: Mapping[str, Any], path: str) -> None:
        self.json = json
        self.path = path

    def _at(self, key: str) -> str:
        return f"{self.path}.{key}"

    def has(self, key: str) -> bool:
        return self.json.get(key) is not None

    def reject(self, key: str, reason: str) -> Rejected:
        return Rejected(self._at(key) if key else self.path, reason)

    # --- plain values
    def text(self, key: str) -> str:
        value = self.json.get(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self.reject(key, _("must be text"))
        return clean(value)

    def texts(self, key: str) -> list[str]:
        values = self._list(key)
        if not all(value is None or isinstance(value, str) for value in values):
            raise self.reject(key, _("must be a list of texts"))
        return [text for value in values if (text := clean(value or ""))]

    def flag(self, key: str) -> bool | None:
        value = self.json.get(key)
        if value is not None and not isinstance(value, bool):
            raise self.reject(key, _("must be true or false"))
        return value

    def integer(self, key: str) -> int | None:
        value = self.json.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.reject(key, _("must be a whole number"))
        return value

    def number(self, key: str) -> Decimal | None:
        value = self.json.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > LARGEST_NUMBER:
            raise self.reject(key, _("must be a number"))
        return Decimal(repr(value))

    def date(self, key: str) -> FhirDate | None:
        text = self.text(key)
        if not text:
            return None
        try:
            return dates.parse(text)
        except (ValueError, OverflowError):
            raise self.reject(
                key, _("is not a date FHIR knows (2026, 2026-11, 2026-11-17 or with a time)")
            ) from None

    # --- objects
    def node(self, key: str) -> "Node | None":
        value = self.json.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.reject(key, _("must be an object"))
        return Node(value, self._at(key))

    def nodes(self, key: str) -> "list[Node]":
        values = self._list(key)
        if not all(isinstance(value, dict) for value in values):
            raise self.reject(key, _("must be a list of objects"))
        return [Node(value, f"{self._at(key)}[{index}]") for index, value in enumerate(values)]

    def _list(self, key: str) -> list[Any]:
        value = self.json.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.reject(key, _("must be a list"))
        return value

    # --- FHIR types
    def coding(self, key: str) -> Coding | None:
        node = self.node(key)
        return _coding(node) if node else None

    def concept(self, key: str) -> Concept:
        node = self.node(key)
        return _concept(node) if node else NOTHING

    def concepts(self, key: str) -> list[Concept]:
        return [_concept(node) for node in self.nodes(key)]

    def code_of(self, key: str) -> str:
        """The code of a concept that is a status: the first one."""
        return self.concept(key).code

    def ref(self, key: str) -> Ref | None:
        node = self.node(key)
        return _ref(node) if node else None

    def refs(self, key: str) -> list[Ref]:
        return [_ref(node) for node in self.nodes(key)]

    def extension(self, url: str) -> "Node | None":
        return next(self.extensions(url), None)

    def extensions(self, url: str) -> "Iterator[Node]":
        """Extensions by the last part of their address, so that older and newer publications are both understood."""
        for node in self.nodes("extension"):
            if node.text("url").rpartition("/")[2] == url:
                yield node


def _coding(node: Node) -> Coding:
    return Coding(node.text("system"), node.text("code"), node.text("display"))


def _concept(node: Node) -> Concept:
    return Concept(node.text("text"), tuple(_coding(coding) for coding in node.nodes("coding")))


def _ref(node: Node) -> Ref:
    identifier = node.node("identifier")
    named = (identifier.text("system"), identifier.text("value")) if identifier else ("", "")
    return Ref(node.text("reference"), node.text("display"), named)


def clean(text: str) -> str:
    """Without control characters and without the space around it."""
    return _CONTROL.sub("", text).strip()


def clip(text: str, length: int) -> str:
    """As much as fits, with a sign that there was more."""
    return text if len(text) <= length else f"{text[: length - 1]}…"
