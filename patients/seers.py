"""Who sees a record, asked of everyone at once: the rule of `visible_to`, read from the other side.

The tests hold both together. It is asked before two records become one, because their people then share one sight.
"""

import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils import timezone

from coordination.accounts.models import SEE_PATIENTS, Organization, User
from coordination.accounts.permissions import Permission
from patients.models import Patient

_SQL = """
    select 'team', p.content_object_id, p.user_id from accounts_teamuserobjectpermission p
      join auth_permission a on a.id = p.permission_id and a.codename = %(grant)s
      where p.content_object_id = any(%(teams)s)
    union select 'team', p.content_object_id, g.user_id from accounts_teamgroupobjectpermission p
      join auth_permission a on a.id = p.permission_id and a.codename = %(grant)s
      join accounts_user_groups g on g.group_id = p.group_id where p.content_object_id = any(%(teams)s)
    union select 'patient', m.patient_id, seer.id from patients_careteammember m
      cross join lateral (
        select m.user_id as id
        union all select c.covering_id from accounts_cover c
        where c.absent_id = m.user_id and c.starts_on <= %(today)s and c.ends_on >= %(today)s
      ) seer
      where m.patient_id = any(%(patients)s) and m.user_id is not null
        and m.starts_on <= %(today)s and (m.ends_on is null or m.ends_on >= %(today)s)
    union select 'patient', g.patient_id, g.user_id from patients_accessgrant g
      where g.patient_id = any(%(patients)s) and g.starts_at <= %(now)s and g.expires_at > %(now)s
        and g.revoked_at is null
    union select 'denied', d.patient_id, d.user_id from patients_accessdenial d
      where d.patient_id = any(%(patients)s) and d.starts_on <= %(today)s
        and (d.ends_on is null or d.ends_on >= %(today)s)
"""


@dataclass(frozen=True)
class Seers:
    """What gives and takes sight of some records, by user id."""

    people: dict[uuid.UUID, User]
    reach: dict[tuple[str, uuid.UUID | None], set[uuid.UUID]]
    everywhere: frozenset[uuid.UUID]

    def of(self, patient_ids: Collection[uuid.UUID], team_id: uuid.UUID | None) -> set[uuid.UUID]:
        """Who sees a record that holds all these, in this team. A denial of one of them wins."""
        seen = set(self.everywhere) | self.reach[("team", team_id)]
        for pk in patient_ids:
            seen |= self.reach[("patient", pk)]
        for pk in patient_ids:
            seen -= self.reach[("denied", pk)]
        return seen & set(self.people)

    def named(self, ids: Collection[uuid.UUID]) -> list[User]:
        return sorted((self.people[pk] for pk in ids), key=lambda user: (user.name, user.pk))


def seers_of(house: Organization, patients: Collection[Patient]) -> Seers:
    """Read it in two statements, for every colleague who may open patients at all."""
    values: dict[str, Any] = {
        "grant": SEE_PATIENTS,
        "teams": [patient.team_id for patient in patients if patient.team_id],
        "patients": [patient.pk for patient in patients],
        "today": house.today(),
        "now": timezone.now(),
    }
    reach: defaultdict[tuple[str, uuid.UUID | None], set[uuid.UUID]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(_SQL, values)
        for kind, what, user_id in cursor.fetchall():
            reach[(kind, what)].add(user_id)
    everyone = User.objects.filter(organization=house, is_active=True, is_system=False)
    people = {user.pk: user for user in everyone if user.may(Permission.PATIENT_VIEW)}
    whole = [pk for pk, user in people.items() if user.may(Permission.PATIENT_VIEW_ORGANIZATION)]
    return Seers(people, reach, frozenset(whole))
