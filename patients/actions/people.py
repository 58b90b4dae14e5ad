"""The people around a patient: the care team with its one primary coordinator, family, caregivers and proxies."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from coordination.accounts.models import User
from coordination.audit.actions import record
from coordination.lib.acting import acting
from coordination.lib.refusal import Refused
from patients.actions.changing import Act, add_line, change_line
from patients.models import CareTeamMember, Patient, RelatedPerson


@acting
def add_care_team_member(*, patient: Patient, values: dict[str, Any], by: User) -> CareTeamMember:
    """A colleague (who then sees the record while the membership lasts) or someone outside, by name."""
    patient = Patient.objects.select_for_update().get(pk=patient.pk)
    colleague: User | None = values.get("user")
    starts_on = values["starts_on"]
    if colleague is not None:
        if colleague.organization_id != patient.organization_id or not colleague.is_active:
            raise Refused(_("This person does not work here now."), field="user")
        serving = CareTeamMember.objects.filter(patient=patient, user=colleague).in_force(starts_on)
        if serving.filter(role=values["role"]).exists():
            raise Refused(
                _("%(name)s is already on the care team in this role.") % {"name": colleague.name},
                field="user",
            )
    member = CareTeamMember(
        patient=patient,
        organization_id=patient.organization_id,
        source="staff",
        created_by=by,
        updated_by=by,
        **values,
    )
    add_line(member, by=by)
    record("care_team.joined", by=by, target=member)
    return member


@acting
def end_care_team_membership(
    *, member: CareTeamMember, on: dt.date, version: int | None, by: User
) -> CareTeamMember:
    """The last day of a member. The primary coordinator hands over first, so that no patient is left without one."""
    Patient.objects.select_for_update().get(pk=member.patient_id)
    member = CareTeamMember.objects.select_for_update().get(pk=member.pk)
    member.expect_version(version)
    if member.is_primary:
        raise Refused(_("This is the primary coordinator. Hand over to another coordinator first."))
    if member.ends_on is not None:
        raise Refused(_("This membership has already ended."))
    if on < member.starts_on:
        raise Refused(_("A membership cannot end before it started."), field="on")
    changed = change_line(member, {"ends_on": on}, by=by, act=Act.END)
    record("care_team.left", by=by, target=member, changed=changed)
    return member


@acting
def add_related_person(*, patient: Patient, values: dict[str, Any], by: User) -> RelatedPerson:
    patient = Patient.objects.select_for_update().get(pk=patient.pk)
    _refuse_impossible_authority(patient, values)
    person = RelatedPerson(
        patient=patient,
        organization_id=patient.organization_id,
        source="staff",
        created_by=by,
        updated_by=by,
        **values,
    )
    add_line(person, by=by)
    record("related_person.added", by=by, target=person)
    return person


@acting
def change_related_person(
    *,
    person: RelatedPerson,
    version: int | None,
    values: Mapping[str, Any],
    by: User,
    seen: Mapping[str, Any] | None = None,
) -> RelatedPerson:
    person = RelatedPerson.objects.select_for_update(of=("self",)).select_related("patient").get(pk=person.pk)
    values = person.merge(values, seen=seen, version=version)
    _refuse_impossible_authority(person.patient, {**person.editable_values(), **values})
    changed = change_line(person, values, by=by)
    record("related_person.changed", by=by, target=person, changed=changed)
    return person


@acting
def end_related_person(*, person: RelatedPerson, on: dt.date, version: int | None, by: User) -> RelatedPerson:
    """The last day this person may be told or decide anything. They stay on record."""
    person = RelatedPerson.objects.select_for_update().get(pk=person.pk)
    person.expect_version(version)
    if person.starts_on and on < person.starts_on:
        raise Refused(_("This cannot end before it started."), field="on")
    changed = change_line(person, {"ends_on": on}, by=by, act=Act.END)
    record("related_person.ended", by=by, target=person, changed=changed)
    return person


@acting
def verify_related_person(*, person: RelatedPerson, version: int | None, by: User) -> RelatedPerson:
    """The papers, or the patient, were asked today and this still holds."""
    person = (
        RelatedPerson.objects.select_for_update(of=("self",)).select_related("organization").get(pk=person.pk)
    )
    person.expect_version(version)
    change_line(person, {"verified_on": person.organization.today()}, by=by)
    record("related_person.verified", by=by, target=person)
    return person


def _refuse_impossible_authority(patient: Patient, values: dict[str, Any]) -> None:
    """A parent decides for a child only (domain facts 9.5)."""
    if values.get("authority") != RelatedPerson.Authority.PARENT or patient.birth_date is None:
        return
    starts_on = values.get("starts_on") or patient.organization.today()
    eighteen = RelatedPerson(authority=RelatedPerson.Authority.PARENT).authority_ends_on(patient.birth_date)
    if eighteen is not None and starts_on > eighteen:
        raise Refused(
            _("The patient is an adult: a parent needs another legal basis to decide."), field="authority"
        )
