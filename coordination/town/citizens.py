"""One invented person, from a seed and a number: the same pair always gives the same person."""

import datetime as dt
import uuid
from dataclasses import dataclass, field
from random import Random
from typing import Any

from coordination.lib.names import name_keys, sort_name
from coordination.town import pools
from coordination.town.calendar import Calendar
from coordination.town.health import ILLNESSES, Illness

_COMMUNITY_WEIGHTS = [community.weight for community in pools.COMMUNITIES]


@dataclass
class Citizen:
    id: uuid.UUID
    number: int
    random: Random
    family: str
    given: str
    sex: str
    born: dt.date
    community: pools.Community
    illnesses: list[Illness] = field(default_factory=list)
    is_deceased: bool = False
    care_ended: bool = False

    def age(self, today: dt.date) -> int:
        return today.year - self.born.year - ((today.month, today.day) < (self.born.month, self.born.day))

    @property
    def burden(self) -> int:
        return sum(illness.burden for illness in self.illnesses)

    @property
    def risk(self) -> str:
        """HOUSE: how the town spreads risk."""
        return "high" if self.burden >= 6 else "rising" if self.burden >= 3 else "low"


def id_of(random: Random, born_ms: int) -> uuid.UUID:
    """Return a UUIDv7 whose random part comes from the seed."""
    value = (born_ms & 0xFFFFFFFFFFFF) << 80 | random.getrandbits(80)
    value &= ~(0xF000 << 64) & ~(0xC000 << 48)
    return uuid.UUID(int=value | 0x7000 << 64 | 0x8000 << 48)


def citizen(seed: int, number: int, calendar: Calendar) -> Citizen:
    random = Random(seed * 1_000_003 + number)
    community = random.choices(pools.COMMUNITIES, _COMMUNITY_WEIGHTS)[0]
    sex = "female" if random.random() < 0.54 else "male"
    family, given = _name(random, community, sex)
    age = int(min(98, max(0, random.gauss(61, 19))))
    born = calendar.day(-365 * age - random.randrange(365) - age // 4)
    registered_ms = int(calendar.at(-random.randrange(30, 900), 12).timestamp() * 1000) + number % 1000
    person = Citizen(id_of(random, registered_ms), number, random, family, given, sex, born, community)
    person.illnesses = _illnesses(random, age, sex)
    draw = random.random()
    person.is_deceased = draw < 0.012 and age > 50
    person.care_ended = 0.012 <= draw < 0.05
    return person


def _name(random: Random, community: pools.Community, sex: str) -> tuple[str, str]:
    if community.native and random.random() < 0.06:
        return random.choice(community.native)
    return random.choice(community.families), random.choice(
        community.women if sex == "female" else community.men
    )


def _illnesses(random: Random, age: int, sex: str) -> list[Illness]:
    fitting = [
        i
        for i in ILLNESSES
        if i.from_age <= age and i.only in {"", sex} and not (i.code.startswith("Z34") and age > 45)
    ]
    wanted = min(
        len(fitting), random.choice((1, 1, 2, 2, 3, 3, 4, 5)) if age > 40 else random.choice((0, 1, 1, 2))
    )
    chosen: list[Illness] = []
    while len(chosen) < wanted:
        illness = random.choices(fitting, [i.weight for i in fitting])[0]
        if illness not in chosen:
            chosen.append(illness)
    return chosen


def patient_row(person: Citizen, calendar: Calendar, *, allergies: int) -> dict[str, Any]:
    """The patient's own row, but for care team and caseload."""
    random, community = person.random, person.community
    speaks_english = community.language == "en" or random.random() > community.needs_interpreter
    language = "en" if speaks_english and random.random() < 0.7 else community.language
    needs = community.language != "en" and not speaks_english
    row: dict[str, Any] = {
        "id": person.id,
        "family": person.family,
        "given": person.given,
        "preferred_name": pools.PREFERRED.get(person.given, ""),
        "family_first": community.family_first,
        "pronouns": random.choice(
            (
                "",
                "",
                "she/her" if person.sex == "female" else "he/him",
                "they/them" if random.random() < 0.05 else "",
            )
        ),
        "sort_name": sort_name(person.family, person.given),
        "name_keys": name_keys(person.family, person.given),
        "birth_date": person.born,
        "sex": person.sex,
        "sex_for_clinical_use": person.sex,
        "gender_identity": "woman" if person.sex == "female" else "man",
        "race_ethnicity": list(community.race) if random.random() < 0.95 else ["declined"],
        "race_ethnicity_source": "self",
        "language": language,
        "written_language": language,
        "english": "not_well" if needs else "very_well" if community.language == "en" else "well",
        "interpreter_needed": "yes" if needs else "no",
        "interpreter_mode": random.choice(("in_person", "phone", "video")) if needs else "unknown",
        "communication_needs": random.choice(pools.COMMUNICATION) if random.random() < 0.12 else "",
        "cultural_needs": random.choice(pools.FAITH_AND_CULTURE) if random.random() < 0.06 else "",
        "record_number": f"{44_000_000 + person.number}",
        "risk": person.risk,
        "allergy_status": "known"
        if allergies
        else random.choice(("none_known", "none_known", "none_known", "not_recorded", "unavailable")),
        "safety_note": "Fall risk: uses a walker"
        if person.age(calendar.today) > 78 and random.random() < 0.3
        else "",
    }
    if row["allergy_status"] in {"known", "none_known"}:
        row["allergies_checked_on"] = calendar.day(-random.randrange(10, 300))
    if person.is_deceased:
        row |= {"is_deceased": True, "deceased_on": calendar.day(-random.randrange(3, 200))}
    if person.care_ended:
        row |= {
            "status": "ended",
            "care_ended_on": calendar.day(-random.randrange(5, 90)),
            "care_ended_reason": "Goals met",
        }
    return row
