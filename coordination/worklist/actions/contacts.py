"""Logging a contact: one save that keeps the record, closes the commitment it answers and opens the next one."""

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from coordination.accounts.models import User
from coordination.audit.actions import record
from coordination.drafts.actions import let_go
from coordination.lib import display
from coordination.lib.acting import acting, insert
from coordination.lib.days import add_business_days, local_date
from coordination.lib.refusal import Refused
from coordination.worklist.actions.caseload import lock_open_task, lock_patient, settle
from coordination.worklist.actions.changing import keep_contact
from coordination.worklist.actions.tasks import end, place_task
from coordination.worklist.actions.unsafe import broken_rule, open_review
from coordination.worklist.actions.waking import tell_sleepers
from coordination.worklist.actions.weighing import have_weighed
from coordination.worklist.due import Due
from coordination.worklist.models import Contact, Task
from coordination.worklist.priority import UNREACHED
from patients.models import ContactPoint, Patient

_UNUSABLE = {
    Contact.Outcome.WRONG_NUMBER: "phone",
    Contact.Outcome.DISCONNECTED: "phone",
    Contact.Outcome.RETURNED_MAIL: "address",
}


@dataclass(frozen=True)
class NextStep:
    """What comes after a contact. What is left empty is taken from the task the contact answers."""

    due: Due
    title: str = ""
    kind: str = ""
    reason: str = ""
    owner: User | None = None


@acting
def log_contact(
    *,
    patient: Patient,
    by: User,
    outcome: str,
    task: Task | None = None,
    next_step: NextStep | None = None,
    no_follow_up_reason: str = "",
    occurred_at: dt.datetime | None = None,
    direction: str = Contact.Direction.OUT,
    mode: str = Contact.Mode.PHONE,
    target: str = Contact.Target.PATIENT,
    with_whom: str = "",
    note: str = "",
    minutes: int = 0,
    contact_point: ContactPoint | None = None,
    interpreter: str = Contact.Interpreter.NONE,
    topics: Collection[str] = (),
    despite: str = "",
    close_task_outcome: str = "",
    version: int | None = None,
    draft: tuple[str, uuid.UUID] | None = None,
) -> Contact:
    """Save the contact, the end of `task` and the next step together, or none of them.

    A contact never ends in nothing: it has a next step, or the words why there is none. Only a person who answers makes it
    more than an attempt (CMS TCM), so voicemail closes the task as not reached and counts the next attempt.

    What the patient ruled out (a number, an hour, a message left) is refused unless `despite` says why it was done all the
    same; then a task asks a supervisor to look at it.

    `draft` names what the contact was typed in (form and subject): it is gone with the save.
    """
    task = lock_open_task(task, version=version) if task is not None else None
    locked = task.patient if task is not None else None  # the lock of the task took its patient along
    patient = locked if locked is not None and locked.pk == patient.pk else lock_patient(patient)
    contact = Contact(
        organization=by.organization,  # the patient's too: nobody sees another's
        patient=patient,
        task=task,
        occurred_at=occurred_at or timezone.now(),
        minutes=minutes,
        direction=direction,
        mode=mode,
        target=target,
        with_whom=with_whom.strip(),
        contact_point=contact_point,
        staff=by,
        staff_credential=by.credential,
        interpreter=interpreter,
        outcome=outcome,
        topics=list(topics),
        note=note.strip(),
        no_follow_up_reason="" if next_step else no_follow_up_reason.strip(),
        created_by=by,
        updated_by=by,
    )
    _check(contact, next_step, by=by)
    broken = broken_rule(contact)
    if broken and not despite.strip():
        raise Refused(broken, field="despite")
    was_missed, had_others = patient.last_contact_outcome in UNREACHED, patient.open_tasks > bool(task)
    latest = _latest(contact, patient)
    for name, value in latest.items():  # what is opened and closed now is weighed by how this one ended
        setattr(patient, name, value)
    if next_step is not None:
        contact.next_task = _open_next(contact, next_step, by=by)
    insert(contact)
    if task is not None:
        end(task, by=by, outcome=close_task_outcome or _end_of(contact), contact=contact)
        contact.last_change = task.last_change
    else:
        keep_contact(contact=contact, by=by)
    if outcome in _UNUSABLE:
        _open_correction(contact, by=by)
    if contact.is_interactive or direction == Contact.Direction.IN:
        tell_sleepers(patient_id=patient.pk, event=Task.Event.REPLY, by=by)
    if broken:
        open_review(contact, despite.strip(), by=by)
    if draft is not None:
        let_go(by=by, form=draft[0], subject_id=draft[1])
    settle(patient.pk, **latest)
    if had_others and was_missed != (patient.last_contact_outcome in UNREACHED):
        have_weighed(patient.pk, organization_id=by.organization_id)
    record(
        "contact.logged",
        by=by,
        target=contact,
        reason=despite.strip() if broken else "",
        detail=_links(contact),
    )
    return contact


