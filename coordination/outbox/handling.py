"""What a handler of messages may say about itself.

A plain handler takes the message and runs in one transaction with the mark "sent": its work is done exactly once. Two kinds say
that they are different, because a crash means something else for them.
"""

import datetime as dt
from collections.abc import Callable
from typing import TypeVar

from coordination.outbox.models import Message

Call = Callable[[], None]
Leaver = TypeVar("Leaver", bound=Callable[[Message], Call | None])
Worker = TypeVar("Worker", bound=Callable[[Message], None])


class NotSent(Exception):
    """The other system certainly did not take it: trying again cannot tell anybody twice."""


class NotNow(Exception):
    """Whom it is for is not to be asked before `until`. Nobody was asked, so this is no try; nothing may be done by then."""

    def __init__(self, until: dt.datetime) -> None:
        super().__init__()
        self.until = until


class NotWanted(Exception):
    """Nobody wants it any more, for this reason: it is settled as cancelled, and not as sent. Nothing may be done by then."""


def leaves_the_system(handler: Leaver) -> Leaver:
    """Say that the handler reaches outside. It reads what it needs and returns the call to make, or None for no call.

    The call is made after the transaction, once. If it raises NotSent it is tried again; any other end of it, a killed
    process included, leaves the message *uncertain* for a person to decide.
    """
    handler.leaves_the_system = True  # type: ignore[attr-defined]
    return handler


def commits_by_itself(handler: Worker) -> Worker:
    """Say that the handler works in transactions of its own and may be called again for the same message."""
    handler.commits_by_itself = True  # type: ignore[attr-defined]
    return handler


def is_leaving(handler: object) -> bool:
    return getattr(handler, "leaves_the_system", False)


def is_committing(handler: object) -> bool:
    return getattr(handler, "commits_by_itself", False)
