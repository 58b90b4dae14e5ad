"""Try again when two transactions got in each other's way. The transaction starts anew, so this stands outside it."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError

T = TypeVar("T")

# serialization failure, deadlock, lock not to be had in time
CONFLICTS = {"40001", "40P01", "55P03"}
_jitter = random.SystemRandom()


def is_conflict(error: BaseException) -> bool:
    return getattr(error.__cause__, "sqlstate", None) in CONFLICTS


def again_on_conflict(work: Callable[[], T], *, tries: int = 5) -> T:
    """Run `work`, and run it again after a short random wait while PostgreSQL says it collided with another one."""
    for attempt in range(1, tries):
        try:
            return work()
        except OperationalError as error:
            if not is_conflict(error):
                raise
            time.sleep(_jitter.uniform(0, 0.05 * 2**attempt))
    return work()
