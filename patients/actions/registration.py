"""A patient comes into care."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from coordination.accounts.models import Team, User
from coordination.audit.actions import record
from coordination.lib.refusal import Refused
from coordination.outbox.actions import post
from patients.actions.care import name_coordinator
from patients.actions.identity import EDITABLE, keys_of_name, mark_similar_names
from patients.actions.reaching import new_address, new_identifier, new_phone, refuse_taken, to_e164
from patients.matching import Match, Probe, duplicates
from patients.models import Address, ContactPoint, Identifier, Patient

Values = Mapping[str, Any]


class DuplicateFound(Refused):
    """Someone on record is probably the same person. Carries who, to be shown as far as the person may see them."""

    def __init__(self, matches: Sequence[Match]) -> None:
        super().__init__(
            _(
                "Someone on record is probably the same person. Open that record, or say why this is another person."
            ),
            field="not_duplicate",
        )
        self.matches = list(matches)


@transaction.atomic
def register_patient(
    *,
    values: Values,
    by: User,
    phones: Iterable[Values] = (),
    addresses: Iterable[Values] = (),
    identifiers: Iterable[Values] = (),
    coordinator: User | None = None,
    team: Team | None = None,
    confirmed_not_duplicate: bool = False,
    why_not_duplicate: str = "",
) -> Patient:
    """Add a patient, with whoever answers for them. Raises DuplicateFound unless told that this is another person."""
    if unknown := set(values) - EDITABLE:
        raise TypeError(f"register_patient does not know {', '.join(sorted(unknown))}")
    if coordinator is None and team is None:
        raise Refused(
            _("Choose a coordinator or a team, so that someone answers for this patient."),
            field="coordinator",
        )
    phones, addresses, identifiers = list(phones), list(addresses), list(identifiers)
    _one_at_a_time(by, values)
    matches = [
        match for match in duplicates(probe_of(by, values, phones, addresses, identifiers)) if match.is_strong
    ]
    if matches and not confirmed_not_duplicate:
        raise DuplicateFound(matches)
    if matches and not why_not_duplicate:
        raise Refused(_("Say how you know that this is another person."), field="why_not_duplicate")
    patient = _create(values, team, by)
    _reach(patient, phones, addresses, identifiers, by)
    if coordinator is not None:
        name_coordinator(patient, coordinator, by)
    record(
        "patient.registered", by=by, target=patient, patient_id=patient.pk,
        reason=why_not_duplicate if matches else "", detail={"duplicates_shown": len(matches)},
    )  # fmt: skip
    mark_similar_names(patient=patient)
    patient.refresh_from_db(fields=["has_similar_name"])
    post("patient.named", organization_id=patient.organization_id, patient_id=patient.pk)
    return patient


def probe_of(
    by: User,
    values: Values,
    phones: Iterable[Values],
    addresses: Iterable[Values],
    identifiers: Iterable[Values],
) -> Probe:
    """What is known of someone not on record yet, for the search for duplicates."""
    numbers = {to_e164(phone["kind"], phone["value"]) for phone in phones}
    known_as = {identifier["value"] for identifier in identifiers} | {values.get("record_number", "")}
    codes = [address.get("postal_code", "") for address in addresses]
    return Probe(
        organization_id=by.organization_id,
        family=values.get("family", ""),
        given=values.get("given", ""),
        birth_date=values.get("birth_date"),
        sex=values.get("sex") or "unknown",
        suffix=values.get("suffix", ""),
        numbers=frozenset(numbers - {""}),
        identifiers=frozenset(known_as - {""}),
        postal_code=next((code for code in codes if code), ""),
    )


def new_record_number(organization_id: Any) -> str:
    """A number of eight digits nobody in the organization has yet. It tells nothing about who came when."""
    while True:
        number = str(secrets.randbelow(90_000_000) + 10_000_000)
        if not Patient.objects.filter(organization_id=organization_id, record_number=number).exists():
            return number


def _one_at_a_time(by: User, values: Values) -> None:
    """Two people who add the same patient, or use the same number, at the same moment: the second waits, and finds the first's."""
    known_by = [values.get("birth_date"), *filter(None, [values.get("record_number")])]
    with connection.cursor() as cursor:
        for known in known_by:
            who = f"{by.organization_id} {known}"
            cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [who])


def _create(values: Values, team: Team | None, by: User) -> Patient:
    number = values.get("record_number") or new_record_number(by.organization_id)
    if Patient.objects.filter(organization_id=by.organization_id, record_number=number).exists():
        raise Refused(_("Another patient has this record number."), field="record_number")
    keys = keys_of_name(
        values["family"],
        values.get("given", ""),
        values.get("preferred_name", ""),
        values.get("former_names", ""),
    )
    patient = Patient(
        organization_id=by.organization_id,
        created_by=by,
        updated_by=by,
        **{**values, **keys, "team": team, "record_number": number},
    )
    patient.save(force_insert=True)
    return patient


def _reach(
    patient: Patient,
    phones: Iterable[Values],
    addresses: Iterable[Values],
    identifiers: Iterable[Values],
    by: User,
) -> None:
    named = [new_identifier(patient, values, by) for values in identifiers]
    for identifier in named:
        refuse_taken(identifier)
    points = [new_phone(patient, {"rank": rank, **values}, by) for rank, values in enumerate(phones, start=1)]
    ContactPoint.objects.bulk_create(points)
    Address.objects.bulk_create(new_address(patient, values, by) for values in addresses)
    Identifier.objects.bulk_create(named)
