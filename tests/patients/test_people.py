"""The people around a patient: one primary coordinator, dated memberships, proxies with a legal basis."""

import datetime as dt

import pytest

from coordination.audit.models import Event
from coordination.lib.refusal import Refused
from patients.actions import people as actions
from patients.models import CareTeamMember, Patient, RelatedPerson
from tests.factories import PatientFactory, UserFactory, join_care_team
from tests.factories.record import ContactPointFactory, RelatedPersonFactory
from tests.patients.record import at, events, page, send

PERSON = {"name": "Ada Rivera", "relationship": "daughter", "authority": "none"}


def test_it_shows_everyone_with_roles_and_dates(cast, signed_in):
    join_care_team(cast.pat, cast.max, role="primary_care")
    join_care_team(cast.pat, cast.sam, ends_on=dt.date(2021, 1, 1))
    RelatedPersonFactory(
        patient=cast.pat, is_emergency_contact=True, is_caregiver=True, may_be_told="Appointments"
    )
    ContactPointFactory(patient=cast.pat, do_not_use=True, do_not_use_reason="partner reads it")
    text = page(signed_in(cast.ana), at("people", cast.pat))
    for words in [
        "Primary coordinator",
        "Max Weber",
        "Primary care clinician",
        "01-Jan-2020 to 01-Jan-2021",
        "Emergency contact",
        "Caregiver",
        "May be told: Appointments",
        "Do not use",
        "partner reads it",
    ]:
        assert words in text
    assert events(cast.pat) == 1


def test_what_may_be_told_is_clinical(cast, signed_in):
    person = RelatedPersonFactory(patient=cast.pat, may_be_told="Test results")
    assert "Test results" not in page(signed_in(cast.flo), at("people", cast.pat))
    form = page(signed_in(cast.flo), at("person_edit", cast.pat, person))
    assert "May be told" not in form
    answer = send(
        signed_in(cast.flo), at("person_edit", cast.pat, person), cast.pat, version=1, **PERSON, phone="555"
    )
    assert answer.status_code == 302
    person.refresh_from_db()
    assert (person.may_be_told, person.phone) == ("Test results", "555")


def test_someone_outside_who_treats_the_mind_is_sensitive(cast, signed_in):
    values = {"name": "Dr. Freud", "role": "behavioral", "starts_on": dt.date(2020, 1, 1)}
    actions.add_care_team_member(patient=cast.pat, values=values, by=cast.ana)
    assert "Dr. Freud" in page(signed_in(cast.ana), at("people", cast.pat))
    for who in (cast.flo, cast.vic):
        assert "Dr. Freud" not in page(signed_in(who), at("people", cast.pat))


@pytest.mark.parametrize("name", ["member_add", "hand_over", "person_add"])
def test_only_some_may_change_it(cast, signed_in, name):
    assert signed_in(cast.vic).get(at(name, cast.pat)).status_code == 403
    assert signed_in(cast.sam).get(at(name, cast.pat)).status_code == 404


# --- care team --------------------------------------------------------------------------------


def test_a_colleague_joins_and_sees_the_record(cast, signed_in):
    assert signed_in(cast.sam).get(at("patient", cast.pat)).status_code == 404
    values = {"user": cast.sam.pk, "role": "nurse", "starts_on": "2026-01-01"}
    assert send(signed_in(cast.ana), at("member_add", cast.pat), cast.pat, **values).status_code == 302
    assert signed_in(cast.sam).get(at("patient", cast.pat)).status_code == 200
    assert Event.objects.filter(name="care_team.joined", patient_id=cast.pat.pk).exists()
    again = send(signed_in(cast.ana), at("member_add", cast.pat), cast.pat, **values)
    assert "already on the care team" in again.content.decode()


