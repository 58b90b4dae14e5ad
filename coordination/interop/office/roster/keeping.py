"""One row of a roster becomes a patient, completes one, or waits for a person's decision.

Who is the same person is decided as for any import (`interop/fhir/finding.py`, `patients/matching.py`). A value is followed only
where the roster wrote it last: what a person here entered stays, and the row says that it was kept.
"""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Literal

from django.conf import settings
from django.utils.translation import gettext as _

from coordination.interop.fhir.finding import Found, find_patient, is_same_person
from coordination.interop.fhir.identity import Sender, create_patient, reach
from coordination.interop.fhir.mapping.base import digest
from coordination.interop.fhir.mapping.patient import PatientFacts
from coordination.interop.fhir.mapping.reach import AddressFacts, IdentifierFacts, PhoneFacts, e164
from coordination.interop.office.models import RosterJob, RosterRow
from coordination.interop.office.roster.coverage import read_coverage
from coordination.interop.office.roster.covered import KEPT_HERE, Wrote, keep_coverage, plain
from coordination.interop.office.roster.fields import (
    Unfit,
    read_birth_date,
    read_cells,
    read_language,
    read_sex,
)
from coordination.lib.days import add_business_days
from coordination.lib.names import sort_key
from coordination.worklist.actions import open_task
from coordination.worklist.due import Due
from coordination.worklist.models import Task
from patients.actions.identity import keys_of_name, mark_similar_names
from patients.matching import Probe, duplicates
from patients.models import Address, ContactPoint, Identifier, Patient

Outcome = Literal["new", "changed", "matched", "decision", "refused"]
OUTCOMES: tuple[Outcome, ...] = ("new", "changed", "matched", "decision", "refused")
FOLLOWED = ("family", "given", "middle", "suffix", "birth_date", "sex", "language")
UNSAID: tuple[Any, ...] = ("", None, "unknown")
NAMES = {"family", "given"}
LINES: dict[str, type[Any]] = {"identifiers": Identifier, "phones": ContactPoint, "addresses": Address}


@dataclass
class RowFacts(PatientFacts):
    """What a row says: the person, and the coverage it tells of."""

    coverage: dict[str, Any] = field(default_factory=dict)


@dataclass
class Result:
    """What became of a row, and what to say about its cells: (field, what, how to put it right)."""

    outcome: Outcome
    said: list[tuple[str, str, str]] = field(default_factory=list)


def facts_of(cells: dict[str, str], source: str, order: str, today: dt.date, *, from_1904: bool) -> RowFacts:
    """Read the cells of a row. Raises Unfit for the first that cannot be taken."""
    read = read_cells(cells)
    for key in ("family", "given", "birth_date"):
        if not read.get(key):
            raise Unfit(
                key, _("is missing"), _("Every row needs a family name, a given name and a date of birth.")
            )
    values: dict[str, Any] = {
        "family": read["family"],
        "given": read["given"],
        "middle": read.get("middle", ""),
        "suffix": read.get("suffix", ""),
        "birth_date": read_birth_date(read["birth_date"], order, today, from_1904=from_1904),
        "sex": read_sex(read.get("sex", "")),
        "language": read_language(read.get("language", "")),
    }
    number, member = read.get("record_number", ""), read.get("member_id", "")
    person = [member, sort_key(read["family"]), sort_key(read["given"]), values["birth_date"]]
    return RowFacts(
        key=f"mrn:{number}" if number else f"person:{digest(person)}",
        values=values | keys_of_name(read["family"], read["given"]),
        identifiers=_identifiers(number, member, source),
        phones=_phones(read),
        addresses=_addresses(read),
        coverage=read_coverage(read, order, from_1904=from_1904),
    )


def _identifiers(number: str, member: str, source: str) -> list[IdentifierFacts]:
    found = []
    if number:
        found.append(IdentifierFacts(Identifier.Kind.MR.value, f"roster:{source}", number, None, None))
    if member:  # of no system: a family shares its member number
        found.append(IdentifierFacts(Identifier.Kind.MB.value, "", member, None, None))
    return found


