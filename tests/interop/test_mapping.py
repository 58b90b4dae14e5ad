"""What each kind of resource becomes."""

import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from coordination.interop.fhir import dates
from coordination.interop.fhir.mapping import READERS
from coordination.interop.fhir.mapping.base import Context, Row
from coordination.interop.fhir.mapping.patient import PatientFacts, read_patient
from coordination.interop.fhir.mapping.quantity import kept, reading
from coordination.interop.fhir.problems import LeftOut, Rejected
from coordination.interop.fhir.values import Node
from tests.interop.made_up import ICD10, LOINC, RXNORM, about, allergy, coded, condition, observation, patient

ZONE = ZoneInfo("America/Chicago")


def context(**known: dict[str, Any]) -> Context:
    """A context in which some references lead somewhere."""
    there = {key.replace("_", "/"): Node(value, value["resourceType"]) for key, value in known.items()}
    return Context(ZONE, dt.date(2026, 11, 21), there.get)


def read(resource: dict[str, Any], at: Context | None = None) -> list[Row]:
    kind = resource["resourceType"]
    return READERS[kind](Node(resource, kind), at or context(), f"{kind}/{resource.get('id')}")


def one(resource: dict[str, Any], at: Context | None = None) -> dict[str, Any]:
    rows = read(resource, at)
    assert len(rows) == 1
    return rows[0].values


def facts(at: Context | None = None, **more: Any) -> PatientFacts:
    return read_patient(Node(patient(**more), "Patient"), at or context(), "Patient/p1")


def remarks(resource: dict[str, Any]) -> list[str]:
    at = context()
    read(resource, at)
    return [remark.reason for remark in at.remarks]


# --- dates
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


@pytest.mark.parametrize("text", ["", "58", "1958-13", "2026-02-30", "17.11.2026", "2026-11-17T25:00Z", "0001-01-01", "2999", "next week"])
def test_other_dates_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        dates.parse(text)


def test_an_instant_late_in_the_day_belongs_to_the_day_here() -> None:
    assert dates.parse("2026-11-18T03:00:00Z").day_in(ZONE) == dt.date(2026, 11, 17)


# --- wrong types: the path leads to the place
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
        (observation(valueQuantity={"value": True}), "Observation.valueQuantity.value"),
        (observation(valueQuantity=None, valueInteger=1.5), "Observation.valueInteger"),
        (observation(valueQuantity=None, valueBoolean="yes"), "Observation.valueBoolean"),
        (allergy(category="food"), "AllergyIntolerance.category"),
        (allergy(category=[1]), "AllergyIntolerance.category"),
        (about("Procedure", "x", code=coded("1", "x"), performedPeriod={"start": "2026-02-02", "end": "2026-01-01"}), "Procedure.performedPeriod"),
        (about("Encounter", "x", period={"start": "2026-02-02", "end": "2026-01-01"}), "Encounter.period"),
        (about("Coverage", "x", element="beneficiary", payor=[]), "Coverage.payor"),
        (about("FamilyMemberHistory", "x", element="patient"), "FamilyMemberHistory.relationship"),
        (about("MedicationRequest", "x"), "MedicationRequest.medication[x]"),
        (about("MedicationRequest", "x", medicationReference={"reference": "Medication/9"}), "MedicationRequest.medicationReference"),
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


