"""Health history, as sent."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from coordination.interop.fhir.mapping.quantity import kept, reading
from coordination.interop.fhir.problems import LeftOut
from tests.interop.made_up import ICD10, LOINC, RXNORM, about, allergy, coded, condition, observation
from tests.interop.readers import context, one, read, remarks


def test_a_condition_without_category_is_welcome() -> None:
    values = one(
        condition(
            clinicalStatus=coded("resolved", ""), abatementDateTime="2020-02", recordedDate="2019-06-01"
        )
    )
    assert (values["text"], values["code"], values["category"]) == ("Diabetes", "44054006", "")
    assert (values["is_active"], values["abated_on"]) == (False, dt.date(2020, 2, 1))
    assert one(condition(onsetDateTime="1998"))["note"] == "Date known to the year only."
    assert (
        one(condition(onsetDateTime=None, onsetPeriod={"start": "1998-04"}))["note"]
        == "Date known to the month only."
    )
    assert not one(condition(verificationStatus=coded("refuted", "")))["is_active"]
    assert (
        one(condition(verificationStatus=coded("entered-in-error", "")))["record_status"]
        == "entered_in_error"
    )
    assert one(condition(note=[{"text": "worse"}], onsetString="as a child"))["note"] == "worse\nas a child"


def test_codes_nobody_knows_are_kept_in_words_with_a_remark() -> None:
    local = condition(
        code={"coding": [{"system": "urn:local", "code": "X9", "display": "Sugar"}]},
        clinicalStatus=coded("odd", ""),
    )
    values = one(local)
    assert (values["text"], values["code"], values["code_system"], values["status"]) == (
        "Sugar",
        "X9",
        "urn:local",
        "odd",
    )
    assert len(remarks(local)) == 2
    assert one(condition(code={"coding": [{"system": ICD10, "code": "E11.9"}]}))["text"] == "E11.9"
    assert "without words" in remarks(condition(code={"coding": [{"system": ICD10, "code": "E11.9"}]}))[0]
    assert "cut to 500" in remarks(condition(code={"text": "x" * 600}))[0]
    both = {
        "coding": [
            {"system": "urn:local", "code": "X9"},
            {"system": ICD10, "code": "E11.9", "display": "Type 2"},
        ]
    }
    assert one(condition(code=both))["code"] == "E11.9"


def test_no_known_allergy_is_never_an_allergy() -> None:
    values = one(allergy(code=coded("716186003", "No known allergy")))
    assert (values["is_active"], values["status"]) == (False, "none-known")
    values = one(
        allergy(
            code=None,
            criticality="high",
            category=["food", "biologic"],
            reaction=[
                {
                    "substance": coded("1", "Peanut"),
                    "manifestation": [coded("2", "Hives"), coded("2", "Hives")],
                    "severity": "severe",
                }
            ],
        )
    )
    assert (values["text"], values["reaction"], values["severity"], values["criticality"]) == (
        "Peanut",
        "Hives",
        "severe",
        "high",
    )
    assert values["is_active"]
    assert not one(allergy(verificationStatus=coded("refuted", "")))["is_active"]


def test_a_medication_may_stand_in_five_places() -> None:
    drug = {"resourceType": "Medication", "id": "m", "code": coded("197361", "amlodipine 5 MG", RXNORM)}
    request = about("MedicationRequest", "x", status="active", intent="order", authoredOn="2026-01-01")
    assert one(request | {"medicationCodeableConcept": drug["code"]})["text"] == "amlodipine 5 MG"
    assert (
        one(request | {"medicationReference": {"reference": "#m"}, "contained": [drug]})["text"]
        == "amlodipine 5 MG"
    )
    assert (
        one(request | {"medicationReference": {"reference": "Medication/m"}}, context(Medication_m=drug))[
            "text"
        ]
        == "amlodipine 5 MG"
    )
    assert one(request | {"medicationReference": {"display": "amlodipine"}})["text"] == "amlodipine"
    statement = about(
        "MedicationStatement",
        "s",
        status="not-taken",
        medicationCodeableConcept=drug["code"],
        effectivePeriod={"start": "2025-01-01", "end": "2025-02-01"},
    )
    values = one(statement)
    assert (values["basis"], values["is_active"], values["ends_on"]) == (
        "reported",
        False,
        dt.date(2025, 2, 1),
    )


def test_a_prescription_is_said_in_words() -> None:
    reason = {"resourceType": "Condition", "code": coded("38341003", "Hypertension")}
    request = about(
        "MedicationRequest",
        "x",
        status="active",
        authoredOn="2026-01-01",
        medicationCodeableConcept=coded("1", "amlodipine", RXNORM),
        requester={"display": "Dr. Lee"},
        reasonReference=[{"reference": "Condition/9"}],
        reasonCode=[coded("2", "Swelling")],
    )
    timing = {
        "repeat": {"frequency": 2, "period": 1, "periodUnit": "d", "boundsPeriod": {"end": "2026-03-01"}}
    }
    parts = {
        "doseAndRate": [{"doseQuantity": {"value": 0.5, "unit": "mg"}}],
        "route": coded("3", "by mouth"),
        "timing": timing,
        "asNeededBoolean": True,
    }
    values = one(
        request
        | {"dosageInstruction": [parts, {"text": "With food"}, {"timing": {"code": coded("4", "bedtime")}}]},
        context(Condition_9=reason),
    )
    assert values["dosage"] == "0.5 mg by mouth 2 times per 1 d as needed; With food; bedtime"
    assert (values["reason"], values["prescriber"], values["ends_on"]) == (
        "Swelling, Hypertension",
        "Dr. Lee",
        dt.date(2026, 3, 1),
    )
    assert one(request | {"dispenseRequest": {"validityPeriod": {"end": "2026-02-01"}}})[
        "ends_on"
    ] == dt.date(2026, 2, 1)
    assert one(request | {"reportedBoolean": True})["basis"] == "reported"
    assert one(request | {"dosageInstruction": [{"timing": {"repeat": {}}}, {"timing": {}}]})["dosage"] == ""
    with pytest.raises(LeftOut):
        read(request | {"doNotPerform": True})


def test_what_did_not_happen_never_reads_as_if_it_had() -> None:
    procedure = about(
        "Procedure",
        "x",
        status="not-done",
        code=coded("80146002", "Appendectomy"),
        performer=[{"actor": {"display": "Dr. Lee"}}],
    )
    assert one(procedure)["text"] == "Appendectomy (not done)"
    assert one(procedure)["performer"] == "Dr. Lee"
    shot = about(
        "Immunization",
        "x",
        element="patient",
        status="not-done",
        vaccineCode=coded("140", "Influenza"),
        statusReason=coded("1", "Refused"),
        occurrenceString="last fall",
    )
    assert (one(shot)["text"], one(shot)["note"]) == ("Influenza (not given)", "last fall\nRefused")


def test_a_relative_gives_one_line_for_each_condition() -> None:
    mother = about(
        "FamilyMemberHistory",
        "x",
        element="patient",
        status="completed",
        relationship=coded("MTH", "Mother"),
        deceasedAge={"value": 70},
    )
    rows = read(
        mother
        | {
            "condition": [
                {"code": coded("254837009", "Breast cancer"), "onsetAge": {"value": 45, "unit": "years"}},
                {"code": {"text": "Stroke"}, "onsetString": "late"},
            ]
        }
    )
    assert [(row.key, row.values["text"], row.values["onset_age"]) for row in rows] == [
        ("FamilyMemberHistory/x", "Breast cancer", "45 years"),
        ("FamilyMemberHistory/x#1", "Stroke", "late"),
    ]
    assert rows[0].values["is_deceased"]
    assert one(mother)["text"] == "No conditions named"
    alive = mother | {"status": "health-unknown", "deceasedAge": None, "deceasedBoolean": False}
    assert (one(alive)["text"], one(alive)["is_deceased"]) == ("Health not known", False)


def test_a_visit_names_its_place_its_people_and_its_reason() -> None:
    clinic, doctor = (
        {"resourceType": "Organization", "name": "Mercy"},
        {"resourceType": "Practitioner", "name": [{"family": "Lee"}]},
    )
    visit = about(
        "Encounter",
        "x",
        status="finished",
        period={"start": "2026-11-15T10:00:00Z", "end": "2026-11-17T10:00:00Z"},
        serviceProvider={"reference": "Organization/1"},
        reasonCode=[{"text": "Fall"}],
        hospitalization={"dischargeDisposition": {"text": "Home"}},
        participant=[
            {"individual": {"display": "Clerk"}},
            {"type": [coded("ATND", "attender")], "individual": {"reference": "Practitioner/7"}},
        ],
        **{"class": {"code": "IMP", "display": "inpatient"}},
    )
    values = one(visit, context(Organization_1=clinic, Practitioner_7=doctor))
    expected = {
        "text": "inpatient",
        "kind": "IMP",
        "facility": "Mercy",
        "clinician": "Lee",
        "reason": "Fall",
        "disposition": "Home",
    }
    assert expected.items() <= values.items()
    odd = about(
        "Encounter",
        "x",
        status="finished",
        location=[{"location": {"display": "Ward 3"}}],
        diagnosis=[{"condition": {"display": "Gout"}}],
        **{"class": {"code": "odd"}},
    )
    assert (one(odd)["kind"], one(odd)["text"], one(odd)["facility"], one(odd)["reason"]) == (
        "OTH",
        "Encounter",
        "Ward 3",
        "Gout",
    )
    assert one(visit | {"class": {"code": "NONAC"}})["kind"] == "IMP"


VALUES = [
    ({"valueQuantity": {"value": 167.55874767731933, "unit": "cm"}}, "167.56 cm"),
    ({"valueQuantity": {"value": 0.05, "code": "mg", "comparator": "<"}}, "<0.05 mg"),
    ({"valueQuantity": {"unit": "cm"}}, ""),
    ({"valueCodeableConcept": coded("1", "Never smoked")}, "Never smoked"),
    ({"valueString": " clear "}, "clear"),
    ({"valueBoolean": False}, "No"),
    ({"valueInteger": 12}, "12"),
    ({"valueRange": {"low": {"value": 1}, "high": {"value": 2, "unit": "h"}}}, "1 – 2 h"),
    ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 128}}}, "1 : 128"),
    ({"valueSampledData": {"data": "1 2"}}, "A curve, kept at its source"),
    ({"valueTime": "07:30"}, "07:30"),
    ({"valueDateTime": "2026-01-02"}, "2026-01-02"),
    ({"valuePeriod": {"start": "2026-01", "end": "2026-02"}}, "2026-01 – 2026-02"),
    ({"dataAbsentReason": coded("masked", "Masked")}, "Not known: Masked"),
    ({}, ""),
]


@pytest.mark.parametrize(("more", "words"), VALUES)
def test_it_reads_values_of_every_kind(more: dict[str, Any], words: str) -> None:
    assert one(observation(valueQuantity=None) | more)["value"] == words


def test_numbers_are_kept_for_comparing() -> None:
    assert one(observation(valueQuantity={"value": 167.55874767731933}))["number"] == Decimal("167.558748")
    assert one(observation(valueQuantity=None, valueInteger=3))["number"] == 3
    assert kept(Decimal("1e15")) is None
    assert [reading(Decimal(text)) for text in ("138.10", "-0.00001", "5", "1e20")] == [
        "138.1",
        "0",
        "5",
        "1" + "0" * 20,
    ]


def part(code: str, words: str, value: float | None, unit: str = "mm[Hg]") -> dict[str, Any]:
    return {"code": coded(code, words, LOINC), "valueQuantity": {"value": value, "unit": unit}}


def test_blood_pressure_is_said_as_people_say_it() -> None:
    panel = observation(
        valueQuantity=None, component=[part("8480-6", "Systolic", 138.1), part("8462-4", "Diastolic", 85.8)]
    )
    assert one(panel)["value"] == "138.1/85.8 mm[Hg]"
    assert one(panel | {"component": panel["component"][:1]})["value"] == "Systolic: 138.1 mm[Hg]"
    assert (
        one(panel | {"component": [part("8480-6", "Systolic", None), part("8462-4", "Diastolic", 85.8)]})[
            "value"
        ]
        == "Diastolic: 85.8 mm[Hg]"
    )
    group = observation(
        valueQuantity=None, hasMember=[{"reference": "Observation/2"}], interpretation=[coded("H", "High")]
    )
    assert (one(group)["note"], one(group)["interpretation"]) == ("A panel of 1 results.", "High")


def test_plans_and_goals_are_kept_as_they_came() -> None:
    plan = about(
        "CarePlan",
        "x",
        status="active",
        category=[coded("assess-plan", ""), coded("1", "Diabetes plan")],
        period={"start": "2026-01-01"},
    )
    values = one(plan)
    assert (values["title"], values["tags"], values["body"]) == ("Diabetes plan", ["active"], plan)
    assert one(plan | {"title": "Mine"})["title"] == "Mine"
    assert one(about("CarePlan", "x", created="2026-01-01"))["title"] == "Care plan"
    goal = about(
        "Goal",
        "x",
        lifecycleStatus="active",
        description={"text": "{'observation': 1}"},
        startDate="2026-01-01",
    )
    assert (one(goal)["title"], one(goal)["tags"]) == ("Goal", ["active"])
    assert "piece of a program" in remarks(goal)[0]
