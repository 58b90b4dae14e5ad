"""Is this the same person? Two records are compared field by field, and each agreement counts as much as it is rare.

The weights follow Fellegi and Sunter: about the base-2 logarithm of how much more often two records agree on a field
when they are the same person than when they are not. They are house values; what they lead to is always said in words,
and a person decides: nothing is ever merged by machine.
"""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet, TextChoices
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rapidfuzz.distance import OSA, JaroWinkler

from coordination.lib.names import name_keys, sort_key, sounds
from patients.models import Address, ContactPoint, Identifier, Patient

MOST_CANDIDATES = 200
FAMILY, GIVEN, FORMER = 7.0, 4.5, 5.0
NEWBORN = {"baby", "babyboy", "babygirl", "boy", "girl", "newborn", "infant", "twin"}


class Band(TextChoices):
    CERTAIN = "certain", gettext_lazy("Almost certainly the same person")
    LIKELY = "likely", gettext_lazy("Probably the same person")
    POSSIBLE = "possible", gettext_lazy("Possibly the same person")


STRONG = (Band.CERTAIN, Band.LIKELY)
_FLOORS = [(Band.CERTAIN, 19.0), (Band.LIKELY, 14.0), (Band.POSSIBLE, 9.5)]


@dataclass(frozen=True)
class Probe:
    """What is known of a person who may be on record already."""

    organization_id: uuid.UUID
    family: str = ""
    given: str = ""
    birth_date: dt.date | None = None
    sex: str = "unknown"
    suffix: str = ""
    numbers: frozenset[str] = frozenset()  # E.164
    identifiers: frozenset[str] = frozenset()  # values, as written
    postal_code: str = ""
    except_id: uuid.UUID | None = None  # the patient asked about, when on record

    @property
    def says_enough(self) -> bool:
        """A family name alone would match half the town."""
        named = bool(self.family and (self.given or self.birth_date))
        return named or bool(self.numbers or self.identifiers)


@dataclass
class Match:
    """One patient on record who may be the one, and why."""

    patient: Patient
    score: float = 0.0
    reasons: list[str] = field(default_factory=list)
    floor: Band | None = None

    @property
    def band(self) -> Band | None:
        by_score = next((band for band, floor in _FLOORS if self.score >= floor), None)
        order = [Band.CERTAIN, Band.LIKELY, Band.POSSIBLE, None]
        return min(by_score, self.floor, key=order.index)

    @property
    def is_strong(self) -> bool:
        return self.band in STRONG

    @property
    def why(self) -> str:
        return capfirst(", ".join(self.reasons))

    def count(self, weight: float, reason: str = "") -> None:
        self.score += weight
        if reason:
            self.reasons.append(reason)


@dataclass
class Traits:
    """What is on record of a candidate besides the row itself, as far as the probe asks for it."""

    numbers: set[str] = field(default_factory=set)
    identifiers: set[str] = field(default_factory=set)
    postal_codes: set[str] = field(default_factory=set)


def duplicates(probe: Probe) -> list[Match]:
    """Return who on record in the whole organization may be this person, closest first.

    The rows are not limited to what one person may see: show them only through `visible_to`.
    """
    if not probe.says_enough:
        return []
    found = [compare(probe, patient, known) for patient, known in _candidates(probe)]
    close = [match for match in found if match.band is not None]
    return sorted(close, key=lambda match: (-match.score, match.patient.sort_name))[:20]


_MEETS = """
    select asked.place from unnest(%s::int[], %s::text[], %s::text[], %s::text[], %s::text[])
    as asked (place, family, given, swapped, near)
    where exists (
        select 1 from patients_patient p where p.organization_id = %s
        and p.name_keys && string_to_array(asked.family, '|')::varchar[]
        and p.name_keys && string_to_array(asked.given, '|')::varchar[]
    ) or exists (
        select 1 from patients_patient p where p.organization_id = %s
        and p.birth_date = any(string_to_array(asked.near, '|')::date[])
        and p.name_keys && string_to_array(
            concat_ws('|', nullif(asked.family, ''), nullif(asked.given, ''), nullif(asked.swapped, '')), '|'
        )::varchar[]
    )
"""


