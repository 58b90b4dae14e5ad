"""The lists of work as they can be taken away: My day with its filters, the tasks and the contacts of one patient."""

import datetime as dt

from django.conf import settings
from django.http import Http404, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coordination.accounts.models import User
from coordination.lib.display import change_words
from coordination.lib.listing import Column, Listing, words_of
from coordination.lib.permissions import Permission, require
from coordination.worklist.access import (
    clock_of,
    list_closed_tasks,
    list_contacts,
    list_open_tasks,
    list_promises,
    list_work,
    read_desks,
    require_day,
)
from coordination.worklist.day import BUCKETS, ORDERS, View, chips
from coordination.worklist.export_rows import Covers, Done
from coordination.worklist.models import Contact, Task
from coordination.worklist.promises import STATES, order_of, state_in, states
from coordination.worklist.rows import due_value, owner_words
from patients.exports import of_patient, patient_in
from patients.models import Patient


def day(user: User, query: QueryDict) -> Listing:
    """The list of My day: one's own work, a queue, or that of a colleague one covers for. 404 for any other desk."""
    require(user, Permission.TASK_VIEW)
    view, clock = View.read(query), clock_of(user)
    desk = next((desk for desk in read_desks(user, asked=view.desk)[0] if desk.key == view.desk), None)
    if desk is None:
        raise Http404
    tasks = list_work(user, desk).in_bucket(view.bucket, clock).filter(view.narrowed)
    words = [desk.label, str(BUCKETS[view.bucket]), *(chip["label"] for chip in chips(view))]
    return Listing(
        stem="tasks",
        title=_("My day"),
        sentence=", ".join(words),
        rows=tasks.with_patient().ranked(clock),
        order=ORDERS[view.sort],
        columns=[*_task_columns(user), *_who(user), *_owner(user)],
        url=view.address(),
        choices=QueryDict(view.address().partition("?")[2]).dict(),
    )


def promises(user: User, query: QueryDict) -> Listing:
    """One's own promises in one of their states."""
    require(user, Permission.TASK_VIEW)
    state, now = state_in(query), timezone.now()
    url = reverse("worklist:promises")
    return Listing(
        stem="promises",
        title=_("Promises"),
        sentence=str(STATES[state]),
        rows=list_promises(user).filter(states(now)[state]).with_patient(),
        order=order_of(state),
        columns=[
            Column("due_on", _("Due"), lambda task: _due_day(task, user), "day", 12),
            Column("due_at", _("Due at"), lambda task: task.due_at if task.due_has_time else None, "moment"),
            *_person(),
            Column("title", _("Promised"), lambda task: task.headline, width=40),
            Column("reason", _("Why"), lambda task: task.reason, width=40),
            Column("outcome", _("How it ended"), words_of(Task, "outcome")),
            Column("closed", _("Closed"), lambda task: task.closed_at, "moment"),
        ],
        url=f"{url}?state={state}",
        choices={"state": state},
    )


def open_tasks(user: User, query: QueryDict) -> Listing:
    patient = patient_in(user, query, permission=Permission.TASK_VIEW)
    return of_patient(
        patient,
        url=reverse("worklist:patient_tasks", args=[patient.pk]),
        stem="open-tasks",
        title=_("Open tasks"),
        rows=list_open_tasks(user, patient),
        order=ORDERS["due"],
        columns=[*_task_columns(user), *_owner(user)],
    )


def closed_tasks(user: User, query: QueryDict) -> Listing:
    patient = patient_in(user, query, permission=Permission.TASK_VIEW)
    return of_patient(
        patient,
        url=reverse("worklist:patient_tasks", args=[patient.pk]),
        stem="closed-tasks",
        title=_("Closed tasks"),
        rows=list_closed_tasks(user, patient),
        order=[("closed_at", "desc"), ("id", "desc")],
        columns=[
            Column("title", _("Task"), lambda task: task.headline, width=40),
            Column("kind", _("Kind"), words_of(Task, "kind")),
            Column("outcome", _("Outcome"), words_of(Task, "outcome")),
            Column("outcome_note", _("Note"), lambda task: task.outcome_note, width=40),
            Column("closed", _("Closed"), lambda task: task.closed_at, "moment"),
            Column("closed_by", _("Closed by"), lambda task: task.closed_by.name),
        ],
    )


def contacts(user: User, query: QueryDict) -> Listing:
    patient = patient_in(user, query, permission=Permission.TASK_VIEW)
    return of_patient(
        patient,
        url=reverse("worklist:patient_tasks", args=[patient.pk]),
        stem="contacts",
        title=_("Contacts"),
        rows=list_contacts(user, patient),
        order=[("occurred_at", "desc"), ("id", "desc")],
        columns=[
            Column("at", _("When"), lambda contact: contact.occurred_at, "moment"),
            Column("minutes", _("Minutes"), lambda contact: contact.minutes, "number", 10),
            Column("direction", _("Direction"), words_of(Contact, "direction"), width=12),
            Column("mode", _("How"), words_of(Contact, "mode")),
            Column("with", _("With whom"), lambda contact: contact.with_whom or contact.get_target_display()),
            Column("outcome", _("Outcome"), words_of(Contact, "outcome")),
            Column("note", _("Note"), lambda contact: contact.note, width=60),
            Column(
                "no_next_step", _("Why no next step"), lambda contact: contact.no_follow_up_reason, width=30
            ),
            Column("by", _("By"), lambda contact: contact.staff.name),
            Column("undone", _("Taken back"), lambda contact: contact.undone_at, "moment"),
        ],
    )


