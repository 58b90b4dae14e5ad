"""Identifiers, phones and addresses of the patient."""

import datetime as dt
from typing import NamedTuple

import phonenumbers
from django.utils.translation import gettext as _

from coordination.interop.fhir.mapping.base import Context, in_order
from coordination.interop.fhir.values import Node, clip
from patients.models import Address, ContactPoint, Identifier

KINDS = {kind.value: kind.value for kind in Identifier.Kind} | {"SB": "SS", "PN": "OTH", "PI": "OTH"}
SYSTEM_KINDS = {
    "http://hl7.org/fhir/sid/us-ssn": Identifier.Kind.SS,
    "http://hl7.org/fhir/sid/us-mbi": Identifier.Kind.MC,
    "http://hl7.org/fhir/sid/us-medicare": Identifier.Kind.MC,
    "http://hl7.org/fhir/sid/us-medicaid": Identifier.Kind.MA,
}
PHONES = {
    ("phone", "mobile"): ContactPoint.Kind.MOBILE,
    ("phone", "work"): ContactPoint.Kind.WORK,
    ("sms", ""): ContactPoint.Kind.MOBILE,
}
USES = {
    "home": Address.Use.HOME,
    "billing": Address.Use.MAILING,
    "temp": Address.Use.TEMPORARY,
    "old": Address.Use.OLD,
}


class IdentifierFacts(NamedTuple):
    kind: str
    system: str
    value: str
    starts_on: dt.date | None
    ends_on: dt.date | None


class PhoneFacts(NamedTuple):
    kind: str
    value: str
    number: str
    rank: int


class AddressFacts(NamedTuple):
    use: str
    line: str
    city: str
    state: str
    postal_code: str
    country: str
    starts_on: dt.date | None
    ends_on: dt.date | None


def read_identifiers(node: Node, context: Context) -> list[IdentifierFacts]:
    found = []
    for identifier in node.nodes("identifier"):
        value = identifier.text("value")
        if not value or len(value) > 200:
            context.remark(identifier.path, _("an identifier without a usable value; left out"))
            continue
        system = identifier.text("system")
        coded = next((KINDS[c.code] for c in identifier.concept("type").codings if c.code in KINDS), "")
        kind = coded or SYSTEM_KINDS.get(system, Identifier.Kind.OTHER).value
        starts_on, ends_on = _period(identifier, context)
        found.append(IdentifierFacts(kind, clip(system, 300), value, starts_on, ends_on))
    return list({(i.system, i.value): i for i in reversed(found)}.values())[::-1]


def read_telecoms(node: Node, context: Context) -> list[PhoneFacts]:
    found = []
    for place, telecom in enumerate(node.nodes("telecom"), start=1):
        system, use, value = telecom.text("system"), telecom.text("use"), telecom.text("value")
        if not value or use == "old":
            continue
        kind = _phone_kind(system, use)
        number = e164(value) if kind not in {ContactPoint.Kind.EMAIL, ContactPoint.Kind.OTHER} else ""
        found.append(
            PhoneFacts(
                kind.value,
                context.fit(telecom, "value", value, 200),
                number,
                max(1, min(telecom.integer("rank") or place, 99)),
            )
        )
    return list({(p.kind, p.value): p for p in reversed(found)}.values())[::-1]


def _phone_kind(system: str, use: str) -> ContactPoint.Kind:
    if system in {"email", "fax"}:
        return ContactPoint.Kind(system)
    if system in {"phone", ""}:
        return PHONES.get(("phone", use), ContactPoint.Kind.HOME)
    return PHONES.get((system, ""), ContactPoint.Kind.OTHER)


def e164(value: str) -> str:
    """The number in the one form every phone understands; empty when it is none."""
    try:
        number = phonenumbers.parse(value, "US")
    except phonenumbers.NumberParseException:
        return ""
    return (
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        if phonenumbers.is_possible_number(number)
        else ""
    )


def read_addresses(node: Node, context: Context) -> list[AddressFacts]:
    found = []
    for address in node.nodes("address"):
        line = ", ".join(address.texts("line"))
        city = address.text("city")
        if not line and not city and not address.text("postalCode"):
            line = address.text("text")
        use = USES.get(address.text("use"), Address.Use.HOME)
        if address.text("type") == "postal" and use == Address.Use.HOME:
            use = Address.Use.MAILING
        if not any((line, city, address.text("state"), address.text("postalCode"))):
            continue
        found.append(
            AddressFacts(
                use.value,
                context.fit(address, "line", line, 300),
                clip(city, 120),
                clip(address.text("state"), 60),
                clip(address.text("postalCode"), 20),
                clip(address.text("country"), 60),
                *_period(address, context),
            )
        )
    return list(dict.fromkeys(found))


def _period(node: Node, context: Context) -> tuple[dt.date | None, dt.date | None]:
    period = node.node("period")
    if period is None:
        return None, None
    start, end = context.day(period.date("start")), context.day(period.date("end"))
    in_order(node, "period", start, end)
    return start, end