def who_may_be_known(probes: Sequence[Probe]) -> set[int]:
    """The places of those `duplicates` has anybody to compare with, asked for hundreds in four statements.

    All are of one organization. Whoever is not among them has no duplicate on record; who is may have one.
    """
    if not probes:
        return set()
    house = probes[0].organization_id
    numbers = {number for probe in probes for number in probe.numbers}
    values = {value for probe in probes for value in probe.identifiers}
    points = ContactPoint.objects.filter(organization_id=house, number__in=numbers)
    identifiers = Identifier.objects.filter(organization_id=house, value__in=values)
    own = Patient.objects.filter(organization_id=house, record_number__in=values)
    called = set(points.values_list("number", flat=True))
    named = {*identifiers.values_list("value", flat=True), *own.values_list("record_number", flat=True)}
    near = {
        place for place, probe in enumerate(probes) if probe.numbers & called or probe.identifiers & named
    }
    keys = [_keys_of(probe) for probe in probes]
    family, given, swapped = (["|".join(each[part]) for each in keys] for part in range(3))
    days = [_written(probe.birth_date) if probe.birth_date else "" for probe in probes]
    with connection.cursor() as cursor:
        cursor.execute(_MEETS, [list(range(len(probes))), family, given, swapped, days, house, house])
        return near | {place for (place,) in cursor.fetchall()}


def compare(probe: Probe, patient: Patient, known: Traits) -> Match:
    """Weigh one record against what is known."""
    match = Match(patient)
    _compare_birth(match, probe.birth_date, patient.birth_date)
    if probe.numbers & known.numbers:
        match.count(5.0, _("same phone"))
    if probe.identifiers & {*known.identifiers, patient.record_number} - {""}:
        match.count(10.0, _("same number or identifier"))
        match.floor = Band.LIKELY
    if probe.postal_code and probe.postal_code in known.postal_codes:
        match.count(2.0, _("same ZIP code"))
    _compare_names(match, probe, patient)
    if "unknown" not in {probe.sex, patient.sex}:
        match.count(0.9 if probe.sex == patient.sex else -2.0)
    if probe.suffix and patient.suffix and sort_key(probe.suffix) != sort_key(patient.suffix):
        match.count(-4.0, _("other suffix"))
    return match


def _compare_names(match: Match, probe: Probe, patient: Patient) -> None:
    family, given = sort_key(probe.family), sort_key(probe.given)
    if family and family == sort_key(patient.given) and given == sort_key(patient.family):
        match.count(9.5, _("family and given name swapped"))
        return
    former = sort_key(patient.former_names).split()
    of_family = _likeness(family, sort_key(patient.family), FAMILY)
    if of_family < 0 and family and set(family.split()) & set(former):
        of_family = FORMER
        match.count(of_family, _("known by this family name before"))
    else:
        match.count(of_family)
    called = {patient.given, patient.preferred_name} - {""}
    of_given = max((_likeness(given, sort_key(name), GIVEN) for name in called), default=0.0)
    if {*given.split(), *sort_key(patient.given).split()} & NEWBORN:
        match.count(0.0, _("a newborn's name"))
    else:
        match.count(of_given)
    if words := _name_words(of_family, of_given):
        match.reasons.append(words)


def _name_words(of_family: float, of_given: float) -> str:
    whole_family, whole_given = of_family == FAMILY, of_given == GIVEN
    if of_family == FORMER:
        return _("same given name") if whole_given else ""
    if whole_family and whole_given:
        return _("same name")
    if of_family > 0 and of_given > 0:
        return _("name alike")
    if of_family > 0 and of_given < 0:
        return _("same family name") if whole_family else _("family name alike")
    return ""


def _likeness(one: str, other: str, most: float) -> float:
    """From `most` for the same word to a little below zero for another one; nothing is said about a blank."""
    if not one or not other:
        return 0.0
    if one == other:
        return most
    if OSA.distance(one, other) == 1 or JaroWinkler.similarity(one, other) >= 0.94:
        return most * 0.65
    if _sound_alike(one, other):
        return most * 0.5
    shared = set(one.split()) & set(other.split())
    if shared:
        return most * 0.6
    if min(len(one), len(other)) == 1 and one[0] == other[0]:
        return most * 0.3
    return -most * 0.6


def _sound_alike(one: str, other: str) -> bool:
    return [sounds(word) for word in one.split()] == [sounds(word) for word in other.split()]


def _compare_birth(match: Match, one: dt.date | None, other: dt.date | None) -> None:
    if one is None or other is None:
        match.count(1.5)  # nothing speaks against it
        return
    if one == other:
        match.count(8.5, _("same date of birth"))
    elif other in _swapped(one):
        match.count(6.0, _("day and month of birth swapped"))
    elif _digits_apart(one, other) == 1:
        match.count(4.5, _("date of birth differs in one digit"))
    else:
        match.count(-5.0)


def _swapped(day: dt.date) -> list[dt.date]:
    return [dt.date(day.year, day.day, day.month)] if day.day <= 12 and day.day != day.month else []


def _digits_apart(one: dt.date, other: dt.date) -> int:
    return sum(a != b for a, b in zip(one.isoformat(), other.isoformat(), strict=True))