def test_someone_outside_joins_by_name(cast, signed_in):
    client = signed_in(cast.ana)
    values = {"name": "Dr. Osei", "works_at": "Heart clinic", "role": "specialist", "starts_on": "2026-01-01"}
    assert send(client, at("member_add", cast.pat), cast.pat, **values).status_code == 302
    assert "Dr. Osei" in page(client, at("people", cast.pat))


@pytest.mark.parametrize("who", [{}, {"name": "Dr. Osei", "user": "max"}, {"user": "olga"}])
def test_a_member_is_one_colleague_or_one_outsider(cast, signed_in, who):
    values = {**who, "role": "nurse", "starts_on": "2026-01-01"}
    if "user" in who:
        values["user"] = getattr(cast, who["user"]).pk
    assert send(signed_in(cast.ana), at("member_add", cast.pat), cast.pat, **values).status_code == 422


def test_those_who_left_cannot_join(cast):
    gone = UserFactory(organization=cast.riverbend, is_active=False)
    values = {"user": gone, "role": "nurse", "starts_on": dt.date(2026, 1, 1)}
    with pytest.raises(Refused):
        actions.add_care_team_member(patient=cast.pat, values=values, by=cast.ana)


def test_a_membership_ends_but_never_the_primary_one(cast, signed_in):
    client = signed_in(cast.ana)
    member = join_care_team(cast.pat, cast.max)
    url = at("member_end", cast.pat, member)
    assert send(client, url, cast.pat, version=1, on="2019-01-01").status_code == 422
    assert send(client, url, cast.pat, version=1, on="2026-02-01").status_code == 302
    assert "already ended" in send(client, url, cast.pat, version=2, on="2026-02-01").content.decode()
    primary = CareTeamMember.objects.get(patient=cast.pat, is_primary=True)
    answer = send(
        client, at("member_end", cast.pat, primary), cast.pat, version=primary.version, on="2026-02-01"
    )
    assert "Hand over to another coordinator first" in answer.content.decode()


def test_a_stale_membership_form_gets_both_values(cast, signed_in):
    member = join_care_team(cast.pat, cast.max)
    member.change({"role_text": "Cardiology"}, by=cast.ana)
    answer = send(
        signed_in(cast.ana), at("member_end", cast.pat, member), cast.pat, version=1, on="2026-02-01"
    )
    assert answer.status_code == 409


def test_the_patient_is_handed_over(cast, signed_in):
    client = signed_in(cast.ana)
    version = Patient.objects.get(pk=cast.pat.pk).version
    answer = send(client, at("hand_over", cast.pat), cast.pat, version=version, coordinator=cast.sue.pk)
    assert answer.status_code == 302
    primary = CareTeamMember.objects.get(patient=cast.pat, is_primary=True)
    assert primary.user == cast.sue
    answer = send(
        signed_in(cast.sue), at("hand_over", cast.pat), cast.pat, version=version, coordinator=cast.ana.pk
    )
    assert answer.status_code == 409
    answer = send(signed_in(cast.sue), at("hand_over", cast.pat), cast.pat, coordinator=cast.flo.pk)
    assert answer.status_code == 422


# --- family and proxies -------------------------------------------------------------------------


def test_a_proxy_is_added_with_a_legal_basis(cast, signed_in):
    client = signed_in(cast.ana)
    values = {
        **PERSON,
        "authority": "power_of_attorney",
        "is_springing": "on",
        "document": "POA 2024",
        "ends_on": "2199-01-01",
    }
    assert send(client, at("person_add", cast.pat), cast.pat, **values).status_code == 302
    assert "only when the patient cannot decide, until 01-Jan-2199" in page(client, at("people", cast.pat))
    assert send(client, at("person_add", cast.pat), cast.pat, **PERSON, is_springing="on").status_code == 422
    backwards = {"starts_on": "2026-02-01", "ends_on": "2026-01-01"}
    assert send(client, at("person_add", cast.pat), cast.pat, **PERSON, **backwards).status_code == 422


