"""Keep one patient as read: all of it or nothing, and nothing at all when nothing is new."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db import DataError, IntegrityError, models, transaction
from django.utils.translation import gettext as _

from coordination.accounts.models import Organization, Team, User
from coordination.audit.actions import record
from coordination.interop.fhir.finding import find_patient
from coordination.interop.fhir.identity import apply_facts, create_patient, note_allergies
from coordination.interop.fhir.ledger import Ledger, Outcome
from coordination.interop.fhir.mapping.base import Remark, Row
from coordination.interop.fhir.plans import Plan, Reading
from coordination.interop.fhir.problems import Rejected
from coordination.outbox.actions import post
from patients.models import Observation, Patient

BATCH = 2000
KEYS = 10_000

Standing = tuple[Any, str, Any]  # id, hash and patient of a row on record


@dataclass(frozen=True)
class Keeper:
    """Who imports what for whom."""

    organization: Organization
    source: str
    by: User
    team: Team | None = None
    coordinator: User | None = None

    def keep(self, plan: Plan) -> Ledger:
        """Store a plan in a transaction of its own. What the database refuses leaves no row of this patient behind."""
        try:
            with transaction.atomic():
                outcomes = self._keep(plan)
        except Rejected as problem:
            return plan.refuse(problem.path, problem.reason)
        except (IntegrityError, DataError) as error:
            name = (
                getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
                or type(error).__name__
            )
            return plan.refuse(
                "", _("the record would break a rule of the database (%(name)s)") % {"name": name}
            )
        for reading, outcome in outcomes:
            if outcome == "rejected":
                plan.ledger.reject(reading.kind, reading.name, "", _("on record here for another patient"))
            else:
                plan.ledger.count(reading.kind, outcome)
                plan.ledger.remark(reading.name, reading.remarks)
        return plan.ledger

    def _keep(self, plan: Plan) -> list[tuple[Reading, Outcome]]:
        if plan.patient is None and not plan.readings:
            return []
        patient, is_new, of_patient = self._patient(plan)
        outcomes = self._rows(patient, [*([plan.patient] if plan.patient else []), *plan.readings])
        if plan.patient and is_new:
            outcomes[0] = (plan.patient, "created")
        elif plan.patient and of_patient:
            outcomes[0] = (plan.patient, "changed")
        kept = [row for reading, outcome in outcomes if outcome != "rejected" for row in reading.rows]
        note_allergies(patient, kept, by=self.by)
        counts = {
            wanted: sum(outcome == wanted for _reading, outcome in outcomes)
            for wanted in ("created", "changed")
        }
        if any(counts.values()):
            record(
                "patient.imported",
                by=self.by,
                target=patient,
                patient_id=patient.pk,
                changed=of_patient,
                detail=counts,
            )
        if not is_new and any(map(_is_new_result, outcomes)):
            post("patient.result", patient_id=patient.pk, organization_id=patient.organization_id)
        return outcomes

    def _patient(self, plan: Plan) -> tuple[Patient, bool, list[str]]:
        found = find_patient(self.organization, self.source, plan.key, plan.facts)
        if plan.patient:
            plan.patient.remarks += [Remark(path, reason) for path, reason in found.remarks]
        if found.patient is None:
            if plan.facts is None or plan.patient is None:
                raise Rejected(
                    "", _("refers to a patient who is neither in this import nor on record from this source")
                )
            patient, remarks = create_patient(self, plan.facts, found.taken)
            plan.patient.remarks += remarks
            return patient, True, []
        if plan.facts is None or plan.patient is None:
            return found.patient, False, []
        changed, remarks = apply_facts(self, found, plan.facts)
        plan.patient.remarks += remarks
        return found.patient, False, changed

    # --- rows of the patient
    def _rows(self, patient: Patient, readings: list[Reading]) -> list[tuple[Reading, Outcome]]:
        standing = self._standing(row for reading in readings for row in reading.rows)
        new: dict[type[models.Model], list[models.Model]] = defaultdict(list)
        outcomes: list[tuple[Reading, Outcome]] = []
        for reading in readings:
            known = {row.key: standing.get((row.model, row.key)) for row in reading.rows}
            outcome: Outcome = "unchanged"
            if any(there and there[2] != patient.pk for there in known.values()):
                outcomes.append((reading, "rejected"))
                continue
            for row in reading.rows:
                there = known[row.key]
                if there is None:
                    new[row.model].append(self._new(patient, row))
                    outcome = "created"
                elif there[1] != row.hash:
                    self._change(row, there[0])
                    outcome = "created" if outcome == "created" else "changed"
            outcomes.append((reading, outcome))
        for model, fresh in new.items():
            model._default_manager.bulk_create(fresh, batch_size=BATCH)
        return outcomes

    def _standing(self, rows: Iterable[Row]) -> dict[tuple[type[models.Model], str], Standing]:
        """What is on record of these keys: one question for each table."""
        keys: dict[type[models.Model], list[str]] = defaultdict(list)
        for row in rows:
            keys[row.model].append(row.key)
        found: dict[tuple[type[models.Model], str], Standing] = {}
        for model, wanted in keys.items():
            mine = model._default_manager.filter(organization=self.organization, source=self.source).exclude(
                source_key=""
            )
            remaining = iter(wanted)
            while part := list(islice(remaining, KEYS)):
                known = mine.filter(source_key__in=part).values_list(
                    "source_key", "pk", "source_hash", "patient_id"
                )
                found |= {(model, key): (pk, said, patient) for key, pk, said, patient in known}
        return found

    def _new(self, patient: Patient, row: Row) -> models.Model:
        return row.model(
            organization=self.organization,
            patient=patient,
            source=self.source,
            source_key=row.key,
            source_hash=row.hash,
            created_by=self.by,
            updated_by=self.by,
            **row.on_create,
            **row.values,
        )

    def _change(self, row: Row, pk: Any) -> None:
        """The source says something else than before. What people here decided about the line stays as it is."""
        there: Any = row.model._default_manager.select_for_update().get(pk=pk)
        there.change({**row.values, "source_hash": row.hash}, by=self.by)


def _is_new_result(kept: tuple[Reading, Outcome]) -> bool:
    reading, outcome = kept
    return outcome == "created" and any(row.model is Observation for row in reading.rows)
