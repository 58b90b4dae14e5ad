"""The banner: who this is, how to reach them safely, what must not be overlooked, and nothing a role may not see."""

import datetime as dt

import pytest

from patients.access import get_patient
from patients.banner import banner_of, page_title, tabs_of
from patients.models import Patient, SimilarName
from tests.factories import PatientFactory
from tests.factories.record import (
    AddressFactory,
    AllergyFactory,
    ConsentFactory,
    ContactPointFactory,
    CoverageFactory,
    IdentifierFactory,
    RelatedPersonFactory,
)


def seen(user, pat):
    return banner_of(user, get_patient(user, pat.pk))


def change(pat, **values):
    Patient.objects.filter(pk=pat.pk).update(**values)


def texts(items):
    return [str(item["text"]) for item in items]


def fact(banner, label):
    return next(item["value"] for item in banner.facts if label in item["label"])


def test_it_says_who_this_is(cast):
    change(cast.pat, prefix="Ms", preferred_name="Patty", pronouns="she/her")
    IdentifierFactory(patient=cast.pat)
    IdentifierFactory(patient=cast.pat, kind="SS", value="078-05-1120")
    banner = seen(cast.ana, cast.pat)
    assert (banner.name, banner.title, banner.preferred) == ("RIVERA, Pat", "Ms", "Patty")
    assert banner.born_text.startswith("14-Mar-1958 (")
    assert banner.gender == "Female, she/her"
    assert [item["value"] for item in banner.identifiers] == [cast.pat.record_number, "1EG4-TE5-MK73"]
    assert banner.coordinator == "Ana Ruiz (you)"
    assert "078-05-1120" not in str(banner.details)


@pytest.mark.parametrize(
    ("precision", "shown"),
    [("year", "1958 (about"), ("month", "March 1958 (about"), ("day", "14-Mar-1958 (")],
)
def test_a_date_of_birth_is_no_more_exact_than_it_is_known(cast, precision, shown):
    change(cast.pat, birth_precision=precision)
    assert seen(cast.ana, cast.pat).born_text.startswith(shown)


def test_unknown_is_said(cast):
    change(cast.pat, birth_date=None, sex="unknown", record_number="", coordinator=None)
    banner = seen(cast.sue, cast.pat)
    assert banner.born_text == "date not known"
    assert banner.gender == "Not known"
    assert banner.identifiers[0]["value"] == "Not recorded"
    assert banner.coordinator == "None assigned"
    assert fact(banner, "Address") == "Not recorded"
    assert fact(banner, "Phone") == "Not recorded"
    assert fact(banner, "Coverage") == "Not recorded"
    assert page_title(get_patient(cast.sue, cast.pat.pk)) == "RIVERA, Pat, born date not known"


def test_the_number_carries_what_may_be_said_there(cast):
    ContactPointFactory(patient=cast.pat, rank=1, do_not_use=True, do_not_use_reason="partner reads it")
    ContactPointFactory(
        patient=cast.pat, rank=2, number="+12025550143", voicemail="none", best_time="after 10:00"
    )
    banner = seen(cast.ana, cast.pat)
    assert fact(banner, "Phone") == "(202) 555-0143, after 10:00, leave no message"
    assert "1 number not to use" in texts(banner.alerts)
    assert any("Do not use (202) 555-0142 (partner reads it)" in item["value"] for item in banner.details)


def test_it_never_offers_an_unsafe_number(cast):
    ContactPointFactory(patient=cast.pat, do_not_use=True)
    assert fact(seen(cast.ana, cast.pat), "Phone") == "No safe number"


def test_a_confidential_address_comes_first(cast):
    AddressFactory(patient=cast.pat, line="1 Home St")
    AddressFactory(patient=cast.pat, use="mailing", line="PO Box 7", is_confidential=True)
    first = seen(cast.ana, cast.pat).facts[0]
    assert first["label"] == "Confidential address"
    assert first["value"].startswith("PO Box 7")


@pytest.mark.parametrize(
    ("status", "rows", "state"),
    [
        ("not_recorded", 0, "unrecorded"),
        ("none_known", 0, "none"),
        ("unavailable", 0, "unavailable"),
        ("known", 0, "unavailable"),
        ("known", 1, "known"),
        ("none_known", 1, "known"),
    ],
)
def test_allergies_have_exactly_four_states(cast, status, rows, state):
    change(cast.pat, allergy_status=status, allergies_checked_on=dt.date(2026, 11, 2))
    for _n in range(rows):
        AllergyFactory(patient=cast.pat)
    allergies = seen(cast.ana, cast.pat).allergies
    assert allergies["state"] == state
    assert allergies["checked"] == dt.date(2026, 11, 2)


def test_front_desk_sees_no_clinical_detail(cast):
    change(cast.pat, safety_note="Partner is violent", allergy_status="known")
    AllergyFactory(patient=cast.pat)
    banner = seen(cast.flo, cast.pat)
    assert banner.allergies is None
    assert banner.alerts == []
    assert "Penicillin" not in str(banner.details)
    assert "violent" not in str(banner.details)
    assert [tab["label"] for tab in tabs_of(cast.flo, cast.pat)] == [
        "Overview",
        "People and consent",
        "Coverage",
    ]
    assert [action["label"] for action in banner.actions] == []


