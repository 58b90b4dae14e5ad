"""The patient's own row, and how they are reached: created once, then only ever completed or followed."""

from collections.abc import Iterable
from typing import Any, Protocol

from django.utils.translation import gettext as _

from coordination.accounts.models import Organization, Team, User
from coordination.interop.fhir.finding import Found
from coordination.interop.fhir.mapping.base import Remark, Row
from coordination.interop.fhir.mapping.history import NO_KNOWN_ALLERGY
from coordination.interop.fhir.mapping.patient import PatientFacts
from patients.actions.care import name_coordinator
from patients.actions.identity import keys_of_name, mark_similar_names
from patients.actions.registration import new_record_number
from patients.matching import Probe, duplicates
from patients.models import Address, Allergy, ContactPoint, Identifier, Patient, RecordStatus

EMPTY: tuple[Any, ...] = ("", None, [], False, "unknown")
RACE = {"race_ethnicity", "race_ethnicity_detail", "race_ethnicity_source"}
NAMES = {"family", "given", "middle", "prefix", "suffix", "sort_name", "name_keys"}
SAYABLE = (
    20  # HOUSE: a record number longer than this cannot be read out on the phone; one of our own is given
)


class Sender(Protocol):
    """On whose behalf: see Keeper."""

    @property
    def organization(self) -> Organization: ...
    @property
    def source(self) -> str: ...
    @property
    def by(self) -> User: ...
    @property
    def team(self) -> Team | None: ...
    @property
    def coordinator(self) -> User | None: ...


def create_patient(
    sender: Sender, facts: PatientFacts, taken: set[tuple[str, str]]
) -> tuple[Patient, list[Remark]]:
    """Add a patient with everything the resource says. Likely duplicates are remarked upon, never merged by machine."""
    remarks = _likely_duplicates(sender, facts)
    patient = Patient(
        organization=sender.organization,
        source=sender.source,
        source_key=facts.key,
        source_hash=facts.hash,
        team=sender.team,
        created_by=sender.by,
        updated_by=sender.by,
        record_number=_record_number(sender, facts.record_number),
        **facts.values,
    )
    patient.save(force_insert=True)
    reach(sender, patient, facts, taken)
    if sender.coordinator and not patient.is_deceased:
        name_coordinator(patient, sender.coordinator, sender.by)
    mark_similar_names(patient=patient)
    patient.refresh_from_db(fields=["has_similar_name"])
    return patient, remarks


def _record_number(sender: Sender, number: str) -> str:
    """The number the source knows the patient by, if a person can say it and nobody here has it."""
    usable = number and len(number) <= SAYABLE
    if usable and not Patient.objects.filter(organization=sender.organization, record_number=number).exists():
        return number
    return new_record_number(sender.organization.pk)


def _likely_duplicates(sender: Sender, facts: PatientFacts) -> list[Remark]:
    probe = Probe(
        organization_id=sender.organization.pk,
        family=facts.values["family"],
        given=facts.values["given"],
        birth_date=facts.values["birth_date"],
        sex=facts.values["sex"],
        suffix=facts.values["suffix"],
        numbers=frozenset(phone.number for phone in facts.phones if phone.number),
        identifiers=frozenset(identifier.value for identifier in facts.identifiers),
        postal_code=next((address.postal_code for address in facts.addresses if address.postal_code), ""),
    )
    strong = [match for match in duplicates(probe) if match.is_strong]
    return (
        [Remark("Patient", _("someone on record is probably the same person; compare the two"))]
        if strong
        else []
    )


def apply_facts(sender: Sender, found: Found, facts: PatientFacts) -> tuple[list[str], list[Remark]]:
    """Follow the source for a patient it made; only fill gaps for a patient of another source or of people here."""
    patient = found.patient
    if patient is None or (found.is_same_source and patient.source_hash == facts.hash):
        return [], []
    values = _followed(patient, facts) if found.is_same_source else _completed(patient, facts)
    before = len(_address_lines(patient))
    changed = patient.change(values, by=sender.by)
    changed += reach(sender, patient, facts, found.taken)
    if NAMES & set(changed):
        mark_similar_names(patient=patient)
    moved = before and "addresses" in changed
    remarks = (
        [Remark("Patient.address", _("a new address; the earlier one stays beside it"))] if moved else []
    )
    return [name for name in changed if name != "source_hash"], remarks


