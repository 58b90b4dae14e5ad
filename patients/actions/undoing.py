"""Taking back what was done to a record: the line is again as it was, and history shows both.

One rule for every act: within UNDO_MINUTES, while each line it changed is still as it left it. What others did and undid since
does not count. A line that was added says that it was entered in error, or goes where it never was so; then its change keeps it.
"""

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from coordination.accounts.models import User
from coordination.audit.actions import record
from coordination.lib.display import day
from coordination.lib.refusal import Refused
from coordination.lib.stored import unpacked
from coordination.lib.undoable import changed_since, check_time, undone_words
from coordination.outbox.actions import post
from patients.actions.care import refuse_idle
from patients.actions.changing import Act, mark_of
from patients.actions.identity import NAMING, name_again
from patients.models import HistoryItem, Patient, RecordChange
from patients.querysets import forget_scope

# after these somebody looks again for whom the patient could be taken for
NEWS = NAMING | {"coordinator", "status"}


@transaction.atomic
def undo_record_change(*, change: RecordChange, by: User) -> RecordChange:
    """Put back what one act changed, with all that came of it. Refused once it is too late, or when a line was changed since."""
    whole = _locked(change)
    if whole[0].undone_at is not None:
        raise Refused(undone_words(whole[0]))
    check_time(whole[0])
    lines = [_line(each) for each in whole]
    for each, line in zip(whole, lines, strict=True):
        _check_unchanged(each, line)
    try:
        with transaction.atomic():
            # what came of it goes first: a patient has one primary coordinator at any moment
            back = [
                _put_back(each, line, by) for each, line in reversed(list(zip(whole, lines, strict=True)))
            ]
    except IntegrityError as taken:
        raise Refused(_("It cannot go back: what it was is taken by another line or record now.")) from taken
    now = timezone.now()
    RecordChange.objects.filter(pk__in=[each.pk for each in whole]).update(undone_at=now, undone_by=by)
    for each in whole:
        each.undone_at, each.undone_by = now, by
    record(
        f"{change.kind.thing}.undone", by=by, target=back[-1], patient_id=change.patient_id,
        changed=sorted(change.before if change.act != Act.REMOVE else ()),
        detail={"act": change.act, "change": str(change.pk)},
    )  # fmt: skip
    if change.row_type == Patient._meta.label_lower and change.before.keys() & NEWS:
        post("patient.named", organization_id=change.organization_id, patient_id=change.patient_id)
    forget_scope(by)  # a place on the care team gives sight
    return whole[0]


def _locked(change: RecordChange) -> list[RecordChange]:
    """The act and what came of it, in the order the act itself took its locks."""
    # who undid it meanwhile is asked afterwards: a row joined before the lock would not know
    found = RecordChange.objects.select_for_update().filter(Q(pk=change.pk) | Q(part_of=change.pk))
    return sorted(found, key=lambda each: (each.part_of_id is not None, each.pk))


def _line(change: RecordChange) -> Any:
    model: Any = apps.get_model(change.row_type)
    return model._base_manager.select_for_update().filter(pk=change.row_id).first()


def _check_unchanged(change: RecordChange, line: Any) -> None:
    """The line must be as the act left it. An act that was undone moved the version twice and changed nothing."""
    later = RecordChange.objects.filter(row_id=change.row_id, version__gt=change.version)
    since: Sequence[RecordChange] = list(later.select_related("by").order_by("version"))
    standing = [each for each in since if each.undone_at is None]
    if standing:
        raise changed_since(standing[-1].by, standing[-1].at)
    if (line is None) != (change.act == Act.REMOVE):
        raise Refused(_("The line was changed since."))
    if line is not None and getattr(line, "version", 1) != change.version + 2 * len(since):
        raise changed_since(line.updated_by, line.updated_at)


def _put_back(change: RecordChange, line: Any, by: User) -> Any:
    """Returns the line as it is then. One that was taken away keeps its id, for the audit trail."""
    if change.act == Act.REMOVE:
        return _bring_back(change, by)
    if change.act == Act.ADD:
        return _withdraw(line, by)
    values = unpacked(type(line), change.before)
    if isinstance(line, Patient) and values.get("coordinator_id"):
        refuse_idle(User.objects.get(pk=values["coordinator_id"]), line)
    derive = (lambda: name_again(line)) if isinstance(line, Patient) else tuple
    line.change(values, by=by, derive=derive)
    return line


def _withdraw(line: Any, by: User) -> Any:
    if mark := mark_of(line):
        values = {mark: "entered_in_error"}
        if isinstance(line, HistoryItem):
            words = {"day": day(by.organization.today()), "name": by.name}
            values["note"] = (
                f"{line.note}\n{_('Added by mistake, undone %(day)s by %(name)s') % words}".strip()
            )
        line.change(values, by=by)
    else:
        type(line)._base_manager.filter(pk=line.pk).delete()
    return line


def _bring_back(change: RecordChange, by: User) -> Any:
    model: Any = apps.get_model(change.row_type)
    values = unpacked(model, change.before)
    line = model(
        pk=change.row_id, organization_id=change.organization_id, version=change.version + 1, updated_by=by, **values
    )  # fmt: skip
    line.save(force_insert=True)
    model._base_manager.filter(pk=line.pk).update(created_at=values["created_at"])
    return line
