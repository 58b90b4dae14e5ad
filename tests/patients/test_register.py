import datetime as dt
from uuid import uuid4

import pytest
from django.urls import reverse

from coordination.accounts.models import TeamMembership
from coordination.audit.models import Event
from coordination.lib.refusal import Refused
from coordination.outbox.models import Message
from patients.actions.registration import DuplicateFound, register_patient
from patients.models import CareTeamMember, ContactPoint, Patient, SimilarName
from tests.factories import PatientFactory

URL = "/patients/new/"
FORM = {
    "step": "save", "family": "Okafor", "given": "Grace", "birth_date": "14 Mar 1958", "sex": "female",
    "phone0-kind": "mobile", "phone0-value": "(937) 555-0142", "phone0-voicemail": "details", "phone0-text_allowed": "true",
    "phone1-kind": "home", "phone1-voicemail": "unknown", "phone1-text_allowed": "unknown",
    "phone2-kind": "email", "phone2-voicemail": "unknown", "phone2-text_allowed": "unknown",
    "address-line": "418 Alder St", "address-city": "Dayton", "address-state": "OH", "address-postal_code": "45402", "address-use": "home",
    "identifier0-kind": "MC", "identifier0-value": "1EG4TE5MK73", "identifier0-system": "Medicare", "identifier1-kind": "MC",
    "race_ethnicity": ["black"], "race_ethnicity_source": "self", "language": "ig", "interpreter_needed": "no",
}  # fmt: skip


def form(cast, **changes):
    return {**FORM, "coordinator": str(cast.ana.pk), **changes}


def test_it_registers(cast, signed_in):
    answer = signed_in(cast.ana).post(URL, form(cast))
    patient = Patient.objects.get(family="Okafor")
    assert answer.status_code == 302, [
        str(e)
        for e in (
            answer.context["form"].errors.items(),
            answer.context["form"].non_field_errors(),
            answer.context["refusal"],
        )
    ]
    assert answer.url == reverse("patients:patient", args=[patient.pk])
    assert (patient.birth_date, patient.sex, patient.language, patient.race_ethnicity) == (
        dt.date(1958, 3, 14),
        "female",
        "ig",
        ["black"],
    )
    assert patient.gender_identity == patient.interpreter_mode == "unknown"  # nobody guessed
    assert patient.sort_name == "okafor\x1fgrace"
    assert len(patient.record_number) == 8
    (phone,) = patient.contactpoint_set.all()
    assert (phone.value, phone.number, phone.voicemail, phone.text_allowed) == (
        "(937) 555-0142",
        "+19375550142",
        "details",
        True,
    )
    assert patient.address_set.get().one_line == "418 Alder St, Dayton, OH 45402"
    assert patient.identifier_set.get().value == "1EG4TE5MK73"
    (member,) = CareTeamMember.objects.filter(patient=patient)
    assert (member.user, member.is_primary, member.role, patient.coordinator) == (
        cast.ana,
        True,
        "coordinator",
        cast.ana,
    )


def test_it_is_written_down_and_told(cast, signed_in):
    signed_in(cast.ana).post(URL, form(cast))
    patient = Patient.objects.get(family="Okafor")
    event = Event.objects.get(name="patient.registered")
    assert (event.patient_id, event.actor_id) == (patient.pk, cast.ana.pk)
    message = Message.objects.get(topic="patient.named")
    assert message.payload == {"patient_id": str(patient.pk)}
    assert message.organization_id == cast.riverbend.pk


def test_it_looks_first(cast, signed_in):
    PatientFactory(
        organization=cast.riverbend,
        coordinator=cast.ana,
        family="Okafor",
        given="Grace",
        birth_date=dt.date(1958, 3, 14),
    )
    client = signed_in(cast.flo)
    page = client.get(URL)
    assert page.status_code == 200
    assert 'name="step" value="look"' in page.text
    answer = client.post(
        URL, {"step": "look", "family": "Okafour", "given": "Grace", "birth_date": "03/14/1958"}
    )
    assert answer.status_code == 200
    assert 'value="Okafour"' in answer.text
    assert "outside your sight" in answer.text  # flo works for North; this patient is in no team


def test_looking_needs_a_name(cast, signed_in):
    answer = signed_in(cast.ana).post(URL, {"step": "look", "family": "", "birth_date": "31 Feb 1958"})
    assert answer.status_code == 422
    assert "Write the date of birth like" in answer.text


