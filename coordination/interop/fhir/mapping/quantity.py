"""Numbers with units, said as a person reads them and kept as a machine compares them."""

from decimal import ROUND_HALF_EVEN, Decimal

from coordination.interop.fhir.values import Node

SIX = Decimal("0.000001")
LARGEST = Decimal(10) ** 14


def reading(value: Decimal) -> str:
    """0.5, 138.1, 167.56: no more places than a person uses."""
    places = Decimal("0.01") if abs(value) >= 1 else Decimal("0.0001")
    shown = value if abs(value) >= LARGEST else value.quantize(places, ROUND_HALF_EVEN)
    text = f"{shown.normalize():f}"
    return "0" if text == "-0" else text


def kept(value: Decimal | None) -> Decimal | None:
    """The number as the database holds it; None for one beyond any measurement."""
    if value is None or abs(value) >= LARGEST:
        return None
    return value.quantize(SIX, ROUND_HALF_EVEN)


def unit_of(node: Node) -> str:
    return node.text("unit") or node.text("code")


def quantity(node: Node) -> str:
    value = node.number("value")
    if value is None:
        return ""
    return " ".join(part for part in (node.text("comparator") + reading(value), unit_of(node)) if part)
