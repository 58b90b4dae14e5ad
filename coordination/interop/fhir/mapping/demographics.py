"""Sex, gender, race and ethnicity (domain facts 11.5)."""

from typing import Any

from django.utils.translation import gettext as _

from coordination.interop.fhir.mapping.base import Context
from coordination.interop.fhir.values import Coding, Node, clip
from patients.models import Patient

Race, Gender, Sex = Patient.Race, Patient.Gender, Patient.Sex

# OMB and CDC race and ethnicity codes
RACES = {
    "1002-5": Race.AMERICAN_INDIAN,
    "2028-9": Race.ASIAN,
    "2054-5": Race.BLACK,
    "2076-8": Race.PACIFIC_ISLANDER,
    "2106-3": Race.WHITE,
    "2135-2": Race.HISPANIC,
    "2118-8": Race.MIDDLE_EASTERN,
    "ASKU": Race.DECLINED,
    "asked-declined": Race.DECLINED,
    "UNK": Race.UNKNOWN,
    "unknown": Race.UNKNOWN,
}
NOT_HISPANIC = "2186-5"
SEXES = {"male": Sex.MALE, "female": Sex.FEMALE, "other": Sex.OTHER, "unknown": Sex.UNKNOWN}
CLINICAL_SEXES = {
    "M": Sex.MALE,
    "F": Sex.FEMALE,
    "OTH": Sex.OTHER,
    "UNK": Sex.UNKNOWN,
    "ASKU": Sex.UNKNOWN,
    "248153007": Sex.MALE,
    "248152002": Sex.FEMALE,
    "184115007": Sex.OTHER,
    "asked-declined": Sex.UNKNOWN,
    "male": Sex.MALE,
    "female": Sex.FEMALE,
}
GENDERS = {
    "446151000124109": Gender.MAN,
    "446141000124107": Gender.WOMAN,
    "407377005": Gender.TRANSGENDER_MAN,
    "407376001": Gender.TRANSGENDER_WOMAN,
    "446131000124102": Gender.NON_BINARY,
    "33791000087105": Gender.NON_BINARY,
    "OTH": Gender.OTHER,
    "ASKU": Gender.DECLINED,
    "asked-declined": Gender.DECLINED,
    "UNK": Gender.UNKNOWN,
}
PRONOUNS = {"LA29518-0": "he/him", "LA29519-8": "she/her", "LA29520-6": "they/them"}  # LOINC answers


def demographics(node: Node, context: Context) -> dict[str, Any]:
    return {
        "sex": context.known(
            node, "gender", node.text("gender"), {k: v.value for k, v in SEXES.items()}, Sex.UNKNOWN.value
        ),
        "sex_for_clinical_use": _clinical_sex(node, context),
        "gender_identity": _gender(node, context),
        "pronouns": _pronouns(node),
        "marital_status": clip(node.concept("maritalStatus").words, 40),
        **_race(node, context),
    }


def _clinical_sex(node: Node, context: Context) -> str:
    for url in ("us-core-sex", "us-core-birthsex"):
        found = node.extension(url)
        if found:
            coding = found.coding("valueCoding")
            code = (
                found.text("valueCode")
                or (coding.code if coding else "")
                or found.code_of("valueCodeableConcept")
            )
            return context.known(
                found, "value", code, {k: v.value for k, v in CLINICAL_SEXES.items()}, Sex.UNKNOWN.value
            )
    return Sex.UNKNOWN.value


def _gender(node: Node, context: Context) -> str:
    found = node.extension("us-core-genderIdentity") or node.extension("individual-genderIdentity")
    if found is None:
        return Gender.UNKNOWN.value
    code = _value_of(found).code
    return context.known(found, "value", code, {k: v.value for k, v in GENDERS.items()}, Gender.OTHER.value)


def _pronouns(node: Node) -> str:
    found = node.extension("individual-pronouns")
    coding = _value_of(found) if found else None
    return clip(PRONOUNS.get(coding.code, coding.display), 40) if coding else ""


def _value_of(node: Node) -> Coding:
    """The concept of an extension, whether it stands in it or one level below."""
    inner = node if node.has("valueCodeableConcept") else next(node.extensions("value"), node)
    concept = inner.concept("valueCodeableConcept")
    return concept.codings[0] if concept.codings else Coding("", "", concept.text)


def _race(node: Node, context: Context) -> dict[str, Any]:
    """Race and ethnicity as one answer of several; what has no category of its own is kept in words."""
    found: list[str] = []
    words: list[str] = []
    for url in ("us-core-race", "us-core-ethnicity"):
        outer = node.extension(url)
        for part in outer.nodes("extension") if outer else []:
            coding = part.coding("valueCoding")
            if coding is None or coding.code == NOT_HISPANIC:
                continue
            if part.text("url") == "ombCategory" and coding.code not in RACES:
                context.remark(part.path, _("a category of race or ethnicity not known here; kept in words"))
            if coding.code in RACES:
                found.append(RACES[coding.code].value)
            elif coding.display:
                words.append(coding.display)
    answers = sorted(set(found))
    return {
        "race_ethnicity": answers,
        "race_ethnicity_detail": clip(", ".join(dict.fromkeys(words)), 200),
        "race_ethnicity_source": (
            Patient.RaceSource.IMPORTED if answers or words else Patient.RaceSource.UNKNOWN
        ).value,
    }
