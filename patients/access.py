"""The doors to a patient's record: the one rule (`visible_to`) plus the key, then the right to do the thing."""

from collections.abc import Collection
from typing import Any, TypeVar

from django.apps import apps
from django.db import models
from django.http import Http404
from django.shortcuts import get_object_or_404

from coordination.accounts.models import User
from coordination.audit.actions import record_access
from coordination.audit.models import Event
from coordination.lib.paging import Page, keyset
from coordination.lib.permissions import Permission, require
from coordination.lib.stored import unpacked
from patients.models import (
    CareTeamMember,
    HistoryItem,
    Observation,
    Patient,
    PatientMerge,
    RecordChange,
    RecordStatus,
    TwoPeople,
)
from patients.querysets import SENSITIVITY_PERMISSIONS, closed_labels, scope_of

M = TypeVar("M", bound=models.Model)
TREATMENT, BREAK_GLASS = "TREAT", "BTG"  # why a record is opened: HL7 v3 PurposeOfUse
RECENT_EVENTS = 300  # how far back the access log is read for them
RECENT_PATIENTS = 24  # more than are shown: some may no longer be seen


class MergedAway(Exception):
    """The record lives on in another one, which the person may see (patients.middleware leads there)."""

    def __init__(self, pk: Any, survivor_id: Any) -> None:
        super().__init__(str(pk))
        self.pk, self.survivor_id = pk, survivor_id


def get_patient(user: User, pk: Any, *, permission: Permission = Permission.PATIENT_VIEW) -> Patient:
    """404 if the person may not know the patient exists, 403 if they see the patient but may not do this.

    Raises MergedAway for a record that was merged into one the person may see.
    """
    patient: Patient | None = (
        Patient.objects.visible_to(user).select_related("team", "coordinator").filter(pk=pk).first()
    )
    if patient is None:
        if (into := survivor_of(pk)) != pk and seen_of(user, [into]):
            raise MergedAway(pk, into)
        raise Http404
    patient.organization = user.organization  # the same one, already read
    require(user, permission)
    return patient


def survivor_of(pk: Any) -> Any:
    """The record this one lives on in, however often that one was merged further; itself if it was not merged."""
    while (into := Patient.objects.filter(pk=pk).values_list("merged_into", flat=True).first()) is not None:
        pk = into
    return pk


def get_pair(user: User, pk: Any, other_pk: Any) -> tuple[Patient, Patient]:
    """Two records of patients the person sees and may merge."""
    return tuple(get_patient(user, one, permission=Permission.PATIENT_MERGE) for one in (pk, other_pk))  # type: ignore[return-value]


def get_merge(user: User, patient: Patient, pk: Any) -> PatientMerge:
    """A merge into this record. 404 for any other."""
    merges = PatientMerge.objects.select_related("survivor", "merged__coordinator", "by", "undone_by")
    merge: PatientMerge = get_object_or_404(merges, survivor=patient, pk=pk)
    merge.survivor = patient
    return merge


def merges_of(patient: Patient) -> list[PatientMerge]:
    """Records that went into this one, the latest first; those taken back too."""
    rows = PatientMerge.objects.filter(survivor=patient).select_related("merged", "by", "undone_by")
    return list(rows.order_by("-at", "-id"))


def told_apart_from(patient: Patient) -> dict[Any, TwoPeople]:
    """Whom somebody said this patient is not, by id."""
    rows = TwoPeople.objects.filter(patient=patient).select_related("by")
    return {row.other_id: row for row in rows}


def get_of_patient(user: User, model: type[M], patient: Patient, pk: Any, *, permission: Permission) -> M:
    """One row about this patient (an address, a consent, an allergy): 404 if it is hidden or another patient's."""
    row: M = get_object_or_404(model.objects.visible_to(user).filter(patient=patient), pk=pk)  # type: ignore[attr-defined]
    require(user, permission)
    return row


def open_record(
    user: User,
    pk: Any,
    *,
    page: str,
    permission: Permission = Permission.PATIENT_VIEW,
    kind: str = Event.Kind.VIEW,
    name: str = "patient.viewed",
) -> Patient:
    """`get_patient` for a page that shows the record: the visit is written into the access log, once."""
    patient = get_patient(user, pk, permission=permission)
    record_visit(user, patient, page=page, kind=kind, name=name)
    return patient


def record_visit(
    user: User, patient: Patient, *, page: str, kind: str = Event.Kind.VIEW, name: str = "patient.viewed"
) -> None:
    """Write down that a page of the record was shown to this person."""
    purpose = BREAK_GLASS if patient.pk in scope_of(user).emergencies else TREATMENT
    record_access(
        kind, name, by=user, target=patient, patient_id=patient.pk, purpose=purpose, detail={"page": page}
    )


def rows_of(user: User, model: type[M], patient: Patient) -> Any:
    """The rows of one table about this patient that the person may see, as a queryset to order and slice."""
    return model.objects.visible_to(user).filter(patient=patient)  # type: ignore[attr-defined]


def history_of(user: User, model: type[HistoryItem], patient: Patient, *, mistakes: bool = False) -> Any:
    """Lines of health history with whoever wrote and checked them: those that stand, or only the mistakes."""
    rows = rows_of(user, model, patient)
    chosen = rows.filter(record_status=RecordStatus.ENTERED_IN_ERROR) if mistakes else rows.standing()
    return chosen.select_related("created_by", "verified_by")