# --- the patient
def test_it_reads_who_the_patient_is() -> None:
    found = facts(
        name=[
            {"use": "official", "family": "Nguyễn", "given": ["Thị", "Mai"], "prefix": ["Ms."], "suffix": ["Jr"]},
            {"use": "nickname", "given": ["May"]},
            {"use": "maiden", "given": ["Thị"], "family": "Trần"},
        ],
        maritalStatus=coded("M", "Married"),
        communication=[{"language": {"coding": [{"code": "en"}]}}, {"language": {"coding": [{"code": "vi"}]}, "preferred": True}],
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


@pytest.mark.parametrize(("text", "precision"), [("1958", "year"), ("1958-03", "month"), ("1958-03-14", "day")])
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
    return {"url": f"{US_CORE}/{kind}", "extension": [{"url": url, "valueCoding": {"code": code, "display": f"D{code}"}} for code in codes]}


def test_race_and_ethnicity_are_one_answer_of_several() -> None:
    values = facts(extension=[omb("us-core-race", "2106-3", "2028-9"), omb("us-core-ethnicity", "2135-2")]).values
    assert values["race_ethnicity"] == ["asian", "hispanic", "white"]
    assert values["race_ethnicity_source"] == "imported"
    values = facts(extension=[omb("us-core-race", "2118-8", "1586-7", url="detailed"), omb("us-core-ethnicity", "2186-5")]).values
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
            extension(f"{US_CORE}/us-core-genderIdentity", valueCodeableConcept=coded("407376001", "Trans woman")),
            extension("http://hl7.org/fhir/StructureDefinition/individual-pronouns", extension=[
                extension("value", valueCodeableConcept={"coding": [{"code": "LA29519-8"}]})]),
        ],
    ).values  # fmt: skip
    assert (person["sex"], person["sex_for_clinical_use"]) == ("other", "female")
    assert (person["gender_identity"], person["pronouns"]) == ("transgender_woman", "she/her")
    at = context()
    assert facts(at, gender="f", extension=[extension(f"{US_CORE}/us-core-sex", valueCode="248153007")]).values["sex"] == "unknown"
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
        address=[{"text": "By the river"}, {"use": "billing", "city": "Joliet"}, {"type": "postal", "line": ["PO Box 1"]}, {"state": ""}],
    )
    assert [(i.kind, i.starts_on) for i in found.identifiers] == [("SS", None), ("OTH", dt.date(2020, 1, 1))]
    assert [(p.kind, p.number, p.rank) for p in found.phones] == [("email", "", 1), ("work", "", 3), ("mobile", "+442079460018", 3), ("other", "", 4)]
    assert [(a.use, a.line, a.city) for a in found.addresses] == [("home", "By the river", ""), ("mailing", "", "Joliet"), ("mailing", "PO Box 1", "")]
    assert at.remarks[0].path == "Patient.identifier[3]"


def test_what_the_source_says_about_its_own_record_is_passed_on() -> None:
    at = context()
    facts(at, active=False, link=[{"type": "replaced-by"}], communication=[{"language": {"text": "Mandarin, I think"}}])
    assert [remark.path for remark in at.remarks] == ["Patient.communication[0].language", "Patient.active", "Patient.link"]


def test_contacts_and_general_practitioners_stand_in_the_patient() -> None:
    doctor = {"resourceType": "Practitioner", "name": [{"prefix": ["Dr."], "given": ["Ann"], "family": "Lee"}]}
    at = context(Practitioner_7=doctor)
    found = facts(
        at,
        contact=[
            {"name": {"family": "Okafor", "given": ["Ben"]}, "relationship": [coded("C", "Emergency contact")], "telecom": [{"system": "phone", "value": "1"}]},
            {"organization": {"display": "Home"}},
        ],
        generalPractitioner=[{"reference": "Practitioner/7"}, {"reference": "Practitioner/8"}],
    )  # fmt: skip
    ben, lee = found.people
    assert (ben.values["name"], ben.values["is_emergency_contact"], ben.values["phone"]) == ("Ben Okafor", True, "1")
    assert (lee.values["name"], lee.values["role"], lee.on_create) == ("Dr. Ann Lee", "primary_care", {"starts_on": at.today})
    assert len(at.remarks) == 2


# --- people
def test_a_right_to_decide_is_kept_and_said_to_be_unverified() -> None:
    person = about("RelatedPerson", "r", element="patient", name=[{"text": "Ben Okafor"}], relationship=[coded("HPOWATT", "Health care proxy")])
    assert one(person)["authority"] == "power_of_attorney"
    assert "nobody here has verified it" in remarks(person)[0]
    spring = person | {"relationship": [coded("SPOWATT", "Springing")], "period": {"start": "2020", "end": "2021"}, "communication": [{"language": coded("ig", "Igbo")}]}
    values = one(spring)
    assert (values["is_springing"], values["ends_on"], values["language"]) == (True, dt.date(2021, 1, 1), "ig")
    assert one(person | {"relationship": []})["relationship"] == "Relationship not known"


