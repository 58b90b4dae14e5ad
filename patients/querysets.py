"""The one rule for who sees which patient, and everything built on it."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

from django.db import connection, models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from coordination.accounts.models import SEE_PATIENTS
from coordination.accounts.permissions import Permission
from coordination.accounts.sessions import KEEP, Keep
from coordination.idempotency.claims import CLAIM, Claim
from coordination.lib.lookups import Among, Begins
from coordination.lib.names import name_keys, sort_key
from coordination.lib.rls import enter_organization

# which role permission opens which sensitivity label (HL7 v3 ActCode; domain facts 9.2)
SENSITIVITY_PERMISSIONS: dict[str, Permission] = {
    "BH": Permission.SENSITIVE_BEHAVIORAL,
    "PSY": Permission.SENSITIVE_BEHAVIORAL,
    "ETH": Permission.SENSITIVE_SUBSTANCE_USE,
    "42CFRPart2": Permission.SENSITIVE_SUBSTANCE_USE,
    "HIV": Permission.SENSITIVE_SEXUAL,
    "STD": Permission.SENSITIVE_SEXUAL,
    "SEX": Permission.SENSITIVE_SEXUAL,
    "SDV": Permission.SENSITIVE_VIOLENCE,
    "GDIS": Permission.SENSITIVE_GENETIC,
}

# read in the same statement, each part waits for the organization to be entered: under row-level security there is nothing before
_ENTERED = {
    "here": "select 'here'",
    "entering": "select set_config('app.organization', %(organization)s, true)",
}
FEW_TEAMS = 3  # about 2,500 patients
# records nobody works with: never was a patient, or lives on in the record it was merged into
HIDDEN = ("entered_in_error", "merged")

_SCOPE_SQL = """
    with entered (name) as materialized ({entered}), claimed as ({claim}), kept as ({keep})
    select 'claim' as kind, null::uuid as pk, null::uuid as grant_id, null::timestamptz as ends_at from claimed
    union all select found.kind, found.pk, found.grant_id, found.ends_at from entered cross join lateral (
        select 'team' as kind, p.content_object_id as pk, null::uuid as grant_id, null::timestamptz as ends_at
          from accounts_teamuserobjectpermission p
          join auth_permission a on a.id = p.permission_id and a.codename = %(grant)s
          where p.user_id = %(user)s and entered.name <> ''
        union select 'team', p.content_object_id, null, null from accounts_teamgroupobjectpermission p
          join auth_permission a on a.id = p.permission_id and a.codename = %(grant)s
          join accounts_user_groups g on g.group_id = p.group_id where g.user_id = %(user)s and entered.name <> ''
        union select 'patient', m.patient_id, null, null from (
            select %(user)s::uuid as id
            union all select c.absent_id from accounts_cover c
            where c.covering_id = %(user)s and c.starts_on <= %(today)s and c.ends_on >= %(today)s
          ) carer join patients_careteammember m on m.user_id = carer.id
          where m.starts_on <= %(today)s and (m.ends_on is null or m.ends_on >= %(today)s) and entered.name <> ''
        union select 'patient', g.patient_id, case when g.granted_by_id = g.user_id then g.id end, g.expires_at
          from patients_accessgrant g
          where g.user_id = %(user)s and g.starts_at <= %(now)s and g.expires_at > %(now)s and g.revoked_at is null
            and entered.name <> ''
        union select 'denied', d.patient_id, null, null from patients_accessdenial d
          where d.user_id = %(user)s and d.starts_on <= %(today)s and (d.ends_on is null or d.ends_on >= %(today)s)
            and entered.name <> ''
    ) found
