"""Everything known about a patient."""

from patients.models.change import RecordChange
from patients.models.history import (
    HISTORY,
    Allergy,
    Condition,
    Encounter,
    FamilyHistory,
    HistoryItem,
    Immunization,
    Medication,
    Observation,
    Procedure,
    RecordStatus,
    Sensitivity,
)
from patients.models.imports import ImportIssue, ImportJob
from patients.models.merging import PatientMerge, TwoPeople
from patients.models.patient import Patient
from patients.models.people import (
    CareTeamMember,
    Consent,
    Coverage,
    RelatedPerson,
    SourceDocument,
)
from patients.models.reach import Address, ContactPoint, Identifier, SimilarName
from patients.models.sight import AccessDenial, AccessGrant

__all__ = [
    "HISTORY", "AccessDenial", "AccessGrant", "Address", "Allergy", "CareTeamMember", "Condition", "Consent", "ContactPoint", "Coverage",
    "Encounter", "FamilyHistory", "HistoryItem", "Identifier", "Immunization", "ImportIssue", "ImportJob", "Medication", "Observation",
    "Patient", "PatientMerge", "Procedure", "RecordChange", "RecordStatus", "RelatedPerson", "Sensitivity", "SimilarName", "SourceDocument",
    "TwoPeople",
]  # fmt: skip
