"""Who the patient is, as sent."""

import datetime as dt
from typing import Any

import pytest

from tests.interop.made_up import coded
from tests.interop.readers import context, facts


def test_it_reads_who_the_patient_is() -> None:
    found = facts(
        name=[
            {
                "use": "official",
                "family": "Nguyễn",
                "given": ["Thị", "Mai"],
                "prefix": ["Ms."],
                "suffix": ["Jr"],
            },
            {"use": "nickname", "given": ["May"]},
            {"use": "maiden", "given": ["Thị"], "family": "Trần"},
        ],
        maritalStatus=coded("M", "Married"),
        communication=[
            {"language": {"coding": [{"code": "en"}]}},
            {"language": {"coding": [{"code": "vi"}]}, "preferred": True},
        ],
    )
    values = found.values
    assert (values["family"], values["given"], values["middle"]) == ("Nguyễn", "Thị", "Mai")
    assert (values["preferred_name"], values["former_names"]) == ("May", "Thị Trần")
    assert (values["prefix"], values["suffix"], values["marital_status"]) == ("Ms.", "Jr", "Married")
    assert (values["sort_name"], values["language"]) == ("nguyen\x1fthi", "vi")
    assert (found.record_number, found.phones[0].number) == ("MR-p1", "+15555550142")


@pytest.mark.parametrize("script", ["王小明", "محمد علي", "Иванова Анна", "ゆき"])
def test_a_name_in_one_text_is_kept_whole(script: str) -> None:
    at = context()
    assert facts(at, name=[{"text": script}]).values["family"] == script
    assert "kept whole" in at.remarks[0].reason


def test_a_usual_name_is_how_to_call_somebody() -> None:
    names = [{"use": "usual", "given": ["Bobby"]}, {"use": "official", "family": "Lee", "given": ["Robert"]}]
    assert facts(name=names).values["preferred_name"] == "Bobby"
    assert facts(name=[names[1], {"use": "usual", "given": ["Robert"]}]).values["preferred_name"] == ""
    assert facts(name=[{"use": "old", "family": "Only"}]).values["family"] == "Only"


@pytest.mark.parametrize(
    ("text", "precision"), [("1958", "year"), ("1958-03", "month"), ("1958-03-14", "day")]
)
def test_a_date_of_birth_is_as_exact_as_it_was_sent(text: str, precision: str) -> None:
    assert facts(birthDate=text).values["birth_precision"] == precision


def test_death_is_kept_with_or_without_its_day() -> None:
    assert facts(deceasedBoolean=True).values["is_deceased"]
    assert facts(deceasedDateTime="2025-02-03T10:00:00Z").values["deceased_on"] == dt.date(2025, 2, 3)
    at = context()
    values = facts(at, deceasedDateTime="2025").values
    assert (values["is_deceased"], values["deceased_on"]) == (True, None)
    assert "day of death" in at.remarks[0].reason


US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition"


def omb(kind: str, *codes: str, url: str = "ombCategory") -> dict[str, Any]:
    return {
        "url": f"{US_CORE}/{kind}",
        "extension": [{"url": url, "valueCoding": {"code": code, "display": f"D{code}"}} for code in codes],
    }


def test_race_and_ethnicity_are_one_answer_of_several() -> None:
    values = facts(
        extension=[omb("us-core-race", "2106-3", "2028-9"), omb("us-core-ethnicity", "2135-2")]
    ).values
    assert values["race_ethnicity"] == ["asian", "hispanic", "white"]
    assert values["race_ethnicity_source"] == "imported"
    values = facts(
        extension=[
            omb("us-core-race", "2118-8", "1586-7", url="detailed"),
            omb("us-core-ethnicity", "2186-5"),
        ]
    ).values
    assert (values["race_ethnicity"], values["race_ethnicity_detail"]) == (["middle_eastern"], "D1586-7")
    at = context()
    values = facts(at, extension=[omb("us-core-race", "2131-1")]).values
    assert (values["race_ethnicity"], values["race_ethnicity_detail"]) == ([], "D2131-1")
    assert "kept in words" in at.remarks[0].reason


def extension(url: str, **value: Any) -> dict[str, Any]:
    return {"url": url, **value}


