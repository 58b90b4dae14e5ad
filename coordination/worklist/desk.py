"""Who answers for a team's work when nobody in particular does."""

import uuid
from typing import Any

from django.db.models import Exists, OuterRef, Q, UUIDField, Value
from django.db.models.functions import Coalesce

from coordination.accounts.models import (
    SEE_PATIENTS,
    Organization,
    Team,
    TeamGroupObjectPermission,
    TeamUserObjectPermission,
    User,
)

NOBODY = uuid.UUID(int=0)  # the owner of a task in a queue


def desk_of(house: Organization, team_id: uuid.UUID | None) -> dict[str, Any] | None:
    """A supervisor of the team, else its queue. Where no working team answers: any supervisor, any queue."""
    teams = Team.objects.filter(organization=house, is_active=True).order_by("name", "pk")
    team = teams.filter(pk=team_id).first()
    people = supervisors(house)
    owner = people.filter(_sees(team_id)).first() if team_id else None
    if owner is not None:
        return {"owner": owner}
    if team is not None:
        return {"queue": team}
    if (anyone := people.first()) is not None:
        return {"owner": anyone}
    return {"queue": fallback} if (fallback := teams.first()) is not None else None


def supervisors(house: Organization) -> Any:
    gone = Q(left_on__lt=house.today())
    people = User.objects.working().filter(organization=house, roles__contains=["supervisor"]).exclude(gone)
    return people.order_by("name", "pk")


def _sees(team_id: Any) -> Q:
    """Sight of the team's patients, given in person or to a group: what makes a supervisor the team's."""
    sight = {"content_object_id": team_id, "permission__codename": SEE_PATIENTS}
    in_person = TeamUserObjectPermission.objects.filter(user=OuterRef("pk"), **sight)
    by_group = TeamGroupObjectPermission.objects.filter(group__user=OuterRef("pk"), **sight)
    return Q(Exists(in_person)) | Q(Exists(by_group))


def supervisors_of(house: Organization, team_id: uuid.UUID | None) -> Any:
    """Working supervisors of the organization, those of the team only when there is one."""
    return supervisors(house).filter(_sees(team_id)) if team_id else supervisors(house)


def supervisor_of_each(house: Organization) -> Any:
    """For a list of tasks with `answers` (a team) and an owner: the team's first supervisor who is not the owner."""
    team = OuterRef(OuterRef("answers"))
    owner = Coalesce(OuterRef("owner_id"), Value(NOBODY), output_field=UUIDField())
    return supervisors(house).filter(_sees(team)).exclude(pk=owner).values("pk")
