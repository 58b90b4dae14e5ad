"""Who is meant: the same person, another one, nobody."""

from pathlib import Path
from typing import Any

import pytest

from patients.models import (
    CareTeamMember,
    Condition,
    Identifier,
    Patient,
)
from tests.conftest import Cast
from tests.factories import PatientFactory
from tests.interop.conftest import ImportIt
from tests.interop.made_up import bundle, condition, lines, observation, patient, write
from tests.interop.stored import imported, reasons

pytestmark = pytest.mark.django_db


def test_the_same_identifier_of_the_same_person_is_the_same_patient(cast: Cast, import_it: ImportIt) -> None:
    import_it(bundle(patient()))
    sent = patient(
        "other-7",
        identifier=patient()["identifier"],
        maritalStatus={"text": "Widowed"},
        name=[{"family": "Okafor-Lee", "given": ["Grace"]}],
    )
    mine = condition(subject={"reference": "Patient/other-7"})
    job = import_it(bundle(sent, mine), source="Lakeside")
    grace = imported()
    assert (
        job.created,
        job.changed,
        Patient.objects.filter(birth_date=grace.birth_date, family="Okafor").count(),
    ) == (1, 1, 1)
    assert (grace.marital_status, grace.family, grace.source) == ("Widowed", "Okafor", "Mercy")
    assert Condition.objects.get().patient == grace
    assert "already on record under another key" in " ".join(reasons(job))
    again = import_it(bundle(sent, mine), source="Lakeside")
    assert (again.created, again.changed, again.unchanged) == (0, 0, 2)


@pytest.mark.parametrize(
    "more", [{"birthDate": "1990-01-01"}, {"name": [{"family": "Smith", "given": ["Joe"]}]}]
)
def test_an_identifier_alone_is_not_believed(cast: Cast, import_it: ImportIt, more: dict[str, Any]) -> None:
    import_it(bundle(patient()))
    job = import_it(bundle(patient("x", identifier=patient()["identifier"], **more)), source="Lakeside")
    assert (job.created, Patient.objects.exclude(source="staff").count()) == (1, 2)
    assert "belongs to another patient" in " ".join(reasons(job))
    assert Identifier.objects.filter(value="MR-p1").count() == 1


def test_a_family_shares_its_member_number(cast: Cast, import_it: ImportIt) -> None:
    shared = [{"type": {"coding": [{"code": "MB"}]}, "system": "urn:plan", "value": "77"}]
    import_it(bundle(patient(identifier=shared)))
    job = import_it(bundle(patient("x", identifier=shared)), source="Lakeside")
    assert job.created == 1
    assert "probably the same person" in " ".join(reasons(job))


def test_identifiers_of_two_patients_are_a_contradiction(cast: Cast, import_it: ImportIt) -> None:
    import_it(bundle(patient("a"), patient("b")))
    both = [*patient("a")["identifier"], *patient("b")["identifier"]]
    job = import_it(
        bundle(patient("x", identifier=both), condition(subject={"reference": "Patient/x"})),
        source="Lakeside",
    )
    assert (job.created, job.rejected) == (0, 2)
    assert "belong to two patients" in reasons(job)[0]


def test_look_alikes_are_marked_and_said(cast: Cast, import_it: ImportIt) -> None:
    import_it(bundle(patient("a", identifier=[])))
    job = import_it(bundle(patient("b", identifier=[])))
    assert imported(source_key="Patient/b").has_similar_name
    assert imported(source_key="Patient/a").has_similar_name
    assert "probably the same person" in reasons(job)[0]


def test_a_record_number_is_sayable_and_unique(cast: Cast, import_it: ImportIt) -> None:
    PatientFactory(organization=cast.riverbend, record_number="MR-p1", created_by=cast.ana)
    import_it(bundle(patient(birthDate="1990-01-01"), patient("x" * 40, birthDate="1991-01-01")))
    numbers = Patient.objects.filter(source="Mercy").values_list("record_number", flat=True)
    assert all(len(number) == 8 and number.isdigit() for number in numbers)


def test_a_record_marked_as_an_error_is_not_revived(cast: Cast, import_it: ImportIt) -> None:
    import_it(bundle(patient()))
    imported().change({"status": "entered_in_error"}, by=cast.ana)
    job = import_it(bundle(patient(), condition()))
    assert (job.rejected, Condition.objects.count()) == (2, 0)
    assert "entered in error" in reasons(job)[0]


