"""Names in any script: a key to sort by, and keys that find a name that was misspelt or only heard.

PostgreSQL needs no extension for this: the keys stand in a text array under a GIN index and are matched by overlap.
`d:` the name with one letter left out (finds one wrong, missing or extra letter), `p:` how it sounds, `g:` the given name's sound.
"""

import re
import unicodedata

import jellyfish

_NOT_LETTERS = re.compile(r"[^\w\s]|_", re.UNICODE)
_LATIN_FOLD = str.maketrans(
    {"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)


def sort_key(text: str) -> str:
    """Return `text` without marks and capitals: `Éva` sorts beside `eva` on every server."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(ch for ch in decomposed if not unicodedata.combining(ch)).translate(_LATIN_FOLD)
    return " ".join(_NOT_LETTERS.sub(" ", bare).split())


def sort_name(family: str, given: str) -> str:
    """Return the key a list of people is ordered by: family name, then given name. \x1f sorts before any letter."""
    return f"{sort_key(family)}\x1f{sort_key(given)}"


def sounds(word: str) -> str:
    """Return how a Latin-script word sounds, or the word itself in another script."""
    return (jellyfish.metaphone(word) or word) if word.isascii() else word


def _one_letter_less(word: str) -> set[str]:
    return {word, *(word[:i] + word[i + 1 :] for i in range(len(word)))} if len(word) > 3 else {word}


def name_keys(family: str, given: str = "") -> list[str]:
    """Return the keys under which a person is found."""
    keys: set[str] = set()
    for word in sort_key(family).split():
        keys.update(f"d:{variant}" for variant in _one_letter_less(word))
        keys.add(f"p:{sounds(word)}")
    for word in sort_key(given).split():
        keys.add(f"g:{sounds(word)}")
        keys.update(f"e:{variant}" for variant in _one_letter_less(word))
    return sorted(keys)
