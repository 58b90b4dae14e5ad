"""Results and measurements, of whatever kind their value is."""

from collections.abc import Callable
from decimal import Decimal

from django.utils.translation import gettext as _

from coordination.interop.fhir.mapping.base import (
    Context,
    Row,
    choice_date,
    history,
    in_error,
    join,
    set_occurred,
)
from coordination.interop.fhir.mapping.quantity import kept, quantity, reading, unit_of
from coordination.interop.fhir.values import Node, clip
from patients.models import Observation

STATUS = {
    "registered",
    "preliminary",
    "final",
    "amended",
    "corrected",
    "cancelled",
    "entered-in-error",
    "unknown",
}
SYSTOLIC, DIASTOLIC = "8480-6", "8462-4"  # LOINC


def read_observation(node: Node, context: Context, key: str) -> list[Row]:
    status = node.text("status")
    parts = node.nodes("component")
    codings = [coding for part in parts for coding in part.concept("code").codings]
    values = history(node, context, node.concept("code"), "code", codings)
    set_occurred(
        values,
        choice_date(node, "effective") or node.date("effectiveInstant") or node.date("issued"),
        context,
    )
    number, unit = _number(node)
    words = _value(node, context) or _components(parts, context)
    members = len(node.refs("hasMember"))
    if members and not words:
        values["note"] = join(values["note"], _("A panel of %(n)s results.") % {"n": members})
    values |= {
        "status": context.one_of(node, "status", status, STATUS),
        "category": clip(next((c.code or c.words for c in node.concepts("category")), ""), 40),
        "value": context.fit(node, "value[x]", words, 300),
        "number": kept(number),
        "unit": clip(unit, 60),
        "interpretation": clip(", ".join(c.words for c in node.concepts("interpretation")), 60),
        "recorded_at": context.moment(node.date("issued")),
    }
    return [Row(Observation, key, in_error(values, status))]


def _number(node: Node) -> tuple[Decimal | None, str]:
    found = node.node("valueQuantity")
    if found:
        return found.number("value"), unit_of(found)
    whole = node.integer("valueInteger")
    return (None if whole is None else Decimal(whole)), ""


def _value(node: Node, context: Context) -> str:
    """The value in words, whichever of its eleven kinds it is."""
    shape = next((name for name in _KINDS if node.has(name)), "")
    if shape:
        return _KINDS[shape](node, shape, context)
    absent = node.concept("dataAbsentReason").words
    return _("Not known: %(reason)s") % {"reason": absent} if absent else ""


def _quantity(node: Node, key: str, context: Context) -> str:
    found = node.node(key)
    return quantity(found) if found else ""


def _concept(node: Node, key: str, context: Context) -> str:
    return node.concept(key).words


def _text(node: Node, key: str, context: Context) -> str:
    return node.text(key)


def _flag(node: Node, key: str, context: Context) -> str:
    return _("Yes") if node.flag(key) else _("No")


def _integer(node: Node, key: str, context: Context) -> str:
    return str(node.integer(key))


def _pair(node: Node, key: str, first: str, second: str, between: str) -> str:
    found = node.node(key)
    ends = [found.node(end) if found else None for end in (first, second)]
    return between.join(quantity(end) if end else "" for end in ends).strip()


def _range(node: Node, key: str, context: Context) -> str:
    return _pair(node, key, "low", "high", " – ")


def _ratio(node: Node, key: str, context: Context) -> str:
    return _pair(node, key, "numerator", "denominator", " : ")


def _sampled(node: Node, key: str, context: Context) -> str:
    return _("A curve, kept at its source") if node.node(key) else ""


def _moment(node: Node, key: str, context: Context) -> str:
    found = node.date(key)
    return node.text(key) if found else ""


def _period(node: Node, key: str, context: Context) -> str:
    found = node.node(key)
    return " – ".join(found.text(end) for end in ("start", "end")).strip() if found else ""


_KINDS: dict[str, Callable[[Node, str, Context], str]] = {
    "valueQuantity": _quantity,
    "valueCodeableConcept": _concept,
    "valueString": _text,
    "valueBoolean": _flag,
    "valueInteger": _integer,
    "valueRange": _range,
    "valueRatio": _ratio,
    "valueSampledData": _sampled,
    "valueTime": _text,
    "valueDateTime": _moment,
    "valuePeriod": _period,
}


def _components(parts: list[Node], context: Context) -> str:
    """Blood pressure as people say it, anything else part by part."""
    if pressure := _blood_pressure(parts):
        return pressure
    said = [(part.concept("code").words, _value(part, context)) for part in parts]
    return "; ".join(f"{name}: {value}" for name, value in said if value)


def _blood_pressure(parts: list[Node]) -> str:
    found: dict[str, Node] = {}
    for part in parts:
        for code in (SYSTOLIC, DIASTOLIC):
            if part.concept("code").has(code) and (value := part.node("valueQuantity")):
                found[code] = value
    if len(found) < 2 or len(parts) != 2:
        return ""
    upper, lower = (found[code].number("value") for code in (SYSTOLIC, DIASTOLIC))
    if upper is None or lower is None:
        return ""
    return f"{reading(upper)}/{reading(lower)} {unit_of(found[SYSTOLIC])}".strip()
