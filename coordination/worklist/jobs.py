"""What runs on the clock."""

import uuid
from typing import Any

import structlog
from django.db import OperationalError
from django.utils import timezone
from django.utils.translation import gettext as _

from coordination.accounts.actions import ensure_system_user
from coordination.accounts.models import (
    Organization,
    User,
)
from coordination.audit.actions import record
from coordination.lib.days import add_business_days
from coordination.lib.retry import is_conflict
from coordination.lib.rls import organization
from coordination.outbox.actions import post
from coordination.outbox.models import Message
from coordination.worklist.actions import open_task
from coordination.worklist.actions.escalating import escalate_task
from coordination.worklist.actions.weighing import weigh_again
from coordination.worklist.desk import desk_of, overseers
from coordination.worklist.due import Due
from coordination.worklist.findings import CAUSE
from coordination.worklist.loops import RULES, STEPS, Rule, Share, check, late_too_long, open_tasks
from coordination.worklist.models import Task

ESCALATED_AT_ONCE = 500  # HOUSE: more wait for the next hour
WEIGHED_AT_ONCE = 1000  # HOUSE: the same; until then a task stands at its deadline
_log = structlog.get_logger(__name__)


def check_loops() -> None:
    """Have every organization asked for work that could be dropped: one message for each rule, a large house takes a while."""
    for house in Organization.objects.order_by("pk"):
        with organization(house.pk):
            for rule in RULES:
                post("loops.asked", organization_id=house.pk, rule=rule.name)


def escalate() -> None:
    """Put what is late too long before the supervisor of its team: one question for each organization."""
    for house in Organization.objects.order_by("pk"):
        with organization(house.pk):
            above = late_too_long(house, timezone.now()).filter(overseer__isnull=False)
            late: list[Any] = list(above.order_by("due_at", "pk")[:ESCALATED_AT_ONCE])
            people = {person.pk: person for person in overseers(house)} if late else {}
            by = ensure_system_user(house) if late else None
        for task in late:
            if by is not None and task.overseer in people:
                _escalate(task, people[task.overseer], by=by)


def _escalate(task: Task, to: User, *, by: User) -> None:
    """Each in a transaction of its own: nobody waits for the night. What somebody holds right now has its turn next hour."""
    try:
        with organization(task.organization_id):
            escalate_task(task=task, to=to, by=by)
    except OperationalError as error:
        if not is_conflict(error):
            raise
        _log.warning("escalate.held", organization_id=str(task.organization_id))


def weigh() -> None:
    """Weigh open tasks that never were (what came in before this rule), the soonest due first."""
    for house in Organization.objects.order_by("pk"):
        with organization(house.pk):
            waiting = open_tasks().filter(work_at__isnull=True).order_by("due_at", "pk")
            weigh_again(list(waiting.values_list("pk", flat=True)[:WEIGHED_AT_ONCE]))


def check_rule(message: Message) -> None:
    """Ask one rule about one organization, and have somebody look at what was found."""
    rule = next((rule for rule in RULES if rule.name == message.payload["rule"]), None)
    if rule is None or message.organization_id is None:
        return  # an older or newer version knew it
    house = Organization.objects.get(pk=message.organization_id)
    by = ensure_system_user(house)
    (result,) = check(house, rules=[rule])
    record("loops.checked", by=by, detail={"rule": rule.name, "found": result.found})
    if result.found:
        _log.warning("loops.found", organization_id=str(house.pk), code=rule.name)
    for team_id, share in result.shares.items():
        _have_it_looked_at(house, rule, share, team_id, by=by)


def _have_it_looked_at(
    house: Organization, rule: Rule, share: Share, team_id: uuid.UUID | None, *, by: User
) -> None:
    """One task for a rule and a team, while none about the same is open. The sentences are its steps."""
    cause = f"{CAUSE}{rule.name}:{team_id or 'house'}:"
    desk = desk_of(house, team_id)
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