def hides_history(user: User, patient: Patient, models_: list[type[HistoryItem]]) -> bool:
    """Whether lines are kept from this person. Told only to roles that open some sensitive lines themselves."""
    if not any(user.may(permission) for permission in set(SENSITIVITY_PERMISSIONS.values())):
        return False
    closed = closed_labels(user)
    rows = [
        model.objects.filter(patient=patient, sensitivity__in=closed).standing().order_by().values("pk")[:1]
        for model in models_
    ]
    return bool(closed) and bool(rows[0].union(*rows[1:], all=True)[:1])


def latest_results(user: User, patient: Patient, size: int) -> list[Observation]:
    """The newest result of each kind, the kind measured last on top."""
    mine = rows_of(user, Observation, patient).standing().filter(occurred_at__isnull=False)
    newest = mine.order_by("code", "text", "-occurred_at", "-id").distinct("code", "text")
    ids = list(newest.values_list("pk", flat=True))
    found: list[Observation] = list(
        mine.filter(pk__in=ids).select_related("created_by").order_by("-occurred_at", "-id")[:size]
    )
    return found


def result_series(
    user: User, patient: Patient, of: Observation, *, after: str | None, before: str | None
) -> Page[Any]:
    """Every result of the same kind, newest first."""
    same = history_of(user, Observation, patient).filter(
        code=of.code, text=of.text, occurred_at__isnull=False
    )
    return keyset(same, order=[("occurred_at", "desc"), ("id", "desc")], after=after, before=before, size=50)


def sees_all_visits(user: User) -> bool:
    """Coordinators and clinicians see their own visits; supervisors and the privacy officer everyone's."""
    return user.may(Permission.AUDIT_VIEW) or user.may(Permission.TEAM_MANAGE)


def access_log_of(user: User, patient: Patient) -> Any:
    """Who opened this record, when and why, as far as this person sees it; newest first."""
    events = Event.objects.of_organization(patient.organization_id).about_patient(patient.pk)
    return events if sees_all_visits(user) else events.filter(actor_id=user.pk)


def care_team_of(user: User, patient: Patient) -> list[CareTeamMember]:
    """Members past and present, the primary coordinator first."""
    found: list[CareTeamMember] = list(
        rows_of(user, CareTeamMember, patient)
        .select_related("user", "created_by")
        .order_by("-is_primary", "-starts_on", "id")
    )
    return found


def changes_of(patient: Patient) -> Any:
    """What was done to this record. Whoever tells it asks which lines are open to the person."""
    return RecordChange.objects.of(patient).acts()


def changes_by(user: User) -> Any:
    """What this person did to records they see."""
    return RecordChange.objects.visible_to(user).filter(by=user).acts()


def get_record_change(user: User, patient: Patient, pk: Any) -> RecordChange:
    """404 for what was done to another record or to a line closed to the person, 403 if they may not change such lines.

    What somebody did themselves they may take back, also when it put the line out of their own sight.
    """
    change: RecordChange = get_object_or_404(changes_of(patient), pk=pk)
    line = lines_behind([change], user).get(change.pk)
    if line is None and change.by_id != user.pk:
        raise Http404
    if isinstance(line, TwoPeople):
        get_patient(user, line.other_id)
    require(user, change.right)
    return change


def lines_behind(changes: Collection[RecordChange], user: User) -> dict[Any, Any]:
    """The line of each change: as it is now, or as it was kept if it is gone. Without those closed to this person.

    A gone line of a kind that may be closed is told to whoever did it and to nobody else.
    """
    found: dict[Any, Any] = {}
    for row_type in {change.row_type for change in changes}:
        model: Any = apps.get_model(row_type)
        asked = [change for change in changes if change.row_type == row_type]
        rows = model._base_manager.in_bulk({change.row_id for change in asked})
        may_be_closed = hasattr(model.objects.all(), "open_to")
        open_ids = set(rows)
        if may_be_closed:
            open_ids = set(model.objects.filter(pk__in=rows).open_to(user).values_list("pk", flat=True))
        for change in asked:
            if change.row_id in open_ids:
                found[change.pk] = rows[change.row_id]
            elif change.row_id not in rows and (change.by_id == user.pk or not may_be_closed):
                found[change.pk] = model(**unpacked(model, change.before | change.after))
    return found


def list_patients(user: User) -> Any:
    """Everyone the person may see, as a queryset to narrow and sort: lists, counts and search start here."""
    return Patient.objects.visible_to(user).select_related("team", "coordinator").defer("name_keys")


def recently_opened(user: User) -> list[Any]:
    """The patients this person opened last, newest first, whether or not they may still be seen."""
    events = Event.objects.of_organization(user.organization_id).filter(actor_id=user.pk)
    last = events.order_by("-at", "-id").values_list("name", "patient_id")[:RECENT_EVENTS]
    opened = dict.fromkeys(pk for name, pk in last if name == "patient.viewed" and pk)
    return list(opened)[:RECENT_PATIENTS]


def list_recent(user: User, *, also: Any = None) -> dict[Any, Patient]:
    """Those of them one may still see, by id, newest first; the patient `also` comes last, unless it is one of them."""
    ids = [*recently_opened(user), *filter(None, [also])]
    seen = {patient.pk: patient for patient in list_patients(user).filter(pk__in=ids)}
    return {pk: seen[pk] for pk in ids if pk in seen}


def seen_of(user: User, ids: list[Any]) -> set[Any]:
    """Which of these patients the person may see."""
    return (
        set(Patient.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True))
        if ids
        else set()
    )
