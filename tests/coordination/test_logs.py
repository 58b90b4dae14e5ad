"""A line of the log holds what helps to find a fault, and cannot hold a name."""

import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from django.core import mail
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import get_resolver, path
from django.urls.resolvers import URLPattern
from psycopg.errors import UniqueViolation

from coordination.accounts.models import User
from coordination.audit.context import Door, door
from coordination.logs import configure
from coordination.notifications.actions import notify
from coordination.outbox import bell
from coordination.outbox.actions import post
from coordination.outbox.models import Message
from coordination.outbox.relay import deliver_due
from coordination.urls import handler400, handler403, handler404, handler500  # noqa: F401
from coordination.urls import urlpatterns as products
from tests.coordination.outbox.valkey import Valkey
from tests.factories import PatientFactory

CANARY = "Quillfeather"
log = structlog.get_logger("coordination.test")
library = logging.getLogger("library")


def explode(request: HttpRequest) -> HttpResponse:
    raise ValueError(f"no such patient: {CANARY}")


def collide(request: HttpRequest) -> HttpResponse:
    """An error of the database repeats the value it would not take."""
    user: Any = request.user
    with connection.cursor() as cursor:
        cursor.execute("create temporary table names (name text unique)")
        for _ in range(2):
            cursor.execute("insert into names values (%s)", [f"{CANARY} {user.pk}"])
    return HttpResponse()


def fail_to_deliver(message: Message) -> None:
    raise LookupError(CANARY)