def test_sex_gender_and_pronouns_are_separate() -> None:
    person = facts(
        gender="other",
        extension=[
            extension(f"{US_CORE}/us-core-birthsex", valueCode="F"),
            extension(
                f"{US_CORE}/us-core-genderIdentity", valueCodeableConcept=coded("407376001", "Trans woman")
            ),
            extension(
                "http://hl7.org/fhir/StructureDefinition/individual-pronouns",
                extension=[extension("value", valueCodeableConcept={"coding": [{"code": "LA29519-8"}]})],
            ),
        ],
    ).values
    assert (person["sex"], person["sex_for_clinical_use"]) == ("other", "female")
    assert (person["gender_identity"], person["pronouns"]) == ("transgender_woman", "she/her")
    at = context()
    assert (
        facts(at, gender="f", extension=[extension(f"{US_CORE}/us-core-sex", valueCode="248153007")]).values[
            "sex"
        ]
        == "unknown"
    )
    assert at.remarks[0].path == "Patient.gender"


def test_an_interpreter_may_be_asked_for_in_two_ways() -> None:
    old = extension("http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired", valueBoolean=True)
    new = extension(f"{US_CORE}/us-core-interpreter-needed", valueCoding={"code": "373067005"})
    assert facts(extension=[old]).values["interpreter_needed"] == "yes"
    assert facts(extension=[new]).values["interpreter_needed"] == "no"
    assert facts().values["interpreter_needed"] == "unknown"


def test_identifiers_phones_and_addresses() -> None:
    at = context()
    found = facts(
        at,
        identifier=[
            {"system": "http://hl7.org/fhir/sid/us-ssn", "value": "999-12-3456"},
            {"system": "urn:x", "value": "7", "period": {"start": "2020-01-01"}},
            {"system": "urn:x", "value": "7"},
            {"system": "urn:x"},
        ],
        telecom=[
            {"system": "email", "value": "g@example.org"},
            {"system": "phone", "use": "work", "value": "not a number", "rank": 3},
            {"system": "sms", "value": "+44 20 7946 0018"},
            {"system": "url", "value": "x"},
            {"system": "phone", "use": "old", "value": "555-555-0100"},
        ],
        address=[
            {"text": "By the river"},
            {"use": "billing", "city": "Joliet"},
            {"type": "postal", "line": ["PO Box 1"]},
            {"state": ""},
        ],
    )
    assert [(i.kind, i.starts_on) for i in found.identifiers] == [("SS", None), ("OTH", dt.date(2020, 1, 1))]
    assert [(p.kind, p.number, p.rank) for p in found.phones] == [
        ("email", "", 1),
        ("work", "", 3),
        ("mobile", "+442079460018", 3),
        ("other", "", 4),
    ]
    assert [(a.use, a.line, a.city) for a in found.addresses] == [
        ("home", "By the river", ""),
        ("mailing", "", "Joliet"),
        ("mailing", "PO Box 1", ""),
    ]
    assert at.remarks[0].path == "Patient.identifier[3]"


def test_what_the_source_says_about_its_own_record_is_passed_on() -> None:
    at = context()
    facts(
        at,
        active=False,
        link=[{"type": "replaced-by"}],
        communication=[{"language": {"text": "Mandarin, I think"}}],
    )
    assert [remark.path for remark in at.remarks] == [
        "Patient.communication[0].language",
        "Patient.active",
        "Patient.link",
    ]


def test_contacts_and_general_practitioners_stand_in_the_patient() -> None:
    doctor = {
        "resourceType": "Practitioner",
        "name": [{"prefix": ["Dr."], "given": ["Ann"], "family": "Lee"}],
    }
    at = context(Practitioner_7=doctor)
    found = facts(
        at,
        contact=[
            {
                "name": {"family": "Okafor", "given": ["Ben"]},
                "relationship": [coded("C", "Emergency contact")],
                "telecom": [{"system": "phone", "value": "1"}],
            },
            {"organization": {"display": "Home"}},
        ],
        generalPractitioner=[{"reference": "Practitioner/7"}, {"reference": "Practitioner/8"}],
    )
    ben, lee = found.people
    assert (ben.values["name"], ben.values["is_emergency_contact"], ben.values["phone"]) == (
        "Ben Okafor",
        True,
        "1",
    )
    assert (lee.values["name"], lee.values["role"], lee.on_create) == (
        "Dr. Ann Lee",
        "primary_care",
        {"starts_on": at.today},
    )
    assert len(at.remarks) == 2
