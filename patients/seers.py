"""Who sees a record, asked of everyone at once: the rule of `visible_to`, read from the other side.

The tests hold both together. It is asked before two records become one, because their people then share one sight.
"""

import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from coordination.accounts.models import Organization, User
from coordination.accounts.permissions import Permission
from patients.models import Patient
from patients.sight import read_paths

# what a path of sight hangs on: the team, or else the one record
KINDS = {"team": "team", "group": "team", "denied": "denied"}


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
    """Read it in one statement for each record and one for every colleague who may open patients at all."""
    reach: defaultdict[tuple[str, uuid.UUID | None], set[uuid.UUID]] = defaultdict(set)
    for patient in patients:
        for user_id, paths in read_paths(patient).items():
            for path in paths:
                what = patient.team_id if path.kind in {"team", "group"} else patient.pk
                reach[(KINDS.get(path.kind, "patient"), what)].add(user_id)
    everyone = User.objects.filter(organization=house, is_active=True, is_system=False)
    people = {user.pk: user for user in everyone if user.may(Permission.PATIENT_VIEW)}
    whole = [pk for pk, user in people.items() if user.may(Permission.PATIENT_VIEW_ORGANIZATION)]
    return Seers(people, reach, frozenset(whole))
