import datetime as dt
from uuid import uuid4

import pytest
from django.urls import reverse

from coordination.audit.models import Event
from coordination.lib.refusal import Refused, Stale
from coordination.outbox.models import Message
from patients.actions import reaching
from patients.actions.care import assign_coordinator, correct_death, end_care, record_death, resume_care
from patients.actions.identity import edit_patient, mark_similar_names
from patients.handlers import find_similar_names
from patients.models import Address, CareTeamMember, ContactPoint, Identifier, Patient, SimilarName
from tests.factories import PatientFactory


def url(patient, route="edit_name", *more):
    return reverse(f"patients:{route}", args=[patient.pk, *more])


def naming(patient, **changes):
    return {
        "patient": str(patient.pk),
        "version": str(patient.version),
        "family": patient.family,
        "given": patient.given,
    } | changes


def person(patient, **changes):
    return {
        "patient": str(patient.pk), "version": str(patient.version), "birth_date": "14-Mar-1958",
        "birth_precision": "day", "sex": "female", "sex_for_clinical_use": "unknown", "gender_identity": "unknown",
        "race_ethnicity_source": "unknown",
    } | changes  # fmt: skip


@pytest.fixture
def phone(cast):
    return reaching.add_phone(
        patient=cast.pat, values={"kind": "mobile", "value": "(937) 555-0142"}, by=cast.ana
    )


# --- the page and its doors -----------------------------------------------------------------------


def test_it_shows_what_is_known_and_what_is_not(cast, signed_in, phone):
    page = signed_in(cast.ana).get(url(cast.pat, "edit"))
    assert page.status_code == 200
    assert "(937) 555-0142" in page.text
    assert "Not recorded" in page.text
    assert (
        Event.objects.filter(name="patient.viewed", patient_id=cast.pat.pk, detail__page="edit").count() == 1
    )


PAGES = ["edit", "edit_name", "edit_person", "edit_language", "death", "end_care", "resume_care"]


@pytest.mark.parametrize("name", PAGES)
def test_it_hides_from_strangers_and_refuses_lookers(cast, signed_in, name):
    for stranger in (cast.sam, cast.olga, cast.adam):
        assert signed_in(stranger).get(url(cast.pat, name)).status_code == 404
    assert signed_in(cast.vic).get(url(cast.pat, name)).status_code == 403
    assert signed_in(cast.vic).post(url(cast.pat, name)).status_code in {403, 405}
    assert signed_in(cast.ana).get(url(cast.pat, name)).status_code == 200
    assert signed_in(cast.ana).put(url(cast.pat, name)).status_code == 405


@pytest.mark.parametrize("name", ["end_care", "resume_care"])
def test_the_front_desk_does_not_decide_about_care(cast, signed_in, name):
    assert signed_in(cast.flo).post(url(cast.pat, name)).status_code == 403


def test_lines_of_another_patient_are_not_found(cast, signed_in, phone):
    other = PatientFactory(organization=cast.riverbend, coordinator=cast.ana, team=cast.north)
    client = signed_in(cast.sue)
    assert client.get(url(cast.pat, "line_edit", "phones", phone.pk)).status_code == 200
    assert client.get(url(other, "line_edit", "phones", phone.pk)).status_code == 404
    assert client.get(url(cast.pat, "line_edit", "addresses", phone.pk)).status_code == 404
    assert client.get(url(cast.pat, "line_new", "nonsense")).status_code == 404
    assert signed_in(cast.sam).get(url(cast.pat, "line_edit", "phones", phone.pk)).status_code == 404
    assert signed_in(cast.vic).get(url(cast.pat, "line_remove", "phones", phone.pk)).status_code == 403


# --- who the patient is ---------------------------------------------------------------------------


def test_it_saves_and_finds_by_the_new_name(cast, signed_in):
    answer = signed_in(cast.ana).post(
        url(cast.pat), naming(cast.pat, family="Okafor", former_names="Rivera", preferred_name="Patty")
    )
    assert answer.status_code == 302
    assert answer.url == url(cast.pat, "edit")
    patient = Patient.objects.get(pk=cast.pat.pk)
    assert (patient.family, patient.version, patient.updated_by) == ("Okafor", 2, cast.ana)
    assert patient.sort_name == "okafor\x1fpat"
    assert {"d:okafor", "d:rivera", "g:PT"} <= set(patient.name_keys)
    event = Event.objects.get(name="patient.edited")
    assert set(event.changed) == {"family", "former_names", "preferred_name"}
    assert Message.objects.filter(topic="patient.named").count() == 1


def test_nothing_changed_is_nothing_written(cast, signed_in):
    assert signed_in(cast.ana).post(url(cast.pat), naming(cast.pat)).status_code == 302
    cast.pat.refresh_from_db()
    assert cast.pat.version == 1
    assert not Event.objects.filter(name="patient.edited").exists()


def test_someone_else_saved_first(cast, signed_in):
    edit_patient(patient=cast.pat, version=1, values={"preferred_name": "Patty"}, by=cast.sue)
    answer = signed_in(cast.ana).post(url(cast.pat), naming(cast.pat, preferred_name="Patsy"))
    assert answer.status_code == 409
    assert 'value="Patty"' in answer.text
    assert 'value="Patsy"' in answer.text
    assert Patient.objects.get(pk=cast.pat.pk).preferred_name == "Patty"
    settled = signed_in(cast.ana).post(url(cast.pat), naming(cast.pat, preferred_name="Patsy", version="2"))
    assert settled.status_code == 302
    assert Patient.objects.get(pk=cast.pat.pk).preferred_name == "Patsy"


