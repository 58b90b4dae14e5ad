"""Every row that points to a patient, found in the registry of models: a table that is added later is covered by itself."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import F

from coordination.drafts.models import Draft
from coordination.lib.editable import Editable
from patients.models import Patient

BATCH = 10_000
# what stays with the record it was written about, and why
KEPT = {
    "audit.Event.patient_id": "the audit trail is append-only: what happened, happened to that record",
    "patients.Patient.merged_into": "the chain of merges itself",
    "patients.PatientMerge.survivor": "the ledger of the merges",
    "patients.PatientMerge.merged": "the ledger of the merges",
    "patients.SimilarName.patient": "made from the names: looked for again after the merge",
    "patients.SimilarName.other": "made from the names: looked for again after the merge",
    "patients.TwoPeople.patient": "a judgement about the record as it was; somebody may judge the whole one again",
    "patients.TwoPeople.other": "a judgement about the record as it was; somebody may judge the whole one again",
}


@dataclass(frozen=True)
class Column:
    """A column that holds the id of a patient: a foreign key, or a plain id called `patient_id`."""

    model: type[models.Model]
    name: str

    @property
    def label(self) -> str:
        return f"{self.model._meta.label}.{self.name}"

    def of(self, patient: Patient) -> Any:
        return self.model._base_manager.filter(**{self._attname: patient.pk})

    def about(self, ids: Iterable[Any]) -> Iterable[tuple[Any, Any]]:
        """Whose rows these are: (patient, id of the row) for some patients."""
        rows = self.model._base_manager.filter(**{f"{self._attname}__in": list(ids)})
        yield from rows.values_list(self._attname, "pk")

    def move(self, source: Patient, target: Patient, *, but: Iterable[Any] = ()) -> list[str]:
        """Hand the rows of one record to another. Returns their ids. An edit that is open elsewhere finds them changed."""
        pks = list(self.of(source).exclude(pk__in=list(but)).order_by("pk").values_list("pk", flat=True))
        self._hand_over(pks, source, target)
        return [str(pk) for pk in pks]

    def move_back(self, pks: Iterable[str], source: Patient, target: Patient) -> int:
        """Hand exactly these rows over, as far as they are still there. Returns how many."""
        return self._hand_over(list(pks), source, target)

    def _hand_over(self, pks: list[Any], source: Patient, target: Patient) -> int:
        values: dict[str, Any] = {self._attname: target.pk}
        if issubclass(self.model, Editable):
            values["version"] = F("version") + 1
        parts = (pks[start : start + BATCH] for start in range(0, len(pks), BATCH))
        return sum(self.of(source).filter(pk__in=part).update(**values) for part in parts)

    @property
    def _attname(self) -> str:
        return str(self.model._meta.get_field(self.name).attname)  # type: ignore[union-attr]


# what is typed about a patient and not saved hangs on the patient twice
DRAFT_SUBJECT = Column(Draft, "subject_id")


def columns() -> Iterator[Column]:
    """Every column of every model that holds the id of a patient."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if field.related_model is Patient or (
                isinstance(field, models.UUIDField) and field.name == "patient_id"
            ):
                yield Column(model, field.name)


def moving() -> list[Column]:
    return [column for column in columns() if column.label not in KEPT] + [DRAFT_SUBJECT]


def column_named(label: str) -> Column:
    model, _dot, name = label.rpartition(".")
    return Column(apps.get_model(model), name)


def drafts_in_both(survivor: Patient, merged: Patient) -> list[Draft]:
    """Drafts somebody has for the same form of both records: the other record's waits with it."""
    mine = Draft.objects.filter(subject_id=survivor.pk).values_list("user_id", "form")
    taken = set(mine)
    return [row for row in Draft.objects.filter(subject_id=merged.pk) if (row.user_id, row.form) in taken]


def relink(source: Patient, target: Patient) -> dict[str, list[str]]:
    """Hand everything of one record to another: {column: ids}. Both are locked by the caller."""
    waiting: dict[type[models.Model], list[Any]] = {
        Draft: [draft.pk for draft in drafts_in_both(target, source)]
    }
    moved = {c.label: c.move(source, target, but=waiting.get(c.model, ())) for c in moving()}
    return {label: pks for label, pks in moved.items() if pks}
