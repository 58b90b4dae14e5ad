from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from coordination.worklist.models import Task
from tests.factories import TaskFactory


@pytest.fixture
def statements():
    """How many statements a block sends, savepoints left out: `with statements() as seen: ...; assert len(seen) <= 8`."""

    @contextmanager
    def count() -> Iterator[list[str]]:
        seen: list[str] = []
        with CaptureQueriesContext(connection) as captured:
            yield seen
        seen += [
            query["sql"]
            for query in captured.captured_queries
            if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "ROLLBACK"))
        ]

    return count


@pytest.fixture
def task(cast) -> Task:
    return TaskFactory(patient=cast.pat, title="Check oxygen", kind="call")


PARTS = {"HX-Request": "true", "HX-Current-URL": "http://testserver/day/"}


@pytest.fixture
def parts() -> dict[str, str]:
    """What a request made by the page itself says."""
    return PARTS
