"""The bell may be lost, never loud, and never slow."""

import time

import pytest
from django.db import connection, transaction

from coordination.outbox import bell
from coordination.outbox.actions import post
from coordination.outbox.models import Message
from tests.coordination.outbox.valkey import Valkey


@pytest.fixture
def listening(monkeypatch) -> None:
    monkeypatch.setattr(bell, "_silent_until", 0.0)


@pytest.mark.django_db(transaction=True)
def test_it_rings_in_the_broker_after_the_commit(listening, settings):
    valkey = Valkey()
    settings.CELERY_BROKER_URL = valkey.broker_url
    valkey.client.flushdb()
    with transaction.atomic():
        post("test.note", task_id="1")
        assert valkey.bells() == []
    (rung,) = valkey.bells()
    assert "coordination.outbox.jobs.ring" in rung
    assert str(Message.objects.get().pk) not in rung
    valkey.client.flushdb()


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_gone_costs_the_request_nothing(listening, settings, tmp_path):
    settings.CELERY_BROKER_URL = f"redis+socket://{tmp_path}/nobody.sock"
    began = time.monotonic()
    for n in range(20):
        with transaction.atomic():
            post("test.note", task_id=str(n))
    assert time.monotonic() - began < 2
    assert Message.objects.count() == 20
    assert bell._silent_until > time.monotonic(), "after a failure it does not ask again at once"


def test_a_rolled_back_savepoint_takes_its_bell_along(db):
    before = len(connection.run_on_commit)
    with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012 (the transaction is what fails)
        post("test.note", task_id="1")
        raise ZeroDivisionError
    assert len(connection.run_on_commit) == before
    post("test.note", task_id="2")
    assert len(connection.run_on_commit) == before + 1