def test_it_follows_references_of_every_form(cast: Cast, import_it: ImportIt) -> None:
    sent = {"resourceType": "Bundle", "type": "transaction", "entry": [
        {"fullUrl": "urn:uuid:11", "resource": patient(id=None, identifier=[])},
        {"fullUrl": "https://ehr.example/fhir/Patient/22", "resource": patient("22", birthDate="1990-01-01")},
        {"resource": condition("a", subject={"reference": "urn:uuid:11"})},
        {"resource": condition("b", subject={"reference": "https://ehr.example/fhir/Patient/22"})},
        {"resource": condition("c", subject={"reference": "Patient/22/_history/3"})},
        {"resource": condition("d", subject={"reference": "Patient?identifier=urn:test:mr|MR-22"})},
        {"resource": condition("e", subject={"identifier": {"system": "urn:test:mr", "value": "MR-22"}})},
        {"fullUrl": "urn:uuid:33", "resource": condition("", subject={"reference": "urn:uuid:11"}, id=None)},
    ]}  # fmt: skip
    job = import_it(sent)
    assert (job.created, job.rejected) == (8, 0)
    assert set(Condition.objects.values_list("source_key", "patient__source_key")) == {
        ("Condition/a", "Patient/11"), ("Condition/33", "Patient/11"),
        ("Condition/b", "Patient/22"), ("Condition/c", "Patient/22"), ("Condition/d", "Patient/22"), ("Condition/e", "Patient/22"),
    }  # fmt: skip


def test_a_resource_without_a_name_is_known_by_what_it_says(cast: Cast, import_it: ImportIt) -> None:
    nameless = condition(id=None)
    numbered = condition(id=None, identifier=[{"system": "urn:c", "value": "5"}])
    long = condition("x" * 300)
    first = import_it(bundle(patient(), nameless, numbered, long))
    second = import_it(bundle(patient(), nameless, numbered, long))
    assert (first.created, second.unchanged) == (4, 4)
    assert Condition.objects.filter(source_key="Condition/urn:c|5").exists()


def test_records_of_a_known_patient_may_come_later_and_alone(
    cast: Cast, import_it: ImportIt, tmp_path: Path
) -> None:
    import_it(bundle(patient()))
    job = import_it(write(tmp_path, lines(condition(), observation()), "later.ndjson.gz"))
    assert (job.created, Condition.objects.get().patient) == (2, imported())


def test_a_folder_of_single_resources_is_put_together(cast: Cast, import_it: ImportIt) -> None:
    job = import_it(
        condition(),
        {"resourceType": "Practitioner", "id": "7", "name": [{"text": "Dr. Lee"}]},
        patient(generalPractitioner=[{"reference": "Practitioner/7"}]),
    )
    assert (job.created, job.kept) == (2, 1)
    assert CareTeamMember.objects.filter(name="Dr. Lee").exists()


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        (condition(subject={"reference": "Patient/nobody"}), "neither in this import nor on record"),
        (condition(subject={"reference": "urn:uuid:nobody"}), "did not come along"),
        (condition(subject={"reference": "Group/5"}), "did not come along"),
        (condition(subject={"reference": "Practitioner/7"}), "did not come along"),
        (condition(subject=None), "does not say whose it is"),
        (condition(subject="Patient/p1"), "does not say whose it is"),
    ],
)
def test_a_resource_of_nobody_is_rejected(
    cast: Cast, import_it: ImportIt, resource: dict[str, Any], reason: str
) -> None:
    job = import_it(bundle({"resourceType": "Practitioner", "id": "7"}, resource))
    assert (job.rejected, job.kept, Condition.objects.count()) == (1, 1, 0)
    assert reason in reasons(job)[0]


def test_a_patient_sent_twice_is_one(cast: Cast, import_it: ImportIt) -> None:
    job = import_it(
        bundle(
            patient(),
            patient(),
            patient(maritalStatus={"text": "Widowed"}),
            condition(),
            condition(),
            condition(note=[{"text": "x"}]),
        )
    )
    assert (job.created, job.unchanged, job.rejected) == (2, 2, 2)
    assert "sent twice with different content" in reasons(job)[0]


def test_two_people_under_one_id_are_both_refused(cast: Cast, import_it: ImportIt) -> None:
    job = import_it(bundle(patient(), patient(birthDate="1990-01-01"), patient(), condition()))
    assert (job.created, job.rejected, job.resources_read) == (0, 4, 4)
    assert "two different people" in reasons(job)[0]
    assert not Patient.objects.filter(source="Mercy").exists()
    job = import_it(bundle(patient("q"), patient("q", name=[{"family": "Other"}])))
    assert job.rejected == 2


def test_a_second_patient_that_cannot_be_read_costs_only_itself(cast: Cast, import_it: ImportIt) -> None:
    job = import_it(bundle(patient(), patient(birthDate="soon"), condition()))
    assert (job.created, job.rejected) == (2, 1)
