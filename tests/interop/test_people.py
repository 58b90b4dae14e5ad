"""Relatives, professionals and payers, as sent."""

import datetime as dt
from typing import Any

import pytest

from coordination.interop.fhir.problems import LeftOut
from tests.interop.made_up import about, coded, patient
from tests.interop.readers import context, facts, one, read, remarks


def test_a_right_to_decide_is_kept_and_said_to_be_unverified() -> None:
    person = about(
        "RelatedPerson",
        "r",
        element="patient",
        name=[{"text": "Ben Okafor"}],
        relationship=[coded("HPOWATT", "Health care proxy")],
    )
    assert one(person)["authority"] == "power_of_attorney"
    assert "nobody here has verified it" in remarks(person)[0]
    spring = person | {
        "relationship": [coded("SPOWATT", "Springing")],
        "period": {"start": "2020", "end": "2021"},
        "communication": [{"language": coded("ig", "Igbo")}],
    }
    values = one(spring)
    assert (values["is_springing"], values["ends_on"], values["language"]) == (
        True,
        dt.date(2021, 1, 1),
        "ig",
    )
    assert one(person | {"relationship": []})["relationship"] == "Relationship not known"


def test_a_care_team_gives_its_professionals() -> None:
    doctor = {"resourceType": "Practitioner", "name": [{"text": "Dr. Lee"}]}
    role = {"resourceType": "PractitionerRole", "practitioner": {"reference": "Practitioner/7"}}
    at = context(
        Practitioner_7=doctor,
        PractitionerRole_8=role,
        Patient_p1=patient(),
        Organization_1={"resourceType": "Organization", "name": "Mercy"},
    )
    team = about(
        "CareTeam",
        "t",
        period={"start": "2026-01-05"},
        participant=[
            {"member": {"reference": "Patient/p1"}},
            {"member": {"reference": "RelatedPerson/3", "display": "Niece"}},
            {"member": {"display": "Me"}, "role": [coded("116154003", "Patient")]},
            {
                "member": {"reference": "Practitioner/7"},
                "role": [coded("17561000", "Cardiologist")],
                "onBehalfOf": {"reference": "Organization/1"},
            },
            {
                "member": {"reference": "PractitionerRole/8"},
                "role": [coded("0", "Social worker")],
                "period": {"end": "2020-05-05"},
            },
            {"member": {"reference": "Practitioner/9"}},
            {"role": [coded("0", "nobody")]},
        ],
    )
    heart, social = read(team, at)
    assert (heart.values["name"], heart.values["role"], heart.values["works_at"]) == (
        "Dr. Lee",
        "specialist",
        "Mercy",
    )
    assert (heart.values["starts_on"], heart.key) == (dt.date(2026, 1, 5), "CareTeam/t/Practitioner/7")
    assert (social.values["role"], social.on_create, social.values["ends_on"]) == (
        "social_worker",
        {"starts_on": dt.date(2020, 5, 5)},
        dt.date(2020, 5, 5),
    )
    assert "did not come along" in at.remarks[0].reason
    with pytest.raises(LeftOut):
        read(team | {"participant": team["participant"][:3]}, at)


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"payor": [{"display": "Medicare Advantage of Illinois"}]}, "medicare_advantage"),
        ({"payor": [{"display": "Medicaid"}]}, "medicaid"),
        ({"payor": [{"display": "Acme"}], "type": {"coding": [{"code": "PPO"}]}}, "commercial"),
        ({"payor": [{"display": "Acme"}], "type": {"coding": [{"code": "3115"}]}}, "tricare"),
        ({"payor": [{"display": "Acme"}], "type": {"coding": [{"code": "9"}]}}, "other"),
        ({"payor": [{"display": "Acme"}], "type": {"coding": [{"code": "x"}]}}, "other"),
        ({"payor": [{"reference": "Patient/p1"}], "type": {"text": "self pay"}}, "self_pay"),
    ],
)
def test_it_knows_the_kinds_of_coverage(more: dict[str, Any], kind: str) -> None:
    assert one(about("Coverage", "k", element="beneficiary", status="active", **more))["kind"] == kind


def test_it_reads_a_coverage_whole() -> None:
    insurer = {"resourceType": "Organization", "name": "Acme Health"}
    values = one(
        about(
            "Coverage",
            "k",
            element="beneficiary",
            status="cancelled",
            order=2,
            payor=[{"reference": "Organization/1"}],
            subscriberId="S1",
            period={"start": "2024", "end": "2025-06-30"},
            relationship=coded("spouse", "Spouse"),
            subscriber={"display": "Ben"},
            identifier=[{"type": coded("MB", "Member"), "value": "M9"}],
            **{
                "class": [
                    {"type": coded("group", "G"), "value": "77"},
                    {"type": coded("plan", "P"), "name": "Gold"},
                ]
            },
        ),
        context(Organization_1=insurer),
    )
    expected = {
        "payer": "Acme Health",
        "plan": "Gold",
        "group_number": "77",
        "member_id": "S1",
        "rank": 2,
        "status": "ended",
        "subscriber": "Ben",
    }
    assert expected.items() <= values.items()
    assert (values["starts_on"], values["ends_on"]) == (dt.date(2024, 1, 1), dt.date(2025, 6, 30))


def test_ranks_stay_within_what_a_list_can_hold() -> None:
    assert one(about("Coverage", "k", element="beneficiary", payor=[{"display": "A"}], order=-4))["rank"] == 1
    telecom = [{"system": "phone", "value": "1", "rank": 10**9}]
    assert facts(telecom=telecom).phones[0].rank == 99