def _near(day: dt.date) -> list[dt.date]:
    """The day itself, and every day a slip of the hand away."""
    text, near = day.isoformat(), {day, *_swapped(day)}
    for place, old in enumerate(text):
        for digit in "0123456789" if old.isdigit() else "":
            try:
                near.add(dt.date.fromisoformat(text[:place] + digit + text[place + 1 :]))
            except ValueError:
                continue
    return sorted(near)


@lru_cache(maxsize=4096)
def _written(day: dt.date) -> str:
    """The same days, as a statement takes them."""
    return "|".join(each.isoformat() for each in _near(day))


def _candidates(probe: Probe) -> Iterable[tuple[Patient, Traits]]:
    """Bounded rows worth comparing: same number, near date of birth with a name alike, both names alike."""
    known = _owners_of(probe)
    everyone = Patient.objects.filter(organization_id=probe.organization_id).standing()
    everyone = everyone.exclude(pk=probe.except_id).select_related("coordinator")
    found: dict[uuid.UUID, Patient] = {}
    for condition in _conditions(probe, list(known)):
        if (left := MOST_CANDIDATES - len(found)) > 0:
            rows = everyone.filter(condition).exclude(pk__in=list(found))[:left]
            found.update((patient.pk, patient) for patient in rows)
    if probe.postal_code:
        lives_there = Address.objects.filter(patient__in=list(found), postal_code=probe.postal_code)
        for pk in lives_there.values_list("patient_id", flat=True):
            known[pk].postal_codes.add(probe.postal_code)
    return [(patient, known[pk]) for pk, patient in found.items()]


def _keys_of(probe: Probe) -> tuple[list[str], list[str], list[str]]:
    """The keys of the family name, of the given name, and of the given name taken for a family name."""
    family = [key for key in name_keys(probe.family) if key[0] in "dp"]
    given = [key for key in name_keys("", probe.given) if key[0] in "ge"]
    swapped = [key for key in name_keys(probe.given, probe.family) if key[0] in "dp"]
    return family, given, swapped


def _conditions(probe: Probe, owners: Sequence[uuid.UUID]) -> list[Q]:
    family, given, swapped = _keys_of(probe)
    conditions = [Q(pk__in=owners)] if owners else []
    if probe.birth_date:
        any_name = Q(name_keys__overlap=[*family, *given, *swapped])
        conditions.append(Q(birth_date__in=_near(probe.birth_date)) & any_name)
    if family and given:
        conditions.append(Q(name_keys__overlap=family) & Q(name_keys__overlap=given))
    return conditions


def _owners_of(probe: Probe) -> defaultdict[uuid.UUID, Traits]:
    """Whose phones and identifiers these are."""
    owners: defaultdict[uuid.UUID, Traits] = defaultdict(Traits)
    here = {"organization_id": probe.organization_id}
    if probe.numbers:
        points = ContactPoint.objects.filter(**here, number__in=probe.numbers)
        for pk, number in points.values_list("patient_id", "number")[:MOST_CANDIDATES]:
            owners[pk].numbers.add(number)
    if probe.identifiers:
        identifiers = Identifier.objects.filter(**here, value__in=probe.identifiers)
        for pk, value in identifiers.values_list("patient_id", "value")[:MOST_CANDIDATES]:
            owners[pk].identifiers.add(value)
        own = Patient.objects.filter(**here, record_number__in=probe.identifiers)
        for pk in own.values_list("pk", flat=True)[:MOST_CANDIDATES]:
            owners.setdefault(pk, Traits())
    return owners


# --- names a person could take for each other -----------------------------------------------------


def look_alikes(patient: Patient, among: QuerySet[Any]) -> list[tuple[Patient, str]]:
    """Return those `among` whose name could be taken for this patient's, with the reason to store."""
    family = [key for key in name_keys(patient.family) if key[0] in "dp"]
    given = [key for key in name_keys("", patient.given) if key[0] in "ge"]
    near = Q(name_keys__overlap=given)
    if patient.birth_date is not None:
        near |= Q(birth_date=patient.birth_date)
    rows = among.filter(near, name_keys__overlap=family).exclude(pk=patient.pk)[:MOST_CANDIDATES]
    return [(other, reason) for other in rows if (reason := _alike(patient, other))]


def _alike(one: Patient, other: Patient) -> str:
    family = _likeness(sort_key(one.family), sort_key(other.family), 1.0)
    given = _likeness(sort_key(one.given), sort_key(other.given), 1.0)
    if family == given == 1.0:
        return "same_name"
    if family > 0 and one.birth_date is not None and one.birth_date == other.birth_date:
        return "same_birth_date"
    return "sounds_alike" if family >= 0.5 and given >= 0.3 else ""
