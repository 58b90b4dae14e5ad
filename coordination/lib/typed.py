"""What people type: words to look for, and a date in any of the ways they write one."""

import datetime as dt
import re

_ORDERS = ("%d %b %Y", "%d %B %Y", "%b %d %Y", "%B %d %Y", "%Y %b %d", "%Y %B %d", "%Y %m %d")


def read_words(text: str, most: int) -> str:
    """The words of a search, no longer than `most`. A NUL is nobody's typing, and no text PostgreSQL knows."""
    return text.replace("\x00", "").strip()[:most]


def read_day(text: str) -> dt.date | None:
    """Read a typed date. Digits alone are month first, as they are written in the United States."""
    words = " ".join(re.split(r"[\s,./-]+", text.strip()))
    if re.fullmatch(r"\d{1,2} \d{1,2} \d{4}", words):
        return _parse(words, "%m %d %Y")
    return next((day for order in _ORDERS if (day := _parse(words, order))), None)


def _parse(words: str, order: str) -> dt.date | None:
    try:
        return dt.datetime.strptime(words, order).date()  # noqa: DTZ007 - a calendar day has no zone
    except ValueError:
        return None