def test_a_care_team_gives_its_professionals() -> None:
    doctor = {"resourceType": "Practitioner", "name": [{"text": "Dr. Lee"}]}
    role = {"resourceType": "PractitionerRole", "practitioner": {"reference": "Practitioner/7"}}
    at = context(Practitioner_7=doctor, PractitionerRole_8=role, Patient_p1=patient(), Organization_1={"resourceType": "Organization", "name": "Mercy"})
    team = about("CareTeam", "t", period={"start": "2026-01-05"}, participant=[
        {"member": {"reference": "Patient/p1"}},
        {"member": {"reference": "RelatedPerson/3", "display": "Niece"}},
        {"member": {"display": "Me"}, "role": [coded("116154003", "Patient")]},
        {"member": {"reference": "Practitioner/7"}, "role": [coded("17561000", "Cardiologist")], "onBehalfOf": {"reference": "Organization/1"}},
        {"member": {"reference": "PractitionerRole/8"}, "role": [coded("0", "Social worker")], "period": {"end": "2020-05-05"}},
        {"member": {"reference": "Practitioner/9"}},
        {"role": [coded("0", "nobody")]},
    ])  # fmt: skip
    heart, social = read(team, at)
    assert (heart.values["name"], heart.values["role"], heart.values["works_at"]) == ("Dr. Lee", "specialist", "Mercy")
    assert (heart.values["starts_on"], heart.key) == (dt.date(2026, 1, 5), "CareTeam/t/Practitioner/7")
    assert (social.values["role"], social.on_create, social.values["ends_on"]) == ("social_worker", {"starts_on": dt.date(2020, 5, 5)}, dt.date(2020, 5, 5))
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
        about("Coverage", "k", element="beneficiary", status="cancelled", order=2, payor=[{"reference": "Organization/1"}],
              subscriberId="S1", period={"start": "2024", "end": "2025-06-30"}, relationship=coded("spouse", "Spouse"),
              subscriber={"display": "Ben"}, identifier=[{"type": coded("MB", "Member"), "value": "M9"}],
              **{"class": [{"type": coded("group", "G"), "value": "77"}, {"type": coded("plan", "P"), "name": "Gold"}]}),
        context(Organization_1=insurer),
    )  # fmt: skip
    expected = {"payer": "Acme Health", "plan": "Gold", "group_number": "77", "member_id": "S1", "rank": 2, "status": "ended", "subscriber": "Ben"}
    assert expected.items() <= values.items()
    assert (values["starts_on"], values["ends_on"]) == (dt.date(2024, 1, 1), dt.date(2025, 6, 30))


# --- history
def test_a_condition_without_category_is_welcome() -> None:
    values = one(condition(clinicalStatus=coded("resolved", ""), abatementDateTime="2020-02", recordedDate="2019-06-01"))
    assert (values["text"], values["code"], values["category"]) == ("Diabetes", "44054006", "")
    assert (values["is_active"], values["abated_on"]) == (False, dt.date(2020, 2, 1))
    assert one(condition(onsetDateTime="1998"))["note"] == "Date known to the year only."
    assert one(condition(onsetDateTime=None, onsetPeriod={"start": "1998-04"}))["note"] == "Date known to the month only."
    assert not one(condition(verificationStatus=coded("refuted", "")))["is_active"]
    assert one(condition(verificationStatus=coded("entered-in-error", "")))["record_status"] == "entered_in_error"
    assert one(condition(note=[{"text": "worse"}], onsetString="as a child"))["note"] == "worse\nas a child"


def test_codes_nobody_knows_are_kept_in_words_with_a_remark() -> None:
    local = condition(code={"coding": [{"system": "urn:local", "code": "X9", "display": "Sugar"}]}, clinicalStatus=coded("odd", ""))
    values = one(local)
    assert (values["text"], values["code"], values["code_system"], values["status"]) == ("Sugar", "X9", "urn:local", "odd")
    assert len(remarks(local)) == 2
    assert one(condition(code={"coding": [{"system": ICD10, "code": "E11.9"}]}))["text"] == "E11.9"
    assert "without words" in remarks(condition(code={"coding": [{"system": ICD10, "code": "E11.9"}]}))[0]
    assert "cut to 500" in remarks(condition(code={"text": "x" * 600}))[0]
    both = {"coding": [{"system": "urn:local", "code": "X9"}, {"system": ICD10, "code": "E11.9", "display": "Type 2"}]}
    assert one(condition(code=both))["code"] == "E11.9"


