"""Merging through the pages: found by two identifiers, compared, said what happens, done, and taken back."""

import datetime as dt

import pytest
from django.urls import reverse

from coordination.audit.models import Event
from coordination.interop.fhir.finding import find_patient
from patients.actions.merging import merge_patients
from patients.models import ContactPoint, Patient, PatientMerge, TwoPeople
from tests.factories import PatientFactory, join_care_team, merged_into
from tests.factories.record import ConditionFactory, ContactPointFactory


@pytest.fixture
def twin(cast):
    twin = PatientFactory(
        organization=cast.riverbend, team=cast.north, family="Riviera", given="Pat", coordinator=cast.sue
    )
    join_care_team(twin, cast.sue, role="coordinator", is_primary=True)
    ContactPointFactory(patient=twin)
    return twin


def url(name, *pks):
    return reverse(f"patients:{name}", args=pks)


def compared(cast, twin, **values):
    return {"patient": cast.pat.pk, "version": cast.pat.version, "merged_version": twin.version} | values


def test_the_other_record_is_found_by_two_identifiers(cast, twin, signed_in):
    client = signed_in(cast.sue)
    page = client.get(url("merge", cast.pat.pk))
    assert page.status_code == 200
    assert "RIVIERA, Pat" in page.text  # the same date of birth, a name alike
    one = client.post(url("merge", cast.pat.pk), {"name": "Riviera"})
    assert one.status_code == 422
    assert "two of the three" in one.text
    two = client.post(url("merge", cast.pat.pk), {"name": "Riviera Pat", "birth_date": "14 Mar 1958"})
    assert [item["who"]["name"] for item in two.context["found"]] == ["RIVIERA, Pat"]
    event = Event.objects.get(name="patient.merge_searched")
    assert "riviera" not in str(event.detail).lower()


def test_it_is_merged_in_two_steps_and_nothing_before_the_second(cast, twin, signed_in):
    client = signed_in(cast.sue)
    address = url("merge_with", cast.pat.pk, twin.pk)
    page = client.get(address)
    assert page.status_code == 200
    assert 'name="keep_family" value="merged"' in page.text
    said = client.post(address, compared(cast, twin, step="compare", keep_family="merged"))
    assert said.status_code == 200
    assert "Ana Ruiz stays, Sue Park becomes a member" in said.text
    assert "Ana Ruiz" in said.text.split("will newly see")[1]
    assert 'name="keep_family" value="merged"' in said.text
    assert not PatientMerge.objects.exists()
    sure = compared(cast, twin, step="merge", keep_family="merged", reason="Same card")
    wrong = client.post(address, {**sure, "second_identifier": "15 Mar 1958"})
    assert wrong.status_code == 422
    assert "neither the date of birth nor the record number" in wrong.text
    done = client.post(address, {**sure, "second_identifier": "14 Mar 1958"})
    assert (done.status_code, done.url) == (302, url("patient", cast.pat.pk))
    assert Patient.objects.get(pk=cast.pat.pk).family == "Riviera"
    again = client.post(address, {**sure, "second_identifier": "14 Mar 1958"})
    assert again.status_code == 409


def test_another_form_and_another_version_save_nothing(cast, twin, signed_in):
    client = signed_in(cast.sue)
    address = url("merge_with", cast.pat.pk, twin.pk)
    sure = compared(cast, twin, step="merge", second_identifier=twin.record_number, reason="Same card")
    other = client.post(address, {**sure, "patient": twin.pk})
    assert other.status_code == 422
    stale = client.post(address, {**sure, "merged_version": 9})
    assert stale.status_code == 409
    assert not PatientMerge.objects.exists()