urlpatterns = [
    path("test/explode/", explode, name="explode"),
    path("test/collide/", collide, name="collide"),
    *products,
]
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Everything the process logs while the test runs, down to the smallest level."""
    root, before = logging.getLogger(), (logging.getLogger().handlers[:], logging.getLogger().level)
    showing = warnings.showwarning
    configure("DEBUG")
    stream = io.StringIO()
    handler = root.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)
    yield stream
    root.handlers[:], root.level = before
    logging.captureWarnings(False)
    warnings.showwarning = showing


@pytest.fixture
def lines(written) -> Lines:
    return lambda: [json.loads(line) for line in written.getvalue().splitlines()]


class TestALine:
    def test_it_holds_known_keys_only(self, lines):
        log.warning("task.closed", task="x", patient=CANARY, name=CANARY, body=CANARY, status=3)
        (line,) = lines()
        assert set(line) == {"time", "level", "event", "logger", "task", "status"}
        assert (line["event"], line["level"], line["logger"]) == (
            "task.closed",
            "warning",
            "coordination.test",
        )
        assert line["time"].endswith("Z")

    def test_a_sentence_is_no_event(self, lines):
        log.info(f"Closed the task of {CANARY}")  # noqa: G004 (the mistake the test is about)
        assert lines()[0]["event"] == "unnamed"

    def test_a_value_that_is_no_plain_one_is_shortened(self, lines):
        log.info("task.closed", task="x" * 1000, ms=1.5, message_id=None)
        (line,) = lines()
        assert (len(line["task"]), line["ms"]) == (200, 1.5)
        assert "message_id" not in line

    def test_it_says_where_it_happened(self, lines):
        token = door.set(Door(route="worklist:day", request_id="r-1"))
        log.info("task.closed")
        log.info("task.closed", route="given")
        door.reset(token)
        log.info("task.closed")
        assert [(line.get("request_id"), line.get("route")) for line in lines()] == [
            ("r-1", "worklist:day"), ("r-1", "given"), (None, None),
        ]  # fmt: skip

    def test_below_the_level_nothing_is_written(self, written):
        logging.getLogger().setLevel("WARNING")
        log.info("task.closed")
        assert written.getvalue() == ""


class TestAnError:
    def test_it_is_its_type_and_its_way(self, lines):
        try:
            raise ValueError(CANARY) from UniqueViolation(CANARY)
        except ValueError:
            log.exception("task.failed")
        (line,) = lines()
        assert (line["error"], line["cause"], line["code"]) == ("ValueError", "UniqueViolation", "23505")
        assert line["frames"][-1].startswith("tests/coordination/test_logs.py:")
        assert CANARY not in json.dumps(line)

    def test_it_may_be_handed_over(self, lines):
        log.warning("task.failed", exc_info=KeyError(CANARY))
        assert (lines()[0]["error"], lines()[0]["frames"]) == ("KeyError", [])

    def test_there_may_be_none(self, lines):
        log.warning("task.failed", exc_info=True)  # noqa: LOG014 (the mistake the test is about)
        assert "error" not in lines()[0]


class TestALibrary:
    def test_its_template_stays_and_its_values_go(self, lines):
        library.warning("Cannot reach %s", CANARY)
        (line,) = lines()
        assert (line["event"], line["logger"], line["level"]) == ("Cannot reach %s", "library", "warning")

    def test_a_text_that_may_hold_values_is_only_a_place(self, lines):
        library.warning(f"Cannot reach {CANARY}")
        assert lines()[0]["event"].startswith("test_logs.test_a_text_that_may_hold_values")

    def test_what_it_adds_goes_too(self, lines):
        library.warning("Cannot reach %s", CANARY, extra={"task": CANARY, "user_id": CANARY})
        assert CANARY not in json.dumps(lines())

    def test_its_error_is_its_type_and_its_way(self, lines):
        try:
            raise ConnectionError(CANARY)
        except ConnectionError:
            library.exception("Lost %s", CANARY)
        (line,) = lines()
        assert line["error"] == "ConnectionError"
        assert CANARY not in json.dumps(line)

    def test_a_warning_is_a_line(self, lines):
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            logging.captureWarnings(True)
            warnings.warn(CANARY, stacklevel=1)
        assert CANARY not in json.dumps(lines())


class TestARequest:
    def test_it_is_one_line_without_the_address(self, cast, signed_in, lines):
        client = signed_in(cast.ana)
        client.get(f"/notifications/?show={CANARY}")
        (line,) = [line for line in lines() if line["event"] == "request"]
        assert (line["route"], line["method"], line["status"], line["level"]) == (
            "notifications:list",
            "GET",
            200,
            "info",
        )
        assert (line["user_id"], line["organization_id"]) == (str(cast.ana.pk), str(cast.riverbend.pk))
        assert line["ms"] > 0

    def test_of_a_stranger_it_knows_no_user(self, client, db, lines):
        client.get("/notifications/")
        (line,) = [line for line in lines() if line["event"] == "request"]
        assert "user_id" not in line

    def test_a_fault_is_a_warning(self, cast, signed_in, settings, lines):
        settings.ROOT_URLCONF = __name__
        client = signed_in(cast.ana)
        client.raise_request_exception = False
        answer = client.get("/test/explode/")
        assert answer.status_code == 500
        (line,) = [line for line in lines() if line["event"] == "request"]
        assert (line["status"], line["level"]) == (500, "warning")
        assert line["request_id"] in answer.content.decode(), "the page names the line"
        assert [line["error"] for line in lines() if line["level"] == "error"] == ["ValueError"]


@pytest.mark.django_db
class TestTheCanary:
    """A patient with a name no word contains walks through the house. It must not be left anywhere but in the record."""

    @pytest.fixture
    def patient(self, cast) -> Any:
        return PatientFactory(
            organization=cast.riverbend,
            team=cast.north,
            coordinator=cast.ana,
            family=CANARY,
            given="Zanzibar",
        )

    def pages(self, patient: Any) -> list[str]:
        """Every address that can be opened without knowing more than the patient."""
        return [address for address in addresses() if "<" not in address] + [
            address.replace("<uuid:pk>", str(patient.pk))
            for address in addresses()
            if address.count("<") == 1
        ]

    @pytest.mark.slow
    def test_pages_and_errors(self, cast, signed_in, settings, written, patient):
        settings.ROOT_URLCONF = __name__
        opened = 0
        for user in [cast.ana, cast.adam]:
            client = signed_in(user)
            client.raise_request_exception = False
            for address in self.pages(patient):
                client.get(address)
                client.post(
                    address, {"family": CANARY, "text": CANARY, "q": CANARY, "idempotency_key": CANARY}
                )
                opened += 1
        assert opened > 40
        assert "request" in written.getvalue()
        assert CANARY not in written.getvalue()
        assert CANARY not in str([letter.message().as_string() for letter in mail.outbox])

    def test_the_outbox_the_broker_and_the_mail(self, cast, settings, written, patient, monkeypatch):
        valkey = Valkey()
        valkey.client.flushdb()
        settings.CELERY_BROKER_URL = valkey.broker_url
        settings.OUTBOX_HANDLERS = settings.OUTBOX_HANDLERS | {"test.fail": [f"{__name__}.fail_to_deliver"]}
        monkeypatch.setattr(bell, "_silent_until", 0.0)
        bell._producer.cache_clear()
        with transaction.atomic():
            post("test.fail", patient_id=patient.pk)
            with pytest.raises(ValueError, match="not an id"):
                post("test.fail", name=f"{CANARY} Zanzibar")
            notify(
                user=cast.ana,
                kind="safety",
                text=f"Call {CANARY}",
                route="worklist:day",
                key="k",
                patient_id=patient.pk,
            )
        bell.ring()
        assert deliver_due() == 2
        assert len(mail.outbox) == 1
        assert CANARY not in mail.outbox[0].message().as_string()
        assert valkey.bells()
        assert CANARY not in valkey.everything()
        assert CANARY not in str(list(Message.objects.values()))
        assert "LookupError" in written.getvalue()
        assert CANARY not in written.getvalue()
        valkey.client.flushdb()
        bell._producer.cache_clear()


def addresses(patterns: Any = None, before: str = "/") -> list[str]:
    """Every address of the product, with the names of its parts in angle brackets."""
    found = []
    for pattern in patterns if patterns is not None else get_resolver(__name__).url_patterns:
        here = before + str(pattern.pattern)
        found += [here] if isinstance(pattern, URLPattern) else addresses(pattern.url_patterns, here)
    return [address for address in found if "^" not in address and "(" not in address]


def test_no_address_takes_a_name():
    """What stands in an address is an id, or one of a few words of the product itself."""
    parts = {
        part.split(">")[0]
        for address in addresses()
        for part in address.split("<")[1:]
        if "/account/" not in address
    }
    assert {part for part in parts if not part.startswith(("uuid:", "int:", "slug:"))} == set()


def test_the_user_model_keeps_no_name_in_a_line(lines, cast):
    log.info("user.changed", user_id=cast.ana.pk, user=cast.ana)
    assert User.objects.get(pk=cast.ana.pk).name not in json.dumps(lines())
