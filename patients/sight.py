"""Why somebody sees a patient, or does not: the rule of `visible_to`, read the other way round, from the patient to the people.

`tests/patients/test_doors.py` holds the two together in random worlds.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from coordination.accounts.access import list_colleagues
from coordination.accounts.models import SEE_PATIENTS, User
from coordination.accounts.permissions import Permission
from coordination.accounts.roles import roles_with
from coordination.lib import display
from coordination.lib.paging import Page, keyset
from coordination.lib.permissions import require
from patients.models import Patient
from patients.querysets import HIDDEN

# whose sight of one patient comes through what: kind, person, through whom or what, since, until
_PATHS_OF = """
  select * from (
    select 'team' as kind, p.user_id, t.name as through, null::timestamptz as since, null::timestamptz as until
      from accounts_teamuserobjectpermission p
      join auth_permission a on a.id = p.permission_id and a.codename = %(grant)s
      join accounts_team t on t.id = p.content_object_id where t.id = %(team)s
    union all select 'group', g.user_id, t.name || ', ' || n.name, null, null from accounts_teamgroupobjectpermission p
      join auth_permission a on a.id = p.permission_id and a.codename = %(grant)s
      join accounts_user_groups g on g.group_id = p.group_id join auth_group n on n.id = p.group_id
      join accounts_team t on t.id = p.content_object_id where t.id = %(team)s
    union all select 'member', m.user_id, m.role, m.starts_on, m.ends_on from patients_careteammember m
      where m.patient_id = %(patient)s and m.starts_on <= %(today)s and (m.ends_on is null or m.ends_on >= %(today)s)
        and m.user_id is not null
    union all select 'cover', c.covering_id, w.name, c.starts_on, c.ends_on from accounts_cover c
      join accounts_user w on w.id = c.absent_id
      where c.starts_on <= %(today)s and c.ends_on >= %(today)s and exists (
        select from patients_careteammember m where m.patient_id = %(patient)s and m.user_id = c.absent_id
          and m.starts_on <= %(today)s and (m.ends_on is null or m.ends_on >= %(today)s))
    union all select case when g.granted_by_id = g.user_id then 'emergency' else 'grant' end, g.user_id, w.name,
        g.starts_at, g.expires_at from patients_accessgrant g join accounts_user w on w.id = g.granted_by_id
      where g.patient_id = %(patient)s and g.starts_at <= %(now)s and g.expires_at > %(now)s and g.revoked_at is null
    union all select 'denied', d.user_id, '', d.starts_on, d.ends_on from patients_accessdenial d
      where d.patient_id = %(patient)s and d.starts_on <= %(today)s and (d.ends_on is null or d.ends_on >= %(today)s)
  ) path where %(person)s::uuid is null or user_id = %(person)s order by kind, since, through
"""
HELPERS = 5  # names of people who can help, no more


@dataclass(frozen=True)
class Path:
    """One way a person reaches a patient."""

    kind: str
    through: str = ""
    since: dt.datetime | None = None
    until: dt.datetime | None = None

    def __str__(self) -> str:
        words = {
            "organization": _("Sees every patient of the organization, by role"),
            "team": _("May see the patients of %(through)s"),
            "group": _("May see the patients of %(through)s, as one of a group"),
            "member": _("On the care team"),
            "cover": _("Covers for %(through)s"),
            "grant": _("Given sight by %(through)s"),
            "emergency": _("Emergency access"),
            "denied": _("May not see this patient"),
        }[self.kind]
        return words % {"through": self.through}

    @property
    def dates(self) -> str:
        """Since when and until when; empty for what has no dates."""
        exact = self.kind in {"grant", "emergency"}
        say = display.moment if exact else _day
        if self.since and self.until:
            return _("%(since)s to %(until)s") % {"since": say(self.since), "until": say(self.until)}
        return _("since %(since)s") % {"since": say(self.since)} if self.since else ""


@dataclass(frozen=True)
class Explanation:
    """Every path of one person to one patient, the denial that stands above them, or what is missing."""

    user: User
    paths: tuple[Path, ...] = ()
    denial: Path | None = None
    missing: str = ""

    @property
    def sees(self) -> bool:
        return bool(self.paths) and self.denial is None


def explain_access(user: User, patient: Patient) -> Explanation:
    """Say why this person sees this patient, or what stands in the way. One statement; agrees with `visible_to`."""
    if user.organization_id != patient.organization_id or patient.status in HIDDEN:
        return Explanation(user, missing=_("There is no such patient in the organization."))
    if not user.may(Permission.PATIENT_VIEW):
        return Explanation(user, missing=_("None of the roles lets this person see patients."))
    return _explained(user, read_paths(patient, user)[user.pk])


def find_by_number(user: User, number: str) -> Patient | None:
    """The patient of the organization with this record number, seen by the person or not: for whoever answers for sight."""
    require(user, Permission.ACCESS_EXPLAIN)
    people = Patient.objects.filter(organization_id=user.organization_id, record_number=number)
    return people.exclude(status__in=HIDDEN).first() if number else None


def people_who_see(
    user: User, patient: Patient, *, after: str | None, before: str | None
) -> Page[Explanation]:
    """Everyone who sees the patient now, and everyone who is denied it, by name. Its statements do not grow with them."""
    paths = read_paths(patient)
    whole = Q(roles__overlap=roles_with(Permission.PATIENT_VIEW_ORGANIZATION))
    people: QuerySet[User] = User.objects.visible_to(user).filter(
        Q(pk__in=list(paths)) | whole, is_active=True, roles__overlap=roles_with(Permission.PATIENT_VIEW)
    )
    page = keyset(people, order=[("name", "asc"), ("id", "asc")], after=after, before=before)
    rows = [_explained(person, paths[person.pk]) for person in page.rows]
    return Page(rows, page.next_cursor, page.previous_cursor)


def helpers(user: User) -> list[str]:
    """Names of those who can add somebody to a care team or a team: said to whoever has no sight."""
    people = (
        list_colleagues(user).filter(roles__overlap=roles_with(Permission.TEAM_MANAGE)).exclude(pk=user.pk)
    )
    return [person.name for person in people[:HELPERS]]


def _explained(user: User, found: Sequence[Path]) -> Explanation:
    denial = next((path for path in found if path.kind == "denied"), None)
    paths = [path for path in found if path.kind != "denied"]
    if user.may(Permission.PATIENT_VIEW_ORGANIZATION):
        paths.insert(0, Path("organization"))
    missing = (
        "" if paths else _("Not on the care team, no grant on the team, no cover, no grant on this patient.")
    )
    return Explanation(user, tuple(paths), denial, missing)


def read_paths(patient: Patient, person: User | None = None) -> dict[Any, list[Path]]:
    """The paths of everybody, or of one person, in one statement."""
    found: dict[Any, list[Path]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_PATHS_OF, {**_values(patient), "person": person.pk if person else None})
        for kind, user_id, through, since, until in cursor.fetchall():
            found[user_id].append(Path(kind, through, since, until))
    return found


def _day(moment: dt.datetime) -> str:
    """A path with dates is read among moments, as midnight in UTC."""
    return display.day(moment.astimezone(dt.UTC).date())


def _values(patient: Patient) -> dict[str, Any]:
    return {
        "grant": SEE_PATIENTS,
        "patient": patient.pk,
        "team": patient.team_id,
        "today": patient.organization.today(),
        "now": timezone.now(),
    }
