import datetime as dt

import pytest

from patients.matching import Band, Probe, Traits, compare, duplicates, look_alikes
from patients.models import Address, ContactPoint, Identifier, Patient
from tests.factories import PatientFactory

BORN = dt.date(1958, 3, 14)


@pytest.fixture
def grace(cast):
    return PatientFactory(
        organization=cast.riverbend, team=cast.north, family="Okafor", given="Grace", birth_date=BORN
    )


def probe(cast, **values):
    return Probe(
        organization_id=cast.riverbend.pk,
        **({"family": "Okafor", "given": "Grace", "birth_date": BORN} | values),
    )


@pytest.mark.parametrize(
    ("values", "band", "why"),
    [
        ({}, Band.CERTAIN, "Same date of birth, same name"),
        ({"family": "Okafour"}, Band.LIKELY, "Same date of birth, name alike"),
        ({"family": "Ocafor", "given": "Grase"}, Band.LIKELY, "Same date of birth, name alike"),
        (
            {"family": "Grace", "given": "Okafor"},
            Band.LIKELY,
            "Same date of birth, family and given name swapped",
        ),
        ({"birth_date": dt.date(1958, 3, 15)}, Band.LIKELY, "Date of birth differs in one digit, same name"),
        ({"birth_date": None}, Band.POSSIBLE, "Same name"),
        ({"given": "Ada"}, Band.POSSIBLE, "Same date of birth, same family name"),
        ({"given": "Baby Girl"}, Band.LIKELY, "Same date of birth, a newborn's name, same family name"),
        ({"suffix": "Jr"}, Band.CERTAIN, "Same date of birth, same name"),
        ({"birth_date": dt.date(1985, 8, 2)}, None, ""),
        ({"family": "Brandt"}, None, ""),
        ({"family": "Brandt", "given": "Ada", "birth_date": dt.date(1990, 1, 1)}, None, ""),
    ],
)
def test_it_says_how_sure_it_is_and_why(cast, grace, values, band, why):
    found = duplicates(probe(cast, **values))
    assert [match.band for match in found] == ([band] if band else [])
    assert not found or found[0].why == why


def test_day_and_month_may_have_been_swapped(cast):
    PatientFactory(
        organization=cast.riverbend, family="Okafor", given="Grace", birth_date=dt.date(1958, 3, 4)
    )
    (found,) = duplicates(probe(cast, birth_date=dt.date(1958, 4, 3)))
    assert found.band == Band.LIKELY
    assert "swapped" in found.why


def test_the_same_identifier_is_never_overlooked(cast, grace):
    Identifier.objects.create(
        organization=cast.riverbend,
        patient=grace,
        kind="MC",
        value="1EG4TE5MK73",
        created_by=cast.ana,
        updated_by=cast.ana,
    )
    (found,) = duplicates(
        probe(cast, family="Smith", given="Ann", birth_date=None, identifiers=frozenset({"1EG4TE5MK73"}))
    )
    assert found.is_strong
    (by_record_number,) = duplicates(Probe(cast.riverbend.pk, identifiers=frozenset({grace.record_number})))
    assert by_record_number.patient == grace


def test_the_same_phone_counts(cast, grace):
    ContactPoint.objects.create(
        organization=cast.riverbend,
        patient=grace,
        kind="mobile",
        value="(555) 555-0142",
        number="+15555550142",
        created_by=cast.ana,
        updated_by=cast.ana,
    )
    (found,) = duplicates(probe(cast, birth_date=dt.date(1999, 1, 1), numbers=frozenset({"+15555550142"})))
    assert (found.band, found.why) == (Band.POSSIBLE, "Same phone, same name")


def test_former_and_other_suffixes(cast, grace):
    grace.former_names, grace.suffix = "Brandt", "Sr"
    assert (
        compare(probe(cast, family="Brandt"), grace, Traits()).why
        == "Same date of birth, known by this family name before, same given name"
    )
    assert compare(probe(cast, suffix="Jr"), grace, Traits()).band == Band.LIKELY
    assert (
        compare(probe(cast, sex="male"), grace, Traits()).score
        < compare(probe(cast, sex="female"), grace, Traits()).score
    )


def test_an_initial_is_a_weak_sign(cast, grace):
    assert (
        compare(probe(cast, given="G"), grace, Traits()).score
        > compare(probe(cast, given="Ada"), grace, Traits()).score
    )


def test_too_little_finds_nobody(cast, grace):
    assert duplicates(Probe(cast.riverbend.pk, family="Okafor")) == []


def test_it_stays_within_the_organization(cast, grace, inside):
    inside(cast.hillside)
    assert duplicates(Probe(cast.hillside.pk, "Okafor", "Grace", BORN)) == []


def test_names_in_other_scripts(cast):
    PatientFactory(organization=cast.riverbend, family="Nguyễn", given="Thị Lan", birth_date=BORN)
    PatientFactory(organization=cast.riverbend, family="王", given="小明", birth_date=BORN)
    assert duplicates(probe(cast, family="Nguyen", given="Lan"))[0].band == Band.LIKELY
    assert duplicates(probe(cast, family="王", given="小明"))[0].band == Band.CERTAIN


@pytest.mark.parametrize(
    ("family", "given", "born", "reason"),
    [
        ("Okafor", "Grace", dt.date(1985, 8, 2), "same_name"),
        ("Okafor", "Ada", BORN, "same_birth_date"),
        ("Okaffor", "Grase", dt.date(1985, 8, 2), "sounds_alike"),
        ("Okafor", "Peter", dt.date(1985, 8, 2), None),
        ("Brandt", "Grace", BORN, None),
    ],
)
def test_names_one_could_mix_up(cast, grace, family, given, born, reason):
    other = PatientFactory(organization=cast.riverbend, family=family, given=given, birth_date=born)
    found = dict(look_alikes(grace, Patient.objects.all()))
    assert found == ({other: reason} if reason else {})


def test_the_candidates_are_bounded(cast, grace, monkeypatch):
    monkeypatch.setattr("patients.matching.MOST_CANDIDATES", 3)
    for number in range(6):
        PatientFactory(
            organization=cast.riverbend,
            family="Okafor",
            given="Grace",
            birth_date=dt.date(1970, 1, 1 + number),
        )
    assert len(duplicates(probe(cast, birth_date=None))) == 3


def test_the_same_zip_code_tips_the_balance(cast, grace):
    Address.objects.create(
        organization=cast.riverbend,
        patient=grace,
        line="418 Alder St",
        postal_code="45402",
        created_by=cast.ana,
        updated_by=cast.ana,
    )
    (found,) = duplicates(probe(cast, birth_date=None, postal_code="45402"))
    assert found.why == "Same ZIP code, same name"
    assert found.score > duplicates(probe(cast, birth_date=None))[0].score