def test_only_who_may(cast, twin, signed_in):
    for name, pks in [("merge", [cast.pat.pk]), ("merge_with", [cast.pat.pk, twin.pk])]:
        assert signed_in(cast.ana).get(url(name, *pks)).status_code in {403, 404}
        assert signed_in(cast.sam).get(url(name, *pks)).status_code == 404
        assert signed_in(cast.vic).post(url(name, *pks)).status_code == 403
    unseen = PatientFactory(organization=cast.riverbend, team=cast.south)
    assert signed_in(cast.sue).get(url("merge_with", cast.pat.pk, unseen.pk)).status_code == 404
    assert "Merge with another record" not in signed_in(cast.ana).get(url("patient", cast.pat.pk)).text
    assert "Merge with another record" in signed_in(cast.sue).get(url("patient", cast.pat.pk)).text


def test_the_old_address_leads_to_the_record_that_stayed(cast, twin, signed_in, inside):
    condition = ConditionFactory(patient=twin)
    done = merged_into(cast.pat, cast.sue, family="Older")
    old = done.merged_id
    client = signed_in(cast.sue)
    for name in ("patient", "history", "timeline"):
        answer = client.get(url(name, old))
        assert (answer.status_code, answer.url) == (302, url(name, cast.pat.pk))
    page = client.get(url("patient", old), follow=True)
    assert "was merged into this one" in page.text
    assert (
        f"OLDER, {done.merged.given}, {done.merged.record_number}" in page.text
    )  # in the details of the banner
    fragment = client.get(url("patient", old), headers={"HX-Request": "true"})
    assert fragment.headers["HX-Redirect"] == url("patient", cast.pat.pk)
    saved = client.post(
        url("line_new", old, "phones"), {"patient": str(old), "kind": "mobile", "value": "9375550142"}
    )
    assert saved.status_code == 409
    assert "Nothing was saved" in saved.text
    inside(cast.riverbend)
    assert not ContactPoint.objects.filter(patient_id=old).exists()
    assert signed_in(cast.sam).get(url("patient", old)).status_code == 404
    assert signed_in(cast.olga).get(url("patient", old)).status_code == 404
    assert condition.patient == twin


def test_it_is_taken_back_through_the_page(cast, signed_in, inside):
    done = merged_into(cast.pat, cast.sue, family="Older", language="so")
    pat = Patient.objects.get(pk=cast.pat.pk)
    client = signed_in(cast.sue)
    assert "Take back" in client.get(url("merge", pat.pk)).text
    address = url("unmerge", pat.pk, done.pk)
    page = client.get(address)
    assert page.status_code == 200
    assert "becomes a record of its own again" in page.text
    sent = {"patient": pat.pk, "version": pat.version, "reason": "Two sisters"}
    assert client.post(address, {**sent, "reason": ""}).status_code == 422
    assert client.post(address, {**sent, "version": 1}).status_code == 409
    assert client.post(address, sent).status_code == 302
    inside(cast.riverbend)
    assert client.get(url("patient", done.merged_id)).status_code == 200
    assert "Taken back" in client.get(url("merge", pat.pk)).text
    assert client.get(address).status_code == 422


def test_two_people_are_remembered(cast, twin, signed_in, inside):
    client = signed_in(cast.sue)
    address = url("two_people", cast.pat.pk, twin.pk)
    assert client.get(address).status_code == 200
    assert client.post(address, {"reason": ""}).status_code == 422
    assert client.post(address, {"reason": "Twin sister"}).url == url("attention")
    inside(cast.riverbend)
    assert TwoPeople.objects.count() == 2
    assert (
        "said that these are two people: Twin sister"
        in client.get(url("merge_with", cast.pat.pk, twin.pk)).text
    )


def test_an_import_of_the_old_number_lands_on_the_record_that_stayed(cast):
    old = PatientFactory(
        organization=cast.riverbend,
        team=cast.north,
        source="ehr",
        source_key="p-7",
        birth_date=dt.date(1958, 3, 14),
    )
    merge_patients(
        survivor=cast.pat,
        merged=old,
        chosen={},
        second_identifier=old.record_number,
        reason="Same",
        by=cast.sue,
    )
    found = find_patient(cast.riverbend, "ehr", "p-7", None)
    assert found.patient == cast.pat
    assert not found.is_same_source  # the other source only completes what is not known here
