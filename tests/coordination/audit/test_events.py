"""The audit trail as a page."""

import datetime as dt
import re
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.db import connection
from django.test.utils import CaptureQueriesContext

from coordination.audit.actions import record, record_access
from coordination.audit.models import Event
from coordination.audit.sentences import SENTENCES, sentence

URL = "/audit/"


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200
    return [line["it"].name for line in answer.context["lines"]]


@pytest.fixture
def history(cast) -> None:
    """Five things that happened, the oldest first."""
    record(
        "patient.edited", by=cast.ana, patient_id=cast.pat.pk, changed=["family", "given"], reason="misspelt"
    )
    record_access(Event.Kind.VIEW, "patient.viewed", by=cast.sue, patient_id=cast.pat.pk)
    record_access(Event.Kind.DENIAL, "access.denied", by=cast.sam, target=cast.ana)
    record("session.refused", by=None, kind=Event.Kind.SIGN_IN, organization_id=cast.riverbend.pk)
    record("task.closed", by=cast.olga)


def test_it_shows_the_organization_newest_first_in_words(cast, signed_in, history):
    answer = signed_in(cast.aud).get(URL)
    assert names(answer) == ["session.refused", "access.denied", "patient.viewed", "patient.edited"]
    said = answer.content.decode()
    for words in [
        "Changed who the patient is",
        "Ana Ruiz",
        "family, given",
        "misspelt",
        "Opened the record",
        "Nobody signed in",
        "Refused",
    ]:
        assert words in said
    assert "Olga Berg" not in said


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"kind": "denial"}, ["access.denied"]),
        ({"actor": "sue"}, ["patient.viewed"]),
        ({"patient": "pat"}, ["patient.viewed", "patient.edited"]),
        ({"patient": "pat", "actor": "ana"}, ["patient.edited"]),
        ({"since": "2099-01-01"}, []),
        ({"until": "2001-01-01"}, []),
        ({"since": "2001-01-01", "until": "2099-01-01", "kind": "sign_in"}, ["session.refused"]),
    ],
)
def test_it_filters(cast, signed_in, history, query, expected):
    values = {
        "sue": cast.sue.pk,
        "ana": cast.ana.pk,
        "pat": f"http://testserver/patients/{cast.pat.pk}/timeline/",
    }
    asked = {name: values.get(value, value) for name, value in query.items()}
    answer = signed_in(cast.petra).get(URL, asked)
    assert names(answer) == expected
    assert len(answer.context["chips"]) == len(query)


def test_days_are_days_of_the_reader(cast, signed_in):
    event = record("task.closed", by=cast.ana)
    here = event.__class__.objects.get(pk=event.pk).at.astimezone(cast.riverbend.zone).date()
    client = signed_in(cast.aud)
    assert names(client.get(URL, {"since": here, "until": here})) == ["task.closed"]
    assert "task.closed" not in names(client.get(URL, {"until": here - dt.timedelta(days=1)}))


def test_a_chip_takes_its_filter_off(cast, signed_in, history):
    client = signed_in(cast.aud)
    answer = client.get(URL, {"kind": "denial", "actor": cast.sam.pk, "after": "x"})
    chips = {chip["label"]: chip["remove_url"] for chip in answer.context["chips"]}
    assert set(chips) == {"Refused", "Sam Cole"}
    assert chips["Refused"] == f"?actor={cast.sam.pk}"
    assert len(client.get(URL + chips["Refused"]).context["chips"]) == 1


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"patient": "Rivera"}, "This holds no patient"),
        ({"since": "2026-02-02", "until": "2026-02-01"}, "The last day lies before the first."),
        ({"since": "soon"}, "Enter a valid date."),
        ({"kind": "gossip"}, "Select a valid choice"),
        ({"actor": str(uuid.uuid4())}, "Select a valid choice"),
    ],
)
def test_it_says_what_it_cannot_look_for(cast, signed_in, history, query, said):
    answer = signed_in(cast.aud).get(URL, query)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Event.objects.filter(name__startswith="audit.").exists()


def test_a_name_typed_for_a_patient_does_not_reach_the_address(cast, signed_in):
    assert 'pattern=".*[0-9a-fA-F]{8}' in signed_in(cast.aud).get(URL).content.decode()


def test_nobody_of_another_organization_can_be_picked(cast, signed_in):
    assert signed_in(cast.aud).get(URL, {"actor": cast.olga.pk}).status_code == 422


def test_looking_is_written_down(cast, signed_in, history):
    client = signed_in(cast.aud)
    client.get(URL)
    client.get(URL, {"patient": cast.pat.pk, "kind": "view"})
    view, search = Event.objects.filter(name__startswith="audit.").order_by("at")
    assert (view.name, view.kind, view.actor_id, view.detail) == (
        "audit.viewed",
        "view",
        cast.aud.pk,
        {"shown": 4},
    )
    assert (search.name, search.kind, search.patient_id) == ("audit.searched", "search", cast.pat.pk)
    assert search.detail == {"patient": str(cast.pat.pk), "kind": "view", "shown": 1}


def test_it_goes_on_for_ever(cast, signed_in):
    for n in range(120):
        record("task.closed", by=cast.ana, detail={"n": n})
    client, seen = signed_in(cast.aud), []
    url = URL + "?kind=change"
    while url:
        answer = client.get(url)
        seen += [line["it"].pk for line in answer.context["lines"]]
        url = URL + answer.context["pager"]["next_url"] if answer.context["pager"]["next_url"] else ""
    assert len(seen) == len(set(seen)) == 120


def test_it_asks_the_same_however_many_rows(cast, signed_in):
    client, asked = signed_in(cast.aud), []
    for _ in range(2):
        for _ in range(22):
            record("task.closed", by=cast.ana)
        with CaptureQueriesContext(connection) as queries:
            client.get(URL)
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 9


def test_nothing_matches(cast, signed_in):
    assert "No such event" in signed_in(cast.aud).get(URL).content.decode()


@pytest.mark.parametrize("name", ["ana", "sue", "max", "vic", "flo", "adam", "pam"])
def test_it_refuses_who_may_not_read_it(cast, signed_in, name):
    assert signed_in(getattr(cast, name)).get(URL).status_code == 403


def test_it_rejects_post_and_strangers(cast, signed_in, client):
    assert signed_in(cast.aud).post(URL).status_code == 405
    assert client.get(URL).status_code == 302


def test_who_looked_at_one_record(cast, history):
    assert [event.name for event in Event.objects.about_patient(cast.pat.pk)] == [
        "patient.viewed",
        "patient.edited",
    ]


class TestTheWords:
    def test_a_known_event_has_its_sentence(self):
        assert sentence(Event(name="patient.viewed")) == "Opened the record"

    def test_an_unknown_one_is_shown_by_its_name(self):
        assert sentence(Event(name="second_helping.eaten_up")) == "Second helping eaten up"

    def test_every_event_of_the_code_has_a_sentence(self):
        recorded = re.compile(r'\brecord(?:_access)?\(\s*(?:Event\.Kind\.\w+,\s*)?"([a-z_]+\.[a-z_]+)"')
        root = Path(configured.BASE_DIR)
        found = {
            name
            for top in ("coordination", "patients")
            for path in (root / top).rglob("*.py")
            for name in recorded.findall(path.read_text())
        }
        assert "access.denied" in found
        assert sorted(found - set(SENTENCES)) == []
