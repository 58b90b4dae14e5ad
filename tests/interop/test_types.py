"""What a field may hold, and where it says it stands when it does not."""

import datetime as dt
from typing import Any

import pytest

from coordination.interop.fhir import dates
from coordination.interop.fhir.problems import Rejected
from tests.interop.made_up import about, allergy, coded, condition, observation
from tests.interop.readers import ZONE, facts, read


@pytest.mark.parametrize(
    ("text", "precision", "utc"),
    [
        ("1958", "year", "1958-01-01T06:00:00+00:00"),
        ("1958-03", "month", "1958-03-01T06:00:00+00:00"),
        ("2026-07-04", "day", "2026-07-04T05:00:00+00:00"),
        ("2026-11-17T09:30:00-06:00", "instant", "2026-11-17T15:30:00+00:00"),
        ("2026-11-17T15:30Z", "instant", "2026-11-17T15:30:00+00:00"),
        ("2026-11-17T09:30:00", "instant", "2026-11-17T15:30:00+00:00"),
        ("2026-11-17T15:30:00.123456789Z", "instant", "2026-11-17T15:30:00.123456+00:00"),
        ("2026-11-17T15:30:00.1Z", "instant", "2026-11-17T15:30:00.100000+00:00"),
    ],
)
def test_dates_become_moments(text: str, precision: str, utc: str) -> None:
    found = dates.parse(text)
    assert (found.precision, found.at(ZONE).isoformat()) == (precision, utc)


@pytest.mark.parametrize(
    "text",
    ["", "58", "1958-13", "2026-02-30", "17.11.2026", "2026-11-17T25:00Z", "0001-01-01", "2999", "next week"],
)
def test_other_dates_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        dates.parse(text)


def test_an_instant_late_in_the_day_belongs_to_the_day_here() -> None:
    assert dates.parse("2026-11-18T03:00:00Z").day_in(ZONE) == dt.date(2026, 11, 17)


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        (condition(onsetDateTime=2019), "Condition.onsetDateTime"),
        (condition(onsetDateTime="soon"), "Condition.onsetDateTime"),
        (condition(code="44054006"), "Condition.code"),
        (condition(code={"coding": {"code": "1"}}), "Condition.code.coding"),
        (condition(code={"coding": ["1"]}), "Condition.code.coding"),
        (condition(code={"coding": [{"code": 1}]}), "Condition.code.coding[0].code"),
        (condition(code={}), "Condition.code"),
        (condition(code=None), "Condition.code"),
        (observation(valueQuantity={"value": "7.2"}), "Observation.valueQuantity.value"),
        (observation(valueQuantity={"value": 10**400}), "Observation.valueQuantity.value"),
        (observation(valueQuantity={"value": True}), "Observation.valueQuantity.value"),
        (observation(valueQuantity=None, valueInteger=1.5), "Observation.valueInteger"),
        (observation(valueQuantity=None, valueBoolean="yes"), "Observation.valueBoolean"),
        (allergy(category="food"), "AllergyIntolerance.category"),
        (allergy(category=[1]), "AllergyIntolerance.category"),
        (
            about(
                "Procedure",
                "x",
                code=coded("1", "x"),
                performedPeriod={"start": "2026-02-02", "end": "2026-01-01"},
            ),
            "Procedure.performedPeriod",
        ),
        (about("Encounter", "x", period={"start": "2026-02-02", "end": "2026-01-01"}), "Encounter.period"),
        (about("Coverage", "x", element="beneficiary", payor=[]), "Coverage.payor"),
        (about("FamilyMemberHistory", "x", element="patient"), "FamilyMemberHistory.relationship"),
        (about("MedicationRequest", "x"), "MedicationRequest.medication[x]"),
        (
            about("MedicationRequest", "x", medicationReference={"reference": "Medication/9"}),
            "MedicationRequest.medicationReference",
        ),
        (about("RelatedPerson", "x", element="patient"), "RelatedPerson.name"),
    ],
)
def test_a_wrong_type_says_where(resource: dict[str, Any], path: str) -> None:
    with pytest.raises(Rejected) as problem:
        read(resource)
    assert problem.value.path == path
    assert problem.value.reason


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"name": "Grace"}, "Patient.name"),
        ({"name": []}, "Patient.name"),
        ({"name": [{"family": ["Okafor"]}]}, "Patient.name[0].family"),
        ({"name": [{"given": "Grace"}]}, "Patient.name[0].given"),
        ({"birthDate": "14.03.1958"}, "Patient.birthDate"),
        ({"birthDate": "2190-01-01"}, "Patient.birthDate"),
        ({"deceasedDateTime": "1950-01-01"}, "Patient.deceasedDateTime"),
        ({"active": "yes"}, "Patient.active"),
    ],
)
def test_a_patient_that_cannot_be_read_says_where(more: dict[str, Any], path: str) -> None:
    with pytest.raises(Rejected) as problem:
        facts(**more)
    assert problem.value.path == path