@pytest.mark.parametrize("name", ["vic", "max", "petra", "adam", "aud", "pam"])
def test_it_refuses_who_may_not_add(cast, signed_in, name):
    client = signed_in(getattr(cast, name))
    assert client.get(URL).status_code == 403
    assert client.post(URL, form(cast)).status_code == 403
    assert client.post("/patients/duplicates/", FORM).status_code == 403


def test_it_rejects_other_methods(cast, signed_in):
    assert signed_in(cast.ana).delete(URL).status_code == 405
    assert signed_in(cast.ana).get("/patients/duplicates/").status_code == 405


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"family": "", "given": ""}, "Write the family name"),
        ({"birth_date": ""}, "Write the date of birth, or tick that it is not known."),
        ({"birth_date": "14 Mar 2158"}, "The date of birth is in the future."),
        ({"birth_date": "14 Mar 1758"}, "more than 130 years ago"),
        ({"phone0-value": ""}, "Write a phone number, or tick that the patient has no phone."),
        ({"phone0-value": "123"}, "This number cannot be dialed."),
        ({"phone0-kind": "email", "phone0-value": "grace"}, "Write the e-mail address like"),
        ({"coordinator": ""}, "Choose a coordinator or a team"),
        ({"race_ethnicity": ["black", "declined"]}, "stand alone"),
        ({"identifier0-starts_on": "2026-02-01", "identifier0-ends_on": "2026-01-01"}, None),
    ],
)
def test_it_says_why_not(cast, signed_in, changes, message):
    answer = signed_in(cast.ana).post(URL, form(cast, **changes))
    if message is None:
        assert answer.status_code in {302, 422}
        return
    assert answer.status_code == 422
    assert message in answer.text
    assert "data-errors" in answer.text
    assert not Patient.objects.filter(given="Grace").exists()


def test_what_is_not_known_is_said(cast, signed_in):
    answer = signed_in(cast.ana).post(
        URL, form(cast, **{"birth_date": "", "birth_unknown": "on", "phone0-value": "", "no_phone": "on"})
    )
    assert answer.status_code == 302, [
        str(e)
        for e in (
            answer.context["form"].errors.items(),
            answer.context["form"].non_field_errors(),
            answer.context["refusal"],
        )
    ]
    patient = Patient.objects.get(family="Okafor")
    assert patient.birth_date is None
    assert not ContactPoint.objects.filter(patient=patient).exists()


def test_it_stops_a_duplicate_until_told_why(cast, signed_in):
    client = signed_in(cast.ana)
    client.post(URL, form(cast))
    again = form(cast, **{"identifier0-value": "", "record_number": ""})
    answer = client.post(URL, again)
    assert answer.status_code == 422
    assert "Almost certainly the same person" in answer.text
    assert "Same date of birth and phone" in answer.text or "same phone" in answer.text
    assert Patient.objects.filter(family="Okafor").count() == 1

    silent = client.post(URL, {**again, "not_duplicate": "on"})
    assert silent.status_code == 422
    assert "Say how you know that this is another person." in silent.text

    told = client.post(URL, {**again, "not_duplicate": "on", "why_not_duplicate": "Twin sister"})
    assert told.status_code == 302
    assert (
        Event.objects.filter(name="patient.registered").order_by("-at", "-id").first().reason == "Twin sister"
    )
    assert Patient.objects.filter(family="Okafor", has_similar_name=True).count() == 2


def test_someone_unseen_is_not_told_about(cast, signed_in):
    PatientFactory(
        organization=cast.riverbend,
        team=cast.south,
        family="Okafor",
        given="Grace",
        birth_date=dt.date(1958, 3, 14),
        record_number="HIDDEN77",
    )
    answer = signed_in(cast.ana).post(URL, form(cast))
    assert answer.status_code == 422
    assert "outside your sight" in answer.text
    assert "HIDDEN77" not in answer.text
    event = Event.objects.get(name="patient.duplicates_shown")  # also of a page that saved nothing
    assert event.detail["hidden"] == 1
    assert event.detail["results"] == 0
    assert "Okafor" not in str(event.detail)


