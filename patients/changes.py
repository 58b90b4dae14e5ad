"""What was done to a record, in words: the act, the line, and what it changed from and to."""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

from django.apps import apps
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coordination.accounts.models import Team, User
from coordination.accounts.permissions import Permission
from coordination.lib import display
from coordination.lib.languages import language_name
from coordination.lib.stored import unpacked
from patients.access import lines_behind
from patients.actions.identity import LANGUAGE, NAME, PERSON
from patients.forms.coverage import CoverageForm
from patients.forms.history import FORMS
from patients.forms.identity import CLINICAL, patient_fields
from patients.forms.people import ConsentForm, MemberForm, RelatedPersonForm
from patients.forms.reaching import address_fields, identifier_fields, phone_fields
from patients.models import (
    Address,
    CareTeamMember,
    Consent,
    ContactPoint,
    Coverage,
    HistoryItem,
    Identifier,
    Patient,
    RecordChange,
    RelatedPerson,
)
from patients.models.change import ALLERGIES, CARE
from patients.words import phone_words

Item = dict[str, Any]
Act = RecordChange.Act
ICONS = {Act.ADD: "plus", Act.EDIT: "pencil", Act.END: "ban", Act.REMOVE: "circle-x"}
UNDONE: dict[str, Promise] = {
    Act.ADD: gettext_lazy("Taken out again: %(what)s."),
    Act.EDIT: gettext_lazy("As it was before: %(what)s."),
    Act.END: gettext_lazy("As it was before: %(what)s."),
    Act.REMOVE: gettext_lazy("There again: %(what)s."),
}
# a line has the words of the form it is written with, by its table
_FORMS: dict[type[Any], dict[str, Any]] = {
    Patient: patient_fields([*NAME, *PERSON, *LANGUAGE, "record_number"]),
    ContactPoint: phone_fields(),
    Address: address_fields(),
    Identifier: identifier_fields(),
    RelatedPerson: RelatedPersonForm.base_fields,
    CareTeamMember: MemberForm.base_fields,
    Consent: ConsentForm.base_fields,
    Coverage: CoverageForm.base_fields,
    **{model: form.base_fields for model, form in FORMS.items()},
}
FIELDS: dict[str, dict[str, Any]] = {
    model._meta.label_lower: {name: field.label for name, field in fields.items()}
    for model, fields in _FORMS.items()
}
# what no form asks for; a name that is in neither follows from the others
ALSO: dict[str, Promise] = {
    "team": gettext_lazy("Team"),
    "coordinator": gettext_lazy("Primary coordinator"),
    "status": gettext_lazy("Status"),
    "care_ended_on": gettext_lazy("Care ended on"),
    "care_ended_reason": gettext_lazy("Why care ended"),
    "is_deceased": gettext_lazy("Has died"),
    "deceased_on": gettext_lazy("Date of death"),
    "allergy_status": gettext_lazy("Allergies"),
    "allergies_checked_on": gettext_lazy("Allergies checked"),
    "rank": gettext_lazy("Order: 1 is tried first"),
    "do_not_use": gettext_lazy("Do not use"),
    "do_not_use_reason": gettext_lazy("Why"),
    "starts_on": gettext_lazy("From"),
    "ends_on": gettext_lazy("Until"),
    "abated_on": gettext_lazy("Until"),
    "is_active": gettext_lazy("Still holds"),
    "record_status": gettext_lazy("Status"),
    "verified_on": gettext_lazy("Checked"),
    "verified_at": gettext_lazy("Checked"),
    "revoked_at": gettext_lazy("Revoked"),
    "reason": gettext_lazy("Why"),
}
# told to roles that see the health history
CLOSED = CLINICAL | ALLERGIES | {"may_be_told", "scope", "recipients", "purpose"}


def told(changes: Collection[RecordChange], user: User) -> list[Item]:
    """Each act as a line of history, in the order they come; without lines closed to this person."""
    lines = lines_behind(changes, user)
    names = _names(changes)
    now = timezone.now()
    return [_told(change, lines[change.pk], names, user, now) for change in changes if change.pk in lines]


def undo_address(done: Any) -> str:
    """Where the act just done to a line is undone; empty when it changed nothing."""
    change: RecordChange | None = getattr(done, "last_change", None)
    return _address(change) if change is not None else ""


