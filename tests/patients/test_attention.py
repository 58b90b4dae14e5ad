"""Records that need a person: the count is the list, and each row says what comes next."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from patients.actions.identity import mark_similar_names
from patients.actions.telling_apart import tell_apart
from patients.models import Patient
from tests.factories import PatientFactory, TaskFactory, join_care_team
from tests.factories.record import ConsentFactory, ContactPointFactory

URL = reverse("patients:attention")


@pytest.fixture
def fine(cast):
    """Nothing is missing in pat's record."""
    ContactPointFactory(patient=cast.pat)
    return cast.pat


def shown(client, section):
    page = client.get(URL, {"show": section})
    assert page.status_code == 200
    tab = next(tab for tab in page.context["tabs"] if tab["current"])
    rows = page.context["rows"]
    assert tab["count"].number == len(rows)
    return rows


def patient(cast, **values):
    made = PatientFactory(organization=cast.riverbend, team=cast.north, coordinator=cast.sue, **values)
    ContactPointFactory(patient=made)
    return made


def test_nothing_needs_anybody(cast, fine, signed_in):
    page = signed_in(cast.sue).get(URL)
    assert all(tab["count"].number == 0 for tab in page.context["tabs"])
    assert "Nothing here needs a person" in page.text


def test_each_gap_is_listed_once_with_what_comes_next(cast, fine, signed_in):
    client = signed_in(cast.sue)
    struck = patient(cast)
    struck.contactpoint_set.update(do_not_use=True, do_not_use_reason="Partner answers")
    PatientFactory(organization=cast.riverbend, team=cast.south)  # out of sight
    (row,) = shown(client, "phone")
    assert row["actions"][0]["url"] == reverse("patients:line_new", args=[struck.pk, "phones"])
    nobody = PatientFactory(organization=cast.riverbend, team=cast.north)
    assert [row["who"]["url"] for row in shown(client, "coordinator")] == [
        reverse("patients:patient", args=[nobody.pk])
    ]
    patient(cast, interpreter_needed="yes")
    patient(cast, interpreter_needed="yes", language="so")
    assert len(shown(client, "language")) == 1


def test_a_consent_that_ended_counts_until_there_is_a_new_one(cast, fine, signed_in):
    client = signed_in(cast.sue)
    ConsentFactory(patient=fine, expires_on=dt.date(2026, 2, 1))
    assert len(shown(client, "consent")) == 1
    ConsentFactory(patient=fine, signed_on=dt.date(2026, 2, 2))
    assert shown(client, "consent") == []


def test_outreach_to_the_dead(cast, fine, signed_in):
    TaskFactory(patient=fine)
    Patient.objects.filter(pk=fine.pk).update(is_deceased=True)
    rows = shown(signed_in(cast.sue), "deceased")
    assert rows[0]["actions"][0]["url"] == reverse("worklist:patient_tasks", args=[fine.pk])


def test_pairs_are_shown_once_until_somebody_tells_them_apart(cast, fine, signed_in):
    twin = patient(cast, family="Rivera", given="Pat", birth_date=dt.date(1990, 1, 1))
    alike = patient(cast, family="Riviera", given="Pat", birth_date=dt.date(1990, 1, 1))
    for one in (twin, alike):
        mark_similar_names(patient=one)
    client = signed_in(cast.sue)
    pairs = [{row["who"]["name"], row["other"]["name"]} for row in shown(client, "same")]
    assert len(pairs) == 2  # pat and alike have neither name nor birth in common
    assert [action["label"] for action in shown(client, "same")[0]["actions"]] == [
        "Compare and merge",
        "They are two people",
    ]
    tell_apart(patient=twin, other=cast.pat, reason="Another date of birth", by=cast.sue)
    assert len(shown(client, "same")) == 1
    twin.refresh_from_db()
    assert twin.has_similar_name  # the warning stays: they are easily mixed up
    join_care_team(alike, cast.ana)
    assert shown(signed_in(cast.ana), "same") == []  # ana sees one of each pair only


def test_who_may_open_it(cast, signed_in):
    for user in (cast.vic, cast.petra, cast.aud):
        assert signed_in(user).get(URL).status_code == 403
    page = signed_in(cast.flo).get(URL)
    assert [tab["url"] for tab in page.context["tabs"]] == ["?show=same", "?show=phone", "?show=language"]


def test_pages_go_on_and_ask_as_often_for_many_as_for_few(cast, fine, signed_in):
    client = signed_in(cast.sue)
    PatientFactory(organization=cast.riverbend, team=cast.north, coordinator=cast.sue)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(URL, {"show": "phone"})
    for _n in range(30):
        PatientFactory(organization=cast.riverbend, team=cast.north, coordinator=cast.sue)
    with CaptureQueriesContext(connection) as many:
        page = client.get(URL, {"show": "phone"})
    assert len(many) == len(few) <= 20
    assert len(page.context["rows"]) == 25
    rest = client.get(URL + page.context["pager"]["next_url"])
    assert len(rest.context["rows"]) == 6
