"""What was done to a record is taken back within minutes, and told afterwards."""

import datetime as dt

import pytest
import time_machine
from django.db import IntegrityError
from django.utils import timezone

from coordination.audit.models import Event
from coordination.lib.ids import new_id
from coordination.lib.refusal import Refused
from coordination.outbox.models import Message
from patients.actions import care, consent, coverage, history, identity, people, reaching
from patients.actions.telling_apart import tell_apart
from patients.actions.undoing import undo_record_change
from patients.models import (
    Address,
    Allergy,
    CareTeamMember,
    Condition,
    Consent,
    ContactPoint,
    Coverage,
    Identifier,
    Patient,
    RecordChange,
    RelatedPerson,
    TwoPeople,
)
from tests.factories import PatientFactory
from tests.factories.record import AllergyFactory, ConditionFactory
from tests.patients.record import at, page, send

PHONE = {"kind": "mobile", "value": "(937) 555-0142"}
MADE = {"version", "updated_at", "updated_by_id", "created_at"}


def undo(done, by):
    return undo_record_change(change=done.last_change, by=by)


def seen(model, patient):
    """All that a table says about a patient, but for who saved it when."""
    rows = model.objects.filter(pk=patient.pk) if model is Patient else model.objects.filter(patient=patient)
    return [{name: value for name, value in row.items() if name not in MADE} for row in rows.values()]


def person(cast):
    values = {"name": "Rosa", "relationship": "sister", "authority": "none"}
    return people.add_related_person(patient=cast.pat, values=values, by=cast.ana)


def agreed(cast):
    values = {"kind": "research", "given": True, "signed_on": cast.riverbend.today()}
    return consent.record_consent(patient=cast.pat, values=values, by=cast.ana)


def plan(cast):
    return coverage.add_coverage(patient=cast.pat, values={"payer": "Ohio Medicaid"}, by=cast.ana)


def phone(cast):
    return reaching.add_phone(patient=cast.pat, values=PHONE, by=cast.ana)


def address(cast):
    return reaching.add_address(patient=cast.pat, values={"line": "1 Main St"}, by=cast.ana)


def number(cast):
    values = {"kind": "MC", "value": "77", "system": "Ohio"}
    return reaching.add_identifier(patient=cast.pat, values=values, by=cast.ana)


def member(cast):
    values = {"user": cast.max, "role": "nurse", "starts_on": cast.riverbend.today()}
    return people.add_care_team_member(patient=cast.pat, values=values, by=cast.ana)


def allergy(cast):
    return AllergyFactory(patient=cast.pat)