def undone_words(change: RecordChange) -> str:
    return str(UNDONE[change.act]) % {"what": _kind_words(change)}


def _told(change: RecordChange, line: Any, names: Mapping[str, str], user: User, now: dt.datetime) -> Item:
    undone = ""
    if change.undone_at is not None:
        words = {"name": change.undone_by, "when": display.moment_short(change.undone_at)}
        undone = _("Undone by %(name)s, %(when)s") % words
    may = user.may(change.right) and change.can_be_undone(now) and not change.was_changed_since
    title = line_words(line)
    return {
        "pk": change.pk,
        "act": change.get_act_display(),
        "icon": ICONS[Act(change.act)],
        "title": f"{_kind_words(change)}: {title}" if title else _kind_words(change),
        "url": "",
        "at": change.at,
        "by": change.by,
        "details": _details(change, line, names, user),
        "undone": undone,
        "undo_url": _address(change) if may else "",
    }


def _address(change: RecordChange) -> str:
    return reverse("patients:change_undo", args=[change.patient_id, change.pk])


def _kind_words(change: RecordChange) -> str:
    """The kind of line; for the patient, the part of the record."""
    names = change.before.keys()
    if change.row_type != Patient._meta.label_lower:
        return str(change.kind.label)
    for part, label in (
        (CARE, _("Care")),
        (ALLERGIES, _("Allergies")),
        ({"is_deceased"}, _("Death")),
        (set(NAME), _("Name")),
        (set(PERSON), _("Person")),
        (set(LANGUAGE), _("Language and needs")),
    ):
        if names & part:
            return label
    return str(change.kind.label)


def line_words(line: Any) -> str:
    """Which line it is, as its own list says it."""
    match line:
        case ContactPoint():
            return phone_words(line)
        case Address():
            return line.one_line
        case Identifier():
            return ", ".join(part for part in (line.value, line.system) if part)
        case CareTeamMember():
            return line.user.name if line.user else line.name
        case RelatedPerson():
            return line.name
        case Consent():
            return str(line.get_kind_display())
        case Coverage():
            return line.payer
        case HistoryItem():
            return line.text
    return ""


def _details(change: RecordChange, line: Any, names: Mapping[str, str], user: User) -> list[dict[str, str]]:
    """Fields a person would ask about, as they were and as they became. A line that is there tells itself what it says."""
    if change.act == Act.ADD and line.pk == change.row_id:  # not as it was kept
        return []
    model: Any = apps.get_model(change.row_type)
    before, after = unpacked(model, change.before), unpacked(model, change.after)
    lines = []
    for name, label in (ALSO | FIELDS.get(change.row_type, {})).items():
        if name not in change.before.keys() | change.after.keys():
            continue
        if name in CLOSED and not user.may(Permission.HISTORY_VIEW):
            continue
        field = model._meta.get_field(name)
        old, new = (_said(field, values.get(field.attname), names) for values in (before, after))
        if old != new:
            lines.append({"label": str(label), "before": old, "after": new})
    return lines


def _said(field: Any, value: Any, names: Mapping[str, str]) -> str:
    if value in (None, "", []):
        return ""
    if field.is_relation:
        return names.get(str(value), "")
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, dt.datetime):
        return display.moment_short(value)
    if isinstance(value, dt.date):
        return display.day(value)
    if isinstance(value, dt.time):
        return display.hour_of(value)
    if field.name in {"language", "written_language"}:
        return language_name(value)
    choices: dict[Any, Any] = dict(getattr(getattr(field, "base_field", field), "flatchoices", []) or [])
    several = value if isinstance(value, list) else [value]
    return ", ".join(str(choices.get(each, each)) for each in several)


def _names(changes: Collection[RecordChange]) -> dict[str, str]:
    """The people and teams the changes went from and to, also those who left."""
    kept = [side for change in changes for side in (change.before, change.after)]
    found: dict[str, str] = {}
    for model, column in ((User, "coordinator"), (User, "user"), (Team, "team")):
        if ids := {side[column] for side in kept if side.get(column)}:
            named = model.objects.filter(pk__in=ids).values_list("pk", "name")
            found |= {str(pk): name for pk, name in named}
    return found