def test_several_answers_come_back_from_a_conflict_as_one(cast, signed_in):
    answer = signed_in(cast.ana).post(
        url(cast.pat, "edit_person"), person(cast.pat, race_ethnicity="asian,white")
    )
    assert answer.status_code == 302
    assert Patient.objects.get(pk=cast.pat.pk).race_ethnicity == ["asian", "white"]


def test_what_i_did_not_touch_stays_as_they_saved_it(cast, signed_in):
    client = signed_in(cast.ana)
    seen = client.get(url(cast.pat)).context["form"]["seen"].value()
    edit_patient(patient=cast.pat, version=1, values={"preferred_name": "Patty"}, by=cast.sue)
    answer = client.post(url(cast.pat), naming(cast.pat, pronouns="she/her", seen=seen))
    assert answer.status_code == 409
    assert 'name="preferred_name" value="Patty"' in answer.text
    assert [row["name"] for row in answer.context["conflict"]["fields"]] == ["pronouns"]


def test_what_was_empty_can_be_kept_empty(cast, signed_in):
    edit_patient(patient=cast.pat, version=1, values={"pronouns": "she/her"}, by=cast.sue)
    answer = signed_in(cast.ana).post(
        url(cast.pat, "edit_language"), {"patient": str(cast.pat.pk), "version": "1", "language": "so"}
    )
    assert answer.status_code == 409
    assert '<input type="radio" name="language" value="">' in answer.text


def test_a_form_of_another_tab_saves_nothing_here(cast, signed_in):
    answer = signed_in(cast.ana).post(url(cast.pat), {**naming(cast.pat), "patient": str(uuid4())})
    assert answer.status_code == 422
    assert "another patient" in answer.text


@pytest.mark.parametrize(
    ("route", "changes", "message"),
    [
        ("edit_name", {"family": "", "given": ""}, "Write the family name"),
        ("edit_person", {"birth_date": "not a date"}, "Write the date of birth like"),
        ("edit_person", {"race_ethnicity": ["unknown", "asian"]}, "stand alone"),
    ],
)
def test_it_says_why_not(cast, signed_in, route, changes, message):
    values = {**naming(cast.pat), **person(cast.pat), **changes}
    answer = signed_in(cast.ana).post(url(cast.pat, route), values)
    assert answer.status_code == 422
    assert message in answer.text


def test_a_weaker_source_never_overwrites_a_stronger_one(cast, signed_in):
    said = {"race_ethnicity": ["asian"], "race_ethnicity_source": "self"}
    edit_patient(patient=cast.pat, version=1, values=said, by=cast.ana)
    cast.pat.refresh_from_db()
    answer = signed_in(cast.ana).post(
        url(cast.pat, "edit_person"),
        person(cast.pat, race_ethnicity=["white"], race_ethnicity_source="observed"),
    )
    assert answer.status_code == 422
    assert "stronger source (self-reported)" in answer.text
    again = signed_in(cast.ana).post(
        url(cast.pat, "edit_person"),
        person(cast.pat, race_ethnicity=["asian", "white"], race_ethnicity_source="self"),
    )
    assert again.status_code == 302


def test_the_action_changes_only_what_it_may(cast):
    with pytest.raises(TypeError):
        edit_patient(patient=cast.pat, version=1, values={"status": "ended"}, by=cast.ana)
    with pytest.raises(Stale):
        edit_patient(patient=cast.pat, version=7, values={"pronouns": "they/them"}, by=cast.ana)
    with pytest.raises(Refused):
        edit_patient(patient=cast.pat, version=1, values={"family": "", "given": ""}, by=cast.ana)


def test_the_front_desk_keeps_what_it_may_not_see(cast, signed_in):
    edit_patient(patient=cast.pat, version=1, values={"sexual_orientation": "private"}, by=cast.ana)
    cast.pat.refresh_from_db()
    client = signed_in(cast.flo)
    assert "private" not in client.get(url(cast.pat, "edit_person")).text
    assert "private" not in client.get(url(cast.pat, "edit")).text
    client.post(
        url(cast.pat, "edit_person"), person(cast.pat, marital_status="Married", sexual_orientation="other")
    )
    cast.pat.refresh_from_db()
    assert (cast.pat.sexual_orientation, cast.pat.marital_status) == ("private", "Married")


def test_language_and_needs(cast, signed_in):
    values = {
        "patient": str(cast.pat.pk), "version": "1", "language": "so", "written_language": "", "english": "not_well",
        "interpreter_needed": "yes", "interpreter_mode": "phone", "communication_needs": "Large print",
    }  # fmt: skip
    assert signed_in(cast.ana).post(url(cast.pat, "edit_language"), values).status_code == 302
    patient = Patient.objects.get(pk=cast.pat.pk)
    assert (patient.language, patient.interpreter_mode, patient.communication_needs) == (
        "so",
        "phone",
        "Large print",
    )
    assert not Message.objects.filter(topic="patient.named").exists()


def test_a_language_from_elsewhere_stays(cast, signed_in):
    edit_patient(patient=cast.pat, version=1, values={"language": "zh-Hant"}, by=cast.ana)
    page = signed_in(cast.ana).get(url(cast.pat, "edit_language"))
    assert '<option value="zh-Hant" selected>' in page.text


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
    future = client.post(url(cast.pat, "death"), line(cast.pat, version="1", died_on="2999-01-01"))
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