def _followed(patient: Patient, facts: PatientFacts) -> dict[str, Any]:
    """What the source says now. Its silence never erases, and what patients said themselves outweighs it."""
    own_words = patient.race_ethnicity_source not in {Patient.RaceSource.IMPORTED, Patient.RaceSource.UNKNOWN}
    values = {
        name: value
        for name, value in facts.values.items()
        if value not in EMPTY and not (name in RACE and own_words)
    }
    named = {
        name: values.get(name, getattr(patient, name))
        for name in ("family", "given", "preferred_name", "former_names")
    }
    return {**values, **keys_of_name(*named.values()), "source_hash": facts.hash}


def _completed(patient: Patient, facts: PatientFacts) -> dict[str, Any]:
    """What the record does not know yet. Names are never mixed from two sources, nor race from two answers."""
    keep = NAMES | {"birth_precision"} | (RACE if patient.race_ethnicity else set())
    return {
        name: value
        for name, value in facts.values.items()
        if name not in keep and value not in EMPTY and getattr(patient, name) in EMPTY
    }


def reach(sender: Sender, patient: Patient, facts: PatientFacts, taken: set[tuple[str, str]]) -> list[str]:
    """Add identifiers, phones and addresses the record lacks; what is there already is left to the people here."""
    shared = {
        "organization": sender.organization,
        "patient": patient,
        "created_by": sender.by,
        "updated_by": sender.by,
    }
    numbers = [i for i in facts.identifiers if (i.system, i.value) not in taken | _identifiers(patient)]
    known = set(ContactPoint.objects.filter(patient=patient).values_list("value", flat=True))
    phones = [phone for phone in facts.phones if phone.value not in known]
    lines = _address_lines(patient)
    addresses = [a for a in facts.addresses if (a.line, a.city, a.postal_code) not in lines]
    Identifier.objects.bulk_create(Identifier(**shared, **i._asdict()) for i in numbers)
    ContactPoint.objects.bulk_create(ContactPoint(**shared, **phone._asdict()) for phone in phones)
    Address.objects.bulk_create(Address(**shared, **address._asdict()) for address in addresses)
    added = {"identifiers": numbers, "phones": phones, "addresses": addresses}
    return [name for name, rows in added.items() if rows]


def _identifiers(patient: Patient) -> set[tuple[str, str]]:
    return set(Identifier.objects.filter(patient=patient).values_list("system", "value"))


def _address_lines(patient: Patient) -> set[tuple[str, str, str]]:
    return set(Address.objects.filter(patient=patient).values_list("line", "city", "postal_code"))


def note_allergies(patient: Patient, rows: Iterable[Row], *, by: User) -> None:
    """Keep the four states of allergies right: one that is known outweighs a statement that there is none."""
    values = [row.values for row in rows if row.model is Allergy]
    standing = [v for v in values if v.get("record_status") != RecordStatus.ENTERED_IN_ERROR]
    status = ""
    if any(v["is_active"] for v in standing):
        status = Patient.AllergyStatus.KNOWN
    elif patient.allergy_status != Patient.AllergyStatus.KNOWN and any(
        v["status"] == "none-known" and v["code"] in NO_KNOWN_ALLERGY for v in standing
    ):
        status = Patient.AllergyStatus.NONE_KNOWN
    if not status or status == patient.allergy_status:
        return
    dates = [v["recorded_at"].date() for v in standing if v["recorded_at"]]
    checked = {"allergies_checked_on": max(dates)} if dates else {}
    patient.change({"allergy_status": status, **checked}, by=by)
