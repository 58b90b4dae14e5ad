"""What a column of a roster may be, how a heading is recognized, and how a cell of each is read."""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as __

from coordination.lib.languages import LANGUAGES
from coordination.lib.names import sort_key
from coordination.lib.typed import read_day

DMY, MDY = "dmy", "mdy"
FIRST_SERIAL, LAST_SERIAL = 1, 80_000  # days Excel counts: 1900 to 2119
_SLASHED = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_EIGHT_DIGITS = re.compile(r"\A(\d{4})(\d\d)(\d\d)\Z")  # as enrolment files write a day
_SEXES = {"f": "female", "female": "female", "w": "female", "m": "male", "male": "male", "x": "other",
          "other": "other", "o": "other", "u": "unknown", "unknown": "unknown", "": "unknown"}  # fmt: skip


@dataclass(frozen=True)
class Field:
    key: str
    label: Promise
    words: tuple[str, ...]  # headings that mean it, as `sort_key` writes them
    longest: int = 120


FIELDS = [
    Field("family", __("Family name"), ("last name", "lastname", "family", "family name", "surname", "member last name", "last")),
    Field("given", __("Given name"), ("first name", "firstname", "given", "given name", "patient first name", "member first name", "first")),
    Field("middle", __("Middle names"), ("middle name", "middle", "middle initial", "mi")),
    Field("suffix", __("Suffix"), ("suffix", "name suffix"), 40),
    Field("birth_date", __("Date of birth"), ("dob", "birth date", "birthdate", "date of birth", "born", "patient dob", "member dob")),
    Field("sex", __("Legal sex"), ("sex", "gender", "legal sex")),
    Field("record_number", __("Record number at the sender"), ("mrn", "medical record number", "patient id", "chart number"), 60),
    Field("member_id", __("Member number"), ("member id", "member number", "member no", "memberid", "subscriber id", "insurance id",
          "medicaid id", "medicare id", "mbi", "policy number", "cardholder id"), 80),
    Field("mobile", __("Mobile"), ("mobile", "cell", "cell phone", "mobile phone"), 60),
    Field("home", __("Home phone"), ("phone", "home phone", "phone number", "telephone", "primary phone", "phone 1"), 60),
    Field("email", __("E-mail"), ("email", "e mail", "email address"), 200),
    Field("line", __("Street"), ("address", "address 1", "street", "address line 1", "street address", "address1"), 300),
    Field("city", __("City"), ("city", "town")),
    Field("state", __("State"), ("state", "st"), 60),
    Field("postal_code", __("ZIP code"), ("zip", "zip code", "postal code", "zipcode"), 20),
    Field("language", __("Language"), ("language", "preferred language", "primary language", "spoken language")),
    Field("payer", __("Payer"), ("payer", "payer name", "payor", "payor name", "insurance", "insurance name", "insurance company", "insurer",
          "insurance carrier", "carrier", "carrier name", "health plan", "health plan name", "primary payer", "primary payor",
          "primary insurance"), 200),
    Field("plan", __("Plan"), ("plan", "plan name", "insurance plan", "insurance plan name", "benefit plan", "product", "product name",
          "plan description"), 200),
    Field("kind", __("Kind of coverage"), ("coverage type", "type of coverage", "insurance type", "payer type", "payor type", "plan type",
          "line of business", "lob", "financial class")),
    Field("group_number", __("Group number"), ("group", "group number", "group no", "group id", "grp", "policy group number"), 80),
    Field("subscriber", __("Subscriber, if not the patient"), ("subscriber", "subscriber name", "policy holder", "policy holder name",
          "policyholder", "policyholder name"), 200),
    Field("relationship", __("The patient is the subscriber's"), ("relationship to subscriber", "patient relationship to subscriber",
          "subscriber relationship", "relation to subscriber"), 40),
    Field("payer_phone", __("Phone of the payer"), ("payer phone", "payor phone", "insurance phone", "plan phone"), 40),
    Field("rank", __("Coverage pays in turn"), ("coverage order", "coverage rank", "payer order", "payer rank", "cob", "cob order")),
    Field("starts_on", __("Coverage from"), ("coverage start", "coverage start date", "coverage begin date", "coverage effective date",
          "coverage from", "effective date", "eff date", "plan start date", "plan effective date", "eligibility start date",
          "eligibility begin date")),
    Field("ends_on", __("Coverage until"), ("coverage end", "coverage end date", "coverage term date", "coverage termination date",
          "coverage until", "termination date", "term date", "plan end date", "plan termination date", "eligibility end date")),
]  # fmt: skip
BY_KEY = {field.key: field for field in FIELDS}
REQUIRED = ("family", "given", "birth_date")
DATES = ("birth_date", "starts_on", "ends_on")