def _phones(read: dict[str, str]) -> list[PhoneFacts]:
    phones = []
    for rank, kind in enumerate(("mobile", "home", "email"), start=1):
        text = read.get(kind, "")
        if not text:
            continue
        number = "" if kind == "email" else e164(text)
        if kind == "email" and "@" not in text:
            raise Unfit(
                kind, _("not an e-mail address"), _("Write it as name@example.org or leave it empty.")
            )
        if kind != "email" and not number:
            raise Unfit(kind, _("not a phone number"), _("Write it with its area code, as (555) 555-0142."))
        phones.append(PhoneFacts(kind, text, number, rank))
    return phones


def _addresses(read: dict[str, str]) -> list[AddressFacts]:
    line, city, state, code = (read.get(key, "") for key in ("line", "city", "state", "postal_code"))
    return (
        [AddressFacts("home", line, city, state, code, "", None, None)]
        if line or city or state or code
        else []
    )


def keep_row(job: RosterJob, sender: Sender, number: int, facts: RowFacts) -> Result:
    """Store one row. Raises Rejected or Refused; nothing of the row stays then."""
    found = find_patient(sender.organization, sender.source, facts.key, facts)
    patient = found.patient or _by_number(sender, facts)
    if patient is not None and not is_same_person(patient, facts):
        what = _("this number belongs to a patient with another name or date of birth")
        return Result(
            "decision",
            [("record_number", what, _("Compare the two, then correct the record or the roster."))],
        )
    if patient is None and _is_probably_known(sender, facts):
        how = _("Open that record and add the number, or add this patient by hand; then import again.")
        return Result("decision", [("family", _("someone on record is probably the same person"), how)])
    return (
        _create(job, sender, number, facts, found)
        if patient is None
        else _follow(job, sender, number, facts, patient, found)
    )


def _by_number(sender: Sender, facts: PatientFacts) -> Patient | None:
    """A patient who was added here under the sender's number, or who has the same member number and the very same name."""
    here = Patient.objects.select_for_update(of=("self",)).filter(organization=sender.organization)
    here = here.exclude(status=Patient.Status.ENTERED_IN_ERROR)
    if facts.record_number:
        same: Patient | None = here.filter(record_number=facts.record_number).first()
        if same is not None and is_same_person(same, facts):
            return same
    members = [i.value for i in facts.identifiers if i.kind == Identifier.Kind.MB]
    owners = Identifier.objects.filter(
        organization=sender.organization, kind=Identifier.Kind.MB, value__in=members
    )
    values = facts.values
    for one in here.filter(pk__in=owners.values("patient_id"), birth_date=values["birth_date"]):
        if one.sort_name == values["sort_name"]:
            found: Patient = one
            return found
    return None


def _is_probably_known(sender: Sender, facts: PatientFacts) -> bool:
    return any(match.is_strong for match in duplicates(probe_of(sender.organization.pk, facts)))


def probe_of(organization_id: Any, facts: PatientFacts) -> Probe:
    """What a row says of someone who may be on record. A member number names a family, so it does not ask."""
    return Probe(
        organization_id=organization_id,
        family=facts.values["family"],
        given=facts.values["given"],
        birth_date=facts.values["birth_date"],
        sex=facts.values["sex"],
        suffix=facts.values["suffix"],
        numbers=frozenset(phone.number for phone in facts.phones if phone.number),
        identifiers=frozenset(i.value for i in facts.identifiers if i.kind != Identifier.Kind.MB),
        postal_code=next((address.postal_code for address in facts.addresses), ""),
    )


def _create(job: RosterJob, sender: Sender, number: int, facts: RowFacts, found: Found) -> Result:
    """A new patient is never without someone: the first contact is a task of the coordinator, or of the team's queue."""
    patient, _remarks = create_patient(sender, facts, found.taken)
    due = add_business_days(sender.organization.today(), settings.ROSTER_FIRST_CONTACT_DAYS)
    task = open_task(
        by=sender.by,
        patient=patient,
        title=_("New on the roster: first contact"),
        reason=_("On the roster of %(source)s") % {"source": sender.source},
        kind=Task.Kind.CALL,
        owner=sender.coordinator,
        queue=None if sender.coordinator else sender.team,
        due=Due.on(due, sender.organization),
        source=Task.Source.IMPORT,
        source_key=f"roster:{patient.pk}",
    )
    plan = keep_coverage(sender, patient, facts.coverage, {})
    added = _lines_of(patient) | {"coverages": plan.added, "task": str(task.pk)}
    _remember(job, number, patient, dict.fromkeys(FOLLOWED), added, plan)
    return Result("new")


