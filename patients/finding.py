"""Find a patient by what was typed: a name in any order, misspelt or only heard, a date of birth, a number."""

import datetime as dt
import re
import uuid
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Func, IntegerField, Q, QuerySet
from django.db.models.functions import Length
from django.db.models.lookups import LessThan
from django.utils.crypto import salted_hmac
from rapidfuzz.distance import JaroWinkler

from coordination.lib.lookups import Begins, Overlaps, Unindexed
from coordination.lib.names import name_keys, sort_key, sounds
from coordination.lib.typed import read_day
from patients.actions.reaching import to_e164
from patients.models import ContactPoint, Identifier
from patients.querysets import scope_of

MOST_FOUND = 200
_KEY_SIZE = 130  # of models.Patient.name_keys: an index is used for its very type
ALIKE = 0.8  # Jaro-Winkler, for one word against another
_DATE = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[/.-]\d{1,2}[/.-]\d{4}|\d{1,2}[ -][^\W\d]+[ -]\d{4}|[^\W\d]+ \d{1,2},? \d{4}"
)


@dataclass(frozen=True)
class Wanted:
    """What the text asks for. All parts must agree."""

    words: tuple[str, ...] = ()
    born: dt.date | None = None
    numbers: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.words or self.born or self.numbers)


def understand(text: str) -> Wanted:
    """Take a date and numbers out of the text; what is left are words of the name."""
    born = None
    for found in _DATE.finditer(text):
        if born := read_day(found.group()):
            text = text.replace(found.group(), " ", 1)
            break
    numbers: list[str] = re.findall(r"[+(]?[\w()./-]*\d[\d ()./-]*\w*", text)
    for part in numbers:
        text = text.replace(part, " ", 1)
    return Wanted(
        tuple(sort_key(text).split()), born, tuple(part.strip() for part in numbers if part.strip())
    )


def find(user: Any, among: QuerySet[Any], text: str) -> list[uuid.UUID]:
    """Return the ids of at most 200 patients `among` these, whom `user` sees, that fit, closest first."""
    wanted = understand(text)
    if wanted.is_empty:
        return []
    among = _narrowed(among, wanted)
    columns = ("pk", "sort_name", "given", "preferred_name", "former_names")
    if not wanted.words:
        listed = among.order_by().values_list("sort_name", "pk")[:MOST_FOUND]
        return [pk for _name, pk in sorted(listed)]
    if len(letter := "".join(wanted.words)) == 1 and letter.isascii():  # it sounds like nothing yet
        named = among.filter(sort_name__gte=letter, sort_name__lt=f"{letter}\U0010ffff")
        return list(named.order_by("sort_name", "pk").values_list("pk", flat=True)[:MOST_FOUND])
    found: dict[uuid.UUID, tuple[float, str]] = {}
    few = scope_of(user).is_few
    starting = among.filter(_starts(wanted.words, few=few)).order_by().values_list(*columns)[:MOST_FOUND]
    # the shortest first: an order no index has, or the first 200 of a frequent sound seem cheapest to find by reading the table
    sounding = _sounding(among, wanted.words, few=few).order_by(Length("sort_name")).values_list(*columns)
    if not few:
        # who begins as it was typed is closer than who sounds like it: where there are enough of them, no other is looked for
        found_so_far = Func(
            ArraySubquery(starting.values("pk")), function="cardinality", output_field=IntegerField()
        )
        sounding = sounding.filter(LessThan(found_so_far, MOST_FOUND))
    for pk, *names in starting.union(
        sounding[:MOST_FOUND], all=True
    ):  # each by its own index, in one statement
        found[pk] = (-_closeness(wanted.words, names), names[0])
    close = [pk for pk in found if found[pk][0] <= -ALIKE]
    return sorted(close, key=lambda pk: (*found[pk], pk))[:MOST_FOUND]


def closest(
    user: Any, among: QuerySet[Any], text: str, *, size: int, beside: uuid.UUID | None = None
) -> tuple[list[Any], int, Any]:
    """Return the first rows of `find`, how many it found, and with words the patient `beside` them, in two statements.

    A name together with a number takes three.
    """
    wanted = understand(text)
    if wanted.is_empty or not wanted.words:
        fitting = [] if wanted.is_empty else list(_narrowed(among, wanted).order_by()[:MOST_FOUND])
        fitting.sort(key=lambda patient: (patient.sort_name, patient.pk))
        return fitting[:size], len(fitting), None
    found = find(user, among, text)
    rows = {row.pk: row for row in among.filter(pk__in=[*found[:size], *filter(None, [beside])])}
    return [rows[pk] for pk in found[:size] if pk in rows], len(found), rows.get(beside) if beside else None


def fingerprint(text: str) -> str:
    """A keyed hash of a search, for the audit trail: the same search is recognized, its words cannot be read."""
    return salted_hmac(
        "patients.finding", " ".join(sort_key(text).split()), secret=settings.AUDIT_KEY, algorithm="sha256"
    ).hexdigest()[:32]


def _narrowed(among: QuerySet[Any], wanted: Wanted) -> QuerySet[Any]:
    if wanted.born:
        among = among.filter(birth_date=wanted.born)
    for number in wanted.numbers:
        among = among.filter(_has_number(number))
    return among


def _has_number(number: str) -> Q:
    """A record number, an identifier or a phone number."""
    bare = re.sub(r"[\s()./-]", "", number)
    owners = Identifier.objects.filter(value__in={number, bare}).values_list("patient_id")[:MOST_FOUND]
    if phone := to_e164("mobile", number):
        reached = ContactPoint.objects.filter(number=phone).values_list("patient_id")[:MOST_FOUND]
        owners = owners.union(reached, all=True)
    return Q(record_number__in={number, bare}) | Q(pk__in=[pk for (pk,) in owners])


def _starts(words: tuple[str, ...], *, few: bool) -> Q:
    """The name as it is sorted begins like this, in either order."""
    name = Unindexed("sort_name") if few else "sort_name"
    starts = Q(Begins(name, " ".join(words)))
    if words[1:]:
        first, *rest = words
        starts |= Q(Begins(name, f"{first}\x1f{' '.join(rest)}"))
        starts |= Q(Begins(name, f"{words[-1]}\x1f{' '.join(words[:-1])}"))
    return starts


def _sounding(among: QuerySet[Any], words: tuple[str, ...], *, few: bool) -> QuerySet[Any]:
    keys = Unindexed("name_keys") if few else "name_keys"
    for word in words:
        among = among.filter(Overlaps(keys, name_keys(word, word), size=_KEY_SIZE))
    return among


def _closeness(words: tuple[str, ...], names: list[str]) -> float:
    """From 0 to 1: how well each typed word fits its best word of the name, on average."""
    known = {part for name in names for part in sort_key(name.replace("\x1f", " ")).split()}
    return sum(max((_word(word, part) for part in known), default=0.0) for word in words) / len(words)


def _word(typed: str, part: str) -> float:
    if typed == part:
        return 1.0
    if len(typed) > 1 and part.startswith(typed):
        return 0.95
    return max(JaroWinkler.similarity(typed, part) - 0.02, 0.85 if sounds(typed) == sounds(part) else 0.0)
