"""JSON as RFC 8259 and I-JSON (RFC 7493) have it: no NaN, no name twice, no half characters, no towers of brackets."""

import json
from collections.abc import Mapping
from typing import IO, Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

DEEPEST = 50


class StrictJSONParser(BaseParser):
    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            text = stream.read().decode("utf-8")
            found = json.loads(text, object_pairs_hook=_object, parse_constant=_refuse_constant)
        except RecursionError:
            raise ParseError(_("The JSON is nested too deeply.")) from None
        except ValueError:
            raise ParseError(_("The body is not JSON.")) from None
        _check(found)
        return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ParseError(_("A name stands twice in one object."))
    return made


def _refuse_constant(name: str) -> Any:
    raise ParseError(_("NaN and Infinity are not JSON."))


def _check(found: Any) -> None:
    level, depth = [found], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            raise ParseError(_("The JSON is nested too deeply."))
        inner: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                inner += [*value, *value.values()]
            elif isinstance(value, list):
                inner += value
            elif isinstance(value, str) and not is_text(value):
                raise ParseError(_("A text holds half a character."))
        level = inner


def is_text(value: str) -> bool:
    """Whether PostgreSQL and UTF-8 can hold it: no zero byte, no surrogate on its own."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value