def test_no_known_allergy_is_never_an_allergy() -> None:
    values = one(allergy(code=coded("716186003", "No known allergy")))
    assert (values["is_active"], values["status"]) == (False, "none-known")
    values = one(allergy(
        code=None, criticality="high", category=["food", "biologic"],
        reaction=[{"substance": coded("1", "Peanut"), "manifestation": [coded("2", "Hives"), coded("2", "Hives")], "severity": "severe"}],
    ))  # fmt: skip
    assert (values["text"], values["reaction"], values["severity"], values["criticality"]) == ("Peanut", "Hives", "severe", "high")
    assert values["is_active"]
    assert not one(allergy(verificationStatus=coded("refuted", "")))["is_active"]


def test_a_medication_may_stand_in_five_places() -> None:
    drug = {"resourceType": "Medication", "id": "m", "code": coded("197361", "amlodipine 5 MG", RXNORM)}
    request = about("MedicationRequest", "x", status="active", intent="order", authoredOn="2026-01-01")
    assert one(request | {"medicationCodeableConcept": drug["code"]})["text"] == "amlodipine 5 MG"
    assert one(request | {"medicationReference": {"reference": "#m"}, "contained": [drug]})["text"] == "amlodipine 5 MG"
    assert one(request | {"medicationReference": {"reference": "Medication/m"}}, context(Medication_m=drug))["text"] == "amlodipine 5 MG"
    assert one(request | {"medicationReference": {"display": "amlodipine"}})["text"] == "amlodipine"
    statement = about("MedicationStatement", "s", status="not-taken", medicationCodeableConcept=drug["code"], effectivePeriod={"start": "2025-01-01", "end": "2025-02-01"})
    values = one(statement)
    assert (values["basis"], values["is_active"], values["ends_on"]) == ("reported", False, dt.date(2025, 2, 1))


