"""What runs on the clock."""

import uuid
from typing import Any

import structlog
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from coordination.accounts.actions import ensure_system_user
from coordination.accounts.models import (
    SEE_PATIENTS,
    Organization,
    Team,
    TeamGroupObjectPermission,
    TeamUserObjectPermission,
    User,
)
from coordination.audit.actions import record
from coordination.lib.days import add_business_days
from coordination.lib.rls import organization
from coordination.worklist.actions import open_task
from coordination.worklist.due import Due
from coordination.worklist.loops import STEPS, Result, Rule, Share, check
from coordination.worklist.models import Task

_log = structlog.get_logger(__name__)


def check_loops() -> None:
    """Look for work that could be dropped, in every organization, and have somebody look at what was found."""
    for house in Organization.objects.order_by("pk"):
        with organization(house.pk):
            _report(house, [result for result in check(house) if result.found])


def _report(house: Organization, results: list[Result]) -> None:
    by = ensure_system_user(house)
    counts = {result.rule.name: result.found for result in results}
    record("loops.checked", by=by, detail={"found": sum(counts.values()), **counts})
    for result in results:
        _log.warning("loops.found", organization_id=str(house.pk), code=result.rule.name)
        for team_id, share in result.shares.items():
            _have_it_looked_at(house, result.rule, share, team_id, by=by)


def _have_it_looked_at(
    house: Organization, rule: Rule, share: Share, team_id: uuid.UUID | None, *, by: User
) -> None:
    """One task for a rule and a team, while none about the same is open. The sentences are its steps."""
    cause = f"loops:{rule.name}:{team_id or 'house'}:"
    desk = _desk(house, team_id)
    if desk is None:
        _log.error("loops.nobody_to_tell", organization_id=str(house.pk), code=rule.name)
        return
    if Task.objects.open().filter(source_key__startswith=cause).exists():
        return
    today = house.today()
    more = share.found - len(share.sentences)
    open_task(
        by=by,
        title=str(rule.title),
        reason=_("The nightly check found %(n)s and changed nothing.") % {"n": share.found},
        context=_("The first %(n)s are its steps.") % {"n": STEPS} if more else "",
        due=Due.on(add_business_days(today, 1), house),
        kind=Task.Kind.DATA,
        priority=Task.Priority.HIGH,
        checklist=[{"text": sentence, "done": False} for sentence in share.sentences],
        source=Task.Source.RULE,
        source_key=f"{cause}{today.isoformat()}",
        **desk,
    )


def _desk(house: Organization, team_id: uuid.UUID | None) -> dict[str, Any] | None:
    """A supervisor of the team, else its queue. Where no working team answers: any supervisor, any queue."""
    teams = Team.objects.filter(organization=house, is_active=True).order_by("name", "pk")
    team = teams.filter(pk=team_id).first()
    supervisors = _supervisors(house)
    owner = supervisors.filter(_sees(team_id)).first() if team_id else None
    if owner is not None:
        return {"owner": owner}
    if team is not None:
        return {"queue": team}
    if (anyone := supervisors.first()) is not None:
        return {"owner": anyone}
    return {"queue": fallback} if (fallback := teams.first()) is not None else None


def _supervisors(house: Organization) -> Any:
    gone = Q(left_on__lt=house.today())
    people = User.objects.working().filter(organization=house, roles__contains=["supervisor"]).exclude(gone)
    return people.order_by("name", "pk")


def _sees(team_id: uuid.UUID) -> Q:
    """Sight of the team's patients, given in person or to a group: what makes a supervisor the team's."""
    sight = {"content_object_id": team_id, "permission__codename": SEE_PATIENTS}
    in_person = TeamUserObjectPermission.objects.filter(user=OuterRef("pk"), **sight)
    by_group = TeamGroupObjectPermission.objects.filter(group__user=OuterRef("pk"), **sight)
    return Q(Exists(in_person)) | Q(Exists(by_group))
