"""A real worker and a real broker, killed and emptied while they work."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings as configured
from django.db import connection, transaction

from coordination.outbox import bell
from coordination.outbox.actions import post
from coordination.outbox.models import Message, Worker
from tests.coordination.outbox.handlers import noted
from tests.coordination.outbox.valkey import Valkey

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def database_url() -> str:
    """The test's database, signed in as the application: the role that owns nothing."""
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()


def wait_for(true: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, list(
            Message.objects.values("topic", "state", "attempts", "last_error")
        )
        time.sleep(0.1)


class Process:
    def __init__(self, valkey: Valkey, home: Path, *, beats: bool) -> None:
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.coordination.outbox.worker_settings",
            "DATABASE_URL": database_url(),
            "REDIS_URL": valkey.broker_url,
            "THROUGHLINE_AS_OWNER": "0",
            "THROUGHLINE_TEST_DB": "",
            "THROUGHLINE_VAR": str(home),
            "PYTHONPATH": str(configured.BASE_DIR),
        }
        command = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "coordination.celery",
            "worker",
            "--concurrency",
            "1",
        ]
        command += ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING"]
        if beats:
            command += ["--beat", "--schedule", str(home / "beat")]
        self.log = (home / "worker.log").open("ab")
        self.process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
        )

    def kill(self) -> None:
        """The whole group, without a word."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        self.log.close()


Start = Callable[..., Process]


@pytest.fixture
def valkey(settings, monkeypatch) -> Iterator[Valkey]:
    valkey = Valkey()
    valkey.client.flushdb()
    settings.CELERY_BROKER_URL = valkey.broker_url
    monkeypatch.setattr(bell, "_silent_until", 0.0)
    yield valkey
    valkey.client.flushdb()


@pytest.fixture
def start(valkey, tmp_path) -> Iterator[Start]:
    running: list[Process] = []

    def do(*, beats: bool = True) -> Process:
        running.append(Process(valkey, tmp_path, beats=beats))
        return running[-1]

    yield do
    for process in running:
        process.kill()


def post_many(topic: str, number: int, **ids: object) -> None:
    for n in range(number):
        with transaction.atomic():
            post(f"test.{topic}", n=n, **ids)


def all_sent() -> bool:
    return not Message.objects.exclude(state=Message.State.SENT).exists()


def test_the_bell_alone_wakes_the_worker(start):
    start(beats=False)
    wait_for(lambda: post_many("note", 1) is None and noted() > 0)
    (worker,) = Worker.objects.all()
    assert worker.version == configured.VERSION
    assert str(worker).startswith("celery@")


def test_killed_in_the_middle_of_a_message_it_is_still_delivered_once(start):
    post_many("note_slowly", 1, seconds=60)
    worker = start()
    wait_for(lambda: Message.objects.filter(state=Message.State.SENDING).exists())
    time.sleep(0.5)
    worker.kill()
    assert noted() == 0, "its work went with it"
    Message.objects.update(payload={"seconds": 0})
    start()
    wait_for(lambda: Message.objects.filter(state=Message.State.QUEUED, attempts=1).exists())
    Message.objects.update(not_before="2020-01-01T00:00Z")
    wait_for(all_sent)
    assert (noted(), Message.objects.get().attempts) == (1, 2)


def test_killed_inside_a_call_to_the_outside_a_person_decides(start):
    post_many("send", 1, outcome="slow")
    worker = start()
    wait_for(lambda: noted() == 1)
    time.sleep(0.5)
    worker.kill()
    start()
    wait_for(lambda: Message.objects.filter(state=Message.State.UNCERTAIN).exists())
    time.sleep(3)
    assert (noted(), Message.objects.get().attempts) == (1, 1), "no machine sends it again"


def test_killed_and_flushed_again_and_again_nothing_is_lost_and_nothing_told_twice(start, valkey):
    worker = start()
    for n in range(2):
        post_many("note", 40, round=n)
        valkey.client.flushdb()
        post_many("note", 10, round=n)
        time.sleep(0.3)
        worker.kill()
        valkey.client.flushdb()
        worker = start()
    wait_for(lambda: not Message.objects.filter(state=Message.State.SENDING).exists() and noted() >= 95)
    Message.objects.filter(state=Message.State.QUEUED).update(not_before="2020-01-01T00:00Z")
    wait_for(all_sent)
    assert (Message.objects.count(), noted()) == (100, 100)
