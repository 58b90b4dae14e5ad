"""The situation in one look, for those who may look."""

import datetime as dt

import pytest
from django.test import override_settings
from django.utils import timezone

from coordination.audit.models import Event
from coordination.lib.ids import new_id
from patients.models import Patient
from patients.panels import Ahead, ahead_of, panels_of
from tests.factories.record import (
    AllergyFactory,
    ConditionFactory,
    ConsentFactory,
    ContactFactory,
    CoverageFactory,
    MedicationFactory,
)
from tests.patients.record import at, events, page


def test_it_shows_what_holds_now(cast, signed_in):
    ConditionFactory(patient=cast.pat, text="Heart failure")
    ConditionFactory(patient=cast.pat, text="Old pneumonia", is_active=False, occurred_at=None)
    MedicationFactory(patient=cast.pat)
    AllergyFactory(patient=cast.pat)
    ContactFactory(patient=cast.pat, note="Asked to call back")
    CoverageFactory(patient=cast.pat)
    text = page(signed_in(cast.ana), at("patient", cast.pat))
    assert "<title>RIVERA, Pat, born 14-Mar-1958 · Overview · Throughline</title>" in text
    for words in [
        "Heart failure",
        "hydrALAZINE",
        "Penicillin",
        "Asked to call back",
        "Medicare, Part A and B",
        "Not verified",
    ]:
        assert words in text
    assert "Old pneumonia" not in text


def test_it_says_that_there_are_more(cast, signed_in):
    for _n in range(11):
        ConditionFactory(patient=cast.pat)
    text = page(signed_in(cast.ana), at("patient", cast.pat))
    assert text.count("Condition number") - text.count(" Condition number 1</b></div>") > 0
    assert "There are more" in text


def test_opening_it_is_written_down_once(cast, signed_in):
    page(signed_in(cast.ana), at("patient", cast.pat))
    event = Event.objects.get(patient_id=cast.pat.pk, kind="view")
    assert (event.name, event.detail, event.actor_name) == (
        "patient.viewed",
        {"page": "overview"},
        "Ana Ruiz",
    )


@pytest.mark.parametrize("name", ["patient", "timeline", "history", "people", "coverage", "access", "print"])
def test_it_hides_the_record_from_strangers(cast, signed_in, name):
    for stranger in (cast.sam, cast.olga, cast.adam):
        assert signed_in(stranger).get(at(name, cast.pat)).status_code == 404


@pytest.mark.parametrize("name", ["patient", "history", "people", "coverage", "access", "print"])
def test_it_takes_no_post(cast, signed_in, name):
    assert signed_in(cast.ana).post(at(name, cast.pat)).status_code == 405


@pytest.mark.parametrize(
    ("who", "name"),
    [
        ("flo", "timeline"),
        ("flo", "history"),
        ("flo", "access"),
        ("flo", "print"),
        ("vic", "print"),
        ("vic", "access"),
        ("petra", "history"),
        ("petra", "print"),
    ],
)
def test_it_refuses_what_the_role_may_not_open(cast, signed_in, who, name):
    answer = signed_in(getattr(cast, who)).get(at(name, cast.pat))
    assert answer.status_code == 403
    assert events(cast.pat) == 0
    assert events(cast.pat, "denial") == 1


def test_front_desk_sees_no_clinical_detail(cast, signed_in):
    ConditionFactory(patient=cast.pat, text="Heart failure")
    MedicationFactory(patient=cast.pat)
    AllergyFactory(patient=cast.pat)
    ContactFactory(patient=cast.pat, note="Asked to call back")
    Patient.objects.filter(pk=cast.pat.pk).update(safety_note="Dog bites", last_contact_at=timezone.now())
    text = page(signed_in(cast.flo), at("patient", cast.pat))
    for words in [
        "Heart failure",
        "hydrALAZINE",
        "Penicillin",
        "Asked to call back",
        "Dog bites",
        "Last contact",
        "Known all",
    ]:
        assert words not in text


def test_a_new_patient_gets_first_steps(cast, signed_in):
    client = signed_in(cast.ana)
    text = page(client, at("patient", cast.pat))
    assert "First steps" in text
    assert text.count("tag green") == 1  # the coordinator is named
    ConsentFactory(patient=cast.pat)
    CoverageFactory(patient=cast.pat)
    assert page(client, at("patient", cast.pat)).count("tag green") == 3
    Patient.objects.filter(pk=cast.pat.pk).update(
        last_contact_at=timezone.now(), last_contact_outcome="left_voicemail"
    )
    text = page(client, at("patient", cast.pat))
    assert "First steps" not in text
    assert "Left voicemail" in text
    assert "First steps" not in page(signed_in(cast.vic), at("patient", cast.pat))


def test_it_costs_few_queries_however_much_there_is(cast, signed_in, django_assert_max_num_queries):
    client = signed_in(cast.ana)
    client.get(at("patient", cast.pat))  # the session notes its first use
    for _n in range(20):
        ConditionFactory(patient=cast.pat)
        MedicationFactory(patient=cast.pat)
        ContactFactory(patient=cast.pat)
        AllergyFactory(patient=cast.pat)
        CoverageFactory(patient=cast.pat)
        ConsentFactory(patient=cast.pat)
    with django_assert_max_num_queries(14):
        client.get(at("patient", cast.pat))


def nothing(user, patient):
    return None


def plans(user, patient):
    later = timezone.now() + dt.timedelta(days=2)
    return [
        Ahead("Some day", new_id()),
        Ahead("Later", new_id(), at=later),
        Ahead("Soon", new_id(), at=later - dt.timedelta(days=1)),
    ]


def test_apps_above_add_panels_and_plans(cast):
    with override_settings(PATIENT_PANELS=[f"{__name__}.nothing"], TIMELINE_AHEAD=[f"{__name__}.plans"]):
        assert panels_of(cast.ana, cast.pat) == []
        assert [plan.title for plan in ahead_of(cast.ana, cast.pat)] == ["Soon", "Later", "Some day"]