"""


class Emergency(NamedTuple):
    """Sight a person gave themselves for some minutes, and until when it lasts."""

    grant_id: uuid.UUID
    ends_at: dt.datetime


@dataclass(frozen=True)
class Scope:
    """What one person reaches now: ids first, so that the list itself is one indexed query."""

    organization_id: uuid.UUID | None
    whole_organization: bool = False
    team_ids: tuple[uuid.UUID, ...] = ()
    patient_ids: tuple[uuid.UUID, ...] = ()
    denied_ids: tuple[uuid.UUID, ...] = ()
    emergencies: Mapping[uuid.UUID, Emergency] = field(default_factory=dict)  # by patient

    @property
    def is_empty(self) -> bool:
        return self.organization_id is None or not (
            self.whole_organization or self.team_ids or self.patient_ids
        )

    @property
    def is_few(self) -> bool:
        """Whether these are the patients of a caseload, or of a team or two: read sooner than looked for in an index of all."""
        return not self.whole_organization and len(self.team_ids) <= FEW_TEAMS


NO_SCOPE = Scope(None)


def scope_of(user: Any) -> Scope:
    """Return the scope of `user`, read once per request (the user object lives as long as the request) in one statement.

    Sight comes through a care-team membership in force today, a grant on the patient's team, a cover in force, or a dated
    grant on the one patient. An explicit denial wins over all of them.
    """
    if not getattr(user, "is_authenticated", False) or not user.may(Permission.PATIENT_VIEW):
        return NO_SCOPE
    cached: Scope | None = user.__dict__.get("_scope")
    return cached if cached is not None else _read_scope(user, "here")


def enter_as(user: Any, claim: Claim | None = None, keep: Keep | None = None) -> None:
    """Open the rows of this person's organization until this transaction ends, and read what they reach in it: one statement.

    The claim of the request's form goes with it, and knows afterwards whether it is the first. While another copy of the form
    is being saved, this waits for the end of that save. That the session is in use goes with it too, when it is time.

    For the beginning of a request. Everything else asks `scope_of`, which never opens anything.
    """
    if user.may(Permission.PATIENT_VIEW):
        _read_scope(user, "entering", claim, keep)
        return
    enter_organization(user.organization_id)
    if claim is not None:
        claim.take()
    if keep is not None:
        keep.write()


def _read_scope(user: Any, where: str, claim: Claim | None = None, keep: Keep | None = None) -> Scope:
    values = (claim.values if claim is not None else {}) | (keep.values if keep is not None else {})
    values |= {
        "user": user.pk,
        "organization": str(user.organization_id),
        "grant": SEE_PATIENTS,
        "today": user.organization.today(),
        "now": timezone.now(),
    }
    found: dict[str, dict[uuid.UUID, None]] = {"claim": {}, "team": {}, "patient": {}, "denied": {}}
    emergencies = {}
    with connection.cursor() as cursor:
        claiming = "select where false" if claim is None else f"{CLAIM} returning 1"
        keeping = "select where false" if keep is None else KEEP
        cursor.execute(_SCOPE_SQL.format(entered=_ENTERED[where], claim=claiming, keep=keeping), values)
        for kind, pk, grant_id, ends_at in cursor.fetchall():
            found[kind][pk] = None
            if grant_id is not None:
                emergencies[pk] = Emergency(grant_id, ends_at)
    if claim is not None:
        claim.is_first = bool(found["claim"])
    scope = Scope(
        organization_id=user.organization_id,
        whole_organization=user.may(Permission.PATIENT_VIEW_ORGANIZATION),
        team_ids=tuple(found["team"]),
        patient_ids=tuple(found["patient"]),
        denied_ids=tuple(found["denied"]),
        emergencies=emergencies,
    )
    user.__dict__["_scope"] = scope
    return scope


def forget_scope(user: Any) -> None:
    """Read the scope again at the next question: after a change of rights inside one request."""
    user.__dict__.pop("_scope", None)


class PatientQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> Self:
        """The one rule for who sees which patient. Lists, pages, counts and the API all start here."""
        scope = scope_of(user)
        if scope.is_empty:
            return self.none()
        seen = self.filter(organization_id=scope.organization_id).exclude(status__in=HIDDEN)
        if not scope.whole_organization:
            reach = Q(Among("pk", scope.patient_ids)) if scope.patient_ids else Q()
            if scope.team_ids:
                reach |= Q(team_id__in=scope.team_ids)
            seen = seen.filter(reach)
        return seen.exclude(pk__in=scope.denied_ids) if scope.denied_ids else seen

    def active(self) -> Self:
        return self.filter(status="active")

    def standing(self) -> Self:
        """Without records entered in error and those that were merged away."""
        return self.exclude(status__in=HIDDEN)

    def named_like(self, text: str) -> Self:
        """Bounded candidates for a typed name: same letters, one letter off, or sounding alike. Rank them afterwards."""
        keys = name_keys(text)
        return (
            self.filter(Q(name_keys__overlap=keys) | Q(Begins("sort_name", sort_key(text))))
            if keys
            else self.none()
        )


class AboutPatientQuerySet(models.QuerySet[Any]):
    """Rows about one patient: seen by whoever sees the patient."""

    def visible_to(self, user: Any) -> Self:
        patients = self.model._meta.get_field("patient").related_model
        return self.filter(patient__in=patients.objects.visible_to(user))

    def of(self, patient: Any) -> Self:
        return self.filter(patient=patient)

    def in_force(self, today: dt.date) -> Self:
        """Rows with dates of their own that hold today. An open end goes on, an open start always was."""
        started = Q(starts_on__isnull=True) | Q(starts_on__lte=today)
        return self.filter(started, Q(ends_on__isnull=True) | Q(ends_on__gte=today))


class RecordChangeQuerySet(AboutPatientQuerySet):
    def acts(self) -> Self:
        """One row for each act of a person, with everything that telling it needs; and whether its line was changed since."""
        later = self.model.objects.filter(row_id=OuterRef("row_id"), version__gt=OuterRef("version"))
        acts = self.filter(part_of__isnull=True).select_related("patient", "by", "undone_by")
        return acts.annotate(was_changed_since=Exists(later.filter(undone_at__isnull=True)))


class AccessGrantQuerySet(AboutPatientQuerySet):
    def emergencies(self) -> Self:
        """Sight people gave themselves; a grant by someone else is a consult and nobody's to review."""
        return self.filter(granted_by=F("user"))

    def running(self, now: dt.datetime) -> Self:
        return self.filter(starts_at__lte=now, expires_at__gt=now, revoked_at__isnull=True)


