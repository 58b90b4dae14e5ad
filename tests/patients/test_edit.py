from html import unescape
from uuid import uuid4

import pytest
from django.urls import reverse

from coordination.audit.models import Event
from coordination.lib.refusal import Refused, Stale
from coordination.outbox.models import Message
from patients.actions import reaching
from patients.actions.identity import edit_patient
from patients.models import Patient
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
    answer = client.post(url(cast.pat), naming(cast.pat, pronouns="she/her", seen=seen), follow=True)
    patient = Patient.objects.get(pk=cast.pat.pk)
    assert (patient.preferred_name, patient.pronouns) == ("Patty", "she/her")
    assert f"What {cast.sue} changed meanwhile was kept: Preferred name." in unescape(answer.text)
    assert Event.objects.filter(name="patient.edited", actor_id=cast.ana.pk).get().changed == ["pronouns"]


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
