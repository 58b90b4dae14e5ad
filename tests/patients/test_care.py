"""Who coordinates, and how care begins, ends and is ended by death."""

import datetime as dt
from uuid import uuid4

import pytest

from coordination.audit.models import Event
from coordination.lib.refusal import Refused
from coordination.outbox.models import Message
from patients.actions.care import assign_coordinator, correct_death, end_care, record_death, resume_care
from patients.handlers import find_similar_names
from patients.models import CareTeamMember, Patient, SimilarName
from tests.factories import PatientFactory
from tests.patients.test_edit import url
from tests.patients.test_edit_lines import line

# --- care -----------------------------------------------------------------------------------------


def test_there_is_one_coordinator(cast):
    today = cast.riverbend.today()
    assign_coordinator(patient=cast.pat, coordinator=cast.sue, by=cast.ana)
    assign_coordinator(patient=cast.pat, coordinator=cast.sue, by=cast.ana)
    cast.pat.refresh_from_db()
    assert cast.pat.coordinator == cast.sue
    members = {member.user: member for member in CareTeamMember.objects.filter(patient=cast.pat)}
    assert (members[cast.ana].is_primary, members[cast.ana].ends_on) == (False, today)
    assert (members[cast.sue].is_primary, members[cast.sue].ends_on) == (True, None)
    assert Event.objects.filter(name="patient.assigned").count() == 1


def test_only_someone_who_carries_patients_may_coordinate(cast):
    for wrong in (cast.vic, cast.olga):
        with pytest.raises(Refused):
            assign_coordinator(patient=cast.pat, coordinator=wrong, by=cast.ana)


def test_care_ends_with_days_of_grace_and_begins_again(cast, signed_in):
    client = signed_in(cast.ana)
    ending = line(cast.pat, version=str(cast.pat.version), reason="Moved to Toledo")
    assert client.post(url(cast.pat, "end_care"), ending).status_code == 302
    patient = Patient.objects.get(pk=cast.pat.pk)
    today = cast.riverbend.today()
    assert (patient.status, patient.care_ended_on, patient.coordinator) == ("ended", today, None)
    member = CareTeamMember.objects.get(patient=patient)
    assert (member.is_primary, member.ends_on) == (False, today + dt.timedelta(days=30))
    assert client.get(url(patient, "edit")).status_code == 200  # sight lasts
    again = client.post(url(patient, "end_care"), line(patient, version=str(patient.version), reason="Again"))
    assert again.status_code == 422
    with pytest.raises(Refused, match="Take the patient back"):
        assign_coordinator(patient=patient, coordinator=cast.ana, by=cast.ana)

    back = client.post(
        url(patient, "resume_care"), line(patient, version=str(patient.version), coordinator=str(cast.ana.pk))
    )
    assert back.status_code == 302
    patient.refresh_from_db()
    assert (patient.status, patient.care_ended_on, patient.coordinator) == ("active", None, cast.ana)
    with pytest.raises(Refused, match="in care already"):
        resume_care(patient=patient, coordinator=cast.ana, by=cast.ana)


def test_care_does_not_end_with_open_promises(cast):
    cast.pat.open_tasks = 2
    cast.pat.save(update_fields=["open_tasks"])
    with pytest.raises(Refused, match="2 tasks are still open"):
        end_care(patient=cast.pat, reason="Moved", by=cast.ana)
    with pytest.raises(Refused, match="Say why"):
        end_care(patient=cast.pat, reason="", by=cast.ana)


def test_a_death_is_recorded_and_can_be_corrected(cast, signed_in):
    client = signed_in(cast.ana)
    future = client.post(url(cast.pat, "death"), line(cast.pat, version="1", died_on="2099-01-01"))
    assert "The date of death is in the future." in future.text
    early = client.post(url(cast.pat, "death"), line(cast.pat, version="1", died_on="1950-01-01"))
    assert "before the date of birth" in early.text
    assert (
        client.post(url(cast.pat, "death"), line(cast.pat, version="1", died_on="2026-01-01")).status_code
        == 302
    )
    patient = Patient.objects.get(pk=cast.pat.pk)
    assert (patient.is_deceased, patient.deceased_on) == (True, dt.date(2026, 1, 1))
    assert "The patient is alive" in client.get(url(patient, "death")).text
    assert (
        client.post(
            url(patient, "death"), line(patient, version="2", reason="Mixed up with her sister")
        ).status_code
        == 302
    )
    patient.refresh_from_db()
    assert not patient.is_deceased
    assert Event.objects.get(name="patient.death_corrected").reason == "Mixed up with her sister"


def test_the_dead_are_not_taken_back(cast):
    end_care(patient=cast.pat, reason="Died", by=cast.ana)
    record_death(patient=cast.pat, died_on=None, by=cast.ana)
    record_death(patient=cast.pat, died_on=None, by=cast.ana)
    assert Event.objects.filter(name="patient.died").count() == 1
    with pytest.raises(Refused, match="has died"):
        resume_care(patient=cast.pat, coordinator=cast.ana, by=cast.ana)
    with pytest.raises(Refused, match="alive"):
        correct_death(patient=cast.pat, reason="", by=cast.ana)


def test_the_message_finds_similar_names_again(cast):

    PatientFactory(organization=cast.riverbend, team=cast.north, family="Rivera", given="Pat")
    find_similar_names(Message(payload={"patient_id": str(cast.pat.pk)}))
    find_similar_names(Message(payload={"patient_id": str(uuid4())}))
    assert SimilarName.objects.count() == 2
