"""Who answers for the patient, and how care begins again, ends, or is ended by death."""

import datetime as dt

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coordination.accounts.models import User
from coordination.accounts.permissions import Permission
from coordination.audit.actions import record
from coordination.lib.acting import acting
from coordination.lib.refusal import Refused
from coordination.outbox.actions import post
from patients.actions.changing import Act, add_line, change_along, change_line
from patients.models import CareTeamMember, Patient, RecordChange
from patients.querysets import forget_scope


@acting
def assign_coordinator(
    *, patient: Patient, coordinator: User, by: User, version: int | None = None
) -> Patient:
    """Hand the patient to one coordinator. The one before keeps sight until today ends."""
    patient = Patient.objects.select_for_update().get(pk=patient.pk)
    patient.expect_version(version)
    if patient.status != Patient.Status.ACTIVE:
        raise Refused(_("Care has ended. Take the patient back into care first."), field="coordinator")
    refuse_idle(coordinator, patient)
    change_line(patient, {"coordinator": coordinator}, by=by)
    if name_coordinator(patient, coordinator, by, of=patient.last_change):
        record(
            "patient.assigned", by=by, target=patient, patient_id=patient.pk, changed=["coordinator"],
            detail={"coordinator_id": str(coordinator.pk)},
        )  # fmt: skip
        post("patient.named", organization_id=patient.organization_id, patient_id=patient.pk)
    return patient


def refuse_idle(coordinator: User, patient: Patient) -> None:
    if coordinator.organization_id != patient.organization_id or not coordinator.may(Permission.CONTACT_LOG):
        raise Refused(_("Choose someone of this organization who carries patients."), field="coordinator")


def name_coordinator(
    patient: Patient, coordinator: User, by: User, *, of: RecordChange | None = None
) -> bool:
    """Exactly one primary coordinator: end the old one, begin the new one. False when it is the same person. Lock the patient first.

    As part of an act (`of`) it is taken back with it; an import names somebody for good.
    """
    refuse_idle(coordinator, patient)
    today = by.organization.today()
    team = CareTeamMember.objects.select_for_update().filter(patient=patient)
    primary = team.filter(is_primary=True).first()
    if primary is not None and primary.user_id == coordinator.pk:
        patient.change({"coordinator": coordinator}, by=by)
        return False
    if primary is not None:
        change_along(primary, {"is_primary": False, "ends_on": max(today, primary.starts_on)}, by=by, of=of)
    member = CareTeamMember(
        organization_id=patient.organization_id, patient=patient, user=coordinator, role=CareTeamMember.Role.COORDINATOR,
        is_primary=True, starts_on=today, created_by=by, updated_by=by,
    )  # fmt: skip
    if of is None:
        member.save(force_insert=True)
    else:
        add_line(member, by=by, of=of)
    for person in (coordinator, by):
        forget_scope(person)  # what they reach was read before
    patient.change({"coordinator": coordinator}, by=by)
    return True


@acting
def end_care(*, patient: Patient, reason: str, by: User, version: int | None = None) -> Patient:
    """Care is over. The team keeps sight for the organization's days of grace, to finish what is written."""
    patient = Patient.objects.select_for_update().get(pk=patient.pk)
    patient.expect_version(version)
    if patient.status != Patient.Status.ACTIVE:
        raise Refused(_("Care has ended already."))
    if not reason:
        raise Refused(_("Say why care ends."), field="reason")
    if patient.open_tasks:
        raise Refused(
            ngettext(
                "%(n)s task is still open. Close it before care ends.",
                "%(n)s tasks are still open. Close them before care ends.",
                patient.open_tasks,
            )
            % {"n": patient.open_tasks}
        )
    today = by.organization.today()
    last_day = today + dt.timedelta(days=by.organization.sight_grace_days)
    values = {
        "status": Patient.Status.ENDED,
        "care_ended_on": today,
        "care_ended_reason": reason,
        "coordinator": None,
    }
    changed = change_line(patient, values, by=by, act=Act.END)
    dismiss_team(patient, last_day, by, of=patient.last_change)
    record("patient.care_ended", by=by, target=patient, patient_id=patient.pk, changed=changed, reason=reason)
    post("patient.named", organization_id=patient.organization_id, patient_id=patient.pk)
    return patient


def dismiss_team(patient: Patient, last_day: dt.date, by: User, *, of: RecordChange | None = None) -> None:
    for member in CareTeamMember.objects.select_for_update().filter(patient=patient, ends_on__isnull=True):
        values = {"is_primary": False, "ends_on": max(last_day, member.starts_on)}
        change_along(member, values, by=by, of=of)


@acting
def resume_care(*, patient: Patient, coordinator: User, by: User, version: int | None = None) -> Patient:
    """Take a patient back into care, with a coordinator who answers for them."""
    patient = Patient.objects.select_for_update().get(pk=patient.pk)
    patient.expect_version(version)
    if patient.status != Patient.Status.ENDED:
        raise Refused(_("The patient is in care already."))
    if patient.is_deceased:
        raise Refused(_("The record says that the patient has died. Correct that first."))
    refuse_idle(coordinator, patient)
    values = {"status": Patient.Status.ACTIVE, "care_ended_on": None, "care_ended_reason": ""}
    changed = change_line(patient, {**values, "coordinator": coordinator}, by=by)
    name_coordinator(patient, coordinator, by, of=patient.last_change)
    record(
        "patient.care_resumed",
        by=by,
        target=patient,
        patient_id=patient.pk,
        changed=changed,
    )
    post("patient.named", organization_id=patient.organization_id, patient_id=patient.pk)
    return patient


@acting
def record_death(
    *, patient: Patient, died_on: dt.date | None, by: User, version: int | None = None
) -> Patient:
    """The patient has died, on a day that is known or not. Nobody is called any more."""
    patient = Patient.objects.select_for_update().get(pk=patient.pk)
    patient.expect_version(version)
    if died_on is not None and died_on > by.organization.today():
        raise Refused(_("The date of death is in the future."), field="died_on")
    if died_on is not None and patient.birth_date is not None and died_on < patient.birth_date:
        raise Refused(_("The date of death is before the date of birth."), field="died_on")
    if changed := change_line(patient, {"is_deceased": True, "deceased_on": died_on}, by=by):
        record("patient.died", by=by, target=patient, patient_id=patient.pk, changed=changed)
        post("patient.died", organization_id=patient.organization_id, patient_id=patient.pk)
    return patient


@acting
def correct_death(*, patient: Patient, reason: str, by: User, version: int | None = None) -> Patient:
    """The record said wrongly that the patient had died."""
    patient = Patient.objects.select_for_update().get(pk=patient.pk)
    patient.expect_version(version)
    if not reason:
        raise Refused(_("Say how you know that the patient is alive."), field="reason")
    if changed := change_line(patient, {"is_deceased": False, "deceased_on": None}, by=by):
        record(
            "patient.death_corrected",
            by=by,
            target=patient,
            patient_id=patient.pk,
            changed=changed,
            reason=reason,
        )
    return patient
