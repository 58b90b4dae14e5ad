"""What follows from a message about tasks."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coordination.accounts.actions import ensure_system_user
from coordination.accounts.models import Cover, Team, User
from coordination.accounts.permissions import Permission
from coordination.accounts.roles import roles_with
from coordination.lib import display
from coordination.lib.days import add_business_days
from coordination.notifications.actions import notify
from coordination.notifications.models import Notification
from coordination.outbox.models import Message
from coordination.worklist.actions import close_task, open_task
from coordination.worklist.actions.caseload import lock_tasks
from coordination.worklist.actions.needing import follow
from coordination.worklist.actions.tasks import REVIEW_ROUTE
from coordination.worklist.actions.waking import wake_for_event
from coordination.worklist.actions.weighing import weigh_again
from coordination.worklist.due import Due
from coordination.worklist.loops import REVIEW_CAUSE
from coordination.worklist.models import Batch, Task
from coordination.worklist.querysets import OUTREACH
from coordination.worklist.rows import due_words
from patients.access import seen_of
from patients.models import AccessGrant


def notify_owner(message: Message) -> None:
    """Tell whoever was handed a task, unless it has been handed on or closed since."""
    task = Task.objects.select_related("owner__organization").filter(pk=message.payload["task_id"]).first()
    if task is None or not task.is_open or str(task.owner_id) != message.payload["user_id"]:
        return
    giver = User.objects.filter(pk=message.payload["by_id"]).first()
    words = {"name": giver, "title": task.title, "due": due_words(task, task.owner)}
    notify(
        user=task.owner,
        kind=Notification.Kind.SAFETY if task.is_critical else Notification.Kind.ASSIGNED,
        text=(_("%(name)s gave you a task: %(title)s, due %(due)s.") % words)[:300],
        route="worklist:task",
        subject_id=task.pk,
        patient_id=task.patient_id,
        key=f"task.assigned:{message.pk}",
        by=giver,
    )


def notify_owner_of_many(message: Message) -> None:
    """Tell whoever was handed several tasks at once, in one line, unless the batch was undone since."""
    sent = message.payload
    batch = Batch.objects.filter(pk=sent["batch_id"], undone_at__isnull=True).first()
    owner = User.objects.filter(pk=sent["user_id"]).first()
    if batch is None or owner is None:
        return
    giver = User.objects.filter(pk=sent["by_id"]).first()
    words = ngettext("%(name)s gave you %(n)s task.", "%(name)s gave you %(n)s tasks.", sent["rows"])
    notify(
        user=owner,
        kind=Notification.Kind.ASSIGNED,
        text=words % {"name": giver, "n": sent["rows"]},
        route="worklist:day",
        key=f"tasks.assigned:{message.pk}",
        by=giver,
    )


def wake_for_news(message: Message) -> None:
    """Wake what sleeps until this happened to the patient, and tell each owner. Told twice, nothing sleeps any more."""
    event = message.payload["event"] if message.topic == "patient.news" else Task.Event.RESULT
    teller = User.objects.filter(pk=message.payload.get("by_id")).first()
    sleeping = Task.objects.asleep_for(message.payload["patient_id"], event)
    for task in lock_tasks(list(sleeping.values_list("pk", flat=True))).values():
        woken = wake_for_event(task=task, event=event, by=ensure_system_user(task.organization))
        if woken is not None and woken.owner is not None:
            words = {"why": woken.snooze_reason, "title": woken.title}
            notify(
                user=woken.owner,
                kind=Notification.Kind.SAFETY if woken.is_critical else Notification.Kind.DUE,
                text=(_("%(why)s. %(title)s") % words)[:300],
                route="worklist:task",
                subject_id=woken.pk,
                patient_id=woken.patient_id,
                key=f"task.woken:{woken.pk}:{woken.version}",
                by=teller,
            )


def weigh_tasks(message: Message) -> None:
    """The risk of a patient, or how contacts with them end, changed: their open tasks stand where that puts them."""
    tasks = Task.objects.open().filter(patient_id=message.payload["patient_id"])
    weigh_again(list(tasks.values_list("pk", flat=True)))


def follow_ended(message: Message) -> None:
    """Bring what needs a task in step with it, where somebody was changing that at the moment the task ended."""
    task = Task.objects.filter(pk=message.payload["task_id"]).first()
    by = User.objects.filter(pk=message.payload["by_id"]).first()
    if task is not None and by is not None:
        follow([task], by=by)


def stop_outreach(message: Message) -> None:
    """Nobody calls a patient who died: what was to reach the patient ends, what is owed to others stays."""
    patient_id = message.payload["patient_id"]
    tasks = Task.objects.open().filter(patient_id=patient_id, patient__is_deceased=True, kind__in=OUTREACH)
    for task in lock_tasks(list(tasks.values_list("pk", flat=True))).values():
        by = ensure_system_user(task.organization)
        close_task(task=task, by=by, outcome=Task.Outcome.DECEASED, note=_("The patient has died."))


def tell_covering(message: Message) -> None:
    """Tell whoever looks after a caseload from when to when, unless that was taken back meanwhile."""
    cover = Cover.objects.select_related("absent", "covering").filter(pk=message.payload["cover_id"]).first()
    if cover is None:
        return
    words = {
        "name": cover.absent,
        "first": display.day_short(cover.starts_on),
        "last": display.day_short(cover.ends_on),
    }
    notify(
        user=cover.covering,
        kind=Notification.Kind.ASSIGNED,
        text=_("You cover for %(name)s from %(first)s to %(last)s. Their work is in My day.") % words,
        route="worklist:day",
        key=f"cover.arranged:{message.pk}",
        by=User.objects.filter(pk=message.payload["by_id"]).first(),
    )


def tell_cover_ended(message: Message) -> None:
    """Tell whoever looked after a caseload that they no longer do, unless that was taken back meanwhile."""
    absent = User.objects.select_related("organization").get(pk=message.payload["absent_id"])
    stands = Cover.objects.filter(pk=message.payload["cover_id"], ends_on__gte=absent.organization.today())
    if stands.exists():
        return
    notify(
        user=User.objects.get(pk=message.payload["covering_id"]),
        kind=Notification.Kind.ASSIGNED,
        text=_("You no longer cover for %(name)s.") % {"name": absent},
        route="worklist:day",
        key=f"cover.ended:{message.pk}",
        by=User.objects.filter(pk=message.payload["by_id"]).first(),
    )


def open_access_review(message: Message) -> None:
    """Somebody opened a record in an emergency: privacy officers hear of it, and one person owes a review. Never PHI."""
    grant = _grant_of(message)
    day = add_business_days(grant.organization.today(), settings.BREAK_GLASS_REVIEW_DAYS)
    open_review_task(grant, day)
    for officer in _reviewers(grant).filter(roles__contains=["privacy_officer"]):
        notify(
            user=officer,
            kind=Notification.Kind.SAFETY,
            text=_("%(name)s opened a record by emergency access. Its review is due %(day)s.")
            % {"name": grant.user, "day": display.day_short(day)},
            route=REVIEW_ROUTE,
            subject_id=grant.pk,
            patient_id=grant.patient_id,
            key=f"access.broken_glass:{grant.pk}",
        )


def open_review_task(grant: AccessGrant, day: dt.date) -> Task:
    """The task has no patient: it would be read in the record by the very person it is about."""
    house = grant.organization
    by, days = ensure_system_user(house), settings.BREAK_GLASS_REVIEW_DAYS
    return open_task(
        by=by,
        title=_("Review an emergency access"),
        reason=_("%(name)s opened a record they had no sight of.") % {"name": grant.user},
        due=Due.on(day, house),
        due_rule=ngettext("Next business day", "%(n)s business days", days) % {"n": days},
        priority=Task.Priority.CRITICAL,
        source=Task.Source.RULE,
        source_key=f"{REVIEW_CAUSE}{grant.pk}",
        subject_route=REVIEW_ROUTE,
        subject_id=grant.pk,
        **_reviewer_of(grant),
    )


def close_access_review(message: Message) -> None:
    """The review is written: its task ends with the finding. A breach is followed up by whoever found it."""
    grant = _grant_of(message)
    by = grant.reviewed_by
    if by is None:
        return
    words = f"{grant.get_finding_display()}. {grant.finding_note}".strip()
    for task in Task.objects.open().filter(source_key=f"{REVIEW_CAUSE}{grant.pk}"):
        close_task(task=task, by=by, note=words)
    if grant.finding == AccessGrant.Finding.BREACH:
        open_task(
            by=by,
            title=_("Follow up on an emergency access that was not appropriate"),
            reason=_("%(name)s opened a record without need.") % {"name": grant.user},
            context=_("Assess the risk, and who must be told: within 60 days (45 CFR 164.404)."),
            due=Due.on(add_business_days(grant.organization.today(), 1), grant.organization),
            priority=Task.Priority.HIGH,
            source=Task.Source.RULE,
            source_key=f"access.breach:{grant.pk}",
            subject_route=REVIEW_ROUTE,
            subject_id=grant.pk,
        )


def _grant_of(message: Message) -> AccessGrant:
    grants = AccessGrant.objects.select_related(
        "user", "organization", "reviewed_by__organization", "patient"
    )
    grant: AccessGrant = grants.get(pk=message.payload["grant_id"])
    return grant


def _reviewers(grant: AccessGrant) -> QuerySet[User]:
    """Everyone of the organization who may review, except the person it is about."""
    people: QuerySet[User] = User.objects.working().filter(
        organization=grant.organization, roles__overlap=roles_with(Permission.ACCESS_REVIEW)
    )
    return people.exclude(pk=grant.user_id).order_by("name", "pk")


def _reviewer_of(grant: AccessGrant) -> dict[str, Any]:
    """A privacy officer, else whoever else may review and sees the patient, else the queue of the patient's team."""
    people = list(_reviewers(grant))
    officers = [person for person in people if "privacy_officer" in person.roles]
    others = [person for person in people if seen_of(person, [grant.patient_id])]
    if owner := next(iter(officers + others), None):
        return {"owner": owner}
    teams = Team.objects.filter(organization=grant.organization, is_active=True).order_by("name", "pk")
    return {"queue": teams.filter(pk=grant.patient.team_id).first() or teams.first()}
