"""Sensitive lines are known by what the source says and by what their codes give away."""

from typing import Any

import pytest

from tests.interop.made_up import ICD10, LOINC, RXNORM, about, coded, condition, observation
from tests.interop.readers import context, one

SENSITIVE = [
    (condition(code=coded("F10.20", "Alcohol dependence", ICD10)), "ETH"),
    (condition(code=coded("F17.210", "Nicotine dependence", ICD10)), ""),
    (condition(code=coded("F33.1", "Depression", ICD10)), "PSY"),
    (condition(code=coded("B20", "HIV disease", ICD10)), "HIV"),
    (condition(code=coded("A51.0", "Syphilis", ICD10)), "STD"),
    (condition(code=coded("Z69.11", "Abuse", ICD10)), "SDV"),
    (condition(code=coded("Z15.01", "BRCA", ICD10)), "GDIS"),
    (condition(code=coded("6525002", "Dependent drug abuse")), "ETH"),
    (condition(code=coded("E11.9", "Diabetes", ICD10)), ""),
    (condition(meta={"security": [{"code": "SUD"}, {"code": "BH"}]}), "ETH"),
    (condition(meta={"security": [{"code": "R"}]}), "42CFRPart2"),
    (condition(meta={"security": [{"code": "N"}]}), ""),
    (observation(code=coded("44261-6", "PHQ-9", LOINC)), "BH"),
    (about("MedicationRequest", "x", medicationCodeableConcept=coded("1", "buprenorphine 8 MG Sublingual Film", RXNORM)), "ETH"),
    (about("MedicationRequest", "x", medicationCodeableConcept=coded("1", "ibuprofen", RXNORM), reasonCode=[coded("F11.2", "x", ICD10)]), "ETH"),
    (about("Encounter", "x", type=[coded("1", "Visit"), coded("24165007", "Counseling")]), "ETH"),
    (about("CarePlan", "x", activity=[{"detail": {"code": coded("7200002", "Alcoholism")}}]), "ETH"),
]  # fmt: skip


@pytest.mark.parametrize(("resource", "label"), SENSITIVE)
def test_sensitive_lines_are_known_by_label_and_by_code(resource: dict[str, Any], label: str) -> None:
    assert one(resource)["sensitivity"] == label


def test_a_sensitive_reason_makes_the_line_sensitive() -> None:
    reason = {"resourceType": "Condition", "code": coded("F10.20", "Alcohol", ICD10)}
    visit = about("Encounter", "x", reasonReference=[{"reference": "Condition/9"}])
    assert one(visit, context(Condition_9=reason))["sensitivity"] == "ETH"
    relative = about(
        "FamilyMemberHistory",
        "x",
        element="patient",
        relationship=coded("MTH", "Mother"),
        meta={"security": [{"code": "GDIS"}]},
        condition=[{"code": {"text": "Cancer"}}],
    )
    assert one(relative)["sensitivity"] == "GDIS"
