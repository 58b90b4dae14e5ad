"""Medicines as they are read safely: the generic name first and bold, doses without traps. The stored text never changes."""

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from patients.tall_man import TALL_MAN

_LEAD = re.compile(r"^(?:\d[\d.,]*\s*(?:HR|ACTUAT|ML|MG)\s+)+", re.IGNORECASE)  # "24 HR metoprolol ..."
_BRAND = re.compile(r"\[([^\]]+)\]")
_APPROVAL = re.compile(r"^NDA\d+\s+")  # a number of the FDA's files, not of the dose
_NAME = re.compile(r"^(?:[^\d(\[.]|\.(?!\d))+")
_NUMBER = re.compile(r"(?<![\w.,])(\d*\.\d+|\d{4,})(?![\w,]|\.\d)")
_UNITS = {
    "mcg": "micrograms",
    "ug": "micrograms",
    "µg": "micrograms",
    "μg": "micrograms",
    "iu": "units",
    "u": "units",
    "unt": "units",
}
_UNIT = re.compile(r"(?<=\d)(\s*)(mcg|ug|µg|μg|iu|unt|u|mg|ml|g|meq|hr)\b", re.IGNORECASE)
_PER = re.compile(r"/\s*(ml|hr|actuat|g|mg)\b", re.IGNORECASE)
_PLAIN = {"mg": "mg", "ml": "mL", "g": "g", "meq": "mEq", "hr": "hours"}
_PER_UNIT = {"ml": "mL", "hr": "hour", "actuat": "puff"}
_MEASURED = re.compile(r"(?<![\w.,])(\d{4,})(?=\s*(?:mg|mcg|micrograms|units?|mL|g)\b)", re.IGNORECASE)


@dataclass(frozen=True)
class Part:
    text: str
    strong: bool = False


def medicine_parts(text: str) -> list[Part]:
    """Split a name into what is bold (the generic name) and the rest; a brand in brackets comes last."""
    brands = _BRAND.findall(text)
    parts: list[Part] = []
    for component in _APPROVAL.sub("", _BRAND.sub("", text).strip()).split(" / "):
        lead = _LEAD.match(component)
        rest = component[lead.end() :] if lead else component
        found = _NAME.match(rest)
        name = found.group().strip() if found else ""
        strength = dose_words(
            " ".join(bit for bit in (rest[len(found.group()) :] if found else rest, _lead(lead)) if bit)
        )
        if parts:
            parts.append(Part("/"))
        parts += [Part(_tall(name), strong=True)] if name else []
        parts += [Part(strength)] if strength else []
    return parts + ([Part(_("(brand: %(name)s)") % {"name": ", ".join(brands)})] if brands else [])


def dose_words(text: str) -> str:
    """0.5 not .5, 5 not 5.0, a comma at thousands, units in full."""
    text = _NUMBER.sub(lambda found: _plain_number(found.group()), text)
    text = _UNIT.sub(lambda found: f" {_unit(found.group(2))}", text)
    text = _PER.sub(lambda found: f"/{_PER_UNIT.get(found.group(1).lower(), found.group(1).lower())}", text)
    return " ".join(_MEASURED.sub(lambda found: f"{int(found.group()):,}", text).split())


def _lead(lead: re.Match[str] | None) -> str:
    return f"({dose_words(lead.group())})" if lead else ""


def _tall(name: str) -> str:
    return " ".join(TALL_MAN.get(word.lower().strip(","), word.lower()) for word in name.split())


def _plain_number(number: str) -> str:
    if "." not in number:
        return number
    whole, _dot, fraction = number.partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole or '0'}.{fraction}" if fraction else whole or "0"


def _unit(unit: str) -> str:
    return _UNITS.get(unit.lower()) or _PLAIN.get(unit.lower(), unit)
