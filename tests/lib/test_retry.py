"""Two transactions that got in each other's way try again; anything else is told at once."""

from typing import Any

import pytest
from django.db import OperationalError
from psycopg import errors

from coordination.lib.retry import again_on_conflict


def failing(times: int, cause: Exception | None) -> Any:
    tries: list[int] = []

    def work() -> int:
        tries.append(1)
        if len(tries) <= times:
            raise OperationalError from cause
        return len(tries)

    return work


@pytest.mark.parametrize(
    "cause", [errors.DeadlockDetected(), errors.SerializationFailure(), errors.LockNotAvailable()]
)
def test_a_conflict_is_tried_again(cause):
    assert again_on_conflict(failing(4, cause)) == 5


def test_not_for_ever():
    with pytest.raises(OperationalError):
        again_on_conflict(failing(3, errors.DeadlockDetected()), tries=3)


@pytest.mark.parametrize("cause", [errors.AdminShutdown(), None])
def test_another_fault_is_told_at_once(cause):
    work = failing(1, cause)
    with pytest.raises(OperationalError):
        again_on_conflict(work)
    assert work() == 2
