"""Which FHIR R4 resources are taken, which are read and knowingly left out, and why."""

from django.utils.translation import gettext_lazy as _

# where a resource says whose it is
PATIENT_ELEMENT: dict[str, str] = {
    "Patient": "",
    "RelatedPerson": "patient",
    "CareTeam": "subject",
    "Coverage": "beneficiary",
    "Condition": "subject",
    "AllergyIntolerance": "patient",
    "MedicationRequest": "subject",
    "MedicationStatement": "subject",
    "Procedure": "subject",
    "Immunization": "patient",
    "FamilyMemberHistory": "patient",
    "Encounter": "subject",
    "Observation": "subject",
    "CarePlan": "subject",
    "Goal": "subject",
}

# read where others refer to them
REFERRED = frozenset(
    [
        "Patient",
        "RelatedPerson",
        "Practitioner",
        "PractitionerRole",
        "Organization",
        "Location",
        "Medication",
        "Condition",
    ]
)

_NAMES = _("read for its name where the record mentions it; there is no directory yet")
_BILLING = _("billing is not part of the chart")
_CHART = _("not part of the chart yet")
_TERMS = _("describes a system or a vocabulary, not a patient")


def _words(text: str) -> list[str]:
    return text.split()


LEFT_OUT = {
    **dict.fromkeys(_words("Practitioner PractitionerRole Organization Location Medication"), _NAMES),
    **dict.fromkeys(
        _words(
            "Account ChargeItem ChargeItemDefinition Claim ClaimResponse Contract CoverageEligibilityRequest CoverageEligibilityResponse "
            "EnrollmentRequest EnrollmentResponse ExplanationOfBenefit InsurancePlan Invoice PaymentNotice PaymentReconciliation"
        ),
        _BILLING,
    ),
    **dict.fromkeys(
        _words(
            "AdverseEvent Appointment AppointmentResponse AuditEvent Basic Binary BiologicallyDerivedProduct BodyStructure ClinicalImpression "
            "Communication CommunicationRequest Composition Consent DetectedIssue Device DeviceDefinition DeviceMetric DeviceRequest "
            "DeviceUseStatement DiagnosticReport DocumentManifest DocumentReference EpisodeOfCare Flag Group GuidanceResponse "
            "HealthcareService ImagingStudy ImmunizationEvaluation ImmunizationRecommendation Linkage List Media MedicationAdministration "
            "MedicationDispense MedicationKnowledge MolecularSequence NutritionOrder Person Provenance QuestionnaireResponse "
            "RequestGroup ResearchStudy ResearchSubject RiskAssessment Schedule ServiceRequest Slot Specimen Substance SupplyDelivery "
            "SupplyRequest Task VerificationResult VisionPrescription"
        ),
        _CHART,
    ),
    **dict.fromkeys(
        _words(
            "ActivityDefinition CapabilityStatement CatalogEntry CodeSystem CompartmentDefinition ConceptMap EffectEvidenceSynthesis Endpoint "
            "EventDefinition Evidence EvidenceVariable ExampleScenario GraphDefinition ImplementationGuide Library Measure MeasureReport "
            "MedicinalProduct MedicinalProductAuthorization MedicinalProductContraindication MedicinalProductIndication "
            "MedicinalProductIngredient MedicinalProductInteraction MedicinalProductManufactured MedicinalProductPackaged "
            "MedicinalProductPharmaceutical MedicinalProductUndesirableEffect MessageDefinition MessageHeader NamingSystem "
            "ObservationDefinition OperationDefinition OperationOutcome OrganizationAffiliation Parameters PlanDefinition Questionnaire "
            "ResearchDefinition ResearchElementDefinition RiskEvidenceSynthesis SearchParameter SpecimenDefinition StructureDefinition "
            "StructureMap Subscription SubstanceNucleicAcid SubstancePolymer SubstanceProtein SubstanceReferenceInformation "
            "SubstanceSourceMaterial SubstanceSpecification TerminologyCapabilities TestReport TestScript ValueSet"
        ),
        _TERMS,
    ),
}
