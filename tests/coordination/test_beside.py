"""The patients in the side navigation: those opened last, and how many one carries."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from patients.models import AccessDenial
from tests.factories import PatientFactory, join_care_team

pytestmark = pytest.mark.django_db
URL = "/beside/"


def told(client, path="/day/"):
    answer = client.get(URL, headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{path}"})
    assert answer.status_code == 200
    return answer


def names(answer):
    return [item["name"] for item in answer.context["recent_patients"]]


@pytest.fixture
def two(cast):
    """Pat and Hodan, both ana's."""
    hodan = PatientFactory(
        organization=cast.riverbend, team=cast.north, coordinator=cast.ana, family="Abdi", given="Hodan"
    )
    join_care_team(hodan, cast.ana)
    return cast.pat, hodan


def test_the_last_opened_comes_first_and_is_told_apart(cast, signed_in, two):
    ana = signed_in(cast.ana)
    assert names(told(ana)) == []
    for patient in two:
        assert ana.get(f"/patients/{patient.pk}/").status_code == 200
    answer = told(ana)
    assert names(answer) == ["ABDI, Hodan", "RIVERA, Pat"]
    assert f"record number {cast.pat.record_number}" in answer.text
    assert "1958" in answer.text
    assert ana.get(f"/patients/{cast.pat.pk}/").status_code == 200
    assert names(told(ana)) == ["RIVERA, Pat", "ABDI, Hodan"]


def test_no_more_than_five(cast, signed_in):
    ana = signed_in(cast.ana)
    for _ in range(7):
        patient = PatientFactory(organization=cast.riverbend, team=cast.north, coordinator=cast.ana)
        join_care_team(patient, cast.ana)
        ana.get(f"/patients/{patient.pk}/")
    assert len(names(told(ana))) == 5


def test_the_one_on_the_page_is_marked(cast, signed_in, two):
    ana = signed_in(cast.ana)
    ana.get(f"/patients/{cast.pat.pk}/")
    assert 'aria-current="page"' not in told(ana).text
    assert 'aria-current="page"' in told(ana, f"/patients/{cast.pat.pk}/people/").text


def test_who_may_not_see_them_any_more_is_not_told(cast, signed_in, two):
    ana = signed_in(cast.ana)
    ana.get(f"/patients/{cast.pat.pk}/")
    AccessDenial.objects.create(
        organization=cast.riverbend, patient=cast.pat, user=cast.ana, reason="Relative",
        starts_on=dt.date(2020, 1, 1), created_by=cast.sue,
    )  # fmt: skip
    answer = told(ana)
    assert names(answer) == []
    assert answer.context["caseload"]["count"] == 1


def test_the_caseload_is_what_its_list_shows(cast, signed_in, two):
    ana = signed_in(cast.ana)
    cast.ana.capacity = 60
    cast.ana.save(update_fields=["capacity"])
    gone = PatientFactory(
        organization=cast.riverbend, team=cast.north, coordinator=cast.ana, status="ended",
        care_ended_on=cast.riverbend.today(),
    )  # fmt: skip
    join_care_team(gone, cast.ana)
    caseload = told(ana).context["caseload"]
    assert (caseload["count"], caseload["limit"]) == (2, 60)
    assert "2 patients" in ana.get(caseload["url"]).text
    assert "<b>2</b> of 60 on your caseload" in told(ana).text


def test_who_carries_nobody_has_no_meter(cast, signed_in):
    assert told(signed_in(cast.sue)).context["caseload"] is None


def test_it_costs_the_same_for_many(cast, signed_in, django_assert_max_num_queries, two):
    ana = signed_in(cast.ana)
    ana.get(f"/patients/{cast.pat.pk}/")
    told(ana)
    with CaptureQueriesContext(connection) as seen:
        told(ana)
        few = len(seen)
    for _ in range(6):
        patient = PatientFactory(organization=cast.riverbend, team=cast.north, coordinator=cast.ana)
        join_care_team(patient, cast.ana)
        ana.get(f"/patients/{patient.pk}/")
    with django_assert_max_num_queries(few):
        told(ana)


def test_pages_ask_for_it_once_they_are_there(cast, signed_in):
    assert f'hx-get="{URL}"' in signed_in(cast.ana).get("/day/").text
    assert f'hx-get="{URL}"' not in signed_in(cast.adam).get("/users/").text
