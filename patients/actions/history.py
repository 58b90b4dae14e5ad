"""Health history: add a line, check it, doubt it, correct it. Nothing is ever erased."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, TypeVar

from django.utils import timezone
from django.utils.translation import gettext as _

from coordination.accounts.models import User
from coordination.audit.actions import record
from coordination.lib.acting import acting
from coordination.lib.display import day
from coordination.lib.refusal import Refused
from coordination.outbox.actions import post
from patients.actions.changing import Act, add_line, change_along, change_line
from patients.models import (
    Allergy,
    Condition,
    HistoryItem,
    Medication,
    Observation,
    Patient,
    RecordChange,
    RecordStatus,
    Sensitivity,
)

T = TypeVar("T", bound=HistoryItem)
STAFF = "staff"


@acting
def add_history_item(*, patient: Patient, model: type[T], values: dict[str, Any], by: User) -> T:
    """Write down a line of health history. `values` may say where it came from; the staff here unless it does."""
    patient = _locked_patient(patient)
    source = values.pop("source", "") or STAFF
    item = model(patient=patient, organization_id=patient.organization_id, created_by=by, updated_by=by)
    for name, value in {**values, "source": source, "recorded_at": timezone.now()}.items():
        setattr(item, name, value)
    add_line(item, by=by)
    if isinstance(item, Allergy) and item.is_active:
        _set_allergies(patient, Patient.AllergyStatus.KNOWN, by=by, of=item.last_change)
    record("history.added", by=by, target=item, detail={"kind": item.timeline.kind})
    if isinstance(item, Observation):
        post("patient.result", patient_id=patient.pk, by_id=by.pk, organization_id=patient.organization_id)
    return item


@acting
def check_history_item(*, item: HistoryItem, version: int | None, by: User) -> HistoryItem:
    """Say that the line still holds, today. A doubt about it is settled by this."""
    item = _locked(item)
    item.expect_version(version)
    if item.record_status == RecordStatus.ENTERED_IN_ERROR:
        raise Refused(_("This line was entered in error. Add it anew if it is right after all."))
    checked = {"verified_at": timezone.now(), "verified_by": by, "record_status": RecordStatus.ACTIVE}
    change_line(item, checked, by=by)
    if isinstance(item, Allergy):
        known = Patient.AllergyStatus.KNOWN if item.is_active else None
        _set_allergies(_locked_patient(item.patient), known, by=by, of=item.last_change)
    record("history.checked", by=by, target=item, detail={"kind": item.timeline.kind})
    return item


@acting
def dispute_history_item(*, item: HistoryItem, reason: str, version: int | None, by: User) -> HistoryItem:
    """Mark a line as doubted. It stays where it is, with who doubts it and why."""
    item = _locked(item)
    item.expect_version(version)
    if item.record_status != RecordStatus.ACTIVE:
        raise Refused(_("This line is already disputed or was entered in error."))
    remark = _("Disputed %(day)s by %(name)s: %(reason)s")
    values = {"record_status": RecordStatus.DISPUTED, "note": _with_remark(item, remark, reason, by)}
    change_line(item, values, by=by)
    record(
        "history.disputed", by=by, target=item, changed=["record_status"], detail={"kind": item.timeline.kind}
    )
    return item


@acting
def enter_in_error(*, item: HistoryItem, reason: str, version: int | None, by: User) -> HistoryItem:
    """Take a line out of use that should never have been there. It is kept, and no longer shown as true."""
    item = _locked(item)
    item.expect_version(version)
    if item.record_status == RecordStatus.ENTERED_IN_ERROR:
        raise Refused(_("This line was already marked as entered in error."))
    remark = _("Entered in error, %(day)s by %(name)s: %(reason)s")
    values = {"record_status": RecordStatus.ENTERED_IN_ERROR, "note": _with_remark(item, remark, reason, by)}
    change_line(item, values, by=by)
    if isinstance(item, Allergy):
        _forget_known_allergies(_locked_patient(item.patient), by=by, of=item.last_change)
    detail = {"kind": item.timeline.kind}
    record("history.entered_in_error", by=by, target=item, changed=["record_status"], detail=detail)
    return item


@acting
def end_history_item(*, item: HistoryItem, on: dt.date, version: int | None, by: User) -> HistoryItem:
    """A condition is over, a medication was stopped, an allergy no longer holds."""
    item = _locked(item)
    item.expect_version(version)
    if not isinstance(item, Condition | Medication | Allergy):
        raise Refused(_("This line has no end."))
    if not item.is_active:
        raise Refused(_("This line had already ended."))
    values: dict[str, Any] = {"is_active": False}
    if isinstance(item, Condition):
        values["abated_on"] = on
    if isinstance(item, Medication):
        if item.starts_on and on < item.starts_on:
            raise Refused(
                _("It cannot end before it started, %(day)s.") % {"day": day(item.starts_on)}, field="on"
            )
        values["ends_on"] = on
    changed = change_line(item, values, by=by, act=Act.END)
    if isinstance(item, Allergy):
        _forget_known_allergies(_locked_patient(item.patient), by=by, of=item.last_change)
    record("history.ended", by=by, target=item, changed=changed, detail={"kind": item.timeline.kind})
    return item


@acting
def set_sensitivity(
    *,
    item: HistoryItem,
    sensitivity: str,
    version: int | None,
    by: User,
    seen: Mapping[str, Any] | None = None,
) -> HistoryItem:
    """Say how closely a line is kept. A person may put a line out of their own sight."""
    item = _locked(item)
    values = item.merge({"sensitivity": Sensitivity(sensitivity)}, seen=seen, version=version)
    changed = change_line(item, values, by=by)
    record(
        "history.sensitivity_changed",
        by=by,
        target=item,
        changed=changed,
        detail={"kind": item.timeline.kind},
    )
    return item


@acting
def confirm_no_allergies(*, patient: Patient, version: int | None, by: User) -> Patient:
    """The patient was asked and has none. Not possible while an allergy stands."""
    patient = _locked_patient(patient)
    patient.expect_version(version)
    if _has_allergy(patient):
        raise Refused(_("An allergy is on record. End it or mark it as entered in error first."))
    change_line(patient, _allergies_are(patient, Patient.AllergyStatus.NONE_KNOWN), by=by)
    record(
        "allergies.none_confirmed", by=by, target=patient, patient_id=patient.pk, changed=["allergy_status"]
    )
    return patient


@acting
def check_allergies(*, patient: Patient, version: int | None, by: User) -> Patient:
    """The whole list of allergies was gone through today and stands."""
    patient = _locked_patient(patient)
    patient.expect_version(version)
    if not _has_allergy(patient):
        raise Refused(_("No allergy is on record. Confirm that there are none, or add one."))
    change_line(patient, _allergies_are(patient, Patient.AllergyStatus.KNOWN), by=by)
    record(
        "allergies.checked", by=by, target=patient, patient_id=patient.pk, changed=["allergies_checked_on"]
    )
    return patient


@acting
def make_allergies_unavailable(*, patient: Patient, version: int | None, by: User) -> Patient:
    """Nobody can be asked now (unconscious, no interpreter): different from not having asked."""
    patient = _locked_patient(patient)
    patient.expect_version(version)
    if _has_allergy(patient):
        raise Refused(_("An allergy is on record, so the list is not unavailable."))
    values = {"allergy_status": Patient.AllergyStatus.UNAVAILABLE, "allergies_checked_on": None}
    changed = change_line(patient, values, by=by)
    record("allergies.unavailable", by=by, target=patient, patient_id=patient.pk, changed=changed)
    return patient


def _locked(item: T) -> T:
    locked: T = type(item).objects.select_for_update(of=("self",)).select_related("patient").get(pk=item.pk)
    return locked


def _locked_patient(patient: Patient) -> Patient:
    locked: Patient = Patient.objects.select_for_update().get(pk=patient.pk)
    return locked


def _has_allergy(patient: Patient) -> bool:
    """Also one this person may not see: an allergy nobody knows of does more harm than a hint that there is one."""
    return bool(Allergy.objects.filter(patient=patient, is_active=True).standing().exists())


def _allergies_are(patient: Patient, status: str | None) -> dict[str, Any]:
    values: dict[str, Any] = {"allergies_checked_on": patient.organization.today()}
    return {**values, "allergy_status": status} if status else values


def _set_allergies(patient: Patient, status: str | None, *, by: User, of: RecordChange | None) -> None:
    change_along(patient, _allergies_are(patient, status), by=by, of=of)


def _forget_known_allergies(patient: Patient, *, by: User, of: RecordChange | None) -> None:
    """An emptied list says nothing: "none" must be confirmed."""
    if not _has_allergy(patient) and patient.allergy_status == Patient.AllergyStatus.KNOWN:
        values = {"allergy_status": Patient.AllergyStatus.NOT_RECORDED, "allergies_checked_on": None}
        change_along(patient, values, by=by, of=of)


def _with_remark(item: HistoryItem, words: str, reason: str, by: User) -> str:
    today = item.patient.organization.today()
    remark = words % {"day": day(today), "name": by.name, "reason": reason.strip()}
    return f"{item.note}\n{remark}".strip()