MAKE = {
    Patient: lambda cast: cast.pat, ContactPoint: phone, Address: address, Identifier: number, RelatedPerson: person,
    CareTeamMember: member, Consent: agreed, Coverage: plan, Allergy: allergy,
}  # fmt: skip
TODAY = dt.date(2026, 1, 2)
COST = 11
BORN = {"birth_date": TODAY, "race_ethnicity": ["asian"], "race_ethnicity_source": "self"}
OTHER_PHONE = {"value": "(937) 555-0143", "call_from": dt.time(9)}
# every act that changes a line that is there
CHANGES = {
    "name": (Patient, lambda p, by: identity.edit_patient(patient=p, version=None, by=by, values={"family": "Okafor", "given": "Grace"})),
    "language": (Patient, lambda p, by: identity.edit_patient(patient=p, version=None, by=by, values={"language": "es"})),
    "birth": (Patient, lambda p, by: identity.edit_patient(patient=p, version=None, by=by, values=BORN)),
    "death": (Patient, lambda p, by: care.record_death(patient=p, died_on=TODAY, by=by)),
    "end care": (Patient, lambda p, by: care.end_care(patient=p, reason="Moved away", by=by)),
    "hand over": (Patient, lambda p, by: care.assign_coordinator(patient=p, coordinator=sue_of(p), by=by)),
    "no allergies": (Patient, lambda p, by: history.confirm_no_allergies(patient=p, version=None, by=by)),
    "unavailable": (Patient, lambda p, by: history.make_allergies_unavailable(patient=p, version=None, by=by)),
    "phone": (ContactPoint, lambda r, by: reaching.change_phone(phone=r, version=None, by=by, values=OTHER_PHONE)),
    "strike out": (ContactPoint, lambda r, by: reaching.remove_phone(phone=r, version=None, by=by, reason="Wrong")),
    "remove phone": (ContactPoint, lambda r, by: reaching.remove_phone(phone=r, version=None, by=by, reason="", entered_in_error=True)),
    "address": (Address, lambda r, by: reaching.change_address(address=r, version=None, by=by, values={"city": "Dayton"})),
    "end address": (Address, lambda r, by: reaching.remove_address(address=r, version=None, by=by)),
    "remove address": (Address, lambda r, by: reaching.remove_address(address=r, version=None, by=by, entered_in_error=True)),
    "identifier": (Identifier, lambda r, by: reaching.change_identifier(identifier=r, version=None, by=by, values={"value": "78"})),
    "end identifier": (Identifier, lambda r, by: reaching.remove_identifier(identifier=r, version=None, by=by)),
    "remove identifier": (Identifier, lambda r, by: reaching.remove_identifier(identifier=r, version=None, by=by, entered_in_error=True)),
    "person": (RelatedPerson, lambda r, by: people.change_related_person(person=r, version=None, by=by, values={"phone": "937"})),
    "end person": (RelatedPerson, lambda r, by: people.end_related_person(person=r, version=None, by=by, on=TODAY)),
    "verify person": (RelatedPerson, lambda r, by: people.verify_related_person(person=r, version=None, by=by)),
    "leave": (CareTeamMember, lambda r, by: people.end_care_team_membership(member=r, version=None, by=by, on=r.starts_on)),
    "revoke": (Consent, lambda r, by: consent.revoke_consent(consent=r, version=None, by=by)),
    "coverage": (Coverage, lambda r, by: coverage.change_coverage(coverage=r, version=None, by=by, values={"payer": "Aetna"})),
    "end coverage": (Coverage, lambda r, by: coverage.end_coverage(coverage=r, version=None, by=by, on=TODAY)),
    "verify coverage": (Coverage, lambda r, by: coverage.verify_coverage(coverage=r, version=None, by=by)),
    "check": (Allergy, lambda r, by: history.check_history_item(item=r, version=None, by=by)),
    "dispute": (Allergy, lambda r, by: history.dispute_history_item(item=r, reason="Never had it", version=None, by=by)),
    "error": (Allergy, lambda r, by: history.enter_in_error(item=r, reason="Other patient", version=None, by=by)),
    "end": (Allergy, lambda r, by: history.end_history_item(item=r, on=TODAY, version=None, by=by)),
    "sensitivity": (Allergy, lambda r, by: history.set_sensitivity(item=r, sensitivity="HIV", version=None, by=by)),
}  # fmt: skip


def sue_of(patient):
    """Another coordinator of the house."""
    return type(patient.coordinator).objects.get(name="Sue Park")


# --- back as it was -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CHANGES)
def test_what_was_changed_is_as_it_was(cast, name):
    model, change = CHANGES[name]
    row = MAKE[model](cast)
    if model is Allergy:
        Patient.objects.filter(pk=cast.pat.pk).update(allergy_status="known")
    tables = [Patient, CareTeamMember, model]
    before = [seen(table, cast.pat) for table in tables]
    done = change(row, cast.ana)
    assert [seen(table, cast.pat) for table in tables] != before
    undone = undo(done, cast.sue)
    assert [seen(table, cast.pat) for table in tables] == before
    assert undone.undone_by == cast.sue
    assert RecordChange.objects.filter(undone_at__isnull=True).exclude(act="add").count() == 0
    assert Event.objects.filter(name__endswith=".undone", actor_id=cast.sue.pk).count() == 1


@pytest.mark.parametrize(
    "make", [phone, address, number, person, agreed, member], ids=lambda make: make.__name__
)
def test_a_line_that_never_was_so_is_taken_away_and_kept_in_its_change(cast, make):
    row = make(cast)
    change = undo(row, cast.ana)
    assert not type(row).objects.filter(pk=row.pk).exists()
    assert {value for value in RecordChange.objects.get(pk=change.pk).after.values() if value}


def test_a_plan_added_by_mistake_says_so(cast):
    undo(plan(cast), cast.ana)
    assert Coverage.objects.get().status == "entered_in_error"


