"""Two records of one person become one. Everything that is changed is written down, so that it can be taken apart again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from coordination.accounts.models import User
from coordination.audit.actions import record
from coordination.lib.refusal import Refused
from coordination.lib.typed import read_day
from coordination.outbox.actions import post
from patients.actions.identity import forget_similar_names, keys_of_name, mark_similar_names
from patients.actions.reaching import new_identifier
from patients.actions.relinking import drafts_in_both, relink
from patients.comparing import kept_values
from patients.models import CareTeamMember, Identifier, Patient, PatientMerge
from patients.seers import Seers, seers_of

CARE_TEAM, PATIENT, IDENTIFIER = (model._meta.label for model in (CareTeamMember, Patient, Identifier))


@dataclass
class Plan:
    """What a merge would do, before anything is done."""

    survivor: Patient
    merged: Patient
    values: dict[str, Any]
    gains: list[User] = field(default_factory=list)  # who newly sees the one record or the other
    losses: list[User] = field(default_factory=list)  # who saw one of them and will not see the whole
    sentences: list[str] = field(default_factory=list)

    @property
    def team_id(self) -> Any:
        return self.values.get("team_id", self.survivor.team_id)


def plan_merge(*, survivor: Patient, merged: Patient, chosen: Mapping[str, str]) -> Plan:
    """Return what would happen, in words. Raises Refused when it cannot be done."""
    refuse_unfit(survivor, merged)
    plan = Plan(survivor, merged, kept_values(survivor, merged, chosen))
    _refuse_death_before_birth(plan)
    _weigh_sight(plan, seers_of(survivor.organization, [survivor, merged]))
    _refuse_blind_coordinator(plan)
    plan.sentences += [*_care_team_words(survivor, merged), *_draft_words(survivor, merged)]
    for part in parts():
        plan.sentences += part.say(plan)
    return plan


def parts() -> list[Any]:
    """What the apps above have to say and do (settings.PATIENT_MERGE_PARTS): modules with lock, say, carry, part, settle and without_own."""
    return [import_module(name) for name in settings.PATIENT_MERGE_PARTS]


def refuse_unfit(survivor: Patient, merged: Patient) -> None:
    if survivor.pk == merged.pk:
        raise Refused(_("That is the same record."))
    if survivor.organization_id != merged.organization_id:
        raise Refused(_("The two records are of two organizations. They cannot be merged."))
    for patient in (survivor, merged):
        if patient.status == Patient.Status.MERGED:
            raise Refused(_("One of the two records was merged already. Look at the record it went into."))
        if patient.status == Patient.Status.ENTERED_IN_ERROR:
            raise Refused(_("One of the two records was entered in error."))
    if merged.status == Patient.Status.ACTIVE != survivor.status:
        raise Refused(_("The patient is in care in the other record. Keep that one."))


@transaction.atomic
def merge_patients(
    *,
    survivor: Patient,
    merged: Patient,
    chosen: Mapping[str, str],
    second_identifier: str,
    reason: str,
    by: User,
    survivor_version: int | None = None,
    merged_version: int | None = None,
) -> PatientMerge:
    """Put everything of `merged` into `survivor`. `second_identifier`: the date of birth or the record number of the record
    that goes away, as typed. Refused when it is not that, when one of the two is merged already, or when somebody who may
    not see the whole record still has work in it. Stale when one of them was changed since it was shown.
    """
    for part in parts():
        part.lock([survivor.pk, merged.pk])
    survivor, merged = locked(survivor, merged)
    refuse_unfit(survivor, merged)
    survivor.expect_version(survivor_version)
    merged.expect_version(merged_version)
    if not is_identified(merged, second_identifier):
        sentence = _(
            "That is neither the date of birth nor the record number of the record that goes away. Nothing was merged."
        )
        raise Refused(sentence, field="second_identifier")
    if not reason.strip():
        raise Refused(_("Say how you know that both are the same person."), field="reason")
    plan = plan_merge(survivor=survivor, merged=merged, chosen=chosen)
    merge = PatientMerge(
        organization_id=survivor.organization_id, survivor=survivor, merged=merged, reason=reason.strip(), at=timezone.now(), by=by,
    )  # fmt: skip
    _settle_care_team(merge, by)
    merge.moved = relink(merged, survivor)
    _keep_the_number(merge, by)
    _keep_values(merge, plan.values, by)
    forget_similar_names(merged)
    merge.save(force_insert=True)
    for part in parts():
        part.carry(merge, by=by)
    merge.save(update_fields=["changed"])
    mark_similar_names(patient=survivor)
    _tell(merge, plan, by)
    return merge


def is_identified(patient: Patient, typed: str) -> bool:
    """Whether the text is this patient's date of birth or record number."""
    typed = typed.strip()
    by_number = bool(patient.record_number) and typed.casefold() == patient.record_number.casefold()
    return by_number or (patient.birth_date is not None and read_day(typed) == patient.birth_date)


def note_change(merge: PatientMerge, label: str, row: Any, values: Mapping[str, Any], by: User) -> None:
    """Change a row and keep what it was, so that it can be put back."""
    before = {name: getattr(row, name) for name in values}
    row.change(dict(values), by=by)
    kept = merge.changed.setdefault(label, {}).setdefault(str(row.pk), {})
    for name in values:
        if before[name] != getattr(row, name):
            kept[name] = [plain(before[name]), plain(getattr(row, name))]


def plain(value: Any) -> Any:
    """A value as JSON holds it."""
    return json.loads(json.dumps(getattr(value, "pk", value), cls=DjangoJSONEncoder))


