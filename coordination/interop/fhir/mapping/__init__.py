"""One small reader for each kind of resource that becomes part of the record."""

from collections.abc import Callable

from coordination.interop.fhir.mapping.base import Context, Row
from coordination.interop.fhir.mapping.coverage import read_coverage
from coordination.interop.fhir.mapping.documents import read_care_plan, read_goal
from coordination.interop.fhir.mapping.encounter import read_encounter
from coordination.interop.fhir.mapping.history import (
    read_allergy,
    read_condition,
    read_family_history,
    read_immunization,
    read_procedure,
)
from coordination.interop.fhir.mapping.medication import read_request, read_statement
from coordination.interop.fhir.mapping.observation import read_observation
from coordination.interop.fhir.mapping.people import read_care_team, read_related_person
from coordination.interop.fhir.values import Node

Reader = Callable[[Node, Context, str], list[Row]]

READERS: dict[str, Reader] = {
    "RelatedPerson": read_related_person,
    "CareTeam": read_care_team,
    "Coverage": read_coverage,
    "Condition": read_condition,
    "AllergyIntolerance": read_allergy,
    "MedicationRequest": read_request,
    "MedicationStatement": read_statement,
    "Procedure": read_procedure,
    "Immunization": read_immunization,
    "FamilyMemberHistory": read_family_history,
    "Encounter": read_encounter,
    "Observation": read_observation,
    "CarePlan": read_care_plan,
    "Goal": read_goal,
}
