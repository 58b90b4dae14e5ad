"""One patient read whole, before anything is stored: what to keep, what was left out, what cannot be taken."""

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

import structlog
from django.utils.translation import gettext as _

from coordination.interop.fhir.bundles import Group, Index, Item
from coordination.interop.fhir.kinds import PATIENT_ELEMENT
from coordination.interop.fhir.ledger import Ledger
from coordination.interop.fhir.mapping import READERS
from coordination.interop.fhir.mapping.base import Context, Remark, Row, digest
from coordination.interop.fhir.mapping.patient import PatientFacts, read_patient
from coordination.interop.fhir.problems import LeftOut, Rejected
from coordination.interop.fhir.values import Node

CACHED = 2000
_log = structlog.get_logger(__name__)


class Spool:
    """The resources of one import, fetched one by one."""

    def __init__(self, path: Path, index: Index) -> None:
        self.index = index
        self._file = path.open("rb")
        self._cache: dict[int, Node] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def node(self, number: int) -> Node:
        item = self.index.items[number]
        self._file.seek(item.offset)
        value = json.loads(self._file.read(item.length))
        return Node(value if "resourceType" in value else value["resource"], item.kind)

    def referred(self, reference: str, file: int) -> Node | None:
        """The resource a reference means. Practitioners and places are asked for again and again, so they are kept."""
        number = self.index.resolve(reference, file)
        if number is None:
            return None
        if number not in self._cache:
            if len(self._cache) >= CACHED:
                self._cache.clear()
            self._cache[number] = self.node(number)
        return self._cache[number]


@dataclass
class Reading:
    """One resource that can be taken."""

    kind: str
    name: str
    rows: list[Row] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)


@dataclass
class Plan:
    key: str
    facts: PatientFacts | None = None
    patient: Reading | None = None
    readings: list[Reading] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)

    def refuse(self, path: str, reason: str) -> Ledger:
        """Nothing of this patient is taken: every resource not yet accounted for says why."""
        if self.patient:
            self.ledger.reject(self.patient.kind, self.patient.name, path, reason)
        for reading in self.readings:
            self.ledger.reject(reading.kind, reading.name, "" if self.patient else path, reason)
        return self.ledger


class Planner:
    def __init__(self, spool: Spool, zone: ZoneInfo, today: dt.date) -> None:
        self.spool = spool
        self.zone = zone
        self.today = today

    def read(self, group: Group) -> Plan:
        """Read a patient and all that is theirs. If the patient cannot be read, none of it is taken."""
        items = [(number, self.spool.index.items[number]) for number in group.items]
        plan = Plan(group.key)
        if not group.key:
            for _number, item in items:
                _nobody(plan, item)
            return plan
        patients = [(number, item) for number, item in items if item.kind == "Patient"]
        others = [(number, item) for number, item in items if item.kind != "Patient"]
        if refusal := self._read_patients(plan, patients):
            for _number, item in others:
                plan.ledger.reject(item.kind, item.key, "", refusal)
            return plan
        taken: dict[str, str] = {}
        for number, item in others:
            self._read_one(plan, number, item, taken)
        return plan

    def _context(self, item: Item) -> Context:
        return Context(self.zone, self.today, lambda reference: self.spool.referred(reference, item.file))

    def _read_patients(self, plan: Plan, patients: Iterable[tuple[int, Item]]) -> str:
        """Read the Patient resource; returns why nothing of the group can be taken, empty when all is well."""
        read: list[tuple[Item, PatientFacts, Context]] = []
        for number, item in patients:
            context = self._context(item)
            try:
                read.append((item, read_patient(self.spool.node(number), context, item.key), context))
            except Rejected as problem:
                plan.ledger.reject(item.kind, item.key, problem.path, problem.reason)
        if not read:
            return _("its patient could not be read") if plan.ledger.issues else ""
        (item, first, context), *others = read
        if any(facts.is_someone_else_than(first) for _item, facts, _context in others):
            reason = _("two different people were sent under one id; neither was taken")
            for _again in read:
                plan.ledger.reject(item.kind, item.key, "Patient.id", reason)
            return reason
        plan.facts, plan.patient = first, Reading(item.kind, item.key, first.people, context.remarks)
        for _item, facts, _context in others:
            if facts.hash == first.hash:
                plan.ledger.count(item.kind, "unchanged")
            else:
                plan.ledger.reject(
                    item.kind, item.key, "", _("sent twice with different content; the first was taken")
                )
        return ""

    def _read_one(self, plan: Plan, number: int, item: Item, taken: dict[str, str]) -> None:
        context = self._context(item)
        try:
            rows = READERS[item.kind](self.spool.node(number), context, item.key)
        except LeftOut as reason:
            plan.ledger.count(item.kind, "kept")
            plan.ledger.remark(item.key, [Remark("", _("left out: %(reason)s") % {"reason": reason.reason})])
            return
        except Rejected as problem:
            plan.ledger.reject(item.kind, item.key, problem.path, problem.reason)
            return
        except Exception as error:
            _log.warning("import.unforeseen", exc_info=error)
            plan.ledger.reject(item.kind, item.key, "", _("has a shape that was not foreseen"))
            return
        said = digest([(row.key, row.values) for row in rows])
        if item.key not in taken:
            taken[item.key] = said
            plan.readings.append(Reading(item.kind, item.key, rows, context.remarks))
        elif taken[item.key] == said:
            plan.ledger.count(item.kind, "unchanged")
        else:
            plan.ledger.reject(
                item.kind, item.key, "", _("sent twice with different content; the first was taken")
            )


def _nobody(plan: Plan, item: Item) -> None:
    reason = (
        _("refers to a patient who did not come along") if item.patient else _("does not say whose it is")
    )
    plan.ledger.reject(item.kind, item.key, f"{item.kind}.{PATIENT_ELEMENT[item.kind]}", reason)
