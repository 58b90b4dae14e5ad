"""The coverage of a row is added once, followed where the roster itself wrote it, and put back when the roster is taken back.

A plan is known by its payer and by whatever both sides say of plan, member number and first day. What a person here entered, or
another system sent, is never written to: the row says what differs.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as __

from coordination.interop.fhir.identity import Sender
from coordination.interop.fhir.mapping.base import digest
from coordination.interop.office.models import RosterRow
from coordination.interop.office.roster.coverage import SAYABLE, kind_by_name
from coordination.interop.office.roster.fields import BY_KEY
from coordination.lib.names import sort_key
from patients.actions.coverage import add_coverage, change_coverage, put_coverage_back
from patients.models import Coverage, Patient

Status = Coverage.Status
CHECK = ("verified_at", "verified_by_id")
STANDING = (*SAYABLE, "status", *CHECK)
KNOWN_BY = ("plan", "member_id", "starts_on")
KEPT_HERE = (
    __("kept as it was entered here"),
    __("Nothing to do, unless the roster is right: then change the record by hand."),
)


@dataclass
class Wrote:
    """What a row did to a coverage: the line it added or changed, that line before and after, and what to say of its cells."""

    added: list[str] = field(default_factory=list)
    before: dict[str, dict[str, Any]] = field(default_factory=dict)  # by the id of a line that was there
    after: dict[str, dict[str, Any]] = field(default_factory=dict)
    said: list[tuple[str, str, str]] = field(default_factory=list)


def keep_coverage(
    sender: Sender, patient: Patient, sent: dict[str, Any], wrote: Mapping[str, dict[str, Any]]
) -> Wrote:
    """Add the coverage a row tells of, or follow it. `wrote` is what rosters of this sender left in each line."""
    if not sent:
        return Wrote()
    line = _line_of(patient, sender.source, sent)
    return _add(sender, patient, sent) if line is None else _follow(sender, line, sent, wrote)


def _add(sender: Sender, patient: Patient, sent: dict[str, Any]) -> Wrote:
    status = _status_on(sender.organization.today(), sent.get("ends_on"))
    line = add_coverage(
        patient=patient,
        values={"kind": kind_by_name(sent).value, **sent, "status": status},
        source=sender.source,
        source_key=_key(patient, sent),
        by=sender.by,
    )
    return Wrote(added=[str(line.pk)], after={str(line.pk): _standing(line)})


def _follow(
    sender: Sender, line: Coverage, sent: dict[str, Any], wrote: Mapping[str, dict[str, Any]]
) -> Wrote:
    if line.status == Status.ENTERED_IN_ERROR:
        what, how = _("this plan was marked here as entered in error"), str(KEPT_HERE[1])
        return Wrote(said=[("payer", what, how)])
    mine = wrote.get(str(line.pk), {})
    differs = {name: value for name, value in sent.items() if not _is_alike(getattr(line, name), value)}
    values = {name: differs[name] for name in differs if _is_mine(line, name, mine)}
    if not _is_in_order(line, values):
        values = {name: value for name, value in values.items() if name not in {"starts_on", "ends_on"}}
    said = [(name, str(KEPT_HERE[0]), str(KEPT_HERE[1])) for name in differs if name not in values]
    if not values:
        return Wrote(said=said)
    if "ends_on" in values and _is_mine(line, "status", mine):
        values["status"] = _status_on(sender.organization.today(), values["ends_on"])
    stood = _standing(line)
    stands = _standing(change_coverage(coverage=line, version=line.version, values=values, by=sender.by))
    names = [name for name in STANDING if stood[name] != stands[name] or name in CHECK]
    pk = str(line.pk)
    return Wrote(
        before={pk: {name: stood[name] for name in names}},
        after={pk: {name: stands[name] for name in names}},
        said=said,
    )


def is_as_left(line: Coverage, row: RosterRow) -> bool:
    """Whether a line a row added stands as the row left it."""
    left = row.after.get("coverage", {}).get(str(line.pk), {})
    standing = _standing(line)
    return all(standing[name] == value for name, value in left.items())


def put_back(row: RosterRow, *, reason: str, by: Any) -> tuple[bool, list[str]]:
    """Put back what a row wrote into lines that were there before, as far as it still stands. Returns also what stays, and why."""
    done, why = False, []
    before = (row.before or {}).get("coverage", {})
    for line in Coverage.objects.filter(pk__in=before) if before else ():
        back, stays = _to_put_back(line, before[str(line.pk)], row.after["coverage"][str(line.pk)])
        why += stays
        if back:
            put_coverage_back(coverage=line, values=back, reason=reason, by=by)
            done = True
    return done, why


def _to_put_back(
    line: Coverage, was: Mapping[str, Any], left: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    stands = _standing(line)
    if line.status == Status.ENTERED_IN_ERROR or any(stands[name] != left[name] for name in CHECK):
        return {}, [_("The coverage was verified or changed since and stays.")]
    touched = {name for name in was if stands[name] != left[name]}
    if touched & {"ends_on", "status"}:
        touched |= {"ends_on", "status"} & set(was)
    back = {name: _value(name, was[name]) for name in was if name not in touched and was[name] != left[name]}
    if not _is_in_order(line, back):
        touched |= {"starts_on", "ends_on", "status"} & set(was)
    if touched:  # the plan is not again what was checked
        back = {name: value for name, value in back.items() if name not in touched and name not in CHECK}
    names = [name for name in SAYABLE if name in touched]
    return back, [
        _("%(field)s was changed since and stays.") % {"field": BY_KEY[name].label} for name in names
    ]


def _line_of(patient: Patient, source: str, sent: dict[str, Any]) -> Coverage | None:
    """The line on record that is the plan sent: the one the roster brought itself, else the one that is most like it."""
    key = _key(patient, sent)

    def likeness(line: Coverage) -> tuple[bool, bool, int, bool]:
        alike = sum(_is_alike(getattr(line, name), sent.get(name)) for name in KNOWN_BY)
        is_own = line.source == source
        return line.status != Status.ENTERED_IN_ERROR, is_own and line.source_key == key, alike, is_own

    lines = Coverage.objects.filter(patient=patient).order_by("created_at", "pk")
    same = [line for line in lines if (line.source, line.source_key) == (source, key) or _may_be(line, sent)]
    return max(same, key=likeness, default=None)


def _may_be(line: Coverage, sent: dict[str, Any]) -> bool:
    """Whether line and row can be one plan: nothing both say differs, and neither ended before the other began."""
    if not _is_alike(line.payer, sent["payer"]):
        return False
    both = [(getattr(line, name), sent.get(name)) for name in KNOWN_BY]
    if any(mine and theirs and not _is_alike(mine, theirs) for mine, theirs in both):
        return False
    start = line.starts_on or sent.get("starts_on")
    ends = (line.ends_on, sent.get("ends_on"))
    return start is None or all(end is None or end >= start for end in ends)


def _key(patient: Patient, sent: dict[str, Any]) -> str:
    """What names the line with its sender: the record and what the plan is known by."""
    known_by = [_plainly(sent.get(name)) for name in ("payer", *KNOWN_BY)]
    return f"roster:{patient.pk}:{digest(known_by)}"


def _is_mine(line: Coverage, name: str, mine: Mapping[str, Any]) -> bool:
    """Whether a roster of this sender wrote the field last."""
    return name in mine and mine[name] == plain(getattr(line, name))


def _is_alike(one: Any, other: Any) -> bool:
    """The same value, however its letters, spaces and dashes are written."""
    return bool(_plainly(one) == _plainly(other))


def _plainly(value: Any) -> Any:
    return sort_key(value).replace(" ", "") if isinstance(value, str) else value or ""


def _is_in_order(line: Coverage, values: Mapping[str, Any]) -> bool:
    start, end = (values.get(name, getattr(line, name)) for name in ("starts_on", "ends_on"))
    return start is None or end is None or start <= end


def _status_on(today: dt.date, end: dt.date | None) -> str:
    return Status.ENDED.value if end and end < today else Status.ACTIVE.value


def _standing(line: Coverage) -> dict[str, Any]:
    return {name: plain(getattr(line, name)) for name in STANDING}


def _value(name: str, kept: Any) -> Any:
    """A value as the row has it, from how JSON keeps it."""
    field_of: Any = Coverage._meta.get_field(name)
    return field_of.to_python(kept)


def plain(value: Any) -> Any:
    """A value as JSON keeps it."""
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if isinstance(value, dt.date) else value