def covers(user: User, query: QueryDict) -> Listing:
    """Who is away, who looks after their patients, and what would fall between."""
    require(user, Permission.TEAM_MANAGE)
    return Listing(
        stem="covers",
        title=_("Absences and cover"),
        sentence=_("Now and to come"),
        rows=Covers(user),
        columns=[
            Column("absent", _("Away"), lambda line: line.it.absent.name, width=28),
            Column("covering", _("Looked after by"), lambda line: line.it.covering.name, width=28),
            Column("first", _("First day"), lambda line: line.it.starts_on, "day", 12),
            Column("last", _("Last day"), lambda line: line.it.ends_on, "day", 12),
            Column("tasks", _("Falls due"), lambda line: line.load.tasks, "number", 10),
            Column("critical", _("Critical among it"), lambda line: line.load.critical, "number", 10),
            Column("gaps", _("Gaps"), lambda line: " ".join(line.gaps), width=60),
        ],
        url=reverse("covers:list"),
    )


def done(user: User, query: QueryDict) -> Listing:
    """What one did in the last days, with what each act changed."""
    require_day(user)
    days = settings.HISTORY_DAYS
    return Listing(
        stem="what-i-did",
        title=_("What I did"),
        sentence=ngettext("The last day", "The last %(n)s days", days) % {"n": days},
        rows=Done(user, timezone.now() - dt.timedelta(days=days)),
        columns=[
            Column("at", _("When"), lambda act: act["at"], "moment"),
            Column("act", _("What"), lambda act: f"{act['act']} {act.get('batch', '')}".strip()),
            Column("title", _("About"), lambda act: act["title"], width=40),
            Column("name", _("Patient"), lambda act: act["who"] and act["who"]["name"], width=28),
            Column("born", _("Date of birth"), lambda act: act["who"] and act["who"]["born"], "day", 12),
            Column("number", _("Record number"), lambda act: act["who"] and act["who"]["identifier"]),
            Column(
                "changed", _("Changed"), lambda act: "; ".join(map(change_words, act["details"])), width=60
            ),
            Column("undone", _("Undone"), lambda act: act["undone"], width=40),
        ],
        url=reverse("worklist:history"),
    )


def _due_day(task: Task, user: User) -> dt.date:
    value = due_value(task, user)
    return value.astimezone(user.zone).date() if isinstance(value, dt.datetime) else value


def _task_columns(user: User) -> list[Column]:
    return [
        Column("due_on", _("Due"), lambda task: _due_day(task, user), "day", 12),
        Column("due_at", _("Due at"), lambda task: task.due_at if task.due_has_time else None, "moment"),
        Column("due_rule", _("Time limit"), lambda task: task.due_rule),
        Column("title", _("Task"), lambda task: task.headline, width=40),
        Column("kind", _("Kind"), words_of(Task, "kind")),
        Column("priority", _("Priority"), words_of(Task, "priority")),
        Column("status", _("Status"), words_of(Task, "status")),
        Column("reason", _("Why"), lambda task: task.reason, width=40),
        Column("context", _("What helps"), lambda task: task.context, width=30),
        Column("waiting_on", _("Waiting on"), lambda task: task.waiting_on),
        Column("snoozed", _("Sleeps until"), lambda task: task.snoozed_until, "moment"),
        Column("minutes", _("Minutes"), lambda task: task.minutes, "number", 10),
    ]


def _owner(user: User) -> list[Column]:
    return [Column("owner", _("Who has it"), lambda task: _owner_name(task, user))]


def _owner_name(task: Task, user: User) -> str:
    """By name also when it is the reader: a file is read by others too."""
    return task.owner.name if task.owner is not None else owner_words(task, user)


def _person() -> list[Column]:
    """The patient of a row, by three identifiers; a task about nobody leaves them empty."""
    return [
        Column("family", _("Family name"), lambda task: task.patient and task.patient.family),
        Column("given", _("Given name"), lambda task: task.patient and task.patient.given),
        Column("born", _("Date of birth"), lambda task: task.patient and task.patient.birth_date, "day", 12),
        Column("number", _("Record number"), lambda task: task.patient and task.patient.record_number),
    ]


def _who(user: User) -> list[Column]:
    columns = [
        *_person(),
        Column(
            "contact", _("Last contact"), lambda task: task.patient and task.patient.last_contact_at, "moment"
        ),
    ]
    if user.may(Permission.HISTORY_VIEW):
        risk = words_of(Patient, "risk")
        columns.append(Column("risk", _("Risk"), lambda task: task.patient and risk(task.patient), width=12))
    return columns
