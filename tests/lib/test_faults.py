"""An error is told by its type and place, never by its message."""

from pathlib import Path

import pytest

from coordination.lib.faults import FRAMES, LONGEST, describe, frames

CANARY = "Quillfeather"


def fault(work) -> BaseException:
    with pytest.raises(Exception) as caught:  # noqa: PT011 (whatever it is)
        work()
    return caught.value


def test_it_names_our_innermost_line():
    error = fault(lambda: Path("/nowhere").read_text())
    assert describe(error).startswith("FileNotFoundError at tests/lib/test_faults.py:")
    assert frames(error)[-1].startswith("…/")
    assert CANARY not in describe(ValueError(CANARY))


def test_an_error_never_raised_has_no_place():
    assert describe(ValueError(CANARY)) == "ValueError"


def test_only_the_innermost_frames_are_kept():
    def deeper(n: int) -> None:
        if not n:
            raise ValueError(CANARY)
        deeper(n - 1)

    assert len(frames(fault(lambda: deeper(50)))) == FRAMES


def test_a_library_alone_is_named_by_its_last_folder():
    error = fault(lambda: compile("(", "/somewhere/deep/inside.py", "exec"))
    assert describe(error).startswith("SyntaxError at ")


def test_it_fits_its_column():
    kind = type("E" * 400, (Exception,), {})
    assert len(describe(kind())) == LONGEST