class Unfit(Exception):
    """One cell that cannot be taken: which field, what is wrong, what helps."""

    def __init__(self, key: str, what: str, how: str) -> None:
        super().__init__(what)
        self.key, self.what, self.how = key, what, how


def guess(heading: str) -> str:
    """The field a heading most likely means, or none."""
    words = sort_key(heading)
    return next((field.key for field in FIELDS if words in field.words), "")


def head_of(rows: Sequence[Sequence[str]]) -> int:
    """Which of the first rows holds the headings: the first that names two fields. -1: none does."""
    for place, row in enumerate(rows):
        if len({guess(cell) for cell in row} - {""}) >= 2:
            return place
    return -1


def order_of(cells: Iterable[str]) -> str:
    """What the dates themselves say about their order: dmy, mdy, `both` or, when every one can be read two ways, `either`."""
    found, any_slashed = set(), False
    for cell in cells:
        if match := _SLASHED.fullmatch(cell):
            first, second = int(match[1]), int(match[2])
            any_slashed = any_slashed or first != second
            if first > 12 >= second:
                found.add(DMY)
            elif second > 12 >= first:
                found.add(MDY)
    if len(found) == 2:
        return "both"
    return found.pop() if found else ("either" if any_slashed else "")


def read_date(key: str, text: str, order: str, *, from_1904: bool = False) -> dt.date | None:
    """A day in any of the ways it is written; digits alone in the order the sender uses. None for an empty cell."""
    if not text:
        return None
    day: dt.date | None
    if match := _SLASHED.fullmatch(text):
        first, second, year = (int(part) for part in match.groups())
        month, day_of_month = (second, first) if order == DMY else (first, second)
        try:
            day = dt.date(year, month, day_of_month)
        except ValueError:
            how = _("Write it as 1960-03-02, or correct the order of day and month.")
            raise Unfit(key, _("no such day in the order chosen"), how) from None
    elif text.isdigit() and FIRST_SERIAL <= int(text) <= LAST_SERIAL:
        epoch = dt.date(1904, 1, 1) if from_1904 else dt.date(1899, 12, 30)
        day = epoch + dt.timedelta(days=int(text))
    else:
        written = _EIGHT_DIGITS.sub(r"\1-\2-\3", text)
        day = read_day(written.split("T", maxsplit=1)[0].split(" 00:00", maxsplit=1)[0])
    if day is None:
        raise Unfit(key, _("not a date with a year of four digits"), _("Write it as 1960-03-02."))
    return day


def read_birth_date(text: str, order: str, today: dt.date, *, from_1904: bool = False) -> dt.date | None:
    day = read_date("birth_date", text, order, from_1904=from_1904)
    if day is not None and (day > today or day.year < 1880):
        raise Unfit("birth_date", _("no date of birth of anyone living"), _("Check the year."))
    return day


def read_sex(text: str) -> str:
    try:
        return _SEXES[text.lower()]
    except KeyError:
        raise Unfit("sex", _("not F, M, X or unknown"), _("Use F, M, X or leave it empty.")) from None


def read_language(text: str) -> str:
    """A language by its name or its tag."""
    if not text:
        return ""
    wanted = sort_key(text)
    for tag, name in LANGUAGES.items():
        if wanted in {tag, sort_key(str(name))}:
            return tag
    raise Unfit(
        "language", _("not a language known here"), _("Use its English name or its tag, as in Spanish or es.")
    )


def read_cells(values: dict[str, str]) -> dict[str, Any]:
    """Refuse what is too long or holds what no name has, before anything is made of it."""
    for key, text in values.items():
        if len(text) > BY_KEY[key].longest:
            what = _("longer than %(n)s characters") % {"n": BY_KEY[key].longest}
            raise Unfit(key, what, _("Shorten it, or choose the right column for this field."))
        if any(ord(letter) < 32 and letter not in "\r\n\t" for letter in text):
            raise Unfit(key, _("characters nobody can see"), _("Type the value anew."))
    return {key: " ".join(text.split()) for key, text in values.items()}
