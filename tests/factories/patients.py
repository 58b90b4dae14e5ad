import datetime as dt
from typing import Any

import factory
from django.utils import timezone

from coordination.accounts.models import User
from coordination.lib.names import name_keys, sort_name
from patients.actions.merging import merge_patients
from patients.models import AccessGrant, CareTeamMember, Patient, PatientMerge
from tests.factories.accounts import OrganizationFactory, UserFactory


class PatientFactory(factory.django.DjangoModelFactory):
    """Enter the organization first (the `cast` fixture does): rows of another one cannot be written."""

    class Meta:
        model = Patient

    organization = factory.SubFactory(OrganizationFactory)
    family = factory.Sequence(lambda n: f"Family{n}")
    given = factory.Sequence(lambda n: f"Given{n}")
    birth_date = dt.date(1958, 3, 14)
    sex = "female"
    record_number = factory.Sequence(lambda n: f"44{n:06d}")
    sort_name = factory.LazyAttribute(lambda p: sort_name(p.family, p.given))
    name_keys = factory.LazyAttribute(lambda p: name_keys(p.family, p.given))
    created_by = factory.SubFactory(UserFactory, organization=factory.SelfAttribute("..organization"))
    updated_by = factory.SelfAttribute("created_by")


def join_care_team(patient: Patient, user: User, **values: Any) -> CareTeamMember:
    values.setdefault("role", "nurse")
    values.setdefault("starts_on", dt.date(2020, 1, 1))
    return CareTeamMember.objects.create(
        organization=patient.organization,
        patient=patient,
        user=user,
        created_by=user,
        updated_by=user,
        **values,
    )


def merged_into(patient: Patient, by: User, **values: Any) -> PatientMerge:
    """Another record of the same team, merged into this one."""
    other = PatientFactory(organization=patient.organization, team=patient.team, created_by=by, **values)
    return merge_patients(
        survivor=patient,
        merged=other,
        chosen={},
        second_identifier=other.record_number,
        reason="Same card seen",
        by=by,
    )


class EmergencyFactory(factory.django.DjangoModelFactory):
    """Sight somebody gave themselves: yesterday, for an hour, unless told otherwise."""

    class Meta:
        model = AccessGrant

    organization = factory.SelfAttribute("patient.organization")
    granted_by = factory.SelfAttribute("user")
    reason = "emergency"
    note = "Called from the emergency department"
    starts_at = factory.LazyFunction(lambda: timezone.now() - dt.timedelta(days=1))
    expires_at = factory.LazyAttribute(lambda grant: grant.starts_at + dt.timedelta(hours=1))
