"""What an import left in the database."""

from typing import Any

from patients.models import (
    HISTORY,
    Address,
    CareTeamMember,
    ContactPoint,
    Coverage,
    Identifier,
    ImportIssue,
    ImportJob,
    Patient,
    RelatedPerson,
    SourceDocument,
)
from tests.interop.made_up import about, allergy, bundle, coded, condition, observation, patient


def whole() -> dict[str, Any]:
    return bundle(
        patient(
            contact=[{"name": {"text": "Ben Okafor"}}], generalPractitioner=[{"reference": "Practitioner/7"}]
        ),
        {"resourceType": "Practitioner", "id": "7", "name": [{"text": "Dr. Lee"}]},
        condition(),
        allergy(),
        observation(),
        about("Encounter", "e1", status="finished", **{"class": {"code": "AMB"}}),
        about("Coverage", "k1", element="beneficiary", status="active", payor=[{"display": "Medicaid"}]),
        about("CareTeam", "t1", participant=[{"member": {"reference": "Practitioner/7"}}]),
        about("RelatedPerson", "r1", element="patient", name=[{"text": "Ada Okafor"}]),
        about("MedicationRequest", "m1", status="active", medicationCodeableConcept=coded("1", "amlodipine")),
        about("MedicationStatement", "m2", status="active", medicationCodeableConcept=coded("2", "aspirin")),
        about("Procedure", "pr1", status="completed", code=coded("3", "X-ray")),
        about(
            "Immunization", "i1", element="patient", status="completed", vaccineCode=coded("140", "Influenza")
        ),
        about(
            "FamilyMemberHistory",
            "f1",
            element="patient",
            status="completed",
            relationship=coded("MTH", "Mother"),
        ),
        about("CarePlan", "cp1", status="active"),
        about("Goal", "g1", lifecycleStatus="active", description={"text": "Walk daily"}),
        about("Claim", "cl1"),
    )


def rows() -> dict[str, list[Any]]:
    """Every row of every table an import writes, to the last column."""
    models = [
        Patient,
        Identifier,
        ContactPoint,
        Address,
        RelatedPerson,
        CareTeamMember,
        Coverage,
        SourceDocument,
        *HISTORY,
    ]
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


def reasons(job: ImportJob) -> list[str]:
    return [
        f"{issue.resource} {issue.path} {issue.reason}"
        for issue in ImportIssue.objects.filter(job=job).order_by("id")
    ]


def imported(**more: Any) -> Patient:
    return Patient.objects.get(source="Mercy", **more)