def _follow(
    job: RosterJob, sender: Sender, number: int, facts: RowFacts, patient: Patient, found: Found
) -> Result:
    wrote, plans = _written_before(patient, sender.source)
    values, said = {}, []
    for name in FOLLOWED:
        sent, stands = facts.values[name], getattr(patient, name)
        if sent in UNSAID or sent == stands:
            continue
        if stands in UNSAID or (name in wrote and wrote[name] == plain(stands)):
            values[name] = sent
        else:
            said.append((name, str(KEPT_HERE[0]), str(KEPT_HERE[1])))
    named = {
        name: values.get(name, getattr(patient, name))
        for name in ("family", "given", "preferred_name", "former_names")
    }
    keys = keys_of_name(*named.values()) if NAMES & set(values) else {}
    before = {name: plain(getattr(patient, name)) for name in values}
    lines, was = _lines_of(patient), patient.version
    changed = set(patient.change({**values, **keys}, by=sender.by)) - set(keys)
    facts.phones = _unknown_phones(patient, facts)
    facts.identifiers = [i for i in facts.identifiers if i.value != patient.record_number]
    changed |= set(reach(sender, patient, facts, found.taken))
    if NAMES & changed:
        mark_similar_names(patient=patient)
    plan = keep_coverage(sender, patient, facts.coverage, plans)
    changed |= {"coverage"} if plan.after else set()
    if changed:
        added = {kind: sorted({*ids} - {*lines[kind]}) for kind, ids in _lines_of(patient).items()}
        _remember(job, number, patient, before, {**added, "coverages": plan.added, "was": was}, plan)
    return Result("changed" if changed else "matched", said + plan.said)


def _unknown_phones(patient: Patient, facts: PatientFacts) -> list[PhoneFacts]:
    """A number written another way is the same number."""
    rows = ContactPoint.objects.filter(patient=patient).values_list("number", "value")
    known = {number for number, _value in rows if number} | {value.lower() for _number, value in rows}
    return [phone for phone in facts.phones if phone.number not in known and phone.value.lower() not in known]


def _written_before(patient: Patient, source: str) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """What rosters of this source wrote into the record and into each coverage, the newest last. What was taken back is not."""
    rows = RosterRow.objects.filter(patient=patient, job__source=source).exclude(undo=RosterRow.Undo.WHOLE)
    values: dict[str, Any] = {}
    plans: dict[str, dict[str, Any]] = defaultdict(dict)
    for after in rows.order_by("id").values_list("after", flat=True):
        for pk, left in after.pop("coverage", {}).items():
            plans[pk] |= left
        values |= after
    return values, plans


def _remember(
    job: RosterJob,
    number: int,
    patient: Patient,
    before: dict[str, Any],
    added: dict[str, Any],
    plan: Wrote,
) -> None:
    """Keep what the row wrote and what was there before: that is what an undo puts back."""
    is_new = "task" in added
    was = before | ({"coverage": plan.before} if plan.before else {})
    after = {name: plain(getattr(patient, name)) for name in before}
    RosterRow.objects.create(
        organization_id=job.organization_id,
        job=job,
        number=number,
        patient=patient,
        outcome=RosterRow.Outcome.NEW if is_new else RosterRow.Outcome.CHANGED,
        before={} if is_new else was,
        after=after | ({"coverage": plan.after} if plan.after else {}),
        added=added | {"version": patient.version},
    )


def _lines_of(patient: Patient) -> dict[str, list[str]]:
    """The ids of how the patient is reached and known."""
    return {
        kind: [str(pk) for pk in model.objects.filter(patient=patient).values_list("pk", flat=True)]
        for kind, model in LINES.items()
    }