def test_the_live_panel(cast, signed_in):
    client = signed_in(cast.ana)
    empty = client.post(
        "/patients/duplicates/", {"family": "Nobody", "given": "Like", "birth_date": "1 Jan 1990"}
    )
    assert "No one like this is on record." in empty.text
    panel = client.post(
        "/patients/duplicates/",
        {"family": "Rivera", "given": "Patt", "birth_date": "14 Mar 1958"},
        headers={"HX-Request": "true"},
    )
    assert panel.text.strip().startswith('<section id="duplicates"')
    assert "RIVERA, Pat" in panel.text
    assert "Same date of birth, name alike" in panel.text


def test_it_saves_once(cast, signed_in):
    client, key = signed_in(cast.ana), str(uuid4())
    first = client.post(URL, form(cast, idempotency_key=key))
    second = client.post(URL, form(cast, idempotency_key=key))
    assert first.url == second.headers["Location"]
    assert Patient.objects.filter(family="Okafor").count() == 1


def test_front_desk_adds_for_a_team_and_sees_no_clinical_fields(cast, signed_in):
    client = signed_in(cast.flo)
    answer = client.post(URL, {"step": "look", "family": "Okafor"})
    assert 'name="sexual_orientation"' not in answer.text
    saved = client.post(URL, form(cast, coordinator="", team=str(cast.north.pk)))
    patient = Patient.objects.get(family="Okafor")
    assert saved.url == reverse("patients:patient", args=[patient.pk])
    assert (patient.team, patient.coordinator) == (cast.north, None)
    other = client.post(
        URL,
        form(
            cast,
            family="Brandt",
            coordinator="",
            team=str(cast.south.pk),
            **{"phone0-value": "(937) 555-0143", "identifier0-value": ""},
        ),
    )
    assert other.url == reverse("patients:registry")


def test_similar_names_are_marked_both_ways(cast, signed_in):
    other = PatientFactory(
        organization=cast.riverbend,
        coordinator=cast.ana,
        family="Okaffor",
        given="Grase",
        birth_date=dt.date(1985, 8, 2),
    )
    signed_in(cast.ana).post(URL, form(cast))
    other.refresh_from_db()
    patient = Patient.objects.get(family="Okafor")
    assert other.has_similar_name
    assert patient.has_similar_name
    assert set(SimilarName.objects.values_list("patient_id", "other_id", "reason")) == {
        (patient.pk, other.pk, "sounds_alike"),
        (other.pk, patient.pk, "sounds_alike"),
    }


def test_the_action_needs_someone_who_answers(cast):
    with pytest.raises(Refused, match="someone answers"):
        register_patient(values={"family": "Okafor"}, by=cast.ana)
    with pytest.raises(Refused, match="carries patients"):
        register_patient(values={"family": "Okafor"}, by=cast.ana, coordinator=cast.olga)
    with pytest.raises(TypeError):
        register_patient(values={"family": "Okafor", "status": "ended"}, by=cast.ana, coordinator=cast.ana)
    with pytest.raises(Refused, match="record number"):
        register_patient(
            values={"family": "Ok", "record_number": cast.pat.record_number},
            by=cast.ana,
            coordinator=cast.ana,
            confirmed_not_duplicate=True,
            why_not_duplicate="x",
        )


def test_a_number_of_a_system_names_one_person(cast):
    values = [{"kind": "MC", "system": "Medicare", "value": "1EG4"}]
    register_patient(values={"family": "Okafor"}, by=cast.ana, coordinator=cast.ana, identifiers=values)
    with pytest.raises(DuplicateFound):
        register_patient(values={"family": "Brandt"}, by=cast.ana, coordinator=cast.ana, identifiers=values)
    with pytest.raises(Refused, match="has this number already"):
        register_patient(
            values={"family": "Brandt"},
            by=cast.ana,
            coordinator=cast.ana,
            identifiers=values,
            confirmed_not_duplicate=True,
            why_not_duplicate="Typing error",
        )


def test_ones_own_team_stands_there_already(cast, signed_in):
    TeamMembership.objects.create(team=cast.north, user=cast.ana, starts_on=dt.date(2026, 1, 1))
    page = signed_in(cast.ana).post(URL, {"step": "look", "family": "Okafor"})
    assert f'<option value="{cast.north.pk}" selected>North</option>' in page.text
    assert f'<option value="{cast.ana.pk}" selected>' in page.text
