"""How the patient is reached and known elsewhere: phones, addresses, identifiers. A line is ended rather than erased."""

from collections.abc import Mapping
from typing import Any, TypeVar

import phonenumbers
from django.utils.translation import gettext as _

from coordination.accounts.models import User
from coordination.audit.actions import record
from coordination.lib.acting import acting, delete
from coordination.lib.refusal import Refused
from patients.actions.changing import Act, add_line, change_line, keep_removed
from patients.models import Address, ContactPoint, Identifier, Patient, RecordChange

HOME_REGION = "US"
Line = TypeVar("Line", ContactPoint, Address, Identifier)


def to_e164(kind: str, value: str) -> str:
    """Return the number as +15555550142 when it can be dialed, else an empty text: what was typed is kept either way."""
    if kind == ContactPoint.Kind.EMAIL:
        return ""
    try:
        number = phonenumbers.parse(value, HOME_REGION)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def new_phone(patient: Patient, values: Mapping[str, Any], by: User) -> ContactPoint:
    number = to_e164(values["kind"], values["value"])
    return ContactPoint(**_owned(patient, by), **{**values, "number": number})


def new_address(patient: Patient, values: Mapping[str, Any], by: User) -> Address:
    return Address(**_owned(patient, by), **values)


def new_identifier(patient: Patient, values: Mapping[str, Any], by: User) -> Identifier:
    return Identifier(**_owned(patient, by), **values)


def _owned(patient: Patient, by: User) -> dict[str, Any]:
    return {
        "organization_id": patient.organization_id,
        "patient": patient,
        "created_by": by,
        "updated_by": by,
    }


# --- phones ---------------------------------------------------------------------------------------


@acting
def add_phone(*, patient: Patient, values: Mapping[str, Any], by: User) -> ContactPoint:
    return _add(new_phone(patient, values, by), "phone.added", by)


@acting
def change_phone(
    *,
    phone: ContactPoint,
    version: int | None,
    values: Mapping[str, Any],
    by: User,
    seen: Mapping[str, Any] | None = None,
) -> ContactPoint:
    phone, values = _merged(phone, version, values, seen)
    kind, value = values.get("kind", phone.kind), values.get("value", phone.value)
    return _save(phone, {**values, "number": to_e164(kind, value)}, "phone.changed", by)


@acting
def remove_phone(
    *, phone: ContactPoint, version: int | None, reason: str, by: User, entered_in_error: bool = False
) -> ContactPoint:
    """A number that is wrong or unsafe stays, struck out, with the reason. One typed by mistake is taken away."""
    if entered_in_error:
        return _erase(phone, version, reason, by)
    if not reason:
        raise Refused(_("Say why this number is not to be used."), field="reason")
    values = {"do_not_use": True, "do_not_use_reason": reason}
    return _change(phone, version, values, "phone.struck_out", by, act=Act.END)


# --- addresses ------------------------------------------------------------------------------------


@acting
def add_address(*, patient: Patient, values: Mapping[str, Any], by: User) -> Address:
    return _add(new_address(patient, values, by), "address.added", by)


@acting
def change_address(
    *,
    address: Address,
    version: int | None,
    values: Mapping[str, Any],
    by: User,
    seen: Mapping[str, Any] | None = None,
) -> Address:
    address, values = _merged(address, version, values, seen)
    return _save(address, values, "address.changed", by)


@acting
def remove_address(
    *, address: Address, version: int | None, by: User, reason: str = "", entered_in_error: bool = False
) -> Address:
    """The patient no longer lives there: it becomes a former address as of today."""
    if entered_in_error:
        return _erase(address, version, reason, by)
    today = by.organization.today()
    starts_on = min(address.starts_on, today) if address.starts_on else None
    values = {"use": Address.Use.OLD, "ends_on": today, "starts_on": starts_on}
    return _change(address, version, values, "address.ended", by, reason, Act.END)


# --- identifiers ----------------------------------------------------------------------------------


@acting
def add_identifier(*, patient: Patient, values: Mapping[str, Any], by: User) -> Identifier:
    identifier = new_identifier(patient, values, by)
    refuse_taken(identifier)
    return _add(identifier, "identifier.added", by)


@acting
def change_identifier(
    *,
    identifier: Identifier,
    version: int | None,
    values: Mapping[str, Any],
    by: User,
    seen: Mapping[str, Any] | None = None,
) -> Identifier:
    identifier, values = _merged(identifier, version, values, seen)
    wanted = Identifier(pk=identifier.pk, organization_id=identifier.organization_id)
    wanted.system = values.get("system", identifier.system)
    wanted.value = values.get("value", identifier.value)
    refuse_taken(wanted)
    return _save(identifier, values, "identifier.changed", by)


@acting
def remove_identifier(
    *, identifier: Identifier, version: int | None, by: User, reason: str = "", entered_in_error: bool = False
) -> Identifier:
    """The number is no longer in use: it ends today."""
    if entered_in_error:
        return _erase(identifier, version, reason, by)
    today = by.organization.today()
    starts_on = min(identifier.starts_on, today) if identifier.starts_on else None
    values = {"ends_on": today, "starts_on": starts_on}
    return _change(identifier, version, values, "identifier.ended", by, reason, Act.END)


def refuse_taken(identifier: Identifier) -> None:
    """One number of one system names one person."""
    if not identifier.system:
        return
    same = Identifier.objects.filter(
        organization_id=identifier.organization_id, system=identifier.system, value=identifier.value
    )
    if same.exclude(pk=identifier.pk).exists():
        raise Refused(_("Another record of the organization has this number already."), field="value")


# --- the same for all three -----------------------------------------------------------------------


def _add(line: Line, event: str, by: User) -> Line:
    add_line(line, by=by)
    record(event, by=by, target=line, patient_id=line.patient_id)
    return line


def _locked(line: Line, version: int | None) -> Line:
    locked: Line = type(line).objects.select_for_update().get(pk=line.pk)
    locked.expect_version(version)
    return locked


def _merged(
    line: Line, version: int | None, values: Mapping[str, Any], seen: Mapping[str, Any] | None
) -> tuple[Line, dict[str, Any]]:
    """The locked line, and what this person changes of it."""
    locked = _locked(line, None)
    return locked, locked.merge(values, seen=seen, version=version)


def _change(
    line: Line,
    version: int | None,
    values: Mapping[str, Any],
    event: str,
    by: User,
    reason: str = "",
    act: Act = Act.EDIT,
) -> Line:
    return _save(_locked(line, version), values, event, by, reason, act)


def _save(
    line: Line,
    values: Mapping[str, Any],
    event: str,
    by: User,
    reason: str = "",
    act: Act = Act.EDIT,
) -> Line:
    if changed := change_line(line, values, by=by, act=act):
        record(event, by=by, target=line, patient_id=line.patient_id, changed=changed, reason=reason)
    return line


@acting
def take_away_line(*, line: Line, version: int | None, by: User, reason: str = "") -> Line:
    """Only for what never was so. The event keeps that it stood here, and who took it away."""
    line = _locked(line, version)
    record(
        f"{RecordChange.kind_of(line).thing}.removed",
        by=by,
        target=line,
        patient_id=line.patient_id,
        reason=reason,
        detail={"entered_in_error": True},
    )
    delete(type(line).objects.filter(pk=line.pk))
    return line


def _erase(line: Line, version: int | None, reason: str, by: User) -> Line:
    line = take_away_line(line=line, version=version, by=by, reason=reason)
    keep_removed(line, by=by)
    return line
