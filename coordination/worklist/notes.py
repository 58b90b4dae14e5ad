"""What is said about a patient as plain text, to be put into another record by hand: no markup, the identity on top, who wrote it.

Dates are 14-Mar-1958 whatever the reader prefers: the text leaves for a system that does not know the reader.
"""

import datetime as dt
from collections.abc import Iterable, Sequence

from django.utils import timezone
from django.utils.translation import gettext as _

from coordination.accounts.models import User
from coordination.lib import display
from coordination.lib.days import local_date
from coordination.worklist.forms import TOPICS
from coordination.worklist.models import Contact, Task
from coordination.worklist.rows import due_value, owner_words
from patients.banner import Banner, banner_of
from patients.models import Patient
from patients.words import born_as_known

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Line = tuple[str, object]


def plain_day(value: dt.date) -> str:
    return f"{value.day:02}-{_MONTHS[value.month - 1]}-{value.year}"


def plain_moment(value: dt.datetime, user: User) -> str:
    here = value.astimezone(user.zone)
    return f"{plain_day(here.date())} {here:%H:%M}"


def contact_note(user: User, contact: Contact) -> str:
    """One contact: what was tried, with whom, what was said and what follows."""
    title = _("CONTACT: %(outcome)s") % {"outcome": contact.get_outcome_display()}
    return _note(user, contact.patient, title, [_contact(user, contact)])


def day_note(user: User, patient: Patient, day: dt.date, contacts: Sequence[Contact]) -> str:
    """Every contact of one day of the organization, earliest first."""
    title = _("CONTACTS OF %(day)s") % {"day": plain_day(day)}
    parts = [_contact(user, contact) for contact in contacts] or [_("No contact was logged on this day.")]
    return _note(user, patient, title, parts)


def task_note(user: User, task: Task, contacts: Sequence[Contact]) -> str:
    """One task: why, who, until when, how it ended, and what was tried for it."""
    title = _("TASK: %(title)s") % {"title": task.headline}
    due = due_value(task, user)
    lines: list[Line] = [
        (_("Why"), task.reason),
        (_("Kind"), task.get_kind_display()),
        (_("Status"), task.get_status_display()),
        (_("Due"), plain_moment(due, user) if isinstance(due, dt.datetime) else plain_day(due)),
        (_("Rule"), task.due_rule),
        (_("Who has it"), task.owner.name if task.owner else owner_words(task, user)),
        (_("Waiting on"), task.waiting_on),
        (_("Opened"), f"{plain_moment(task.created_at, user)}, {_signed(task.created_by)}"),
    ]
    if task.closed_at is not None and task.closed_by is not None:
        lines.append((_("Closed"), f"{plain_moment(task.closed_at, user)}, {_signed(task.closed_by)}"))
        lines.append((_("Outcome"), task.get_outcome_display()))
        lines.append((_("Note"), task.outcome_note))
    parts = [_lines(lines)]
    if task.checklist:
        steps = (f"[{'x' if step.get('done') else ' '}] {step.get('text', '')}" for step in task.checklist)
        parts.append("\n".join([_("STEPS"), *steps]))
    parts += [_contact(user, contact) for contact in contacts]
    return _note(user, task.patient, title, parts)


def patient_note(
    user: User, patient: Patient, tasks: Sequence[Task], contacts: Sequence[Contact], *, most: int
) -> str:
    """The overview of a patient: what the banner says, what is open, the last contacts. Only what this person may see.

    Of more tasks than `most` it says that there are more.
    """
    banner = banner_of(user, patient)
    parts = [_lines(_facts(banner))]
    if tasks:
        rows = (
            f"- {plain_day(local_date(task.due_at, user.organization.zone))} {task.headline}: {task.reason}"
            for task in tasks[:most]
        )
        more = (
            [_("- and more: only the first %(n)s are told here") % {"n": most}] if len(tasks) > most else []
        )
        parts.append("\n".join([_("OPEN TASKS"), *rows, *more]))
    if contacts:
        rows = (
            f"- {plain_moment(contact.occurred_at, user)} {contact.get_mode_display()}, "
            f"{contact.get_outcome_display()}, {_author(contact)}"
            for contact in contacts
        )
        parts.append("\n".join([_("LAST CONTACTS"), *rows]))
    return _note(user, patient, _("SUMMARY"), parts, banner)


def _facts(banner: Banner) -> Iterable[Line]:
    yield _("Gender"), banner.gender
    yield _("Coordinator"), banner.coordinator
    if banner.allergies is not None:
        states = {
            "known": banner.allergies["text"],
            "none": _("No known allergies"),
            "unrecorded": display.not_recorded(),
            "unavailable": _("Not available"),
        }
        yield _("Allergies"), states[banner.allergies["state"]]
    for alert in banner.alerts:
        yield _("Alert"), alert["text"]
    for fact in banner.details or banner.facts:
        if fact["label"] != _("Allergies"):
            yield fact["label"], "; ".join(str(fact["value"]).splitlines())


def _contact(user: User, contact: Contact) -> str:
    minutes = _(" (%(n)s min)") % {"n": contact.minutes} if contact.minutes else ""
    if contact.next_task is not None:
        words = {
            "title": contact.next_task.headline,
            "day": plain_day(local_date(contact.next_task.due_at, user.organization.zone)),
        }
        follows = _("%(title)s, due %(day)s") % words
    else:
        follows = contact.no_follow_up_reason
    lines: list[Line] = [
        (_("When"), f"{plain_moment(contact.occurred_at, user)}{minutes}"),
        (_("How"), f"{contact.get_mode_display()}, {contact.get_direction_display().lower()}"),
        (_("With"), contact.with_whom or contact.get_target_display()),
        (_("Outcome"), contact.get_outcome_display()),
        (_("Interpreter"), contact.get_interpreter_display() if contact.interpreter != "none" else ""),
        (_("Topics"), ", ".join(topic_words(contact))),
        (_("Note"), contact.note.strip()),
        (_("Next"), follows),
        (_("By"), _author(contact)),
    ]
    if contact.undone_at is not None:
        lines.insert(0, (_("TAKEN BACK"), plain_moment(contact.undone_at, user)))
    return _lines(lines)


def topic_words(contact: Contact) -> list[str]:
    """What was talked about, as the form of a contact says it."""
    words = dict(TOPICS)
    return [str(words.get(topic, topic)) for topic in contact.topics]


def _author(contact: Contact) -> str:
    credential = contact.staff_credential or contact.staff.credential
    return f"{contact.staff.name}, {credential}" if credential else contact.staff.name


def _signed(person: User) -> str:
    return f"{person.name}, {person.credential}" if person.credential else person.name


def _lines(lines: Iterable[Line]) -> str:
    return "\n".join(f"{label}: {value}" for label, value in lines if value)


def _note(
    user: User, patient: Patient | None, title: str, parts: Sequence[str], banner: Banner | None = None
) -> str:
    head: list[Line] = []
    if patient is not None:
        born = plain_day(patient.birth_date) if patient.birth_date else born_as_known(patient)
        head = [
            (_("Patient"), patient.display_name),
            (_("Born"), born),
            (_("Record number"), patient.record_number or display.not_recorded()),
            (_("Died"), plain_day(patient.deceased_on) if patient.deceased_on else ""),
        ]
        if banner is not None:
            head += [(item["label"], item["value"]) for item in banner.identifiers[1:]]
    words = {"moment": plain_moment(timezone.now(), user), "name": _signed(user)}
    foot = _("Copied from Throughline %(moment)s by %(name)s.") % words
    return "\n\n".join([part for part in (title, _lines(head), *parts, foot) if part]) + "\n"
