"""What a mapping gives back and what it may ask: rows to keep, remarks to make, and the resources it refers to."""

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from django.db import models
from django.utils.translation import gettext as _

from coordination.interop.fhir.dates import FhirDate
from coordination.interop.fhir.sensitivity import label_of
from coordination.interop.fhir.values import Coding, Concept, Node, Ref, clip
from patients.models import RecordStatus


@dataclass
class Row:
    """One row to keep. `values` follow the source; `on_create` is said once and belongs to the people here afterwards."""

    model: type[models.Model]
    key: str
    values: dict[str, Any]
    on_create: dict[str, Any] = field(default_factory=dict)

    @property
    def hash(self) -> str:
        return digest(self.values)


def digest(values: Any) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()


@dataclass
class Remark:
    path: str
    reason: str


@dataclass
class Context:
    """Everything one resource may need besides itself."""

    zone: ZoneInfo
    today: dt.date
    find: Callable[[str], Node | None]  # a resource this one refers to, if it came along
    remarks: list[Remark] = field(default_factory=list)

    def remark(self, path: str, reason: str) -> None:
        """Say that something was taken otherwise than it was sent. Never repeats the value."""
        self.remarks.append(Remark(path, reason))

    def fit(self, node: Node, key: str, text: str, length: int) -> str:
        if len(text) > length:
            self.remark(f"{node.path}.{key}", _("cut to %(n)s characters") % {"n": length})
        return clip(text, length)

    def known(self, node: Node, key: str, code: str, table: dict[str, str], otherwise: str) -> str:
        """Translate a code; one that is not in the table gives `otherwise` and a remark."""
        if code in table:
            return table[code]
        if code:
            self.remark(f"{node.path}.{key}", _("a code that is not known here; kept as not known"))
        return otherwise

    def one_of(self, node: Node, key: str, code: str, codes: Iterable[str]) -> str:
        """A status is kept in the source's own word; one FHIR does not have is remarked upon."""
        if code and code not in codes:
            self.remark(f"{node.path}.{key}", _("a status FHIR does not have; kept as it is"))
        return clip(code, 40)

    def moment(self, found: FhirDate | None) -> dt.datetime | None:
        return found.at(self.zone) if found else None

    def day(self, found: FhirDate | None) -> dt.date | None:
        return found.day_in(self.zone) if found else None

    def name_of(self, ref: Ref | None, owner: Node | None = None) -> str:
        """The words for what is referred to: those beside the reference, or the name of the resource itself."""
        if ref is None:
            return ""
        found = self.follow(ref, owner)
        return (_own_name(found, self) if found else "") or ref.display

    def follow(self, ref: Ref, owner: Node | None = None) -> Node | None:
        if ref.reference.startswith("#"):
            contained = owner.nodes("contained") if owner else []
            return next((node for node in contained if node.text("id") == ref.reference[1:]), None)
        return self.find(ref.reference) if ref.reference else None

    def codings_of(self, refs: Sequence[Ref]) -> list[Coding]:
        """The codes of what is referred to, as far as it came along: they may make this resource sensitive too."""
        nodes = [node for ref in refs if (node := self.follow(ref))]
        return [coding for node in nodes for coding in node.concept("code").codings]


def _own_name(node: Node, context: Context) -> str:
    kind = node.text("resourceType")
    if kind in {"Organization", "Location"}:
        return node.text("name")
    if kind in {"Medication", "Condition"}:
        return node.concept("code").words
    if kind == "PractitionerRole":
        return context.name_of(node.ref("practitioner"))
    return person_name(node.nodes("name"))


def person_name(names: list[Node]) -> str:
    """The name of someone who is not the patient, as it is said."""
    if not names:
        return ""
    chosen = next((name for name in names if name.text("use") in {"official", "usual"}), names[0])
    parts = [*chosen.texts("prefix"), *chosen.texts("given"), chosen.text("family"), *chosen.texts("suffix")]
    return chosen.text("text") or " ".join(part for part in parts if part)


SYSTEMS = {  # the code systems of US care; others are kept and remarked upon
    "http://snomed.info/sct",
    "http://loinc.org",
    "http://www.nlm.nih.gov/research/umls/rxnorm",
    "http://hl7.org/fhir/sid/icd-10-cm",
    "http://hl7.org/fhir/sid/icd-10",
    "http://hl7.org/fhir/sid/icd-9-cm",
    "http://www.cms.gov/Medicare/Coding/ICD10",
    "http://www.ama-assn.org/go/cpt",
    "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
    "http://www.ada.org/cdt",
    "http://hl7.org/fhir/sid/cvx",
    "http://hl7.org/fhir/sid/ndc",
    "http://fdasis.nlm.nih.gov",
}


def history(
    node: Node, context: Context, concept: Concept, key: str, also: Sequence[Coding] = ()
) -> dict[str, Any]:
    """The values every line of health history has. `also` are further codes that may make it sensitive."""
    coding = _best(concept)
    if not concept:
        raise node.reject(key, _("neither words nor a code: it does not say what it is"))
    if (
        coding
        and coding.code
        and coding.system not in SYSTEMS
        and not coding.system.startswith("http://terminology.hl7.org/")
    ):
        context.remark(f"{node.path}.{key}", _("a code of a system not known here; kept with its words"))
    if concept.words == concept.code:
        context.remark(f"{node.path}.{key}", _("a code without words; the code stands in their place"))
    return {
        "code_system": clip(coding.system, 200) if coding else "",
        "code": clip(coding.code, 60) if coding else "",
        "text": context.fit(node, key, concept.words, 500),
        "note": notes(node),
        "sensitivity": label_of(node, context.remark, concept, also),
        "recorded_at": None,
        "occurred_at": None,
    }


def _best(concept: Concept) -> Coding | None:
    coded = [coding for coding in concept.codings if coding.code]
    return next((coding for coding in coded if coding.system in SYSTEMS), coded[0] if coded else None)


def notes(node: Node) -> str:
    return "\n".join(text for note in node.nodes("note") if (text := note.text("text")))


def join(*parts: str) -> str:
    """Sentences one below the other, without the empty ones."""
    return "\n".join(part for part in parts if part)


def in_error(values: dict[str, Any], status: str) -> dict[str, Any]:
    """Mark a line the source itself took back. Any other mark is left to the people here."""
    if status == "entered-in-error":
        values["record_status"] = RecordStatus.ENTERED_IN_ERROR
    return values


def set_occurred(values: dict[str, Any], found: FhirDate | None, context: Context) -> None:
    """When it happened; a date known only in part is said so in the note."""
    values["occurred_at"] = context.moment(found)
    if found:
        values["note"] = join(values["note"], found.remark)


def choice_date(node: Node, stem: str) -> FhirDate | None:
    """`onsetDateTime`, `onsetPeriod`, `onsetString`...: the first date any of them gives."""
    period = node.node(f"{stem}Period")
    return node.date(f"{stem}DateTime") or (period.date("start") if period else None)


def in_order(node: Node, key: str, start: Any, end: Any) -> None:
    if start and end and end < start:
        raise node.reject(key, _("ends before it starts"))
