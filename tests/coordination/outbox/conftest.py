from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction

from coordination.outbox import bell
from coordination.outbox.actions import post
from coordination.outbox.models import Message
from tests.coordination.outbox import handlers

HERE = "tests.coordination.outbox.handlers"


@pytest.fixture(autouse=True)
def topics(settings) -> None:
    settings.OUTBOX_HANDLERS = {
        f"test.{name}": [f"{HERE}.{name}"]
        for name in [
            "note", "note_slowly", "fail", "count_patients", "collide_twice", "break_the_database", "commit_in_steps",
            "send", "gone", "not_now",
        ]
    } | {"test.both": [f"{HERE}.note", f"{HERE}.fail"]}  # fmt: skip


@pytest.fixture(autouse=True)
def fresh(monkeypatch) -> Iterator[None]:
    """No broker is asked unless the test is about it; what earlier tests sent is forgotten."""
    monkeypatch.setattr(bell, "_silent_until", float("inf"))
    handlers.collisions.clear()
    handlers.posted.clear()
    bell._producer.cache_clear()  # it knows the broker of whoever rang first
    yield
    bell._producer.cache_clear()


Posting = Callable[..., Message]


@pytest.fixture
def posted(db) -> Posting:
    """Post one message and return it."""

    def do(topic: str, **ids: Any) -> Message:
        with transaction.atomic():
            post(f"test.{topic}", **ids)
        return Message.objects.order_by("-created_at", "-id")[0]

    return do