def test_an_allergy_added_by_mistake_says_so_and_the_list_is_what_it_was(cast):
    history.confirm_no_allergies(patient=cast.pat, version=None, by=cast.ana)
    row = history.add_history_item(
        patient=cast.pat, model=Allergy, values={"text": "Penicillin"}, by=cast.ana
    )
    assert Patient.objects.get(pk=cast.pat.pk).allergy_status == "known"
    undo(row, cast.ana)
    row.refresh_from_db()
    assert row.record_status == "entered_in_error"
    assert "undone" in row.note
    assert Patient.objects.get(pk=cast.pat.pk).allergy_status == "none_known"


def test_a_number_that_was_taken_away_comes_back_as_it_was_made(cast):
    row = phone(cast)
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=1)):
        undo(
            reaching.remove_phone(phone=row, version=1, reason="", by=cast.sue, entered_in_error=True),
            cast.sue,
        )
    back = ContactPoint.objects.get(pk=row.pk)
    assert (back.created_by, back.created_at) == (cast.ana, row.created_at)
    assert (back.updated_by, back.version) == (cast.sue, 3)


def test_care_resumed_ends_again(cast):
    care.end_care(patient=cast.pat, reason="Moved away", by=cast.ana)
    before = seen(Patient, cast.pat), seen(CareTeamMember, cast.pat)
    undo(care.resume_care(patient=cast.pat, coordinator=cast.sue, by=cast.sue), cast.sue)
    assert (seen(Patient, cast.pat), seen(CareTeamMember, cast.pat)) == before


def test_the_patient_is_found_by_the_old_name_again(cast):
    done = identity.edit_patient(patient=cast.pat, version=1, values={"family": "Okafor"}, by=cast.ana)
    Message.objects.all().delete()
    undo(done, cast.ana)
    patient = Patient.objects.get(pk=cast.pat.pk)
    assert patient.sort_name == "rivera\x1fpat"
    assert "d:rivera" in patient.name_keys
    assert Message.objects.filter(topic="patient.named").count() == 1  # similar names are looked for again


def test_two_people_may_be_one_again(cast):
    other = PatientFactory(organization=cast.riverbend, team=cast.north)
    told = tell_apart(patient=cast.pat, other=other, reason="Twins", by=cast.sue)
    undo(told, cast.sue)
    assert not TwoPeople.objects.exists()
    again = tell_apart(patient=cast.pat, other=other, reason="Twins", by=cast.sue)
    assert tell_apart(patient=cast.pat, other=other, reason="Twins", by=cast.ana).last_change is None
    assert again.last_change is not None


# --- and when it is not -------------------------------------------------------------------------------------------------


def test_it_is_too_late_after_ten_minutes(cast):
    row = phone(cast)
    with (
        time_machine.travel(timezone.now() + dt.timedelta(minutes=11)),
        pytest.raises(Refused, match="10 min"),
    ):
        undo(row, cast.ana)


def test_once_is_enough(cast):
    row = phone(cast)
    undo(row, cast.ana)
    with pytest.raises(Refused, match="Ana Ruiz undid this"):
        undo(row, cast.sue)


def test_somebody_changed_the_line_since(cast):
    row = phone(cast)
    reaching.change_phone(phone=row, version=1, values={"note": "Evenings"}, by=cast.sue)
    with pytest.raises(Refused, match="Changed since by Sue Park"):
        undo(row, cast.ana)
    assert ContactPoint.objects.get().note == "Evenings"


def test_what_an_import_changed_since_counts_too(cast):
    row = phone(cast)
    done = reaching.change_phone(phone=row, version=1, values={"note": "Evenings"}, by=cast.ana)
    ContactPoint.objects.get().change({"note": "Mornings"}, by=cast.adam)
    with pytest.raises(Refused, match="Changed since by Adam Frost"):
        undo(done, cast.ana)


def test_what_was_done_and_undone_since_does_not_count(cast):
    row = phone(cast)
    undo(reaching.remove_phone(phone=row, version=1, reason="", by=cast.sue, entered_in_error=True), cast.sue)
    there = ContactPoint.objects.get()
    undo(reaching.change_phone(phone=there, version=3, values={"note": "Evenings"}, by=cast.sue), cast.sue)
    undo(row, cast.ana)
    assert not ContactPoint.objects.exists()