class ConsentQuerySet(AboutPatientQuerySet):
    """A consent about substance use records says that there are some: only those who ask for consents or may read them see it."""

    def visible_to(self, user: Any) -> Self:
        return super().visible_to(user).open_to(user)

    def open_to(self, user: Any) -> Self:
        return self if sees_part_2_consents(user) else self.exclude(kind="part_2")


class CareTeamQuerySet(AboutPatientQuerySet):
    """That someone outside treats the patient's mind is told to those who may see such facts."""

    def visible_to(self, user: Any) -> Self:
        return super().visible_to(user).open_to(user)

    def open_to(self, user: Any) -> Self:
        if user.may(Permission.SENSITIVE_BEHAVIORAL):
            return self
        return self.exclude(role="behavioral", user__isnull=True)


def sees_part_2_consents(user: Any) -> bool:
    return bool(user.may(Permission.CONSENT_EDIT) or user.may(Permission.SENSITIVE_SUBSTANCE_USE))


class HistoryQuerySet(AboutPatientQuerySet):
    """Clinical rows: the patient must be seen, health history allowed, and the row's sensitivity open to the role."""

    def visible_to(self, user: Any) -> Self:
        if not user.may(Permission.HISTORY_VIEW):
            return self.none()
        return super().visible_to(user).open_to(user)

    def open_to(self, user: Any) -> Self:
        return (
            self.exclude(sensitivity__in=closed_labels(user))
            if user.may(Permission.HISTORY_VIEW)
            else self.none()
        )

    def standing(self) -> Self:
        """Without what was entered in error."""
        return self.exclude(record_status="entered_in_error")

    def for_timeline(self, user: Any, patient: Any) -> Self:
        """What the timeline tells of these rows: what has a date, is open to the person and was not a mistake."""
        return self.open_to(user).standing().filter(patient=patient, occurred_at__isnull=False)


def closed_labels(user: Any) -> list[str]:
    """Sensitivity labels the person's roles do not open."""
    return [label for label, permission in SENSITIVITY_PERMISSIONS.items() if not user.may(permission)]
