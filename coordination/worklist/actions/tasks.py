"""Opening a commitment, and ending it with an outcome."""

from collections.abc import Collection
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from coordination.accounts.models import Team, User
from coordination.lib.acting import acting, insert
from coordination.lib.refusal import Refused
from coordination.outbox.actions import post
from coordination.worklist.actions.caseload import lock_open_task, lock_patient, settle
from coordination.worklist.actions.changing import Draft, change_task, keep_opening
from coordination.worklist.actions.needing import follow, needs_of_new
from coordination.worklist.actions.repeating import IN_TURN, check_repeat, next_of
from coordination.worklist.actions.waking import tell_sleepers
from coordination.worklist.actions.weighing import weigh
from coordination.worklist.due import Due
from coordination.worklist.models import Act, Change, Contact, Task
from coordination.worklist.querysets import APPOINTMENTS, OUTREACH
from patients.models import AccessGrant, Patient

REVIEW_ROUTE = "access:review"  # the page a review of an emergency access is about
_STATUS_OF = {
    Task.Outcome.NOT_NEEDED: Task.Status.CANCELLED,
    Task.Outcome.DECEASED: Task.Status.CANCELLED,
    Task.Outcome.MISTAKE: Task.Status.CANCELLED,
    Task.Outcome.REFUSED: Task.Status.DECLINED,
}


class Sight:
    """Who sees which of some patients, asked once for each person."""

    def __init__(self, patient_ids: Collection[Any]) -> None:
        self._patient_ids = [pk for pk in patient_ids if pk is not None]
        self._seen: dict[Any, set[Any]] = {}

    def __call__(self, user: User, patient: Patient) -> bool:
        if user.pk not in self._seen:
            seen = Patient.objects.visible_to(user).filter(pk__in=self._patient_ids)
            self._seen[user.pk] = set(seen.values_list("pk", flat=True))
        return patient.pk in self._seen[user.pk]


def check_owner(
    *, patient: Patient | None, owner: User | None, queue: Team | None, by: User, sees: Sight | None = None
) -> None:
    """Refuse to hand work to someone who could not see it: it would be dropped without anyone knowing."""
    if (owner is None) == (queue is None):
        raise Refused(_("Choose one person or one team for this task."), field="to")
    if queue is not None and (not queue.is_active or (patient is not None and patient.team_id != queue.pk)):
        raise Refused(_("A task about a patient waits in the queue of the patient's own team."), field="to")
    if owner is None or owner == by:
        return
    if not owner.is_active:
        raise Refused(_("%(name)s does not work here any more.") % {"name": owner}, field="to")
    if patient is not None and not (sees or Sight([patient.pk]))(owner, patient):
        sentence = _("%(name)s cannot see this patient. Add them to the care team first.") % {"name": owner}
        raise Refused(sentence, field="to")


@acting
def open_task(
    *,
    by: User,
    title: str,
    reason: str,
    due: Due,
    kind: str = Task.Kind.OTHER,
    patient: Patient | None = None,
    owner: User | None = None,
    queue: Team | None = None,
    source_key: str = "",
    needs: Collection[str] = (),
    **details: Any,
) -> Task:
    """Promise something. Without an owner or a queue it is one's own. The same `source_key` opens one task, ever.

    With `needs`, ids of open tasks, it is blocked until they are done.

    `details`: context, due_rule, minutes, priority, checklist, attempt, attempts_planned, source, subject_route, subject_id,
    follows, repeat_every, repeat_unit, repeat_until; and `came_of`, the act that takes this one back with it.
    """
    repeat = (details.get("repeat_every"), details.get("repeat_unit", ""), details.get("repeat_until"))
    if any(repeat):
        check_repeat(*repeat, today=by.organization.today())
    patient = lock_patient(patient) if patient is not None else None
    # asked behind the lock: of two who open it for one patient at once, the second finds the first one's
    same: Task | None = (
        Task.objects.filter(organization_id=by.organization_id, source_key=source_key).first()
        if source_key
        else None
    )
    if same is not None:
        return same
    task = place_task(
        by=by,
        title=title,
        reason=reason,
        due=due,
        kind=kind,
        patient=patient,
        owner=owner,
        queue=queue,
        source_key=source_key,
        needs=needs,
        **details,
    )
    settle(task.patient_id)
    return task


