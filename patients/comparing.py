"""Two records side by side: where they differ, what may be kept, and what is kept unless a person says otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coordination.lib import display
from coordination.lib.languages import language_name
from coordination.lib.names import sort_key
from patients.actions.identity import is_weaker
from patients.models import Patient
from patients.words import born_as_known

EMPTY: tuple[Any, ...] = ("", None, [], "unknown", "not_recorded", "unavailable")
MINE, THEIRS, BOTH = "survivor", "merged", "both"


@dataclass(frozen=True)
class Aspect:
    """Fields that only make sense together. `joins`: two texts can stand one after the other."""

    key: str
    label: str | Promise
    fields: tuple[str, ...] = ()
    joins: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return self.fields or (self.key,)

    def is_empty(self, patient: Patient) -> bool:
        return getattr(patient, self.names[0]) in EMPTY

    def values(self, patient: Patient) -> dict[str, Any]:
        return {name: getattr(patient, name) for name in self.names}


__ = gettext_lazy
ASPECTS = (
    Aspect("family", __("Family name")),
    Aspect("given", __("Given name")),
    Aspect("middle", __("Middle names")),
    Aspect("prefix", __("Title")),
    Aspect("suffix", __("Suffix")),
    Aspect("preferred_name", __("Preferred name")),
    Aspect("former_names", __("Former names"), joins=True),
    Aspect("pronunciation", __("How to say the name")),
    Aspect("family_first", __("The family name is said first")),
    Aspect("birth_date", __("Date of birth"), ("birth_date", "birth_precision")),
    Aspect("death", __("Has died"), ("is_deceased", "deceased_on")),
    Aspect("sex", __("Legal sex")),
    Aspect("sex_for_clinical_use", __("Sex for clinical use")),
    Aspect("gender_identity", __("Gender identity")),
    Aspect("pronouns", __("Pronouns")),
    Aspect("sexual_orientation", __("Sexual orientation")),
    Aspect("race", __("Race and ethnicity"), ("race_ethnicity", "race_ethnicity_detail", "race_ethnicity_source")),
    Aspect("marital_status", __("Marital status")),
    Aspect("language", __("Spoken language")),
    Aspect("written_language", __("Written language")),
    Aspect("english", __("English")),
    Aspect("interpreter_needed", __("Interpreter needed")),
    Aspect("interpreter_mode", __("How the interpreter joins")),
    Aspect("interpreter_gender", __("Preferred gender of the interpreter")),
    Aspect("communication_needs", __("Communication needs"), joins=True),
    Aspect("cultural_needs", __("Cultural and faith needs"), joins=True),
    Aspect("team", __("Team"), ("team_id",)),
    Aspect("risk", __("Risk")),
    Aspect("allergies", __("Allergies"), ("allergy_status", "allergies_checked_on")),
    Aspect("safety_note", __("Safety note"), joins=True),
)  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """One aspect in which the records differ, as the page shows it."""

    aspect: Aspect
    survivor: str
    merged: str
    kept: str  # what is kept unless a person chooses
    choices: tuple[str, ...]

    @property
    def is_asked(self) -> bool:
        return len(self.choices) > 1


def differences(survivor: Patient, merged: Patient) -> list[Difference]:
    """Every aspect that is not the same. What only one record knows is taken over without asking."""
    found = []
    for aspect in ASPECTS:
        if aspect.values(survivor) == aspect.values(merged):
            continue
        choices = _choices(aspect, survivor, merged)
        words = said(aspect, survivor), said(aspect, merged)
        found.append(Difference(aspect, *words, kept=choices[0], choices=choices))
    return found


def _choices(aspect: Aspect, survivor: Patient, merged: Patient) -> tuple[str, ...]:
    """What may be kept, the proposed one first."""
    if aspect.key == "allergies":  # what is known outweighs what is not, also "no known allergies"
        strongest = ["known", "none_known", "unavailable", "not_recorded"]
        ahead = strongest.index(merged.allergy_status) < strongest.index(survivor.allergy_status)
        return (THEIRS if ahead else MINE,)
    if aspect.is_empty(survivor):
        return (THEIRS,)
    if aspect.is_empty(merged):
        return (MINE,)
    if aspect.key == "race" and is_weaker(survivor.race_ethnicity_source, merged.race_ethnicity_source):
        return THEIRS, MINE
    if aspect.key == "death":
        return (THEIRS, MINE) if merged.is_deceased and not survivor.is_deceased else (MINE, THEIRS)
    if aspect.joins and len(_joined(aspect, survivor, merged)) <= _limit(aspect):
        return BOTH, MINE, THEIRS
    return MINE, THEIRS


def kept_values(survivor: Patient, merged: Patient, chosen: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of the surviving record. A choice that is not offered gives way to the proposed one."""
    values: dict[str, Any] = {}
    for difference in differences(survivor, merged):
        aspect = difference.aspect
        choice = chosen.get(aspect.key, "")
        choice = choice if choice in difference.choices else difference.kept
        if choice == BOTH:
            values[aspect.key] = _joined(aspect, survivor, merged)
        else:
            values |= aspect.values(survivor if choice == MINE else merged)
    return values | _found_by_the_other_name(survivor, merged, values)


def _found_by_the_other_name(survivor: Patient, merged: Patient, values: Mapping[str, Any]) -> dict[str, Any]:
    """The family name that is given up becomes a former name, so that it still finds the patient."""
    family = values.get("family", survivor.family)
    former = values.get("former_names", survivor.former_names)
    known = {sort_key(name) for name in [family, *former.split(",")]}
    others = [name for name in (survivor.family, merged.family) if name and sort_key(name) not in known]
    longer = ", ".join(part for part in (former, *others) if part)
    if not others or len(longer) > _limit(Aspect("former_names", "")):
        return {}
    return {"former_names": longer}


def _joined(aspect: Aspect, survivor: Patient, merged: Patient) -> str:
    return "; ".join(str(getattr(patient, aspect.key)).strip(" ;") for patient in (survivor, merged))


def _limit(aspect: Aspect) -> int:
    return int(Patient._meta.get_field(aspect.key).max_length or 0)  # type: ignore[union-attr]


def said(aspect: Aspect, patient: Patient) -> str:
    """An aspect of one record in words."""
    if aspect.key == "birth_date":
        return born_as_known(patient)
    if aspect.key == "death":
        if not patient.is_deceased:
            return _("No")
        return (
            _("Yes, %(day)s") % {"day": display.day(patient.deceased_on)} if patient.deceased_on else _("Yes")
        )
    if aspect.key == "team":
        return patient.team.name if patient.team else display.not_recorded()
    name = aspect.names[0]
    value = getattr(patient, name)
    if name in {"language", "written_language"}:
        return language_name(value) or display.not_recorded()
    if name == "race_ethnicity":
        return ", ".join(str(Patient.Race(item).label) for item in value) or display.not_recorded()
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if hasattr(patient, f"get_{name}_display"):
        return str(getattr(patient, f"get_{name}_display")())
    return str(value) or display.not_recorded()