def test_a_parent_decides_for_a_child_only(cast, signed_in):
    client = signed_in(cast.ana)
    values = {**PERSON, "relationship": "mother", "authority": "parent"}
    answer = send(client, at("person_add", cast.pat), cast.pat, **values)
    assert answer.status_code == 422
    assert "The patient is an adult" in answer.content.decode()
    today = cast.riverbend.today()
    Patient.objects.filter(pk=cast.pat.pk).update(birth_date=dt.date(today.year - 10, 1, 2))
    assert send(client, at("person_add", cast.pat), cast.pat, **values).status_code == 302
    assert f"until the patient turns 18: 01-Jan-{today.year + 8}" in page(client, at("people", cast.pat))


def test_a_person_is_changed_checked_and_ended(cast, signed_in):
    client = signed_in(cast.ana)
    person = RelatedPersonFactory(patient=cast.pat, authority="guardian", starts_on=dt.date(2025, 1, 1))
    url = at("person_edit", cast.pat, person)
    assert "Ada Rivera" in page(client, url)
    assert send(client, url, cast.pat, version=1, **{**PERSON, "name": "Ada R. Rivera"}).status_code == 302
    assert send(client, at("person_verify", cast.pat, person), cast.pat, version=2).status_code == 302
    assert (
        send(client, at("person_end", cast.pat, person), cast.pat, version=3, on="2020-01-01").status_code
        == 302
    )
    person.refresh_from_db()
    assert (person.name, person.verified_on, person.ends_on) == (
        "Ada R. Rivera",
        cast.riverbend.today(),
        dt.date(2020, 1, 1),
    )
    assert "Ended" in page(client, at("people", cast.pat))
    assert client.get(at("person_verify", cast.pat, person)).status_code == 405


def test_an_end_before_the_start_is_refused(cast, signed_in):
    person = RelatedPersonFactory(patient=cast.pat, starts_on=dt.date(2025, 1, 1))
    answer = send(
        signed_in(cast.ana), at("person_end", cast.pat, person), cast.pat, version=1, on="2024-01-01"
    )
    assert answer.status_code == 422


def test_two_people_editing_see_both_values(cast, signed_in):
    person = RelatedPersonFactory(patient=cast.pat, phone="111")
    person.change({"phone": "222", "is_caregiver": True}, by=cast.max)
    url = at("person_edit", cast.pat, person)
    answer = send(signed_in(cast.ana), url, cast.pat, version=1, **PERSON, phone="333")
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "222" in text
    assert "333" in text
    assert 'name="version" value="2"' in text
    person.refresh_from_db()
    assert person.phone == "222"


def test_authority_is_said_as_it_stands(cast, signed_in):
    RelatedPersonFactory(patient=cast.pat, authority="court_order", ends_on=dt.date(2020, 1, 1))
    RelatedPersonFactory(patient=cast.pat, authority="guardian", starts_on=dt.date(2999, 1, 1))
    text = page(signed_in(cast.ana), at("people", cast.pat))
    assert "Court order, ended 01-Jan-2020" in text
    assert "Legal guardian, not yet in force" in text


def test_a_person_of_another_patient_is_hidden(cast, signed_in):
    other = PatientFactory(organization=cast.riverbend, team=cast.north, coordinator=cast.ana)
    person = RelatedPersonFactory(patient=other)
    assert signed_in(cast.sue).get(at("person_edit", cast.pat, person)).status_code == 404
    assert RelatedPerson.objects.visible_to(cast.sue).count() == 1


def test_it_costs_the_same_for_any_number(cast, signed_in, django_assert_max_num_queries):
    client = signed_in(cast.ana)
    client.get(at("people", cast.pat))
    for _n in range(20):
        RelatedPersonFactory(patient=cast.pat)
        join_care_team(cast.pat, UserFactory(organization=cast.riverbend))
    with django_assert_max_num_queries(13):
        page(client, at("people", cast.pat))
