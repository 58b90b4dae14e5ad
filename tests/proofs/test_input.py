"""Every address is sent every kind of rubbish by somebody who may use it. Each gets a clear answer; none is a fault of ours.

The addresses come from the resolver, the fields from the page itself, so a new form is asked too.
"""

import random
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from tests.architecture.test_routes import AREAS, DETAILS, MAY, OWN, PUBLIC, ROUTES, Route, address
from tests.proofs.conftest import FULL, Report

FIELD = re.compile(rb'<(?:input|select|textarea)\b[^>]*?\bname="([^"]+)"')
# asked in every address: paging, sorting, filters, what to go back to
QUESTIONS = [
    "after", "before", "sort", "bucket", "show", "seen", "sel", "risk", "kind", "page", "patient", "task", "next", "q", "view", "since",
    "team", "coordinator", "status", "at", "date", "limit",
]  # fmt: skip
RUBBISH = [
    "", " ", "\x00", "a" * 20_000, "<script>alert(1)</script>", "' or 1=1 --", "{{ 7*7 }}", "%s%n", "=cmd|'/c calc'!A0", "-1", "0",
    "99999999999999999999", "1e309", "NaN", "Infinity", "٣٤", "½", "0000-00-00", "2026-02-30", "9999-12-31", "0001-01-01", "31/12/2026",
    "25:61", "24:00", "null", "[]", "{}", '{"a":' * 200, "true", "../../etc/passwd", "http://evil.example/", "//evil.example",
    "javascript:alert(1)", "00000000-0000-0000-0000-000000000000", "not-a-uuid", "user:", "team:x", "\u202eabc", "e\u0301" * 50,
    "🏳️‍🌈", "\ufeff", "\u2028", "a\r\nSet-Cookie: x=1", "on", "👩‍👩‍👧" * 400, "\x1b[31m", "ﷺ" * 300,
]  # fmt: skip
EACH = len(RUBBISH) if FULL else 3  # of the values, for each address
MIXED = 25 if FULL else 1  # forms in which every field has a value of its own
# these throw away the session everything else is asked with
ENDING = ("account_logout", "accounts:sessions_end")

Sent = tuple[str, dict[str, Any]]


def bodies(fields: list[str], dice: random.Random) -> Iterator[Sent]:
    """What is sent to one address: the name of the trick, and how the test client is asked to play it."""
    for value in dice.sample(RUBBISH, EACH):
        yield f"{value[:20]!r} in every field", {"data": dict.fromkeys(fields, value)}
    for turn in range(MIXED):
        yield f"mixed {turn}", {"data": {name: dice.choice(RUBBISH) for name in fields}}
    yield "the same field many times", {"data": {name: ["1", "2", "\x00"] for name in fields}}
    yield "too many fields", {"data": {f"x{n}": "1" for n in range(1_001)}}
    form = "application/x-www-form-urlencoded"
    yield (
        "bytes that are no text",
        {"data": b"title=%ff%fe%00&note=%ed%a0%80&step=\xff", "content_type": form},
    )
    yield (
        "half a multipart",
        {
            "data": b"--x\r\nContent-Disposition: form-data; name=",
            "content_type": "multipart/form-data; boundary=x",
        },
    )
    yield "JSON for a form", {"data": b'{"title": ' + b"[" * 3_000, "content_type": "application/json"}
    yield "XML for a form", {"data": b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "content_type": "text/xml"}
    yield "a key that is none", {"data": {}, "headers": {"Idempotency-Key": "one\ttwo"}}


def placed(cast: Any) -> Iterator[tuple[Route, str, Any]]:
    """Each address with somebody who may use it; nobody for the public ones."""
    for route in sorted(ROUTES, key=lambda route: route.name):
        if route in DETAILS:
            yield route, address(cast, route), getattr(cast, MAY[route.area])
        elif route.name in PUBLIC:
            yield route, reverse(route.name, kwargs=dict.fromkeys(route.kwargs, "x")), None
        elif route.name in AREAS:
            yield route, reverse(route.name), getattr(cast, AREAS[route.name])
        elif route.name in OWN and not route.kwargs:
            yield route, reverse(route.name), cast.ana


def fields_of(client: Client, url: str) -> list[str]:
    found = {name.decode() for name in FIELD.findall(getattr(client.get(url), "content", b""))}
    return sorted(found - {"csrfmiddlewaretoken", "idempotency_key"}) or ["title", "note", "version", "next"]


@pytest.mark.slow
@pytest.mark.parametrize("area", sorted({route.area for route in ROUTES}))
def test_rubbish_is_answered_and_never_breaks_anything(
    cast: Any, signed_in: Any, inside: Any, report: Report, seed: int, area: str
) -> None:
    dice, answers, faults = random.Random(f"{seed} {area}"), Counter[int](), []
    for route, url, who in placed(cast):
        if route.area != area or route.name in ENDING:
            continue
        with transaction.atomic():  # what the rubbish did to one address is gone before the next
            client = signed_in(who) if who else Client()

            def ask(method: str, trick: str, client: Client = client, at: str = url, **how: Any) -> None:
                try:
                    answers[getattr(client, method)(at, **how).status_code] += 1
                except Exception as fault:  # the test client hands on what would have been a 500
                    faults.append(f"{method} {at}, {trick}: {type(fault).__name__}: {fault}"[:300])
                inside(cast.riverbend)

            fields = fields_of(client, url)
            for value in dice.sample(RUBBISH, EACH):
                ask("get", f"{value[:20]!r} asked", data=dict.fromkeys(QUESTIONS, value))
            for trick, how in bodies(fields, dice):
                ask("post", trick, **how)
            transaction.set_rollback(True)
        inside(cast.riverbend)
    report.say(
        f"{area}: {answers.total()} requests, answers {dict(sorted(answers.items()))}, {len(faults)} faults"
    )
    assert faults == []
    assert not {status for status in answers if status >= 500}
