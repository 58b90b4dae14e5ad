"""What was sent, put in order: every resource by its key, who refers to whom, and which belong to one patient.

The first reading writes the resources one after the other into a file of the private store and keeps only where each
stands. So a file of many patients in any order, or a folder of one file per resource, is imported patient by patient
without being held in memory, and a stopped import goes on where it was.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from django.utils.translation import gettext as _

from coordination.interop.fhir.kinds import LEFT_OUT, PATIENT_ELEMENT, REFERRED
from coordination.interop.fhir.problems import Unreadable
from coordination.interop.fhir.reading import Limits, is_named_by_line, read_text
from coordination.interop.fhir.scanning import NotStrict, parse_line, resources, strict

KEY_LENGTH = 200


class Item(NamedTuple):
    """One resource: where it stands, what it is called, and whose it says it is."""

    offset: int
    length: int
    file: int
    kind: str
    key: str
    patient: str


class Refusal(NamedTuple):
    """One resource that could not even be listed."""

    kind: str
    name: str
    path: str
    reason: str


class Broken(NamedTuple):
    """One file of which nothing was taken."""

    file: int
    sentence: str


@dataclass
class Group:
    """One patient and all that is theirs."""

    key: str
    items: list[int] = field(default_factory=list)


@dataclass
class Index:
    items: list[Item] = field(default_factory=list)
    aliases: dict[str, list[int]] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)

    @property
    def resources(self) -> int:
        return len(self.items) + len(self.refusals)

    def resolve(self, reference: str, file: int) -> int | None:
        """Return the resource a reference means: of the same file if there is one, else of any."""
        for alias in _forms(reference):
            if found := self.aliases.get(alias):
                return next((index for index in found if self.items[index].file == file), found[0])
        return None

    def dump(self) -> str:
        return json.dumps(vars(self) | {"groups": [(group.key, group.items) for group in self.groups]})

    @classmethod
    def load(cls, text: str) -> "Index":
        raw = json.loads(text)
        return cls(
            items=[Item(*item) for item in raw["items"]],
            aliases=raw["aliases"],
            groups=[Group(*group) for group in raw["groups"]],
            left_out=raw["left_out"],
            refusals=[Refusal(*refusal) for refusal in raw["refusals"]],
            broken=[Broken(*broken) for broken in raw["broken"]],
        )


def build(files: list[Path], out: BinaryIO, limits: Limits) -> Index:
    """Read every file once. A file that cannot be read to its end leaves nothing behind but one line saying why."""
    index = Index()
    for number, path in enumerate(files, start=1):
        start, before = out.tell(), (len(index.items), len(index.refusals))
        try:
            _read_file(index, path, number, out, limits)
        except Unreadable as problem:
            out.seek(start)
            out.truncate()
            _forget(index, *before)
            index.broken.append(Broken(number, problem.sentence))
    _group(index)
    return index


def _forget(index: Index, items: int, refusals: int) -> None:
    del index.items[items:]
    del index.refusals[refusals:]
    for alias in list(index.aliases):
        index.aliases[alias] = [at for at in index.aliases[alias] if at < items]
        if not index.aliases[alias]:
            del index.aliases[alias]


def _read_file(index: Index, path: Path, number: int, out: BinaryIO, limits: Limits) -> None:
    for place, text, value, problem in _values(path, limits):
        if problem:
            index.refusals.append(Refusal(_("unknown"), _where(number, place), "", problem))
            continue
        for full_url, resource, whole in _opened(value):
            kept = text if whole else json.dumps(resource, ensure_ascii=False)
            _add(index, resource, full_url, kept, number, place, out)


def _values(path: Path, limits: Limits) -> Iterator[tuple[int, str, Any, str]]:
    """Yield place, text, value and what is wrong with it."""
    pieces = read_text(path, limits)
    if is_named_by_line(path.name):
        yield from _lines(pieces)
        return
    for place, (text, value) in enumerate(resources(pieces), start=1):
        problem = ""
        try:
            strict(text, value)
        except NotStrict as reason:
            problem = str(reason)
        yield place, text, value, problem


def _lines(pieces: Iterator[str]) -> Iterator[tuple[int, str, Any, str]]:
    rest, place = "", 0
    for piece in pieces:
        *lines, rest = (rest + piece).split("\n")
        for line in lines:
            place += 1
            yield from _line(place, line)
    yield from _line(place + 1, rest)


def _line(place: int, line: str) -> Iterator[tuple[int, str, Any, str]]:
    if not line.strip():
        return
    try:
        yield place, line, parse_line(line), ""
    except NotStrict as reason:
        yield place, line, None, str(reason)


def _opened(value: Any) -> Iterator[tuple[str, Any, bool]]:
    """Yield the resource of an entry, those of a Bundle inside, or the value itself; and whether its text is all of it."""
    if not isinstance(value, dict) or "resourceType" in value:
        if isinstance(value, dict) and value.get("resourceType") == "Bundle":
            for entry in value.get("entry") or []:
                yield from ((url, resource, False) for url, resource, _whole in _opened(entry))
        else:
            yield "", value, True
        return
    resource, url = value.get("resource"), value.get("fullUrl")
    if isinstance(resource, dict) and resource.get("resourceType") == "Bundle":
        yield from ((inner, found, False) for inner, found, _whole in _opened(resource))
    else:
        yield (url if isinstance(url, str) else ""), resource, False


def _add(index: Index, resource: Any, url: str, text: str, file: int, place: int, out: BinaryIO) -> None:
    if refusal := _refusal(resource, file, place):
        index.refusals.append(refusal)
        return
    kind = resource["resourceType"]
    key = _key(kind, resource, url, text)
    data = text.encode()
    item = Item(out.tell(), len(data), file, kind, key, _patient_of(kind, resource))
    out.write(data)
    if kind in REFERRED:
        for alias in {key, url, *_identifier_aliases(kind, resource)} - {""}:
            index.aliases.setdefault(alias, []).append(len(index.items))
    index.items.append(item)


def _refusal(resource: Any, file: int, place: int) -> Refusal | None:
    """Why this cannot even be listed; None for a resource of FHIR R4."""
    if not isinstance(resource, dict):
        return Refusal(_("unknown"), _where(file, place), "", _("there is no resource here"))
    kind, identity = resource.get("resourceType"), resource.get("id")
    if not isinstance(kind, str) or (kind not in PATIENT_ELEMENT and kind not in LEFT_OUT):
        return Refusal(_("unknown"), _where(file, place), "resourceType", _("is not a resource of FHIR R4"))
    if identity is not None and not isinstance(identity, str):
        return Refusal(kind, f"{kind} ({_where(file, place)})", f"{kind}.id", _("must be text"))
    return None


def _where(file: int, place: int) -> str:
    return _("file %(file)s, no. %(place)s") % {"file": file, "place": place}


def _key(kind: str, resource: dict[str, Any], url: str, text: str) -> str:
    """The name of a resource at its source: its id, else its address, else its identifier, else what it says."""
    own = resource.get("id") or url.rpartition(":")[2].rpartition("/")[2]
    if not own:
        named = next(iter(_identifiers(resource)), None)
        own = "|".join(named) if named else hashlib.sha256(text.encode()).hexdigest()[:40]
    key = f"{kind}/{own}"
    return key if len(key) <= KEY_LENGTH - 80 else f"{kind}/{hashlib.sha256(own.encode()).hexdigest()[:40]}"


def _identifiers(resource: dict[str, Any]) -> Iterator[tuple[str, str]]:
    found = resource.get("identifier")
    for identifier in found if isinstance(found, list) else []:
        if isinstance(identifier, dict) and isinstance(identifier.get("value"), str):
            system = identifier.get("system")
            yield (system if isinstance(system, str) else "", identifier["value"])


def _identifier_aliases(kind: str, resource: dict[str, Any]) -> Iterator[str]:
    return (f"{kind}?identifier={system}|{value}" for system, value in _identifiers(resource))


def _patient_of(kind: str, resource: dict[str, Any]) -> str:
    """What the resource says about whose it is, as it stands; made sense of once everything has been read."""
    element = resource.get(PATIENT_ELEMENT.get(kind) or "")
    if not isinstance(element, dict):
        return ""
    reference, identifier = element.get("reference"), element.get("identifier")
    if isinstance(reference, str):
        return reference
    named = next(_identifiers({"identifier": [identifier]}), None)
    return f"Patient?identifier={named[0]}|{named[1]}" if named else ""


def _forms(reference: str) -> Iterator[str]:
    """The names one reference may stand for: as written, without version, without server, as Type/id."""
    yield reference
    bare = reference.partition("/_history/")[0]
    if bare != reference:
        yield bare
    parts = bare.split("/")
    if len(parts) > 2 and "?" not in bare:
        yield "/".join(parts[-2:])


def _group(index: Index) -> None:
    """Bring together what belongs to one patient, in the order patients are first heard of."""
    groups: dict[str, Group] = {}
    for number, item in enumerate(index.items):
        if item.kind in LEFT_OUT:
            index.left_out[item.kind] = index.left_out.get(item.kind, 0) + 1
            continue
        key = item.key if item.kind == "Patient" else _patient_key(index, item)
        groups.setdefault(key, Group(key)).items.append(number)
    index.groups = list(groups.values())


def _patient_key(index: Index, item: Item) -> str:
    """The key of the patient, sent along or stored before; empty when nobody is named."""
    found = index.resolve(item.patient, item.file) if item.patient else None
    if found is not None:
        return index.items[found].key if index.items[found].kind == "Patient" else ""
    last = list(_forms(item.patient))[-1]
    return last if last.startswith("Patient/") else ""
