"""Is this patient on record? The same key of the same source, else the same identifier of the same person."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from coordination.accounts.models import Organization
from coordination.interop.fhir.mapping.patient import PatientFacts
from coordination.interop.fhir.problems import Rejected
from coordination.lib.names import sort_key
from patients.access import survivor_of
from patients.models import Identifier, Patient

# a family shares its member number, so it names nobody
SHARED_KINDS = {Identifier.Kind.MB}


@dataclass
class Found:
    patient: Patient | None = None
    is_same_source: bool = False
    taken: set[tuple[str, str]] = field(default_factory=set)  # identifiers that belong to somebody else
    remarks: list[tuple[str, str]] = field(default_factory=list)


def find_patient(organization: Organization, source: str, key: str, facts: PatientFacts | None) -> Found:
    """Raises Rejected when what was sent contradicts itself or the record."""
    here = Patient.objects.select_for_update().filter(organization=organization)
    known = here.filter(source=source, source_key=key).exclude(source_key="").first()
    owners = _owners(organization, facts) if facts else {}
    found = Found(known, is_same_source=True)
    if known is not None and known.status == Patient.Status.MERGED:
        # the record lives on in another one, which follows its own source: this one only completes it
        found = Found(here.get(pk=survivor_of(known.pk)))
    if known is None and facts:
        found = _by_identifier(here, facts, owners)
    if found.patient is not None and found.patient.status == Patient.Status.ENTERED_IN_ERROR:
        raise Rejected("Patient.id", _("this record was marked here as entered in error"))
    mine = found.patient.pk if found.patient else None
    found.taken = {named for named, owner in owners.items() if owner != mine}
    if found.taken:
        found.remarks.append(
            ("Patient.identifier", _("an identifier here belongs to another patient; it was left out"))
        )
    return found


def _owners(organization: Organization, facts: PatientFacts) -> dict[tuple[str, str], Any]:
    """Who on record has these identifiers already."""
    sent = {(i.system, i.value) for i in facts.identifiers if i.system}
    rows = Identifier.objects.filter(organization=organization, value__in=[value for _system, value in sent])
    return {
        (system, value): patient
        for system, value, patient in rows.values_list("system", "value", "patient_id")
        if (system, value) in sent
    }


def _by_identifier(here: Any, facts: PatientFacts, owners: dict[tuple[str, str], Any]) -> Found:
    shared = {(i.system, i.value) for i in facts.identifiers if i.kind in SHARED_KINDS}
    candidates = {owner for named, owner in owners.items() if named not in shared}
    same = [patient for patient in here.filter(pk__in=candidates) if is_same_person(patient, facts)]
    if len(same) > 1:
        raise Rejected("Patient.identifier", _("its identifiers belong to two patients on record"))
    if not same:
        return Found()
    return Found(
        same[0],
        remarks=[("Patient.identifier", _("already on record under another key; added to that patient"))],
    )


def is_same_person(patient: Patient, facts: PatientFacts) -> bool:
    """An identifier alone is not believed: the date of birth must not differ, and one of the names must be the same."""
    born = facts.values["birth_date"]
    if born and patient.birth_date and born != patient.birth_date:
        return False
    names = [(patient.family, facts.values["family"]), (patient.given, facts.values["given"])]
    return any(sort_key(mine) == sort_key(theirs) != "" for mine, theirs in names)
