"""The one way a line of a record changes: the row, what it was before and who did it, so that every act can be taken back.

What an act changes in other lines on the way (`of`) is kept as part of it. The audit event is the act's own.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.utils import timezone

from coordination.accounts.models import User
from coordination.lib.acting import insert
from coordination.lib.stored import packed
from patients.models import Coverage, HistoryItem, Patient, RecordChange

Act = RecordChange.Act
_MADE = {"id", "organization", "version", "created_at", "created_by", "updated_at", "updated_by"}


def add_line(line: Any, *, by: User, of: RecordChange | None = None) -> None:
    """Write down a new line. `line.last_change` is the act just done: its Undo is offered beside the sentence that tells of it."""
    insert(line)
    keep_added(line, by=by, of=of)


def keep_added(line: Any, *, by: User, of: RecordChange | None = None) -> None:
    kept = {} if mark_of(line) else packed(line, columns_of(line) - _MADE)
    _keep(line, Act.ADD, by=by, of=of, after=kept)


def change_line(
    line: Any,
    values: Mapping[str, Any],
    *,
    by: User,
    act: RecordChange.Act = Act.EDIT,
    of: RecordChange | None = None,
    derive: Callable[[], Collection[str]] = tuple,
) -> list[str]:
    """Set `values` on a locked line. Returns the names of the fields that differ; when none does, there is nothing to undo."""
    before = packed(line, values)
    changed: list[str] = line.change(dict(values), by=by, derive=derive)
    if changed:
        kept = {name: before[name] for name in changed}
        _keep(line, act, by=by, of=of, before=kept, after=packed(line, changed))
    return changed


def change_along(line: Any, values: Mapping[str, Any], *, by: User, of: RecordChange | None) -> None:
    """What an act changes in another line. Without one (an import) nobody is offered to undo it."""
    if of is None:
        line.change(dict(values), by=by)
    else:
        change_line(line, values, by=by, of=of)


def keep_removed(line: Any, *, by: User) -> None:
    """Keep all of a line that is about to leave its table."""
    kept = packed(line, columns_of(line) - {"id", "organization", "version", "updated_at", "updated_by"})
    line.version += 1
    _keep(line, Act.REMOVE, by=by, before=kept)


def mark_of(line: Any) -> str:
    """The column by which a line of this kind says that it was entered in error; empty for kinds that are taken away then."""
    if isinstance(line, HistoryItem):
        return "record_status"
    return "status" if isinstance(line, Coverage) else ""


def columns_of(line: Any) -> set[str]:
    return {field.name for field in line._meta.concrete_fields}


def _keep(line: Any, act: RecordChange.Act, *, by: User, of: RecordChange | None = None, **also: Any) -> None:
    change = RecordChange(
        organization_id=line.organization_id,
        patient_id=line.pk if isinstance(line, Patient) else line.patient_id,
        act=act,
        part_of=of,
        row_type=line._meta.label_lower,
        row_id=line.pk,
        version=getattr(line, "version", 1),
        at=timezone.now(),
        by=by,
        **also,
    )
    insert(change)
    if of is None:
        line.last_change = change
