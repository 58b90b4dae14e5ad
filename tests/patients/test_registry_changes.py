"""The list of patients says when others changed it, and how much; its rows stay where they are."""

import datetime as dt
from html import unescape
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from coordination.audit.models import Event
from patients.actions.identity import edit_patient
from patients.models import Patient
from tests.factories import PatientFactory, join_care_team

pytestmark = pytest.mark.django_db
URL = "/patients/changes/"


def asked(client, since, *shown, **more):
    query = {"since": since.isoformat(), "ids": ",".join(str(patient.pk) for patient in shown)} | more
    return client.get(f"{URL}?{urlencode(query)}", headers={"HX-Request": "true"})


@pytest.fixture
def before(cast, inside):
    """The list was read a while ago; since then nobody changed anything."""
    inside(cast.riverbend)
    Patient.objects.update(updated_at=timezone.now() - dt.timedelta(hours=1))
    return timezone.now() - dt.timedelta(minutes=1)


def rename(cast, by, name="Patsy"):
    edit_patient(patient=cast.pat, values={"preferred_name": name}, version=cast.pat.version, by=by)


def test_nothing_to_say(cast, signed_in, before):
    answer = asked(signed_in(cast.ana), before, cast.pat)
    assert (answer.status_code, answer.content) == (204, b"")


def test_what_others_changed_in_a_row_is_counted(cast, signed_in, inside, before):
    ana = signed_in(cast.ana)
    inside(cast.riverbend)
    rename(cast, cast.sue)
    answer = asked(ana, before, cast.pat, sort="born")
    assert "1 change" in answer.text
    assert 'href="/patients/?sort=born"' in answer.text


def test_ones_own_changes_are_no_news(cast, signed_in, inside, before):
    ana = signed_in(cast.ana)
    inside(cast.riverbend)
    rename(cast, cast.ana)
    assert asked(ana, before, cast.pat).status_code == 204


def test_who_came_in_is_counted_and_who_does_not_fit_is_not(cast, signed_in, inside, before):
    ana = signed_in(cast.ana)
    inside(cast.riverbend)
    new = PatientFactory(
        organization=cast.riverbend, team=cast.north, coordinator=cast.ana, created_by=cast.sue, updated_by=cast.sue
    )  # fmt: skip
    join_care_team(new, cast.ana)
    assert "1 change" in asked(ana, before).text
    assert "1 change" in asked(ana, before, coordinator="me").text
    assert asked(ana, before, coordinator="none").status_code == 204
    assert asked(ana, before, status="deceased").status_code == 204
    assert asked(ana, before, s="a-search").status_code == 204, "a search finds what it found"


def test_each_is_counted_once_and_none_one_does_not_see(cast, signed_in, inside, before):
    sam = signed_in(cast.sam)
    ana = signed_in(cast.ana)
    inside(cast.riverbend)
    rename(cast, cast.sue)
    assert "1 change." in asked(ana, before, cast.pat, cast.pat).text
    assert asked(sam, before, cast.pat).status_code == 204


@pytest.mark.parametrize(
    "query", ["", "since=yesterday", "since=2026-01-01", "since=2026-01-01T00:00:00Z&ids=x,,1"]
)
def test_nonsense_has_nothing_to_say(cast, signed_in, query):
    assert signed_in(cast.aud).get(f"{URL}?{query}").status_code == 403
    assert signed_in(cast.sam).get(f"{URL}?{query}").status_code == 204


def test_the_page_asks_what_it_shows(cast, signed_in, inside, before):
    ana = signed_in(cast.ana)
    page = ana.get("/patients/?coordinator=me&sort=-born").text
    address = unescape(page.split('hx-get="/patients/changes/')[1].split('"')[0])
    assert "coordinator=me" in address
    assert "sort=-born" in address
    count = Event.objects.count()
    assert ana.get(f"{URL}{address}").status_code == 204
    assert Event.objects.count() == count, "a number is no view of a record"


def test_it_costs_one_statement_more_than_the_filters(
    cast, signed_in, inside, before, django_assert_max_num_queries
):
    ana = signed_in(cast.ana)
    with django_assert_max_num_queries(6):
        asked(ana, before, cast.pat)
