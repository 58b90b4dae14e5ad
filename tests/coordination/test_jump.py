"""Ctrl K: whom it finds for whom, what it costs, what it writes down."""

import datetime as dt

import pytest
from django.urls import reverse

from coordination.audit.models import Event
from patients.models import AccessDenial, ContactPoint
from tests.factories import PatientFactory, join_care_team

URL = "/jump/"
ROLES = ["ana", "sam", "sue", "max", "vic", "flo", "petra", "pam", "olga"]


def jump(client, text="", page="/day/", **more):
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{page}"}
    return client.post(URL, {"text": text, **more}, headers=headers)


def names(answer):
    return [row["who"]["name"] for row in answer.context["rows"]]


def labels(answer, part):
    return [str(entry["label"]) for entry in answer.context[part]]


def add(cast, **values):
    return PatientFactory(
        **{"organization": cast.riverbend, "team": cast.north, "created_by": cast.ana} | values
    )


def record_of(patient):
    return reverse("patients:patient", args=[patient.pk])


def test_it_finds_a_patient_and_says_who_it_is(cast, signed_in):
    cast.pat.has_similar_name = True
    cast.pat.save(update_fields=["has_similar_name"])
    answer = jump(signed_in(cast.ana), "rivera")
    assert names(answer) == ["RIVERA, Pat"]
    for said in (
        "RIVERA, Pat",
        "14-Mar-1958",
        cast.pat.get_sex_display(),
        cast.pat.record_number,
        "Ana Ruiz",
        "Similar name",
    ):
        assert said in answer.text, said
    assert f'href="{record_of(cast.pat)}"' in answer.text
    assert "1 patient" in answer.text


def test_someone_who_died_is_marked(cast, signed_in):
    add(cast, family="Cruz", given="Leo", is_deceased=True)
    assert "Died" in jump(signed_in(cast.sue), "cruz").text


@pytest.mark.parametrize("text", ["rivera", "Riviera", "14 Mar 1958", "(937) 555-0142"])
@pytest.mark.parametrize("who", ROLES)
def test_it_finds_only_whom_one_may_see(cast, signed_in, inside, who, text):
    ContactPoint.objects.create(
        organization=cast.riverbend, patient=cast.pat, kind="mobile", value="937", number="+19375550142",
        created_by=cast.ana, updated_by=cast.ana,
    )  # fmt: skip
    user = getattr(cast, who)
    listed = {row["who"]["name"] for row in signed_in(user).get("/patients/").context["rows"]}
    answer = jump(signed_in(user), text)
    assert set(names(answer)) == listed & {"RIVERA, Pat"}
    if not listed:
        assert cast.pat.record_number not in answer.text
        assert "No one called that among your patients." in answer.text


@pytest.mark.parametrize("who", ["adam", "aud"])
def test_it_is_closed_to_roles_without_patients(cast, signed_in, who):
    client = signed_in(getattr(cast, who))
    assert jump(client, "rivera").status_code == 403
    assert 'id="jump"' not in client.get("/notifications/").text


def test_it_is_asked_by_post_only(cast, signed_in):
    assert signed_in(cast.ana).get(URL, {"text": "rivera"}).status_code == 405


def test_it_knows_the_patient_on_the_page(cast, signed_in):
    client = signed_in(cast.ana)
    here = record_of(cast.pat)
    everything = [
        "Log contact",
        "Add task",
        "Edit who and how to reach",
        "Print a summary",
        "Who can see this record",
    ]
    assert labels(jump(client, page=here), "actions") == everything
    assert labels(jump(client, "print", page=here), "actions") == ["Print a summary"]
    assert labels(jump(client, page="/day/"), "actions") == []
    assert labels(jump(client, page="/nowhere/at/all/"), "actions") == []
    assert labels(jump(signed_in(cast.vic), page=here), "actions") != everything
    hidden = jump(signed_in(cast.sam), page=here)
    assert labels(hidden, "actions") == []
    assert "RIVERA" not in hidden.text


def test_it_offers_the_pages_one_may_open(cast, signed_in):
    assert labels(jump(signed_in(cast.ana)), "pages") == ["My day", "Patients"]
    assert "Imports" in labels(jump(signed_in(cast.sue)), "pages")
    assert labels(jump(signed_in(cast.sue), "impo"), "pages") == ["Imports"]


def test_with_nothing_typed_it_shows_whom_one_opened_last(cast, signed_in):
    client = signed_in(cast.sue)
    assert names(jump(client)) == []
    first, last = add(cast, family="Abdi", given="Hodan"), add(cast, family="Brandt", given="Ida")
    for patient in (first, cast.pat, last, first, last):
        client.get(record_of(patient))
    assert names(jump(client)) == ["BRANDT, Ida", "ABDI, Hodan", "RIVERA, Pat"]
    assert names(jump(client, page=record_of(last))) == ["ABDI, Hodan", "RIVERA, Pat"]
    assert names(jump(signed_in(cast.vic))) == []  # what others opened is theirs
    AccessDenial.objects.create(
        organization=cast.riverbend, patient=first, user=cast.sue, reason="Family", starts_on=dt.date(2020, 1, 1),
        created_by=cast.petra,
    )  # fmt: skip
    assert names(jump(client)) == ["BRANDT, Ida", "RIVERA, Pat"]


def test_eight_are_shown_and_the_others_counted(cast, signed_in):
    for number in range(11):
        add(cast, family="Okafor", given=f"Grace{number}")
    answer = jump(signed_in(cast.sue), "okafor")
    assert len(names(answer)) == 8
    assert "The 8 closest of 11 patients. Type more of the name." in answer.text


def test_a_first_letter_shows_the_names_it_begins_in_their_order(cast, signed_in):
    for family in ("Zimmermann", "Zapata", "Adler", "Zhou"):
        add(cast, family=family, given="Zoe")
    for letter in ("z", "Z"):
        answer = jump(signed_in(cast.sue), letter)
        assert names(answer) == ["ZAPATA, Zoe", "ZHOU, Zoe", "ZIMMERMANN, Zoe"]


def test_a_keystroke_is_not_a_search_until_one_rests_on_it(cast, signed_in):
    client = signed_in(cast.ana)
    for text in ("r", "ri", "riv"):
        jump(client, text)
    assert not Event.objects.filter(name="patient.searched").exists()
    assert jump(client, "rivera", settled="1").status_code == 204
    assert jump(client, "", settled="1").status_code == 204
    event = Event.objects.get(name="patient.searched")
    assert (event.kind, event.actor_id, event.detail["results"]) == ("search", cast.ana.pk, 1)
    assert "ivera" not in str(event.detail).lower()


@pytest.mark.parametrize("text", ["x" * 121, "a\0b", " , "])
def test_what_cannot_be_a_name_finds_nobody(cast, signed_in, text):
    assert names(jump(signed_in(cast.ana), text)) == []


@pytest.mark.parametrize("text", ["rivera", "riviera pat", "14 Mar 1958", "MRN-1", "+1 937 555 0142", ""])
@pytest.mark.parametrize("others", [0, 30])
def test_a_keystroke_costs_two_statements(cast, signed_in, django_assert_num_queries, text, others):
    for _number in range(others):
        join_care_team(add(cast, family="Rivera", coordinator=cast.sue), cast.ana)
    client = signed_in(cast.ana)
    client.get(record_of(cast.pat))
    jump(client)
    # session, person, organization, savepoint (2), scope; then two of its own, or one for a date of birth
    with django_assert_num_queries(5 if text.startswith("14") else 6):
        jump(client, text, page=record_of(cast.pat))
