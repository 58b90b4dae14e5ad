"""What became of every resource. The numbers always add up: nothing that came in goes missing without a word."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from coordination.interop.fhir.mapping.base import Remark
from coordination.interop.fhir.values import clip
from patients.models import ImportIssue

Outcome = Literal["created", "changed", "unchanged", "kept", "rejected"]
OUTCOMES: tuple[Outcome, ...] = ("created", "changed", "unchanged", "kept", "rejected")


class Issue(NamedTuple):
    severity: str
    resource: str
    path: str
    reason: str


@dataclass
class Ledger:
    by_kind: dict[str, dict[str, int]] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)

    def count(self, kind: str, outcome: Outcome, number: int = 1) -> None:
        row = self.by_kind.setdefault(kind, dict.fromkeys(OUTCOMES, 0))
        row[outcome] += number

    def reject(self, kind: str, name: str, path: str, reason: str) -> None:
        self.count(kind, "rejected")
        self._say(ImportIssue.Severity.REJECTED, name, path, reason)

    def refuse_file(self, name: str, reason: str) -> None:
        """A file of which no resource could be counted."""
        self._say(ImportIssue.Severity.REJECTED, name, "", reason)

    def remark(self, name: str, remarks: Iterable[Remark]) -> None:
        for remark in remarks:
            self._say(ImportIssue.Severity.REMARK, name, remark.path, remark.reason)

    def _say(self, severity: str, name: str, path: str, reason: str) -> None:
        self.issues.append(Issue(severity, clip(name, 120), clip(path, 200), clip(reason, 300)))

    def add(self, other: "Ledger") -> None:
        for kind, row in other.by_kind.items():
            for outcome in OUTCOMES:
                self.count(kind, outcome, row[outcome])
        self.issues += other.issues

    def total(self, *outcomes: Outcome) -> int:
        return sum(row[outcome] for row in self.by_kind.values() for outcome in outcomes or OUTCOMES)
