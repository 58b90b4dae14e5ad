"""An error told without a single value: its type and the lines it passed through. Messages of errors may hold names."""

import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LONGEST = 300
FRAMES = 20


def frames(error: BaseException) -> list[str]:
    """Return `file:line` for the innermost frames, innermost last."""
    return [
        f"{_short(frame.filename)}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)
    ][-FRAMES:]


def describe(error: BaseException) -> str:
    """Return `ValueError at coordination/x.py:12`, as it may stand in a table and on a page."""
    passed = frames(error)
    where = next(
        (frame for frame in reversed(passed) if not frame.startswith("…")), passed[-1] if passed else ""
    )
    return (f"{type(error).__name__} at {where}" if where else type(error).__name__)[:LONGEST]


def _short(filename: str) -> str:
    path = Path(filename)
    if path.is_relative_to(ROOT) and "site-packages" not in path.parts:
        return str(path.relative_to(ROOT))
    return "…/" + "/".join(path.parts[-2:])
