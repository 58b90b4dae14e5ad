"""Rows about a patient. Each takes `patient`; what made it and when is filled in."""

import datetime as dt

import factory
from django.utils import timezone

from coordination.worklist.models import Contact
from patients.models import (
    Address,
    Allergy,
    Condition,
    Consent,
    ContactPoint,
    Coverage,
    Identifier,
    Medication,
    Observation,
    RelatedPerson,
)


class AboutPatientFactory(factory.django.DjangoModelFactory):
    class Meta:
        abstract = True

    organization = factory.SelfAttribute("patient.organization")
    created_by = factory.SelfAttribute("patient.coordinator")
    updated_by = factory.SelfAttribute("created_by")


class HistoryFactory(AboutPatientFactory):
    class Meta:
        abstract = True

    occurred_at = factory.LazyFunction(lambda: timezone.now() - dt.timedelta(days=30))


class ConditionFactory(HistoryFactory):
    class Meta:
        model = Condition

    text = factory.Sequence(lambda n: f"Condition number {n}")


class AllergyFactory(HistoryFactory):
    class Meta:
        model = Allergy

    text = "Penicillin"
    reaction = "anaphylaxis"
    criticality = "high"


class MedicationFactory(HistoryFactory):
    class Meta:
        model = Medication

    text = "hydralazine 25 MG Oral Tablet"


class ObservationFactory(HistoryFactory):
    class Meta:
        model = Observation

    text = "Body weight"
    code = "29463-7"
    number = 166
    value = "166"
    unit = "[lb_av]"


class ContactPointFactory(AboutPatientFactory):
    class Meta:
        model = ContactPoint

    kind = "mobile"
    value = "(202) 555-0142"
    number = "+12025550142"


class AddressFactory(AboutPatientFactory):
    class Meta:
        model = Address

    line = "418 Alder St"
    city = "Dayton"
    state = "OH"
    postal_code = "45402"


class IdentifierFactory(AboutPatientFactory):
    class Meta:
        model = Identifier

    kind = "MC"
    value = "1EG4-TE5-MK73"


class RelatedPersonFactory(AboutPatientFactory):
    class Meta:
        model = RelatedPerson

    name = "Ada Rivera"
    relationship = "daughter"


class ConsentFactory(AboutPatientFactory):
    class Meta:
        model = Consent

    kind = "care_coordination"
    signed_on = dt.date(2026, 1, 5)


class CoverageFactory(AboutPatientFactory):
    class Meta:
        model = Coverage

    payer = "Medicare"
    plan = "Part A and B"
    kind = "medicare"


class ContactFactory(AboutPatientFactory):
    class Meta:
        model = Contact

    occurred_at = factory.LazyFunction(lambda: timezone.now() - dt.timedelta(days=1))
    staff = factory.SelfAttribute("created_by")
    outcome = "left_voicemail"
    no_follow_up_reason = "Only a test"
