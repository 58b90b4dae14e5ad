"""Phones, addresses and identifiers are changed line by line; similar names follow the name."""

from uuid import uuid4

import pytest

from coordination.audit.models import Event
from patients.actions.identity import edit_patient, mark_similar_names
from patients.models import Address, ContactPoint, Identifier, SimilarName
from tests.factories import PatientFactory
from tests.patients.test_edit import phone, url

__all__ = ["phone"]


# --- similar names --------------------------------------------------------------------------------


def test_similar_names_follow_the_name(cast):
    other = PatientFactory(organization=cast.riverbend, team=cast.north, family="Okafor", given="Grace")
    edit_patient(patient=cast.pat, version=1, values={"family": "Okafor", "given": "Grase"}, by=cast.ana)
    assert mark_similar_names(patient=cast.pat) == 1
    assert mark_similar_names(patient=cast.pat) == 1
    assert SimilarName.objects.count() == 2
    edit_patient(patient=cast.pat, version=2, values={"family": "Brandt", "given": "Ida"}, by=cast.ana)
    assert mark_similar_names(patient=cast.pat) == 0
    assert not SimilarName.objects.exists()
    for patient in (cast.pat, other):
        patient.refresh_from_db()
        assert not patient.has_similar_name


def test_one_of_three_leaves(cast):
    third, other = (
        PatientFactory(organization=cast.riverbend, team=cast.north, family="Rivera", given="Pat")
        for _n in range(2)
    )
    mark_similar_names(patient=cast.pat)
    mark_similar_names(patient=third)
    edit_patient(patient=cast.pat, version=None, values={"family": "Brandt", "given": "Ida"}, by=cast.ana)
    mark_similar_names(patient=cast.pat)
    third.refresh_from_db()
    other.refresh_from_db()
    assert third.has_similar_name
    assert other.has_similar_name


# --- phones, addresses, identifiers ---------------------------------------------------------------


def line(patient, **values):
    return {"patient": str(patient.pk), **values}


def test_a_phone_is_added_changed_and_struck_out(cast, signed_in):
    client = signed_in(cast.ana)
    new = line(
        cast.pat, kind="mobile", value="937 555 0142", voicemail="callback", text_allowed="false", rank="1"
    )
    assert client.post(url(cast.pat, "line_new", "phones"), new).status_code == 302
    phone = ContactPoint.objects.get()
    assert (phone.number, phone.text_allowed, phone.voicemail) == ("+19375550142", False, "callback")

    change = {**new, "value": "(937) 555-0199", "version": "1", "text_allowed": "unknown"}
    assert client.post(url(cast.pat, "line_edit", "phones", phone.pk), change).status_code == 302
    assert client.post(url(cast.pat, "line_edit", "phones", phone.pk), change).status_code == 409
    phone.refresh_from_db()
    assert (phone.number, phone.text_allowed, phone.version) == ("+19375550199", None, 2)

    remove = url(cast.pat, "line_remove", "phones", phone.pk)
    silent = client.post(remove, line(cast.pat, version="2"))
    assert silent.status_code == 422
    assert "Say why this number is not to be used." in silent.text
    assert client.post(remove, line(cast.pat, version="2", reason="Husband reads it")).status_code == 302
    phone.refresh_from_db()
    assert (phone.do_not_use, phone.do_not_use_reason, phone.value) == (
        True,
        "Husband reads it",
        "(937) 555-0199",
    )
    assert list(Event.objects.filter(patient_id=cast.pat.pk, target_type="patients.contactpoint").order_by("id").values_list("name", flat=True)) == [
        "phone.added", "phone.changed", "phone.struck_out",
    ]  # fmt: skip


def test_a_phone_typed_by_mistake_is_taken_away(cast, signed_in, phone):
    answer = signed_in(cast.ana).post(
        url(cast.pat, "line_remove", "phones", phone.pk), line(cast.pat, version="1", entered_in_error="on")
    )
    assert answer.status_code == 302
    assert not ContactPoint.objects.exists()
    assert Event.objects.get(name="phone.removed").detail == {"entered_in_error": True}


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [("email", "nobody", "Write the e-mail address"), ("home", "12", "cannot be dialed")],
)
def test_a_number_that_cannot_be_reached_is_refused(cast, signed_in, kind, value, message):
    answer = signed_in(cast.ana).post(
        url(cast.pat, "line_new", "phones"),
        line(cast.pat, kind=kind, value=value, voicemail="unknown", rank="1"),
    )
    assert answer.status_code == 422
    assert message in answer.text


def test_an_address_ends(cast, signed_in):
    client = signed_in(cast.ana)
    values = line(cast.pat, line="418 Alder St", city="Dayton", use="home", starts_on="2020-01-01")
    assert client.post(url(cast.pat, "line_new", "addresses"), values).status_code == 302
    address = Address.objects.get()
    assert (
        client.post(
            url(cast.pat, "line_edit", "addresses", address.pk),
            {**values, "version": "1", "postal_code": "45402"},
        ).status_code
        == 302
    )
    assert (
        client.post(
            url(cast.pat, "line_remove", "addresses", address.pk), line(cast.pat, version="2")
        ).status_code
        == 302
    )
    address.refresh_from_db()
    assert (address.use, address.ends_on, address.postal_code) == ("old", cast.riverbend.today(), "45402")
    assert (
        client.post(
            url(cast.pat, "line_remove", "addresses", address.pk),
            line(cast.pat, version="3", entered_in_error="on"),
        ).status_code
        == 302
    )
    assert not Address.objects.exists()


def test_an_empty_or_backward_address_is_refused(cast, signed_in):
    answer = signed_in(cast.ana).post(
        url(cast.pat, "line_new", "addresses"),
        line(cast.pat, use="home", starts_on="2026-02-01", ends_on="2026-01-01"),
    )
    assert "Write the street, the city or the ZIP code." in answer.text
    assert "This ends before it starts." in answer.text


def test_an_identifier_names_one_person(cast, signed_in):
    client = signed_in(cast.sue)
    values = line(cast.pat, kind="MC", value="1EG4", system="Medicare")
    assert client.post(url(cast.pat, "line_new", "identifiers"), values).status_code == 302
    other = PatientFactory(organization=cast.riverbend, team=cast.north)
    taken = client.post(url(other, "line_new", "identifiers"), {**values, "patient": str(other.pk)})
    assert taken.status_code == 422
    assert "has this number already" in taken.text
    identifier = Identifier.objects.get()
    assert (
        client.post(
            url(cast.pat, "line_edit", "identifiers", identifier.pk),
            {**values, "version": "1", "value": "1EG5"},
        ).status_code
        == 302
    )
    assert (
        client.post(
            url(cast.pat, "line_remove", "identifiers", identifier.pk), line(cast.pat, version="2")
        ).status_code
        == 302
    )
    identifier.refresh_from_db()
    assert (identifier.value, identifier.ends_on) == ("1EG5", cast.riverbend.today())


def test_a_line_is_saved_once(cast, signed_in):
    client, key = signed_in(cast.ana), str(uuid4())
    values = line(
        cast.pat, kind="mobile", value="937 555 0142", voicemail="unknown", rank="1", idempotency_key=key
    )
    for _time in range(2):
        assert client.post(url(cast.pat, "line_new", "phones"), values).status_code == 302
    assert ContactPoint.objects.count() == 1
