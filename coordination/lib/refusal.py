"""The two ways an action says no. A view turns them into 422 and 409."""

from collections.abc import Mapping
from typing import Any


class Refused(Exception):
    """Not now: the sentence tells the person what stands in the way and what to do (422)."""

    def __init__(self, sentence: str, *, field: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field


class Stale(Exception):
    """Someone else saved this record first (409). Carries what is stored now, so both can be shown."""

    def __init__(self, sentence: str, *, current: Mapping[str, Any] | None = None, version: int = 0) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.current = dict(current or {})
        self.version = version
