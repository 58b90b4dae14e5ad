"""What a spreadsheet program could take for a formula, made harmless (OWASP, CSV injection)."""

import unicodedata

_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
MOST_CHARACTERS = 32_767  # of one cell, in every version of Excel


def starts_like_formula(text: str) -> bool:
    """Say whether a program could read the text as a formula, also behind blanks and characters nobody sees."""
    bare = text.lstrip(" \u00a0\u3000").lstrip()
    while bare and unicodedata.category(bare[0]) in {"Cf", "Cc", "Zs"}:
        bare = bare[1:]
    return text.startswith(_STARTS) or bare.startswith(_STARTS)


def safe_text(text: str) -> str:
    """Return the text for a cell of a CSV file: with an apostrophe in front when it could become a formula."""
    return f"'{text}" if starts_like_formula(text) else text