def test_a_prescription_is_said_in_words() -> None:
    reason = {"resourceType": "Condition", "code": coded("38341003", "Hypertension")}
    request = about("MedicationRequest", "x", status="active", authoredOn="2026-01-01", medicationCodeableConcept=coded("1", "amlodipine", RXNORM),
                    requester={"display": "Dr. Lee"}, reasonReference=[{"reference": "Condition/9"}], reasonCode=[coded("2", "Swelling")])  # fmt: skip
    timing = {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d", "boundsPeriod": {"end": "2026-03-01"}}}
    parts = {"doseAndRate": [{"doseQuantity": {"value": 0.5, "unit": "mg"}}], "route": coded("3", "by mouth"), "timing": timing, "asNeededBoolean": True}
    values = one(request | {"dosageInstruction": [parts, {"text": "With food"}, {"timing": {"code": coded("4", "bedtime")}}]}, context(Condition_9=reason))
    assert values["dosage"] == "0.5 mg by mouth 2 times per 1 d as needed; With food; bedtime"
    assert (values["reason"], values["prescriber"], values["ends_on"]) == ("Swelling, Hypertension", "Dr. Lee", dt.date(2026, 3, 1))
    assert one(request | {"dispenseRequest": {"validityPeriod": {"end": "2026-02-01"}}})["ends_on"] == dt.date(2026, 2, 1)
    assert one(request | {"reportedBoolean": True})["basis"] == "reported"
    assert one(request | {"dosageInstruction": [{"timing": {"repeat": {}}}, {"timing": {}}]})["dosage"] == ""
    with pytest.raises(LeftOut):
        read(request | {"doNotPerform": True})


def test_what_did_not_happen_never_reads_as_if_it_had() -> None:
    procedure = about("Procedure", "x", status="not-done", code=coded("80146002", "Appendectomy"), performer=[{"actor": {"display": "Dr. Lee"}}])
    assert one(procedure)["text"] == "Appendectomy (not done)"
    assert one(procedure)["performer"] == "Dr. Lee"
    shot = about("Immunization", "x", element="patient", status="not-done", vaccineCode=coded("140", "Influenza"), statusReason=coded("1", "Refused"), occurrenceString="last fall")
    assert (one(shot)["text"], one(shot)["note"]) == ("Influenza (not given)", "last fall\nRefused")


def test_a_relative_gives_one_line_for_each_condition() -> None:
    mother = about("FamilyMemberHistory", "x", element="patient", status="completed", relationship=coded("MTH", "Mother"), deceasedAge={"value": 70})
    rows = read(mother | {"condition": [
        {"code": coded("254837009", "Breast cancer"), "onsetAge": {"value": 45, "unit": "years"}}, {"code": {"text": "Stroke"}, "onsetString": "late"}]})  # fmt: skip
    assert [(row.key, row.values["text"], row.values["onset_age"]) for row in rows] == [
        ("FamilyMemberHistory/x", "Breast cancer", "45 years"), ("FamilyMemberHistory/x#1", "Stroke", "late")]  # fmt: skip
    assert rows[0].values["is_deceased"]
    assert one(mother)["text"] == "No conditions named"
    alive = mother | {"status": "health-unknown", "deceasedAge": None, "deceasedBoolean": False}
    assert (one(alive)["text"], one(alive)["is_deceased"]) == ("Health not known", False)


def test_a_visit_names_its_place_its_people_and_its_reason() -> None:
    clinic, doctor = {"resourceType": "Organization", "name": "Mercy"}, {"resourceType": "Practitioner", "name": [{"family": "Lee"}]}
    visit = about("Encounter", "x", status="finished", period={"start": "2026-11-15T10:00:00Z", "end": "2026-11-17T10:00:00Z"},
                  serviceProvider={"reference": "Organization/1"}, reasonCode=[{"text": "Fall"}], hospitalization={"dischargeDisposition": {"text": "Home"}},
                  participant=[{"individual": {"display": "Clerk"}}, {"type": [coded("ATND", "attender")], "individual": {"reference": "Practitioner/7"}}],
                  **{"class": {"code": "IMP", "display": "inpatient"}})  # fmt: skip
    values = one(visit, context(Organization_1=clinic, Practitioner_7=doctor))
    expected = {"text": "inpatient", "kind": "IMP", "facility": "Mercy", "clinician": "Lee", "reason": "Fall", "disposition": "Home"}
    assert expected.items() <= values.items()
    odd = about("Encounter", "x", status="finished", location=[{"location": {"display": "Ward 3"}}], diagnosis=[{"condition": {"display": "Gout"}}], **{"class": {"code": "odd"}})
    assert (one(odd)["kind"], one(odd)["text"], one(odd)["facility"], one(odd)["reason"]) == ("OTH", "Encounter", "Ward 3", "Gout")
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
    assert [reading(Decimal(text)) for text in ("138.10", "-0.00001", "5", "1e20")] == ["138.1", "0", "5", "1" + "0" * 20]


def part(code: str, words: str, value: float | None, unit: str = "mm[Hg]") -> dict[str, Any]:
    return {"code": coded(code, words, LOINC), "valueQuantity": {"value": value, "unit": unit}}


def test_blood_pressure_is_said_as_people_say_it() -> None:
    panel = observation(valueQuantity=None, component=[part("8480-6", "Systolic", 138.1), part("8462-4", "Diastolic", 85.8)])
    assert one(panel)["value"] == "138.1/85.8 mm[Hg]"
    assert one(panel | {"component": panel["component"][:1]})["value"] == "Systolic: 138.1 mm[Hg]"
    assert one(panel | {"component": [part("8480-6", "Systolic", None), part("8462-4", "Diastolic", 85.8)]})["value"] == "Diastolic: 85.8 mm[Hg]"
    group = observation(valueQuantity=None, hasMember=[{"reference": "Observation/2"}], interpretation=[coded("H", "High")])
    assert (one(group)["note"], one(group)["interpretation"]) == ("A panel of 1 results.", "High")


def test_plans_and_goals_are_kept_as_they_came() -> None:
    plan = about("CarePlan", "x", status="active", category=[coded("assess-plan", ""), coded("1", "Diabetes plan")], period={"start": "2026-01-01"})
    values = one(plan)
    assert (values["title"], values["tags"], values["body"]) == ("Diabetes plan", ["active"], plan)
    assert one(plan | {"title": "Mine"})["title"] == "Mine"
    assert one(about("CarePlan", "x", created="2026-01-01"))["title"] == "Care plan"
    goal = about("Goal", "x", lifecycleStatus="active", description={"text": "{'observation': 1}"}, startDate="2026-01-01")
    assert (one(goal)["title"], one(goal)["tags"]) == ("Goal", ["active"])
    assert "piece of a program" in remarks(goal)[0]


# --- sensitivity
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
    relative = about("FamilyMemberHistory", "x", element="patient", relationship=coded("MTH", "Mother"), meta={"security": [{"code": "GDIS"}]}, condition=[{"code": {"text": "Cancer"}}])
    assert one(relative)["sensitivity"] == "GDIS"