def test_tabs_stand_in_their_order(cast):
    labels = [str(tab["label"]) for tab in tabs_of(cast.ana, cast.pat, "people")]
    assert labels == [
        "Overview",
        "Timeline",
        "Tasks",
        "People and consent",
        "Coverage",
        "Health history",
        "Access log",
    ]
    assert [tab["label"] for tab in tabs_of(cast.ana, cast.pat, "people") if tab["current"]] == [
        "People and consent"
    ]


def test_alerts_are_ranked_with_harm_first(cast):
    today = cast.riverbend.today()
    change(
        cast.pat,
        safety_note="Dog bites",
        interpreter_needed="yes",
        interpreter_mode="phone",
        language="es",
        has_similar_name=True,
    )
    other = PatientFactory(organization=cast.riverbend, team=cast.north, family="Rivera", given="Pam")
    SimilarName.objects.create(
        patient=cast.pat, other=other, organization=cast.riverbend, reason="sounds_alike"
    )
    ContactPointFactory(patient=cast.pat, do_not_use=True)
    ConsentFactory(patient=cast.pat, kind="portal", signed_on=today, expires_on=today + dt.timedelta(days=30))
    ConsentFactory(
        patient=cast.pat, kind="research", signed_on=today, expires_on=today + dt.timedelta(days=31)
    )
    assert [text.split(" ends")[0] for text in texts(seen(cast.sue, cast.pat).alerts)] == [
        "Dog bites",
        "1 number not to use",
        "Similar name: RIVERA, Pam, born 14-Mar-1958",
        "Interpreter: Spanish, by phone",
        "Consent (portal and e-mail)",
    ]


def test_a_similar_name_one_may_not_see_is_told_without_the_name(cast):
    other = PatientFactory(organization=cast.riverbend, team=cast.south, family="Secret")
    SimilarName.objects.create(patient=cast.pat, other=other, organization=cast.riverbend, reason="same_name")
    change(cast.pat, has_similar_name=True)
    alerts = texts(seen(cast.ana, cast.pat).alerts)
    assert alerts == ["Someone else has a similar name: check the date of birth"]


def test_a_part_2_consent_is_not_named_in_the_banner(cast):
    today = cast.riverbend.today()
    ConsentFactory(patient=cast.pat, kind="part_2", signed_on=today, expires_on=today)
    assert texts(seen(cast.ana, cast.pat).alerts)[0].startswith("Consent ends")
    assert seen(cast.vic, cast.pat).alerts == []
    assert seen(cast.max, cast.pat).alerts != []


def test_the_deceased_are_not_called(cast):
    change(cast.pat, is_deceased=True, deceased_on=None)
    banner = seen(cast.ana, cast.pat)
    assert banner.dead
    assert banner.died is None
    assert banner.born_text == "14-Mar-1958"
    assert "Log contact" not in [action["label"] for action in banner.actions]
    assert texts(banner.alerts)[0] == "Has died: no outreach"


def test_care_that_ended_is_marked(cast):
    change(cast.pat, status="ended", care_ended_on=dt.date(2026, 11, 12))
    assert texts(seen(cast.ana, cast.pat).marks) == ["Care ended 12-Nov-2026"]
    assert seen(cast.ana, cast.pat).actions == []


def test_a_parents_authority_ends_at_eighteen(cast):
    born = cast.riverbend.today().replace(day=1) - dt.timedelta(days=int(365.25 * 17))
    change(cast.pat, birth_date=born)
    parent = RelatedPersonFactory(patient=cast.pat, relationship="mother", authority="parent")
    assert fact(seen(cast.ana, cast.pat), "Proxy") == "Ada Rivera, mother (parent)"
    change(cast.pat, birth_date=dt.date(2000, 2, 29))
    assert parent.authority_ends_on(dt.date(2000, 2, 29)) == dt.date(2018, 2, 28)
    assert fact(seen(cast.ana, cast.pat), "Proxy") == "None recorded"


def test_a_springing_proxy_says_so(cast):
    RelatedPersonFactory(patient=cast.pat, authority="power_of_attorney", is_springing=True)
    assert fact(seen(cast.ana, cast.pat), "Proxy").endswith("only when the patient cannot decide")


def test_only_plans_in_force_are_shown(cast):
    today = cast.riverbend.today()
    CoverageFactory(patient=cast.pat, ends_on=today - dt.timedelta(days=1))
    assert fact(seen(cast.ana, cast.pat), "Coverage") == "None in force"
    CoverageFactory(patient=cast.pat, payer="Medigap G", plan="", ends_on=today)
    assert fact(seen(cast.ana, cast.pat), "Coverage") == "Medigap G"


def test_language_and_gender_are_put_in_words(cast):
    change(
        cast.pat,
        gender_identity="non_binary",
        language="so",
        interpreter_needed="yes",
        interpreter_mode="unknown",
    )
    banner = seen(cast.ana, cast.pat)
    assert banner.gender == "Non-binary"
    assert texts(banner.alerts) == ["Interpreter: Somali"]
    change(cast.pat, language="x-unlisted", interpreter_needed="no")
    details = {item["label"]: item["value"] for item in seen(cast.ana, cast.pat).details}
    assert details["Language"] == "x-unlisted, no interpreter needed"


def test_it_is_read_in_one_statement(cast, django_assert_num_queries):
    patient = get_patient(cast.ana, cast.pat.pk)
    with django_assert_num_queries(1):
        banner_of(cast.ana, patient)
