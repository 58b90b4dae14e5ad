"""A merge is taken back: exactly the rows and values it moved, as far as nobody touched them since."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from coordination.accounts.models import User
from coordination.audit.actions import record
from coordination.lib.refusal import Refused
from coordination.outbox.actions import post
from patients.actions.identity import keys_of_name, mark_similar_names
from patients.actions.merging import PATIENT, locked, parts, plain
from patients.actions.relinking import column_named, moving, relink
from patients.comparing import ASPECTS, Aspect
from patients.models import CareTeamMember, Patient, PatientMerge

# made from other fields, or from the care team
DERIVED = {"sort_name", "name_keys", "coordinator_id"}


@dataclass(frozen=True)
class Touched:
    """Values of the surviving record somebody changed after the merge: now, and as they were before it."""

    aspect: Aspect
    now: dict[str, Any]
    before: dict[str, Any]


@dataclass
class Undoing:
    """What taking a merge back would do."""

    merge: PatientMerge
    back: dict[str, int] = field(default_factory=dict)  # {column: rows that go back}
    lost: int = 0  # rows that were moved on or removed since
    added: dict[str, int] = field(default_factory=dict)  # {model: rows added since, which stay}
    touched: list[Touched] = field(default_factory=list)


def plan_unmerge(merge: PatientMerge) -> Undoing:
    """Return what would happen. Raises Refused when something stands in the way."""
    if merge.undone_at is not None:
        raise Refused(_("This merge was taken back already."))
    if merge.survivor.status == Patient.Status.MERGED:
        raise Refused(
            _("The record that stayed was merged into another one since. Take that merge back first.")
        )
    undoing = Undoing(merge)
    for label, pks in merge.moved.items():
        there = column_named(label).of(merge.survivor).filter(pk__in=pks).count()
        undoing.back[label] = there
        undoing.lost += len(pks) - there
    undoing.added = _added_since(merge)
    undoing.touched = _touched(merge)
    return undoing


@transaction.atomic
def unmerge_patients(
    *, merge: PatientMerge, reason: str, by: User, put_back: Collection[str] = (), version: int | None = None
) -> PatientMerge:
    """Take a merge back. `put_back`: aspects changed since that get their earlier values all the same; the others stay.

    What was added to the surviving record since stays there; a task asks somebody to sort it out.
    """
    for part in parts():
        part.lock([merge.survivor_id, merge.merged_id])
    survivor, merged = locked(merge.survivor, merge.merged)
    merge = PatientMerge.objects.select_for_update(of=("self",)).select_related("by").get(pk=merge.pk)
    merge.survivor, merge.merged = survivor, merged
    survivor.expect_version(version)
    if not reason.strip():
        raise Refused(_("Say why they are two people after all."), field="reason")
    undoing = plan_unmerge(merge)
    for label, pks in merge.moved.items():
        column_named(label).move_back(pks, survivor, merged)
    _take_away(merge)
    _restore_rows(merge, by)
    _restore_merged(merge, by)
    _restore_survivor(undoing, put_back, by)
    merge.undone_at, merge.undone_by, merge.undo_reason = timezone.now(), by, reason.strip()
    merge.save(update_fields=["undone_at", "undone_by", "undo_reason"])
    for part in parts():
        part.part(undoing, by=by)
    _tell(undoing, by)
    return merge


@transaction.atomic
def gather_late_rows(*, merge: PatientMerge) -> int:
    """Hand over what was on its way to the old record while it was merged. Returns how many rows there were."""
    for part in parts():
        part.lock([merge.survivor_id, merge.merged_id])
    locked(merge.survivor, merge.merged)  # waits for whoever is about to write there
    merge = PatientMerge.objects.select_for_update(of=("self",)).get(pk=merge.pk)
    if merge.undone_at is not None:
        return 0
    late = relink(merge.merged, merge.survivor)
    if not late:
        return 0
    for label, pks in late.items():
        merge.moved[label] = [*merge.moved.get(label, []), *pks]
    merge.save(update_fields=["moved"])
    for part in parts():
        part.settle(merge)
    return sum(map(len, late.values()))


def _added_since(merge: PatientMerge) -> dict[str, int]:
    """Rows of the surviving record that are younger than the merge, by model."""
    added: dict[str, int] = {}
    for column in moving():
        names = {found.name for found in column.model._meta.concrete_fields}
        if "created_at" not in names or column.name == "subject_id":
            continue
        known = [*merge.moved.get(column.label, []), *merge.made.get(column.model._meta.label, [])]
        rows = column.of(merge.survivor).filter(created_at__gt=merge.at).exclude(pk__in=known)
        for part in parts():
            rows = part.without_own(column.model, rows, merge)
        if count := rows.count():
            added[column.model._meta.label] = count
    return added


def _touched(merge: PatientMerge) -> list[Touched]:
    changed: Mapping[str, list[Any]] = merge.changed.get(PATIENT, {}).get(str(merge.survivor_id), {})
    found = []
    for aspect in ASPECTS:
        names = [name for name in aspect.names if name in changed]
        now = {name: plain(getattr(merge.survivor, name)) for name in names}
        if any(now[name] != changed[name][1] for name in names):
            before = {name: changed[name][0] for name in names}
            if now != before:
                found.append(Touched(aspect, _read(Patient, now), _read(Patient, before)))
    return found


def _take_away(merge: PatientMerge) -> None:
    """What only the merge made."""
    for label, pks in merge.made.items():
        apps.get_model(label)._base_manager.filter(pk__in=pks, patient=merge.survivor).delete()


def _restore_rows(merge: PatientMerge, by: User) -> None:
    """Rows that had to change: as they were, unless somebody changed them since."""
    for label, rows in merge.changed.items():
        if label == PATIENT:
            continue
        model: Any = apps.get_model(label)
        for row in model._base_manager.select_for_update().filter(pk__in=list(rows)).order_by("pk"):
            changes = rows[str(row.pk)]
            if all(plain(getattr(row, name)) == after for name, (_before, after) in changes.items()):
                row.change(_read(model, {name: before for name, (before, _after) in changes.items()}), by=by)


def _restore_merged(merge: PatientMerge, by: User) -> None:
    changes = merge.changed[PATIENT][str(merge.merged_id)]
    before = _read(Patient, {name: old for name, (old, _new) in changes.items() if name not in DERIVED})
    merge.merged.change({**before, "coordinator_id": _primary_of(merge.merged)}, by=by)


def _restore_survivor(undoing: Undoing, put_back: Collection[str], by: User) -> None:
    survivor = undoing.merge.survivor
    changes = undoing.merge.changed.get(PATIENT, {}).get(str(survivor.pk), {})
    stays = {
        name
        for touched in undoing.touched
        if touched.aspect.key not in put_back
        for name in touched.aspect.names
    }
    names = [name for name in changes if name not in DERIVED | stays]
    values = _read(Patient, {name: changes[name][0] for name in names})
    named = [
        values.get(name, getattr(survivor, name))
        for name in ("family", "given", "preferred_name", "former_names")
    ]
    derived = {**keys_of_name(*named), "coordinator_id": _primary_of(survivor)}
    if not survivor.change({**values, **derived}, by=by):
        Patient.objects.filter(pk=survivor.pk).update(version=survivor.version + 1)
        survivor.version += 1


def _primary_of(patient: Patient) -> Any:
    primary = CareTeamMember.objects.filter(patient=patient, is_primary=True)
    return primary.values_list("user_id", flat=True).first()


def _read(model: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Values out of JSON, as the fields hold them."""
    return {name: model._meta.get_field(name).to_python(value) for name, value in values.items()}


def _tell(undoing: Undoing, by: User) -> None:
    merge = undoing.merge
    ids = {
        "survivor_id": str(merge.survivor_id),
        "merged_id": str(merge.merged_id),
        "merge_id": str(merge.pk),
    }
    for patient in (merge.survivor, merge.merged):
        record(
            "patient.unmerged", by=by, target=patient, patient_id=patient.pk, reason=merge.undo_reason,
            detail={**ids, "back": undoing.back, "stay": undoing.added, "gone": undoing.lost},
        )  # fmt: skip
        mark_similar_names(patient=patient)
        post("patient.named", organization_id=merge.organization_id, patient_id=patient.pk)
    post(
        "patient.unmerged", organization_id=merge.organization_id, patient_id=merge.survivor_id,
        merged_id=merge.merged_id, merge_id=merge.pk,
    )  # fmt: skip
