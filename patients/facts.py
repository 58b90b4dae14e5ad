"""Everything the head of a record speaks of, read in one statement.

The banner stands on every page about a patient, so nine tables are asked at once instead of one after the
other. What the person may not see is left out by the same querysets that leave it out everywhere else.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, JSONObject

from coordination.accounts.models import User
from coordination.accounts.permissions import Permission
from patients.models import (
    Address,
    Allergy,
    CareTeamMember,
    Consent,
    ContactPoint,
    Coverage,
    Identifier,
    Patient,
    RelatedPerson,
    SimilarName,
)


@dataclass(frozen=True)
class Facts:
    """Unsaved rows: good for reading, never for saving."""

    phones: list[ContactPoint]
    addresses: list[Address]
    people: list[RelatedPerson]
    coverages: list[Coverage]
    identifiers: list[Identifier]
    consents: list[Consent]
    allergies: list[Allergy]
    similar: list[Patient]
    merged: list[Patient]  # records that went into this one
    care_team: int


_PHONE = (
    "kind",
    "value",
    "number",
    "voicemail",
    "text_allowed",
    "do_not_use",
    "do_not_use_reason",
    "best_time",
    "call_from",
    "call_until",
    "others_may_answer",
    "note",
)
_ADDRESS = (
    "use",
    "line",
    "city",
    "state",
    "postal_code",
    "country",
    "is_confidential",
    "starts_on",
    "ends_on",
)
_PERSON = (
    "name",
    "relationship",
    "phone",
    "authority",
    "is_springing",
    "is_emergency_contact",
    "starts_on",
    "ends_on",
)
_COVERAGE = ("rank", "kind", "payer", "plan", "member_id", "status", "starts_on", "ends_on", "verified_at")
_IDENTIFIER = ("kind", "system", "value", "starts_on", "ends_on")
_CONSENT = ("kind", "given", "signed_on", "expires_on", "revoked_at")
_ALLERGY = ("text", "reaction", "criticality")
_MERGED = ("family", "given", "record_number")
_SIMILAR = ("family", "given", "middle", "birth_date", "birth_precision")


def facts_of(user: User, patient: Patient) -> Facts:
    today = user.organization.today()
    mine = {"patient": OuterRef("pk")}
    allergies = (
        Allergy.objects.open_to(user).filter(**mine).standing().filter(is_active=True).order_by("text", "id")
    )
    similar = SimilarName.objects.filter(**mine, other__in=Patient.objects.visible_to(user)).order_by(
        "other__sort_name", "other_id"
    )
    team = (
        CareTeamMember.objects.open_to(user)
        .filter(**mine)
        .in_force(today)
        .order_by()
        .values("patient")
        .annotate(n=Count("id"))
        .values("n")
    )
    (row,) = Patient.objects.filter(pk=patient.pk).values(
        phones=_rows(ContactPoint.objects.filter(**mine).order_by("do_not_use", "rank", "id"), _PHONE),
        addresses=_rows(Address.objects.filter(**mine).exclude(use="old").order_by("use", "id"), _ADDRESS),
        people=_rows(
            RelatedPerson.objects.filter(**mine).order_by("-is_emergency_contact", "name", "id"), _PERSON
        ),
        coverages=_rows(
            Coverage.objects.filter(**mine).exclude(status="entered_in_error").order_by("rank", "id"),
            _COVERAGE,
        ),
        identifiers=_rows(Identifier.objects.filter(**mine).order_by("kind", "id"), _IDENTIFIER),
        consents=_rows(Consent.objects.open_to(user).filter(**mine).order_by("expires_on", "id"), _CONSENT),
        allergies=_rows(allergies, _ALLERGY),
        similar=_rows(similar, _SIMILAR, "other__"),
        merged=_rows(Patient.objects.filter(merged_into=OuterRef("pk")).order_by("id"), _MERGED),
        care_team=Coalesce(Subquery(team, output_field=IntegerField()), 0),
    )
    return Facts(
        phones=_read(ContactPoint, row["phones"]),
        addresses=_read(Address, row["addresses"]),
        people=_read(RelatedPerson, row["people"]),
        coverages=_read(Coverage, row["coverages"]),
        identifiers=_read(Identifier, row["identifiers"]),
        consents=_read(Consent, row["consents"]),
        allergies=_read(Allergy, row["allergies"]) if user.may(Permission.HISTORY_VIEW) else [],
        similar=_read(Patient, row["similar"]),
        merged=_read(Patient, row["merged"]),
        care_team=row["care_team"],
    )


def _rows(queryset: QuerySet[Any], names: tuple[str, ...], prefix: str = "") -> ArraySubquery:
    fields = {"id": f"{prefix}id", **{name: f"{prefix}{name}" for name in names}}
    return ArraySubquery(
        queryset.values(json=JSONObject(**{name: F(source) for name, source in fields.items()}))
    )


def _read(model: type[Any], rows: list[dict[str, Any]]) -> list[Any]:
    """JSON knows no dates: each value is read back by the field it came from."""
    return [model(**{name: _value(model, name, value) for name, value in row.items()}) for row in rows]


def _value(model: type[Any], name: str, value: Any) -> Any:
    read = model._meta.get_field(name).to_python(value)
    return read.astimezone(dt.UTC) if isinstance(read, dt.datetime) else read
