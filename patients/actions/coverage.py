"""Who pays: plans are added, changed, checked and ended. What once was in force stays on record."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from coordination.accounts.models import User
from coordination.audit.actions import record
from coordination.lib.acting import acting
from coordination.lib.refusal import Refused
from patients.actions.changing import Act, add_line, change_line
from patients.models import Coverage, Patient


@acting
def add_coverage(
    *, patient: Patient, values: dict[str, Any], by: User, source: str = "staff", source_key: str = ""
) -> Coverage:
    """A plan another system told of says so: `source` names the system, `source_key` the plan there."""
    patient = Patient.objects.select_for_update().get(pk=patient.pk)
    coverage = Coverage(
        patient=patient,
        organization_id=patient.organization_id,
        source=source,
        source_key=source_key,
        created_by=by,
        updated_by=by,
        **values,
    )
    add_line(coverage, by=by)
    record("coverage.added", by=by, target=coverage)
    return coverage


@acting
def change_coverage(
    *,
    coverage: Coverage,
    version: int | None,
    values: Mapping[str, Any],
    by: User,
    seen: Mapping[str, Any] | None = None,
) -> Coverage:
    """A plan that changed was not checked as it now stands: the check is taken back when its facts change."""
    coverage = _locked(coverage)
    values = coverage.merge(values, seen=seen, version=version)
    if coverage.status == Coverage.Status.ENTERED_IN_ERROR:
        raise Refused(_("This plan was entered in error. Add it anew."))
    facts = {"kind", "payer", "plan", "member_id", "group_number", "subscriber", "starts_on"}
    if any(getattr(coverage, name) != value for name, value in values.items() if name in facts):
        values = {**values, "verified_at": None, "verified_by": None}
    changed = change_line(coverage, values, by=by)
    record("coverage.changed", by=by, target=coverage, changed=changed)
    return coverage


@acting
def end_coverage(*, coverage: Coverage, on: dt.date, version: int | None, by: User) -> Coverage:
    coverage = _locked(coverage)
    coverage.expect_version(version)
    if coverage.status in {Coverage.Status.ENDED, Coverage.Status.ENTERED_IN_ERROR}:
        raise Refused(_("This plan has already ended."))
    if coverage.starts_on and on < coverage.starts_on:
        raise Refused(_("A plan cannot end before it started."), field="on")
    status = Coverage.Status.ENDED if on < coverage.organization.today() else coverage.status
    changed = change_line(coverage, {"ends_on": on, "status": status}, by=by, act=Act.END)
    record("coverage.ended", by=by, target=coverage, changed=changed)
    return coverage


@acting
def verify_coverage(*, coverage: Coverage, version: int | None, by: User) -> Coverage:
    """The payer or its portal was asked, and the plan stands as written here."""
    coverage = _locked(coverage)
    coverage.expect_version(version)
    if coverage.status != Coverage.Status.ACTIVE:
        raise Refused(_("Only a plan in force can be verified."))
    change_line(coverage, {"verified_at": timezone.now(), "verified_by": by}, by=by)
    record("coverage.verified", by=by, target=coverage)
    return coverage


@transaction.atomic
def remove_coverage(*, coverage: Coverage, version: int | None, reason: str, by: User) -> None:
    """Only for what should never have come in: a plan that was in force is ended. The event keeps that it stood here."""
    coverage = _locked(coverage)
    coverage.expect_version(version)
    detail = {"entered_in_error": True}
    record("coverage.removed", by=by, target=coverage, reason=reason, detail=detail)
    Coverage.objects.filter(pk=coverage.pk).delete()


@transaction.atomic
def put_coverage_back(*, coverage: Coverage, values: Mapping[str, Any], reason: str, by: User) -> None:
    """Set fields to what they were before an import, a check by a person among them."""
    coverage = _locked(coverage)
    changed = coverage.change(dict(values), by=by)
    record("coverage.import_undone", by=by, target=coverage, changed=changed, reason=reason)


def _locked(coverage: Coverage) -> Coverage:
    locked: Coverage = (
        Coverage.objects.select_for_update(of=("self",)).select_related("organization").get(pk=coverage.pk)
    )
    return locked