def _check(contact: Contact, next_step: NextStep | None, *, by: User) -> None:
    patient, task = contact.patient, contact.task
    if task is not None and task.patient_id != patient.pk:
        raise Refused(_("This task is about another patient. Nothing was saved."))
    if contact.occurred_at > timezone.now() + dt.timedelta(minutes=1):
        raise Refused(_("A contact that is still to come is a task. Enter when it happened."), field="day")
    outreach = contact.direction == Contact.Direction.OUT and contact.target == Contact.Target.PATIENT
    if patient.is_deceased and outreach:
        raise Refused(
            _("This patient has died. Contact with the family or a provider can be logged."), field="target"
        )
    if next_step is None and not contact.no_follow_up_reason:
        raise Refused(
            _("Choose when you follow up, or say why there is nothing to follow up."), field="follow_up"
        )
    if next_step is not None and next_step.due.at <= timezone.now():
        raise Refused(_("Choose a follow-up that is still to come."), field="follow_up")
    if contact.contact_point is not None and contact.contact_point.patient_id != patient.pk:
        raise Refused(_("This number is of another patient. Nothing was saved."))
    if task is not None and task.is_critical:
        _check_critical(contact, next_step, task)


def _check_critical(contact: Contact, next_step: NextStep | None, task: Task) -> None:
    if contact.is_interactive:
        if not contact.note:
            raise Refused(_("This is a safety matter: write down how it ended."), field="note")
    elif next_step is None:
        raise Refused(
            _("Nobody was reached about a safety matter: plan the next attempt."), field="follow_up"
        )
    elif next_step.due.at > max(task.due_at, timezone.now() + dt.timedelta(days=1)):
        raise Refused(_("A safety matter is tried again within a day."), field="follow_up")


def _end_of(contact: Contact) -> str:
    if contact.is_interactive:
        return Task.Outcome.REACHED
    return Task.Outcome.REFUSED if contact.outcome == Contact.Outcome.REFUSED else Task.Outcome.NOT_REACHED


def _open_next(contact: Contact, step: NextStep, *, by: User) -> Task:
    """The next attempt of the same commitment, or the follow-up that was agreed on."""
    task = contact.task
    again = task is not None and not contact.is_interactive
    details: dict[str, Any] = {"source": Task.Source.CONTACT, "follows": task}
    if task is not None and again:
        details |= {
            "attempt": max(task.attempt, 1) + 1,
            "attempts_planned": task.attempts_planned or settings.CONTACT_ATTEMPTS,
            "context": task.context,
            "minutes": task.minutes,
            "priority": task.priority,
            "checklist": task.checklist,
            "subject_route": task.subject_route,
            "subject_id": task.subject_id,
        }
    return place_task(
        by=by,
        patient=contact.patient,
        title=step.title or (task.title if task is not None and again else _("Follow-up call")),
        kind=step.kind or (task.kind if task is not None and again else Task.Kind.FOLLOW_UP),
        reason=step.reason
        or _why(contact, attempt=details.get("attempt", 0), planned=details.get("attempts_planned", 0)),
        due=step.due,
        owner=step.owner,
        contact=contact,
        **details,
    )


def _why(contact: Contact, *, attempt: int, planned: int) -> str:
    """Why the next step is on the list, as a coordinator would say it: 'Attempt 2 of 3, left voicemail on 20-Nov'."""
    day = display.day_short(local_date(contact.occurred_at, contact.organization.zone))
    words = {"outcome": contact.get_outcome_display().lower(), "day": day, "n": attempt, "total": planned}
    if attempt and attempt <= planned:
        return _("Attempt %(n)s of %(total)s, %(outcome)s on %(day)s") % words
    if attempt:
        return _("Attempt %(n)s, %(outcome)s on %(day)s") % words
    if contact.is_interactive:
        return _("Promised in the contact of %(day)s") % words
    return _("Follows the contact of %(day)s: %(outcome)s") % words


def _open_correction(contact: Contact, *, by: User) -> None:
    """A number or address that leads nowhere is put right by someone: one task for it, however often it is tried."""
    what = _UNUSABLE[Contact.Outcome(contact.outcome)]
    cause = f"unusable:{what}:{contact.contact_point_id or contact.patient_id}"
    if Task.objects.of(contact.patient).open().filter(source_key__startswith=cause).exists():
        return
    day = local_date(contact.occurred_at, contact.organization.zone)
    words = {"outcome": contact.get_outcome_display(), "day": display.day_short(day)}
    place_task(
        by=by,
        patient=contact.patient,
        kind=Task.Kind.DATA,
        title=_("Correct the phone number") if what == "phone" else _("Correct the address"),
        reason=_("%(outcome)s on %(day)s") % words,
        due=Due.on(add_business_days(by.organization.today(), 1), by.organization),
        minutes=5,
        source=Task.Source.RULE,
        source_key=f"{cause}:{contact.pk}",
        subject_route="patients:people",
        subject_id=contact.patient_id,
        contact=contact,
    )


def _latest(contact: Contact, patient: Patient) -> dict[str, Any]:
    """The caseload row shows the newest contact, also when an older one is entered later."""
    if patient.last_contact_at is not None and patient.last_contact_at > contact.occurred_at:
        return {}
    return {"last_contact_at": contact.occurred_at, "last_contact_outcome": contact.outcome}


def _links(contact: Contact) -> dict[str, str]:
    links = {"task": contact.task_id, "next_task": contact.next_task_id}
    return {"mode": contact.mode} | {name: str(pk) for name, pk in links.items() if pk}
