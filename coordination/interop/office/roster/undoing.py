"""Taking an import back: what nobody worked on since goes as it came, everything else stays and says why.

The last row first, fifty to a transaction. A new patient is withdrawn only if nothing at all happened to the record since; of a
patient who was here before, each field and each line is put back for itself.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from django.utils.translation import gettext as _

from coordination.accounts.models import User
from coordination.interop.office.models import RosterJob, RosterRow
from coordination.interop.office.roster.covered import is_as_left, plain, put_back
from coordination.interop.office.roster.fields import BY_KEY
from coordination.interop.office.roster.keeping import LINES
from coordination.interop.office.roster.running import CHUNK, end, move
from coordination.lib.retry import again_on_conflict
from coordination.lib.rls import organization
from coordination.worklist.actions.caseload import lock_patients, lock_tasks
from coordination.worklist.actions.tasks import close_task
from coordination.worklist.models import Task
from patients.actions.coverage import remove_coverage
from patients.actions.reaching import take_away_line
from patients.actions.relinking import moving
from patients.actions.withdrawing import put_values_back, withdraw_patient
from patients.models import CareTeamMember, Coverage, Patient

ADDED: dict[str, type[Any]] = {**LINES, "coverages": Coverage}
# what an import and its readers leave behind by themselves
BY_THEMSELVES = {
    "office.RosterRow.patient",
    "office.ExportJob.patient_id",
    "notifications.Notification.patient_id",
    "patients.RecordChange.patient",  # whatever was done to a line is seen on the line
}
Undo = RosterRow.Undo


class Undoing:
    """One roster on its way back."""

    is_ready = True

    def __init__(self, job: RosterJob) -> None:
        self.job = job

    @property
    def is_through(self) -> bool:
        return self.job.rows_done >= (self.job.rows_total or 0)

    def step(self) -> None:
        """Take back the fifty rows that came in last."""
        again_on_conflict(self._take_back)

    def end(self) -> None:
        end(self.job)

    def _take_back(self) -> None:
        job = self.job
        with organization(job.organization_id):
            by = User.objects.select_related("organization").get(pk=job.mapping["undo_by"])
            left = job.rows.select_for_update().filter(undo="", before__isnull=False).order_by("-number")
            rows = list(left[:CHUNK])
            whole = Chunk(rows, by, job.mapping["undo_reason"])
            counts = dict(job.counts)
            for row in rows:
                whole.take_back(row)
                counts[row.undo] = counts.get(row.undo, 0) + 1
            RosterRow.objects.bulk_update(rows, ["undo", "kept_because"])
            done = job.rows_done + len(rows) if rows else job.rows_total
            move(job, rows_done=done, counts=counts)


class Chunk:
    """Some rows with everything about their patients, locked: tasks first, then patients, as everywhere."""

    def __init__(self, rows: Sequence[RosterRow], by: User, reason: str) -> None:
        self.by, self.reason, self.rows = by, reason, rows
        self.tasks = lock_tasks([row.added["task"] for row in rows if "task" in row.added])
        ids = {row.patient_id for row in rows}
        self.patients = lock_patients(ids)
        self.found = _rows_about(ids)
        self.later = _later_rosters(rows)

    def take_back(self, row: RosterRow) -> None:
        """Take one row back as far as it goes. The row says what stays, and why."""
        patient = self.patients[row.patient_id]
        if row.outcome == RosterRow.Outcome.NEW:
            row.kept_because = self._why_stays(row, patient)
            row.undo = Undo.KEPT if row.kept_because else Undo.WHOLE
            if not row.kept_because:
                self._withdraw(row, patient)
            return
        done, why = self._put_back(row, patient)
        row.kept_because = why
        row.undo = Undo.WHOLE if not why else Undo.PARTLY if done else Undo.KEPT

    def _why_stays(self, row: RosterRow, patient: Patient) -> list[str]:
        why = []
        if patient.version != row.added["version"]:
            why.append(_("The record was changed since."))
        if row.pk in self.later:
            why.append(_("Another roster wrote to this record since."))
        task = self.tasks.get(_uuid(self.tasks, row.added["task"]))
        if task is None or task.version != 1:
            why.append(_("Somebody worked on the first contact."))
        lines = self._lines(row)
        known = {row.added["task"], *(str(line.pk) for _kind, line in lines)}
        if self.found[patient.pk] - known or not all(_is_untouched(row, line) for _kind, line in lines):
            why.append(_("Something was added to the record or changed in it since."))
        return why

    def _withdraw(self, row: RosterRow, patient: Patient) -> None:
        self._remove(self._lines(row))
        task = self.tasks[_uuid(self.tasks, row.added["task"])]
        close_task(task=task, by=self.by, outcome=Task.Outcome.MISTAKE, note=_("The roster was taken back."))
        withdraw_patient(patient=patient, reason=self.reason, by=self.by)

    def _put_back(self, row: RosterRow, patient: Patient) -> tuple[bool, list[str]]:
        back, why = {}, []
        for name, was in (row.before or {}).items():
            if name == "coverage":
                continue
            if plain(getattr(patient, name)) == row.after[name]:
                back[name] = dt.date.fromisoformat(was) if name == "birth_date" and was else was
            else:
                why.append(_("%(field)s was changed since and stays.") % {"field": BY_KEY[name].label})
        lines = self._lines(row)
        untouched = [(kind, line) for kind, line in lines if _is_untouched(row, line)]
        why += sorted({_why_line_stays(kind) for kind, line in lines if (kind, line) not in untouched})
        self._remove(untouched)
        has_put_back, stays = put_back(row, reason=self.reason, by=self.by)
        why += stays
        before = patient.version
        put_values_back(patient=patient, values=back, reason=self.reason, by=self.by)
        if before == row.added["version"] and back:
            self._first_row_of(row, patient.version)
        return bool(back or untouched or has_put_back), why

    def _first_row_of(self, row: RosterRow, version: int) -> None:
        """A patient this roster added and then changed: taken back, the record is as the first row left it."""
        asked = RosterRow.objects.filter(
            job=row.job_id, patient=row.patient_id, outcome=RosterRow.Outcome.NEW
        )
        for first in [*asked.filter(added__version=row.added["was"])]:
            first.added["version"] = version
            first.save(update_fields=["added"])
            for mine in self.rows:
                if mine.pk == first.pk:
                    mine.added["version"] = version

    def _lines(self, row: RosterRow) -> list[tuple[str, Any]]:
        """The lines a row added that are still there."""
        kinds = ((kind, model, row.added.get(kind, [])) for kind, model in ADDED.items())
        return [
            (kind, line) for kind, model, ids in kinds if ids for line in model.objects.filter(pk__in=ids)
        ]

    def _remove(self, lines: Sequence[tuple[str, Any]]) -> None:
        for kind, line in lines:
            asked = {"version": line.version, "by": self.by, "reason": self.reason}
            if kind == "coverages":
                remove_coverage(coverage=line, **asked)
            else:
                take_away_line(line=line, **asked)
            self.found[line.patient_id].discard(str(line.pk))


def _is_untouched(row: RosterRow, line: Any) -> bool:
    """A coverage other rows changed and put back since has another version, and is as this row left it."""
    return is_as_left(line, row) if isinstance(line, Coverage) else bool(line.version == 1)


def _why_line_stays(kind: str) -> str:
    if kind == "coverages":
        return _("A coverage the roster added was verified or changed since and stays.")
    return _("A number or an address the roster added was changed since and stays.")


def _uuid(tasks: dict[Any, Task], text: str) -> Any:
    return next((pk for pk in tasks if str(pk) == text), None)


def _rows_about(ids: Collection[Any]) -> dict[Any, set[str]]:
    """The ids of everything that is about these patients, in whatever table; a coordinator named on the day is no work."""
    found: dict[Any, set[str]] = defaultdict(set)
    for column in moving():
        if column.label in BY_THEMSELVES:
            continue
        for patient, pk in column.about(ids):
            found[patient].add(str(pk))
    named = CareTeamMember.objects.filter(patient__in=ids, is_primary=True, ends_on__isnull=True, version=1)
    for patient, pk in named.values_list("patient_id", "pk"):
        found[patient].discard(str(pk))
    return found


def _later_rosters(rows: Sequence[RosterRow]) -> set[Any]:
    """Rows whose patient another roster wrote to afterwards."""
    first = {row.patient_id: row.pk for row in rows}
    other = RosterRow.objects.filter(patient__in=first).exclude(undo=Undo.WHOLE)
    other = other.exclude(job__in={row.job_id for row in rows})
    touched = defaultdict(set)
    for patient, pk in other.values_list("patient_id", "pk"):
        touched[patient].add(pk)
    return {row.pk for row in rows if any(pk > row.pk for pk in touched[row.patient_id])}
