"""Why does this person see that patient? Asked by an administrator or a privacy officer."""

import pytest
from django.urls import reverse

from coordination.audit.models import Event
from patients.models import AccessDenial
from tests.factories import PatientFactory, UserFactory

URL = "/access/explain/"


def ask(client, person, number):
    return client.post(URL, {"person": person, "number": number})


@pytest.mark.parametrize("who", ["adam", "petra"])
def test_the_answer_says_why(cast, signed_in, inside, who):
    client = signed_in(getattr(cast, who))
    page = ask(client, cast.ana.email, cast.pat.record_number)
    assert page.status_code == 200
    body = page.content.decode()
    assert f"Ana Ruiz sees the patient with record number {cast.pat.record_number}." in body
    assert "On the care team" in body
    assert "Care coordinator" in body
    for word in ("Rivera", "RIVERA", "1958"):
        assert word not in body, "about the patient it says nothing"
    inside(cast.riverbend)
    event = Event.objects.get(name="access.asked")
    assert (event.actor_id, event.patient_id) == (getattr(cast, who).pk, cast.pat.pk)
    assert event.detail == {"found": True, "person": str(cast.ana.pk), "sees": True}
    assert cast.pat.record_number not in str(event.detail)


def test_the_answer_says_why_not(cast, signed_in):
    client = signed_in(cast.adam)
    body = ask(client, cast.sam.name.upper(), cast.pat.record_number).content.decode()
    assert "does not see the patient" in body
    assert "Not on the care team, no grant on the team, no cover, no grant on this patient." in body
    today = cast.riverbend.today()
    AccessDenial.objects.create(
        organization=cast.riverbend, patient=cast.pat, user=cast.ana, reason="Family", starts_on=today, created_by=cast.sue
    )  # fmt: skip
    body = ask(client, "Ana Ruiz", cast.pat.record_number).content.decode()
    assert "Ana Ruiz does not see the patient" in body
    assert "A denial stands above every other way." in body


def test_nobody_and_too_many_are_said_and_written_down(cast, signed_in, inside):
    client = signed_in(cast.petra)
    UserFactory(organization=cast.riverbend, name="Ana Ruiz")
    inside(cast.hillside)
    PatientFactory(organization=cast.hillside, record_number="H-1")
    inside(cast.riverbend)
    for person, number, said in [
        ("Ana Ruiz", cast.pat.record_number, "Several people have this name"),
        ("Olga Berg", cast.pat.record_number, "Nobody who works here"),
        (cast.olga.email, cast.pat.record_number, "Nobody who works here"),
        (cast.sam.email, "H-1", "No patient of the organization"),
        ("", cast.pat.record_number, "required"),
    ]:
        page = ask(client, person, number)
        assert page.status_code == 422, person
        assert said in page.content.decode(), said
    inside(cast.riverbend)
    asked = Event.objects.filter(name="access.asked")
    assert [event.detail for event in asked] == [{"found": False}] * 4


def test_who_does_not_answer_for_sight_may_not_ask(cast, signed_in):
    for who in ("ana", "sue", "vic", "aud", "flo", "pam"):
        assert (
            ask(signed_in(getattr(cast, who)), cast.ana.email, cast.pat.record_number).status_code == 403
        ), who


def test_the_way_there(cast, signed_in):
    link = f'href="{URL}"'
    assert link in signed_in(cast.adam).get(reverse("accounts:users")).content.decode()
    assert link in signed_in(cast.petra).get(reverse("access:reviews")).content.decode()
    assert link not in signed_in(cast.sue).get(reverse("access:reviews")).content.decode()
