"""Who answers for a team's work when nobody in particular does."""

import uuid
from typing import Any

from django.db.models import Case, Exists, OuterRef, Q, Subquery, UUIDField, Value, When
from django.db.models.functions import Coalesce

from coordination.accounts.models import (
    SEE_PATIENTS,
    Organization,
    Team,
    TeamGroupObjectPermission,
    TeamUserObjectPermission,
    User,
)
from patients.models import AccessDenial, CareTeamMember

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


def overseers(house: Organization) -> Any:
    """Before whom late work may be put: supervisors, and whoever manages programs."""
    gone = Q(left_on__lt=house.today())
    people = User.objects.working().filter(
        organization=house, roles__overlap=["supervisor", "program_manager"]
    )
    return people.exclude(gone)


def _denials(house: Organization) -> Any:
    still = Q(ends_on__isnull=True) | Q(ends_on__gte=house.today())
    return AccessDenial.objects.filter(still, starts_on__lte=house.today())


def overseer_of_each(house: Organization) -> Case:
    """For a list of tasks with `answers` (a team) and an owner: before whom each is put, never its owner; NULL where there is nobody.

    The team's supervisor; else another supervisor, then who manages programs, who sees the patient as well. Work about no patient
    goes to any supervisor, as `desk_of` has it.
    """
    owner = Coalesce(OuterRef("owner_id"), Value(NOBODY), output_field=UUIDField())
    is_supervisor = Q(roles__contains=["supervisor"])
    of_team = is_supervisor & _sees(OuterRef(OuterRef("answers")))
    rank = Case(When(of_team, then=Value(0)), When(is_supervisor, then=Value(1)), default=Value(2))
    people = overseers(house).exclude(pk=owner).alias(rank=rank).order_by("rank", "name", "pk").values("pk")
    dated = {"patient": OuterRef(OuterRef("patient_id")), "user": OuterRef("pk")}
    cares = CareTeamMember.objects.filter(**dated).in_force(house.today())
    denied = _denials(house).filter(**dated)
    sees = _sees(OuterRef(OuterRef("patient__team_id"))) | Q(Exists(cares))
    alone = Subquery(people.filter(is_supervisor)[:1])
    return Case(
        When(patient__isnull=True, then=alone),
        default=Subquery(people.filter(sees).exclude(Exists(denied))[:1]),
        output_field=UUIDField(),
    )