def place_task(
    *,
    by: User,
    title: str,
    reason: str,
    due: Due,
    kind: str,
    patient: Patient | None,
    owner: User | None = None,
    queue: Team | None = None,
    contact: Contact | None = None,
    came_of: Change | None = None,
    needs: Collection[str] = (),
    **details: Any,
) -> Task:
    """Write the row and tell the owner. The caller has locked the patient and settles the caseload."""
    if owner is None and queue is None:
        owner = by
    if patient is not None and patient.is_deceased and kind in OUTREACH:
        raise Refused(_("This patient has died. Nothing that reaches out to the patient can be planned."))
    check_owner(patient=patient, owner=owner, queue=queue, by=by)
    task = Task(
        organization_id=by.organization_id,
        patient=patient,
        kind=kind,
        title=title.strip(),
        reason=reason.strip(),
        owner=owner,
        queue=queue,
        due_at=due.at,
        due_has_time=due.has_time,
        created_by=by,
        updated_by=by,
        **details,
    )
    links = needs_of_new(task, needs, by=by)
    weigh(task)
    insert(task)
    for link in links:
        insert(link)
    keep_opening(task=task, by=by, contact=contact, came_of=came_of)
    tell_owner(task, by=by)
    return task


def tell_owner(task: Task, *, by: User) -> None:
    if task.owner_id is not None and task.owner_id != by.pk:
        post(
            "task.assigned",
            organization_id=task.organization_id,
            task_id=str(task.pk),
            user_id=str(task.owner_id),
            by_id=str(by.pk),
        )


@acting
def close_task(
    *,
    task: Task,
    by: User,
    outcome: str = Task.Outcome.COMPLETED,
    note: str = "",
    version: int | None = None,
    draft: Draft | None = None,
) -> Task:
    """End a commitment. A critical one needs the words how it ended."""
    task = lock_open_task(task, version=version)
    check_end(task, outcome=outcome, note=note)
    end(task, by=by, outcome=outcome, note=note, draft=draft)
    settle(task.patient_id)
    return task


def check_end(task: Task, *, outcome: str, note: str) -> None:
    if task.is_critical and not note.strip():
        raise Refused(_("This is a safety matter: write down how it ended."), field="note")
    if task.status == Task.Status.BLOCKED and outcome in IN_TURN:
        raise Refused(_("It needs this first: %(titles)s.") % {"titles": task.waiting_on}, field="outcome")
    _refuse_unreviewed(task)


def end_values(*, outcome: str, note: str, by: User) -> dict[str, Any]:
    """What ending a task changes."""
    return {
        "status": _STATUS_OF.get(Task.Outcome(outcome), Task.Status.DONE),
        "outcome": outcome,
        "outcome_note": note.strip()[:500],
        "closed_at": timezone.now(),
        "closed_by": by,
        "snoozed_until": None,
        "wakes_on": "",
    }


def end(
    task: Task,
    *,
    by: User,
    outcome: str,
    note: str = "",
    contact: Contact | None = None,
    draft: Draft | None = None,
) -> None:
    """Set the end of a locked, open task. The caller settles the caseload."""
    _refuse_unreviewed(task)
    values = end_values(outcome=outcome, note=note, by=by)
    detail = {"outcome": outcome} | ({"contact": str(contact.pk)} if contact else {})
    act = Act.CONTACT if contact else Act.CLOSE
    change_task(task=task, act=act, values=values, by=by, contact=contact, detail=detail, draft=draft)
    if task.kind in APPOINTMENTS and outcome in {Task.Outcome.COMPLETED, Task.Outcome.REACHED}:
        tell_sleepers(patient_id=task.patient_id, event=Task.Event.VISIT_KEPT, by=by)
    follow([task], by=by)
    open_next_turn(task, by=by)


def open_next_turn(task: Task, *, by: User) -> Task | None:
    """Open the next one of a commitment that repeats. Whoever could not take it any more leaves it to who closed this one."""
    turn = next_of(task)
    if turn is None:
        return None
    try:
        check_owner(patient=task.patient, owner=turn["owner"], queue=turn["queue"], by=by)
    except Refused:
        turn |= {"owner": by, "queue": None}
    return place_task(by=by, **turn)


def _refuse_unreviewed(task: Task) -> None:
    """The review of an emergency access ends by being written, never by a tick."""
    if task.subject_route == REVIEW_ROUTE and task.subject_id is not None:
        waiting = AccessGrant.objects.filter(pk=task.subject_id, reviewed_at__isnull=True)
        if waiting.exists():
            raise Refused(_("Write the review of this access. That closes the task."))
