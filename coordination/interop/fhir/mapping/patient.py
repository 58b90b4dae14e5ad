"""Who the patient is, from plain R4 or any publication of US Core."""

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from coordination.interop.fhir.mapping.base import Context, Row, digest
from coordination.interop.fhir.mapping.demographics import demographics
from coordination.interop.fhir.mapping.people import general_practitioners, read_contacts
from coordination.interop.fhir.mapping.reach import (
    AddressFacts,
    IdentifierFacts,
    PhoneFacts,
    read_addresses,
    read_identifiers,
    read_telecoms,
)
from coordination.interop.fhir.values import Node, clip
from patients.actions.identity import keys_of_name
from patients.models import Identifier, Patient

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_FORMER = {"old", "maiden"}


@dataclass
class PatientFacts:
    """Everything one Patient resource says."""

    key: str
    values: dict[str, Any]
    identifiers: list[IdentifierFacts]
    phones: list[PhoneFacts]
    addresses: list[AddressFacts]
    people: list[Row] = field(default_factory=list)  # contacts and general practitioners named in it

    @property
    def hash(self) -> str:
        return digest(
            [
                self.values,
                self.identifiers,
                self.phones,
                self.addresses,
                [(r.key, r.values) for r in self.people],
            ]
        )

    @property
    def record_number(self) -> str:
        return next(
            (i.value for i in self.identifiers if i.kind == Identifier.Kind.MR and len(i.value) <= 60), ""
        )

    def is_someone_else_than(self, other: "PatientFacts") -> bool:
        """Whether two resources under one id cannot be the same person."""
        mine, theirs = self.values, other.values
        if mine["birth_date"] and theirs["birth_date"] and mine["birth_date"] != theirs["birth_date"]:
            return True
        return bool(mine["sort_name"] != theirs["sort_name"])


def read_patient(node: Node, context: Context, key: str) -> PatientFacts:
    values = (
        _names(node, context) | _life(node, context) | demographics(node, context) | _languages(node, context)
    )
    if node.flag("active") is False:
        context.remark(f"{node.path}.active", _("no longer active at its source"))
    if any(link.text("type") == "replaced-by" for link in node.nodes("link")):
        context.remark(f"{node.path}.link", _("replaced by another record at its source"))
    return PatientFacts(
        key=key,
        values=values,
        identifiers=read_identifiers(node, context),
        phones=read_telecoms(node, context),
        addresses=read_addresses(node, context),
        people=[*read_contacts(node, context, key), *general_practitioners(node, context, key)],
    )


def _names(node: Node, context: Context) -> dict[str, Any]:
    names = node.nodes("name")
    current = [name for name in names if name.text("use") not in {*_FORMER, "nickname", "anonymous"}]
    order = {"official": 0, "": 1, "usual": 2, "temp": 3}
    chosen = min(current or names, key=lambda name: order.get(name.text("use"), 4), default=None)
    family, given, middle = _parts(chosen, context) if chosen else ("", "", "")
    if not family and not given:
        raise node.reject("name", _("no name to call the patient by"))
    family, given = context.fit(node, "name", family, 120), context.fit(node, "name", given, 120)
    preferred = clip(_preferred(names, chosen, given), 120)
    old = [_whole(name) for name in names if name is not chosen and name.text("use") in _FORMER]
    former = clip(", ".join(dict.fromkeys(name for name in old if name)), 300)
    return {
        "family": family,
        "given": given,
        "middle": clip(middle, 120),
        "prefix": clip(" ".join(chosen.texts("prefix")), 40) if chosen else "",
        "suffix": clip(" ".join(chosen.texts("suffix")), 40) if chosen else "",
        "preferred_name": preferred,
        "former_names": former,
        **keys_of_name(family, given, preferred, former),
    }


def _parts(name: Node, context: Context) -> tuple[str, str, str]:
    """Family, given and middle names. A name that came as one text is not taken apart: any split would be a guess."""
    family, given = name.text("family"), name.texts("given")
    if not family and not given and (text := name.text("text")):
        context.remark(f"{name.path}.text", _("the name came as one text; kept whole as family name"))
        return text, "", ""
    return family, given[0] if given else "", " ".join(given[1:])


def _preferred(names: list[Node], chosen: Node | None, given: str) -> str:
    for use in ("nickname", "usual"):
        for name in names:
            if name is not chosen and name.text("use") == use:
                called = " ".join(name.texts("given")[:1]) or name.text("text")
                return called if called != given else ""
    return ""


def _whole(name: Node) -> str:
    return name.text("text") or " ".join([*name.texts("given"), name.text("family")]).strip()


def _life(node: Node, context: Context) -> dict[str, Any]:
    born, died = node.date("birthDate"), node.date("deceasedDateTime")
    birth_date = born.day if born else None
    deceased_on: dt.date | None = context.day(died)
    if died and died.precision in {"year", "month"}:
        deceased_on = None
        context.remark(
            f"{node.path}.deceasedDateTime", _("the day of death is not known; kept without a date")
        )
    if birth_date and birth_date > context.today:
        raise node.reject("birthDate", _("lies in the future"))
    if deceased_on and birth_date and deceased_on < birth_date:
        raise node.reject("deceasedDateTime", _("lies before the date of birth"))
    return {
        "birth_date": birth_date,
        "birth_precision": born.precision
        if born and born.precision in {"year", "month"}
        else Patient.BirthPrecision.DAY,
        "is_deceased": died is not None or bool(node.flag("deceasedBoolean")),
        "deceased_on": deceased_on,
    }


def _languages(node: Node, context: Context) -> dict[str, Any]:
    spoken = node.nodes("communication")
    chosen = next((entry for entry in spoken if entry.flag("preferred")), spoken[0] if spoken else None)
    tag = ""
    if chosen:
        concept = chosen.concept("language")
        tag = next((c.code for c in concept.codings if _LANGUAGE.fullmatch(c.code)), "")
        if not tag and concept:
            context.remark(f"{chosen.path}.language", _("not a language tag (BCP-47); left open"))
    return {"language": clip(tag, 20), "interpreter_needed": _interpreter(node)}


def _interpreter(node: Node) -> str:
    plain = node.extension("patient-interpreterRequired")
    if plain and (needed := plain.flag("valueBoolean")) is not None:
        return Patient.YesNo.YES if needed else Patient.YesNo.NO
    coded = node.extension("us-core-interpreter-needed")
    coding = coded.coding("valueCoding") if coded else None
    return {"373066001": Patient.YesNo.YES, "373067005": Patient.YesNo.NO}.get(
        coding.code if coding else "", Patient.YesNo.UNKNOWN
    )