def test_what_came_of_it_must_be_unchanged_too(cast):
    row = history.add_history_item(
        patient=cast.pat, model=Allergy, values={"text": "Penicillin"}, by=cast.ana
    )
    history.check_allergies(patient=cast.pat, version=None, by=cast.sue)  # today: changes nothing
    identity.edit_patient(patient=cast.pat, version=None, values={"language": "es"}, by=cast.sue)
    with pytest.raises(Refused, match="Sue Park"):
        undo(row, cast.ana)
    assert Allergy.objects.get().record_status == "active"


def test_a_number_somebody_else_has_by_now_stays_away(cast):
    done = reaching.remove_identifier(identifier=number(cast), version=1, by=cast.ana, entered_in_error=True)
    other = PatientFactory(organization=cast.riverbend, team=cast.north)
    reaching.add_identifier(
        patient=other, values={"kind": "MC", "value": "77", "system": "Ohio"}, by=cast.ana
    )
    with pytest.raises(Refused, match="taken"):
        undo(done, cast.ana)
    assert RecordChange.objects.get(pk=done.last_change.pk).undone_at is None


def test_nobody_gets_a_patient_back_who_carries_none_any_more(cast):
    done = care.assign_coordinator(patient=cast.pat, coordinator=cast.sue, by=cast.sue)
    cast.ana.roles = ["read_only"]
    cast.ana.save(update_fields=["roles"])
    with pytest.raises(Refused, match="carries patients"):
        undo(done, cast.sue)


def test_one_version_of_a_line_is_left_by_one_act(cast):
    row = phone(cast)
    again = RecordChange.objects.get(pk=row.last_change.pk)
    again.pk = new_id()
    with pytest.raises(IntegrityError, match="record_change_once_per_version"):
        again.save(force_insert=True)


def test_nothing_changed_is_nothing_to_undo(cast):
    done = identity.edit_patient(patient=cast.pat, version=1, values={"family": "Rivera"}, by=cast.ana)
    assert done.last_change is None
    assert not RecordChange.objects.exists()


# --- where it is offered and told ---------------------------------------------------------------------------------------


def undo_at(change):
    return at("change_undo", change.patient_id, change)


def test_the_message_after_saving_has_an_undo_that_works(cast, signed_in, inside):
    client = signed_in(cast.ana)
    send(client, at("line_new", cast.pat, "phones"), cast.pat, **PHONE, voicemail="none", rank=1)
    inside(cast.riverbend)
    change = RecordChange.objects.get()
    body = page(client, at("edit", cast.pat))
    assert f'action="{undo_at(change)}"' in body
    assert 'data-key="z"' in body
    answer = client.post(undo_at(change), headers={"Referer": f"http://testserver{at('edit', cast.pat)}"})
    assert (answer.status_code, answer.url) == (302, at("edit", cast.pat))
    inside(cast.riverbend)
    assert not ContactPoint.objects.exists()
    assert "Taken out again: Phone or e-mail." in page(client, at("edit", cast.pat))


def test_the_page_of_changes_tells_old_and_new(cast, signed_in):
    identity.edit_patient(
        patient=cast.pat, version=1, values={"preferred_name": "Patty", "given": "Paz"}, by=cast.ana
    )
    care.assign_coordinator(patient=cast.pat, coordinator=cast.sue, by=cast.ana)
    undo(phone(cast), cast.ana)
    body = page(signed_in(cast.sue), at("changes", cast.pat))
    assert "Given name: Pat to Paz" in body
    assert "Preferred name: Patty" in body
    assert "Primary coordinator: Ana Ruiz to Sue Park" in body
    assert "Number or e-mail: (937) 555-0142" in body  # gone from the record, told here
    assert "Undone by Ana Ruiz" in body
    assert (
        body.count("/undo/") == 1
    )  # of the patient the last act only: what was changed since does not go back
    assert "/undo/" not in page(signed_in(cast.vic), at("changes", cast.pat))


def test_a_refusal_says_who_changed_it(cast, signed_in):
    row = phone(cast)
    reaching.change_phone(phone=row, version=1, values={"note": "Evenings"}, by=cast.sue)
    answer = signed_in(cast.ana).post(undo_at(row.last_change))
    assert answer.status_code == 422
    assert "Changed since by Sue Park" in answer.text


