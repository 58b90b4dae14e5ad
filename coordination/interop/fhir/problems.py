"""The ways an input says no, each with a sentence for the person who sent it."""


class Unreadable(Exception):
    """A whole file cannot be taken: not text, not JSON, cut off, too large. Nothing of it is."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Rejected(Exception):
    """One resource cannot be taken: `path` says where in it, `reason` why. The value itself is never repeated."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class LeftOut(Exception):
    """One resource was read and knowingly not kept."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
