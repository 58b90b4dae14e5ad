"""Who the patient is: names, person, language. The keys a name is found by are made here and nowhere else."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from coordination.accounts.models import User
from coordination.audit.actions import record
from coordination.lib.acting import acting
from coordination.lib.names import name_keys, sort_name
from coordination.lib.refusal import Refused
from coordination.outbox.actions import post
from patients.actions.changing import change_line
from patients.matching import look_alikes
from patients.models import Patient, SimilarName

NAME = (
    "family", "given", "middle", "prefix", "suffix", "preferred_name", "former_names", "pronunciation", "family_first",
    "pronouns",
)  # fmt: skip
PERSON = (
    "birth_date", "birth_precision", "sex", "sex_for_clinical_use", "gender_identity", "sexual_orientation",
    "race_ethnicity", "race_ethnicity_detail", "race_ethnicity_source", "marital_status",
)  # fmt: skip
LANGUAGE = (
    "language", "written_language", "english", "interpreter_needed", "interpreter_mode", "interpreter_gender",
    "communication_needs", "cultural_needs",
)  # fmt: skip
CARE = ("record_number", "team")
EDITABLE = frozenset([*NAME, *PERSON, *LANGUAGE, *CARE])
# what makes two people easy to take for each other
NAMING = {"family", "given", "preferred_name", "former_names", "birth_date", "team"}


def keys_of_name(family: str, given: str, preferred: str = "", former: str = "") -> dict[str, Any]:
    """Return what a patient is sorted and found by. A preferred name finds like a given one, a former name like a family name."""
    keys = {*name_keys(family, f"{given} {preferred}".strip()), *name_keys(former)}
    return {"sort_name": sort_name(family, given), "name_keys": sorted(keys)}


def name_again(patient: Patient) -> list[str]:
    """Set what follows from the names of a patient. Returns the columns that differ."""
    keys = keys_of_name(patient.family, patient.given, patient.preferred_name, patient.former_names)
    moved = [name for name, value in keys.items() if getattr(patient, name) != value]
    for name in moved:
        setattr(patient, name, keys[name])
    return moved


@acting
def edit_patient(
    *,
    patient: Patient,
    version: int | None,
    values: Mapping[str, Any],
    by: User,
    seen: Mapping[str, Any] | None = None,
) -> Patient:
    """Change who the patient is; what others changed meanwhile of what was `seen` stays. Refused when it would lose what is better known."""
    if unknown := set(values) - EDITABLE:
        raise TypeError(f"edit_patient does not change {', '.join(sorted(unknown))}")
    patient = Patient.objects.select_for_update().get(pk=patient.pk)
    values = patient.merge(values, seen=seen, version=version)
    _keep_the_stronger_source(patient, values)
    if not (values.get("family", patient.family) or values.get("given", patient.given)):
        raise Refused(_("A patient needs a family name or a given name."), field="family")
    born = values.get("birth_date", patient.birth_date)
    if born and patient.deceased_on and born > patient.deceased_on:
        raise Refused(_("The date of birth is after the date of death."), field="birth_date")
    changed = set(change_line(patient, values, by=by, derive=lambda: name_again(patient)))
    if changed:
        record("patient.edited", by=by, target=patient, patient_id=patient.pk, changed=sorted(changed))
    if changed & NAMING:
        post("patient.named", organization_id=patient.organization_id, patient_id=patient.pk)
    return patient


def _keep_the_stronger_source(patient: Patient, values: Mapping[str, Any]) -> None:
    """Self-reported > said by a proxy > observed > imported: a weaker source never overwrites a stronger one."""
    is_other = any(
        name in values and values[name] != getattr(patient, name)
        for name in ("race_ethnicity", "race_ethnicity_detail")
    )
    source = values.get("race_ethnicity_source", patient.race_ethnicity_source)
    if (
        patient.race_ethnicity
        and (is_other or source != patient.race_ethnicity_source)
        and is_weaker(source, patient.race_ethnicity_source)
    ):
        stored = Patient.RaceSource(patient.race_ethnicity_source).label
        raise Refused(
            _(
                "Race and ethnicity were recorded from a stronger source (%(source)s). Ask the patient to change them."
            )
            % {"source": str(stored).lower()},
            field="race_ethnicity_source",
        )


def is_weaker(source: str, than: str) -> bool:
    strongest_first = Patient.RaceSource.values
    return strongest_first.index(source) > strongest_first.index(than)


@transaction.atomic
def mark_similar_names(*, patient: Patient, waits: bool = False) -> int:
    """Store who could be taken for this patient, both ways, and forget pairs that no longer are. Returns how many there are.

    Everyone concerned is locked, in the order of their ids. An act that holds a patient already would not keep that order, so it
    waits for nobody: whom somebody else is changing right now a message looks at moments later, and that one `waits`.
    """
    found, gone = _compared(patient.pk)
    concerned = {patient.pk, *found, *gone}
    if found or gone:
        if not _hold(concerned, waits=waits):
            _look_again(patient)
            return len(found)
        if waits:  # they may have changed while we waited
            found, gone = _compared(patient.pk)
            found = {pk: reason for pk, reason in found.items() if pk in concerned}
            gone &= concerned
    SimilarName.objects.filter(
        Q(patient=patient, other__in=gone) | Q(patient__in=gone, other=patient)
    ).delete()
    pairs = [
        SimilarName(organization_id=patient.organization_id, patient_id=one, other_id=two, reason=reason)
        for other, reason in found.items()
        for one, two in ((patient.pk, other), (other, patient.pk))
    ]
    SimilarName.objects.bulk_create(
        pairs, update_conflicts=True, unique_fields=["patient", "other"], update_fields=["reason"]
    )
    Patient.objects.filter(pk__in=[patient.pk, *found] if found else [], has_similar_name=False).update(
        has_similar_name=True
    )
    _unmark([*gone, *([] if found else [patient.pk])])
    return len(found)


def forget_similar_names(patient: Patient) -> None:
    """Nobody is taken any more for a patient whose record goes into another one."""
    pairs = SimilarName.objects.filter(Q(patient=patient) | Q(other=patient))
    others = set(pairs.values_list("other_id", flat=True)) | set(pairs.values_list("patient_id", flat=True))
    if not _hold(others, waits=False):
        _look_again(patient)
        return
    pairs.delete()
    _unmark(others)


def _compared(pk: Any) -> tuple[dict[Any, str], set[Any]]:
    """Whose names are like this patient's now, with the reason; and who was stored as such and is not any more."""
    patient = Patient.objects.get(pk=pk)
    in_care = patient.status == Patient.Status.ACTIVE
    alike = look_alikes(patient, _neighbors(patient)) if in_care else []
    found = {other.pk: reason for other, reason in alike}
    stored = SimilarName.objects.filter(patient=patient).values_list("other_id", flat=True)
    return found, set(stored) - set(found)


def _hold(ids: Collection[Any], *, waits: bool) -> bool:
    """Lock these patients, or say that one of them is in somebody else's hands."""
    rows = Patient.objects.select_for_update(no_key=True, skip_locked=not waits).filter(pk__in=ids)
    return len(rows.order_by("pk").values_list("pk", flat=True)) == len(ids)


def _look_again(patient: Patient) -> None:
    post("patient.named", organization_id=patient.organization_id, patient_id=patient.pk)


def _unmark(ids: Collection[Any]) -> None:
    """Of these, those who are like nobody any more."""
    marked = Patient.objects.filter(pk__in=ids, has_similar_name=True, similar_names__isnull=True)
    marked.update(has_similar_name=False)


def _neighbors(patient: Patient) -> Any:
    """Those one could mix the patient up with: the same team, or the same person's caseload."""
    shared = Q(pk__in=[])
    if patient.team_id:
        shared |= Q(team_id=patient.team_id)
    if patient.coordinator_id:
        shared |= Q(coordinator_id=patient.coordinator_id)
    return Patient.objects.active().filter(shared, organization_id=patient.organization_id)
