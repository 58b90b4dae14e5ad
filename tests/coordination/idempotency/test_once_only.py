"""The same write sent twice is done once and answered twice alike."""

import datetime as dt
import threading
import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from psycopg.errors import UndefinedTable

from coordination import middleware
from coordination.audit.models import Event
from coordination.idempotency import actions, jobs
from coordination.idempotency.models import Answer
from tests.coordination.idempotency import urls
from tests.factories import UserFactory

URL = "/test/write/"


@pytest.fixture(autouse=True)
def addresses(settings) -> None:
    settings.ROOT_URLCONF = "tests.coordination.idempotency.urls"


@pytest.fixture
def key() -> str:
    return str(uuid.uuid4())


@pytest.fixture
def ana(cast, signed_in) -> Client:
    return signed_in(cast.ana)


def written() -> int:
    return Event.objects.filter(name="test.written").count()


def test_the_second_copy_gets_the_answer_of_the_first(ana, key):
    first, second = (ana.post(URL, {"idempotency_key": key, "a": "1"}) for _ in range(2))
    assert written() == 1
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert second["HX-Trigger"] == "saved"
    assert second["Content-Type"] == first["Content-Type"]
    assert second["Idempotent-Replay"] == "true"
    assert "X-Secret" not in second
    assert str(Answer.objects.get()) == f"write {key}"
    assert "Idempotent-Replay" not in first


def test_the_key_may_come_as_a_header(ana, key):
    for _ in range(2):
        ana.post(URL, {"a": "1"}, headers={"Idempotency-Key": key})
    assert written() == 1


def test_without_a_key_each_is_a_write_of_its_own(ana):
    for _ in range(2):
        ana.post(URL, {"a": "1"})
    assert written() == 2
    assert not Answer.objects.exists()


def test_a_fresh_csrf_token_is_the_same_content(ana, key):
    for token in ["one", "two"]:
        ana.post(URL, {"idempotency_key": key, "csrfmiddlewaretoken": token})
    assert written() == 1


@pytest.mark.parametrize(
    "other",
    [
        lambda c, k: c.post(URL, {"idempotency_key": k, "a": "2"}),
        lambda c, k: c.post(URL, {"idempotency_key": k, "a": ["1", "1"]}),
        lambda c, k: c.post("/test/other/", {"idempotency_key": k, "a": "1"}),
        lambda c, k: c.put(URL, {"a": "1"}, headers={"Idempotency-Key": k}),
        lambda c, k: c.post(
            URL, b'{"a": 1}', content_type="application/json", headers={"Idempotency-Key": k}
        ),
    ],
    ids=["another value", "one more value", "another address", "another method", "another form"],
)
def test_the_same_key_with_other_content_is_a_mistake(ana, key, other):
    ana.post(URL, {"idempotency_key": key, "a": "1"})
    answer = other(ana, key)
    assert answer.status_code == 409
    assert b"other content" in answer.content
    assert written() == 1


def test_the_content_of_other_formats_counts(ana, key):
    def send(body: str) -> int:
        return ana.post(
            URL, body, content_type="application/json", headers={"Idempotency-Key": key}
        ).status_code

    assert [send('{"a": 1}'), send('{"a": 1}'), send('{"a": 2}')] == [201, 201, 409]


def test_the_content_of_files_counts(ana, key):
    def send(content: bytes) -> int:
        file = SimpleUploadedFile("list.csv", content)
        return ana.post(URL, {"idempotency_key": key, "file": file}).status_code

    assert [send(b"abc"), send(b"abc"), send(b"abd")] == [201, 201, 409]


@pytest.mark.parametrize("how", ["refuse", "fail"])
def test_a_refused_write_leaves_the_key_free(ana, key, how):
    ana.raise_request_exception = False
    assert ana.post(URL, {"idempotency_key": key, "how": how}).status_code in {422, 500}
    assert (written(), Answer.objects.count()) == (0, 0)
    assert ana.post(URL, {"idempotency_key": key, "a": "corrected"}).status_code == 201
    assert written() == 1


@pytest.mark.parametrize("how", ["stream", "file", "large"])
def test_an_answer_too_large_or_too_long_to_keep_is_said_to_be_done(ana, key, how):
    assert ana.post(URL, {"idempotency_key": key, "how": how}).status_code == 200
    again = ana.post(URL, {"idempotency_key": key, "how": how})
    assert again.status_code == 409
    assert b"already saved" in again.content
    assert written() == 1
    assert bytes(Answer.objects.get().body) == b""


def test_the_key_of_somebody_else_is_another_key(cast, signed_in, key):
    for user in [cast.ana, cast.sue]:
        assert signed_in(user).post(URL, {"idempotency_key": key}).status_code == 201
    assert written() == 2


def test_a_key_that_is_none_is_refused(ana):
    answer = ana.post(URL, {"idempotency_key": "Pat Rivera"})
    assert answer.status_code == 400
    assert b"Pat Rivera" not in answer.content
    assert written() == 0


def test_reading_and_strangers_take_no_key(ana, client, key):
    ana.get(URL, {"idempotency_key": key})
    client.post(URL, {"idempotency_key": key})
    assert not Answer.objects.exists()


def in_threads(number: int, work: Any) -> None:
    def run(n: int) -> None:
        work(n)
        connection.close()

    threads = [threading.Thread(target=run, args=[n]) for n in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_write_one_row(signed_in, key):
    user = UserFactory()
    clients, answers = [signed_in(user) for _ in range(6)], []
    in_threads(6, lambda n: answers.append(clients[n].post(URL, {"idempotency_key": key})))
    assert written() == 1
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1


@pytest.mark.django_db(transaction=True)
def test_while_the_first_takes_long_the_second_is_asked_to_wait(signed_in, key):
    user = UserFactory()
    clients, answers = [signed_in(user) for _ in range(2)], {}
    urls.held.clear()
    urls.go_on.clear()

    def work(n: int) -> None:
        if n == 1:
            urls.held.wait(10)
        answers[n] = clients[n].post(URL, {"idempotency_key": key})
        urls.go_on.set()

    in_threads(2, work)
    assert (answers[0].status_code, answers[1].status_code) == (201, 409)
    assert b"still being saved" in answers[1].content
    assert answers[1]["Retry-After"] == "2"
    assert written() == 1


def test_another_fault_of_the_database_is_not_hidden(ana, key, monkeypatch):
    def broken(*args: Any) -> None:
        raise OperationalError from UndefinedTable()

    monkeypatch.setattr(middleware, "enter_as", broken)
    with pytest.raises(OperationalError):
        ana.post(URL, {"idempotency_key": key})


def test_answers_are_forgotten_after_a_day(ana, key):
    ana.post(URL, {"idempotency_key": key})
    jobs.forget_old()
    assert Answer.objects.exists()
    Answer.objects.update(at=timezone.now() - dt.timedelta(hours=24, seconds=1))
    assert actions.forget_old() == 1