def locked(*patients: Patient) -> list[Patient]:
    """Lock both, always in the order of their ids: of two merges of the same two one waits for the other."""
    pks = [patient.pk for patient in patients]
    rows = Patient.objects.select_for_update(of=("self",)).filter(pk__in=pks).order_by("pk")
    found = {row.pk: row for row in rows}
    return [found[pk] for pk in pks]


def _weigh_sight(plan: Plan, seers: Seers) -> None:
    one, two = plan.survivor, plan.merged
    sees_one, sees_two = seers.of([one.pk], one.team_id), seers.of([two.pk], two.team_id)
    after = seers.of([one.pk, two.pk], plan.team_id)
    plan.gains = seers.named(after - (sees_one & sees_two))
    plan.losses = seers.named((sees_one | sees_two) - after)


def _refuse_death_before_birth(plan: Plan) -> None:
    born, died = (
        plan.values.get(name, getattr(plan.survivor, name)) for name in ("birth_date", "deceased_on")
    )
    if born is not None and died is not None and died < born:
        raise Refused(_("The patient would have died before the date of birth. Choose both anew."))


def _refuse_blind_coordinator(plan: Plan) -> None:
    """Whoever answers for the patient must see the whole record: a denial on either stays one."""
    lost = {user.pk for user in plan.losses}
    answers = plan.survivor.coordinator or plan.merged.coordinator
    if answers is not None and answers.pk in lost:
        sentence = _("%(name)s may not see the whole record. Hand the patient to another coordinator first.")
        raise Refused(sentence % {"name": answers.name})


def _care_team_words(survivor: Patient, merged: Patient) -> list[str]:
    mine, theirs = survivor.coordinator, merged.coordinator
    if theirs is None:
        return []
    if mine is None:
        return [_("%(name)s coordinates the whole record.") % {"name": theirs.name}]
    if mine.pk == theirs.pk:
        return [_("%(name)s coordinates both and goes on.") % {"name": mine.name}]
    words = {"mine": mine.name, "theirs": theirs.name}
    return [
        _("Both have a primary coordinator: %(mine)s stays, %(theirs)s becomes a member of the care team.")
        % words
    ]


def _draft_words(survivor: Patient, merged: Patient) -> list[str]:
    names = sorted({draft.user.name for draft in drafts_in_both(survivor, merged)})
    sentence = _(
        "%(name)s has something typed and not saved in both. What stands in the record that stays is shown; the other waits."
    )
    return [sentence % {"name": name} for name in names]


def _settle_care_team(merge: PatientMerge, by: User) -> None:
    """One primary coordinator: the survivor's stays, the other one becomes a member, or is the same person and ends."""
    primaries = {
        row.patient_id: row
        for row in CareTeamMember.objects.select_for_update().filter(
            patient_id__in=[merge.survivor_id, merge.merged_id], is_primary=True
        )
    }
    mine, theirs = primaries.get(merge.survivor_id), primaries.get(merge.merged_id)
    if theirs is None:
        return
    if mine is None:
        note_change(merge, PATIENT, merge.survivor, {"coordinator_id": theirs.user_id}, by)
    else:
        values: dict[str, Any] = {"is_primary": False}
        if mine.user_id == theirs.user_id:
            values["ends_on"] = max(by.organization.today(), theirs.starts_on)
        note_change(merge, CARE_TEAM, theirs, values, by)
    note_change(merge, PATIENT, merge.merged, {"coordinator_id": None}, by)


def _keep_the_number(merge: PatientMerge, by: User) -> None:
    """The number of the record that goes away still finds the patient (HL7 A40: keep the alias)."""
    number = merge.merged.record_number
    known = Identifier.objects.filter(patient_id=merge.survivor_id, value=number)
    if not number or known.exists():
        return
    alias = new_identifier(merge.survivor, {"kind": Identifier.Kind.MR, "value": number}, by)
    alias.save(force_insert=True)
    merge.made[IDENTIFIER] = [str(alias.pk)]


def _keep_values(merge: PatientMerge, values: dict[str, Any], by: User) -> None:
    survivor = merge.survivor
    named = {
        name: values.get(name, getattr(survivor, name))
        for name in ("family", "given", "preferred_name", "former_names")
    }
    note_change(merge, PATIENT, survivor, {**values, **keys_of_name(*named.values())}, by)
    gone = {"status": Patient.Status.MERGED, "merged_into_id": survivor.pk, "has_similar_name": False}
    note_change(merge, PATIENT, merge.merged, gone, by)
    # also a merge that changes no field of the survivor: an edit that is open elsewhere must look again
    Patient.objects.filter(pk=survivor.pk).update(version=survivor.version + 1)
    survivor.version += 1


def _tell(merge: PatientMerge, plan: Plan, by: User) -> None:
    moved = {label: len(pks) for label, pks in merge.moved.items()}
    ids = {
        "survivor_id": str(merge.survivor_id),
        "merged_id": str(merge.merged_id),
        "merge_id": str(merge.pk),
    }
    for patient in (merge.survivor, merge.merged):  # in the log of either record
        record(
            "patient.merged", by=by, target=patient, patient_id=patient.pk, reason=merge.reason,
            changed=sorted(merge.changed.get(PATIENT, {}).get(str(patient.pk), {})),
            detail={**ids, "moved": moved, "newly_see": len(plan.gains)},
        )  # fmt: skip
    house = merge.organization_id
    post(
        "patient.merged",
        organization_id=house,
        patient_id=merge.survivor_id,
        merged_id=merge.merged_id,
        merge_id=merge.pk,
    )
    post("patient.named", organization_id=house, patient_id=merge.survivor_id)
    if merge.survivor.is_deceased:
        post("patient.died", organization_id=house, patient_id=merge.survivor_id)