def test_it_is_undone_by_whoever_may_change_such_lines(cast, signed_in, inside):
    change = plan(cast).last_change
    for user, status in {cast.olga: 404, cast.sam: 404, cast.vic: 403, cast.max: 403, cast.flo: 302}.items():
        inside(cast.riverbend)
        assert signed_in(user).post(undo_at(change)).status_code == status, user
    inside(cast.riverbend)
    ended = care.end_care(patient=cast.pat, reason="Moved away", by=cast.sue)
    assert signed_in(cast.flo).post(undo_at(ended.last_change)).status_code == 403


def test_closed_lines_stay_closed(cast, signed_in):
    row = history.add_history_item(
        patient=cast.pat,
        model=Condition,
        values={"text": "Opioid use disorder", "sensitivity": "ETH"},
        by=cast.max,
    )
    history.dispute_history_item(item=row, reason="Not sure", version=1, by=cast.max)
    change = row.last_change
    assert "Opioid use disorder" in page(signed_in(cast.max), at("changes", cast.pat))
    for user in (cast.ana, cast.vic, cast.flo, cast.petra):
        assert "Opioid" not in page(signed_in(user), at("changes", cast.pat))
    assert signed_in(cast.ana).post(undo_at(change)).status_code == 404


def test_whoever_put_a_line_out_of_their_own_sight_may_take_that_back(cast, signed_in, inside):
    row = ConditionFactory(patient=cast.pat, text="Opioid use disorder")
    client = signed_in(cast.ana)
    send(
        client, at("history_sensitivity", cast.pat, "condition", row), cast.pat, version=1, sensitivity="ETH"
    )
    inside(cast.riverbend)
    assert "Opioid" not in page(client, at("changes", cast.pat))
    inside(cast.riverbend)
    assert client.post(undo_at(RecordChange.objects.get())).status_code == 302
    inside(cast.riverbend)
    assert Condition.objects.get().sensitivity == ""


def test_clinical_fields_are_told_to_who_sees_them(cast, signed_in):
    identity.edit_patient(
        patient=cast.pat,
        version=1,
        values={"sexual_orientation": "Bisexual", "pronouns": "they/them"},
        by=cast.ana,
    )
    assert "Bisexual" in page(signed_in(cast.vic), at("changes", cast.pat))
    for user in (cast.flo, cast.petra):
        body = page(signed_in(user), at("changes", cast.pat))
        assert "Bisexual" not in body
        assert "they/them" in body


def test_a_gone_line_that_may_be_closed_is_told_to_who_did_it(cast, signed_in):
    values = {"name": "Dr. Freud", "role": "behavioral", "starts_on": cast.riverbend.today()}
    undo(people.add_care_team_member(patient=cast.pat, values=values, by=cast.ana), cast.ana)
    assert "Dr. Freud" in page(signed_in(cast.ana), at("changes", cast.pat))
    assert "Dr. Freud" not in page(signed_in(cast.vic), at("changes", cast.pat))


def test_a_change_of_another_patient_is_not_found(cast, signed_in):
    other = PatientFactory(organization=cast.riverbend, team=cast.north, coordinator=cast.ana)
    change = phone(cast).last_change
    assert signed_in(cast.sue).post(at("change_undo", other, change)).status_code == 404


def test_what_i_did_tells_of_records_among_tasks(cast, signed_in):
    phone(cast)
    reaching.add_address(patient=cast.pat, values={"line": "1 Main St"}, by=cast.sue)
    body = page(signed_in(cast.ana), "/day/history/")
    assert "Phone or e-mail: (937) 555-0142" in body
    assert "RIVERA" in body
    assert "1 Main St" not in body
    assert body.count("/undo/") == 1


def test_it_costs_the_same_for_one_change_and_for_thirty(cast, signed_in, inside, django_assert_num_queries):
    client, url = signed_in(cast.ana), at("changes", cast.pat)
    rows = [ConditionFactory(patient=cast.pat) for _ in range(30)]
    history.check_history_item(item=rows[0], version=1, by=cast.ana)
    page(client, url)
    with django_assert_num_queries(COST):
        page(client, url)
    inside(cast.riverbend)
    for row in rows[1:]:
        history.check_history_item(item=row, version=1, by=cast.ana)
    with django_assert_num_queries(COST):
        page(client, url)


def test_an_edit_and_its_change_are_one_write(cast, django_assert_num_queries):
    row = phone(cast)
    with django_assert_num_queries(2):  # the lock, and all that is written
        reaching.change_phone(phone=row, version=1, values={"note": "Evenings"}, by=cast.ana)
