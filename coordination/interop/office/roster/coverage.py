"""The coverage a row tells of: which of its columns are about it, and how their cells are read."""

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.utils.translation import gettext as _

from coordination.interop.fhir.mapping.coverage import kind_of
from coordination.interop.fhir.values import NOTHING
from coordination.interop.office.roster.fields import BY_KEY, Unfit, read_date
from coordination.lib.names import sort_key
from patients.models import Coverage

Kind = Coverage.Kind
# the fields of a coverage a roster may say; the member number is the patient's identifier as well
WORDS = ("payer", "plan", "member_id", "group_number", "subscriber", "relationship", "payer_phone")
SAYABLE = (*WORDS, "kind", "rank", "starts_on", "ends_on")
OWN = set(SAYABLE) - {"member_id"}
PAY_THEMSELVES = {Kind.MEDICARE, Kind.MEDICAID, Kind.SELF_PAY}  # who pays is said with the kind
OPEN_END = dt.date(2099, 1, 1)  # HOUSE: payers write 9999-12-31 and the like for a plan without an end
_KINDS = {
    "medicare": Kind.MEDICARE, "medicare ffs": Kind.MEDICARE, "original medicare": Kind.MEDICARE, "traditional medicare": Kind.MEDICARE,
    "medicare advantage": Kind.MEDICARE_ADVANTAGE, "medicare part c": Kind.MEDICARE_ADVANTAGE, "medicare hmo": Kind.MEDICARE_ADVANTAGE,
    "medicare ppo": Kind.MEDICARE_ADVANTAGE, "managed medicare": Kind.MEDICARE_ADVANTAGE,
    "medicaid": Kind.MEDICAID, "medicaid ffs": Kind.MEDICAID, "medicaid mco": Kind.MEDICAID, "medicaid managed care": Kind.MEDICAID,
    "medicaid hmo": Kind.MEDICAID, "managed medicaid": Kind.MEDICAID,
    "commercial": Kind.COMMERCIAL, "commercial hmo": Kind.COMMERCIAL, "commercial ppo": Kind.COMMERCIAL, "private": Kind.COMMERCIAL,
    "employer": Kind.COMMERCIAL, "group": Kind.COMMERCIAL, "marketplace": Kind.COMMERCIAL, "exchange": Kind.COMMERCIAL,
    "tricare": Kind.TRICARE, "tricare or va": Kind.TRICARE, "va": Kind.TRICARE, "champva": Kind.TRICARE, "veterans": Kind.TRICARE,
    "self pay": Kind.SELF_PAY, "selfpay": Kind.SELF_PAY, "uninsured": Kind.SELF_PAY, "no insurance": Kind.SELF_PAY,
    "other": Kind.OTHER, "workers compensation": Kind.OTHER, "workers comp": Kind.OTHER, "auto": Kind.OTHER,
}  # fmt: skip
_NETWORKS = {"hmo", "ppo", "epo", "pos"}  # how a plan is built: any payer's may be
_RANKS = {"primary": 1, "secondary": 2, "tertiary": 3}


def needs_payer(keys: Collection[str]) -> bool:
    """Whether the columns chosen tell of a coverage and none of them can say who pays."""
    return bool(OWN.intersection(keys)) and not {"payer", "kind"}.intersection(keys)


def read_coverage(read: dict[str, str], order: str, *, from_1904: bool) -> dict[str, Any]:
    """What the cells of a row say of its coverage, nothing for the empty ones. Raises Unfit for the first that cannot be taken."""
    said = {key: read[key] for key in SAYABLE if read.get(key)}
    if not said or not OWN.intersection(read):
        return {}
    values: dict[str, Any] = {key: said[key] for key in WORDS if key in said}
    if "kind" in said:
        values["kind"] = read_kind(said["kind"], said)
    if "payer" not in said:
        values["payer"] = _payer_by_kind(said, values.get("kind"))
    if "rank" in said:
        values["rank"] = read_rank(said["rank"])
    for key in ("starts_on", "ends_on"):
        if key in said:
            values[key] = _read_day(key, said[key], order, from_1904=from_1904)
    start, end = values.get("starts_on"), values.get("ends_on")
    if start and end and end < start:
        raise Unfit("ends_on", _("the end is before the start"), _("Check both dates."))
    return values


def read_kind(text: str, said: dict[str, str]) -> str:
    """The kind by one of the words it goes by. What only says how a plan is built takes it from who pays."""
    word = sort_key(text)
    named = {sort_key(str(kind.label)): kind for kind in Kind} | {sort_key(kind.value): kind for kind in Kind}
    if kind := {**named, **_KINDS}.get(word):
        return kind.value
    if word in _NETWORKS:
        kind = kind_by_name(said)
        return Kind.COMMERCIAL.value if kind == Kind.OTHER else kind.value
    how = _("Use one of: %(kinds)s.") % {"kinds": ", ".join(str(kind.label) for kind in Kind)}
    raise Unfit("kind", _("not a kind of coverage known here"), how)


def kind_by_name(values: dict[str, Any]) -> Coverage.Kind:
    """The kind the names of payer and plan tell, where no column does."""
    return kind_of(NOTHING, f"{values.get('payer', '')} {values.get('plan', '')}")


def _payer_by_kind(said: dict[str, str], kind: str | None) -> str:
    if kind in PAY_THEMSELVES:
        return str(Kind(kind).label)
    key = "member_id" if "member_id" in said else next(iter(said))
    what = _("%(field)s without a payer") % {"field": BY_KEY[key].label}
    raise Unfit(key, what, _("Say who pays, or leave the cells about the coverage empty."))


def read_rank(text: str) -> int:
    rank = _RANKS.get(text.lower()) or (int(text) if text.isascii() and text.isdigit() else 0)
    if not 1 <= rank <= 9:
        raise Unfit("rank", _("not a place in the order of payers"), _("Use 1 for the plan that pays first."))
    return rank


def _read_day(key: str, text: str, order: str, *, from_1904: bool) -> dt.date | None:
    """A day of a coverage. An end no plan lives to see says that there is none."""
    day = read_date(key, text, order, from_1904=from_1904)
    if day is not None and key == "ends_on" and day >= OPEN_END:
        return None
    if day is None or not 1900 <= day.year < OPEN_END.year:
        raise Unfit(key, _("no day a plan could begin or end"), _("Check the year."))
    return day
