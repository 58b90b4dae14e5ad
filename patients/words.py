"""How facts about a patient are put in words: the same everywhere they are told."""

from django.utils.dates import MONTHS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coordination.lib import display
from coordination.lib.languages import language_name
from patients.models import ContactPoint, Coverage, Patient, RelatedPerson
from patients.safe_contact import standing_words

# who told a member of staff what they wrote down; kept in `source` as "staff:patient"
TOLD_BY = {
    "patient": gettext_lazy("The patient"),
    "family": gettext_lazy("Family or caregiver"),
    "clinician": gettext_lazy("A clinician"),
    "document": gettext_lazy("A document seen"),
}


def born_as_known(patient: Patient) -> str:
    """The date of birth, no more exact than it is known."""
    born = patient.birth_date
    if born is None:
        return _("date not known")
    if patient.birth_precision == Patient.BirthPrecision.YEAR:
        return str(born.year)
    if patient.birth_precision == Patient.BirthPrecision.MONTH:
        return f"{MONTHS[born.month]} {born.year}"
    return display.day(born)


def gender_words(patient: Patient) -> str:
    """The gender identity when it was asked, else the legal sex; pronouns beside it."""
    unasked = {Patient.Gender.UNKNOWN, Patient.Gender.DECLINED}
    said = (
        patient.get_sex_display()
        if patient.gender_identity in unasked
        else patient.get_gender_identity_display()
    )
    return f"{said}, {patient.pronouns}" if patient.pronouns else str(said)


def phone_words(point: ContactPoint) -> str:
    """The number and, right beside it, what may be said there."""
    if point.kind == ContactPoint.Kind.EMAIL:
        return point.value
    shown = display.phone(point.number or point.value)
    if point.do_not_use:
        why = f" ({point.do_not_use_reason})" if point.do_not_use_reason else ""
        return _("Do not use %(number)s%(why)s") % {"number": shown, "why": why}
    return ", ".join([shown, *standing_words(point)])


def proxy_words(person: RelatedPerson) -> str:
    basis = (
        f"{person.relationship} ({person.get_authority_display().lower()})"
        if person.relationship
        else person.get_authority_display()
    )
    words = f"{person.name}, {basis}"
    return (
        _("%(proxy)s, only when the patient cannot decide") % {"proxy": words}
        if person.is_springing
        else words
    )


def coverage_words(coverage: Coverage) -> str:
    return (
        f"{coverage.payer}, {coverage.plan}"
        if coverage.plan and coverage.plan != coverage.payer
        else coverage.payer
    )


def language_words(patient: Patient) -> str:
    spoken = language_name(patient.language) or display.not_recorded()
    if patient.interpreter_needed == Patient.YesNo.YES:
        mode = (
            patient.get_interpreter_mode_display()
            if patient.interpreter_mode != Patient.Interpreter.UNKNOWN
            else ""
        )
        return ", ".join(
            part
            for part in (spoken, _("interpreter needed"), mode.lower(), patient.interpreter_gender)
            if part
        )
    return (
        _("%(language)s, no interpreter needed") % {"language": spoken}
        if patient.interpreter_needed == Patient.YesNo.NO
        else spoken
    )


def is_imported(source: str) -> bool:
    return source not in ("", "staff") and not source.startswith("staff:")


def source_words(source: str, author: str = "") -> str:
    """Where a line came from. What another system sent says so."""
    if is_imported(source):
        return _("Imported from %(source)s") % {"source": source}
    told_by = TOLD_BY.get(source.partition(":")[2])
    who = author or _("staff")
    return _("%(who)s, told by: %(by)s") % {"who": who, "by": str(told_by).lower()} if told_by else who
