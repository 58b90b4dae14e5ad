"""What the worklist has to say and do when two records of a patient become one (settings.PATIENT_MERGE_PARTS)."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coordination.accounts.models import User
from coordination.lib.days import add_business_days
from coordination.lib.refusal import Refused
from coordination.worklist.actions import close_task, open_task
from coordination.worklist.actions.caseload import last_contact
from coordination.worklist.actions.caseload import settle as settle_caseload
from coordination.worklist.actions.weighing import have_weighed
from coordination.worklist.due import Due
from coordination.worklist.models import Task
from patients.actions.merging import Plan, note_change
from patients.actions.unmerging import Undoing
from patients.models import Patient, PatientMerge


def lock(patient_ids: Sequence[uuid.UUID]) -> None:
    """The tasks before the patients, as everywhere in the worklist: otherwise two people could wait for each other."""
    tasks = Task.objects.select_for_update(of=("self",), no_key=True).filter(patient_id__in=patient_ids)
    list(tasks.open().order_by("pk").values_list("pk", flat=True))


def say(plan: Plan) -> list[str]:
    """What happens to the work. Refused while somebody owns some who will not see the whole record."""
    lost = {user.pk for user in plan.losses}
    tasks = list(
        Task.objects.open()
        .filter(patient__in=[plan.survivor, plan.merged])
        .select_related("owner", "queue")
        .order_by("pk")
    )
    for task in tasks:
        if task.owner_id in lost:
            sentence = _(
                "%(name)s may not see the whole record and owns open tasks. Hand them to somebody else first."
            )
            raise Refused(sentence % {"name": task.owner})
    strays = [task for task in tasks if task.queue_id is not None and task.queue_id != plan.team_id]
    if strays and plan.team_id is None:
        raise Refused(_("Open tasks wait in the queue of a team. Give the record a team first."))
    moved = sum(task.patient_id == plan.merged.pk for task in tasks)
    sentences = (
        [ngettext("%(n)s open task moves.", "%(n)s open tasks move.", moved) % {"n": moved}] if moved else []
    )
    if strays:
        sentence = ngettext(
            "%(n)s task goes to the queue of the team that stays.",
            "%(n)s tasks go to the queue of the team that stays.",
            len(strays),
        )
        sentences.append(sentence % {"n": len(strays)})
    return sentences


def carry(merge: PatientMerge, *, by: User) -> None:
    """A task waits in the queue of the patient's own team; the figures are counted afresh; somebody looks at the result."""
    team_id = merge.survivor.team_id
    queued = Task.objects.select_for_update(of=("self",)).filter(patient=merge.survivor, queue__isnull=False)
    for task in queued.open().exclude(queue_id=team_id).order_by("pk"):
        note_change(merge, Task._meta.label, task, {"queue_id": team_id}, by)
    settle(merge)
    survivor = merge.survivor
    steps = [
        _("Which phone and which address come first"),
        _("Coverage: which plan pays first"),
        _("Allergies and medications that stand there twice"),
        _("Goals, consents and people around the patient"),
    ]
    open_task(
        by=by,
        title=_("Check the merged record"),
        reason=_("Two records of this patient were merged"),
        kind=Task.Kind.DATA,
        patient=survivor,
        owner=survivor.coordinator or by,
        due=Due.on(add_business_days(by.organization.today(), 1), by.organization),
        checklist=[{"text": step, "done": False} for step in steps],
        source=Task.Source.RULE,
        source_key=_check_key(merge),
        subject_route="patients:patient",
        subject_id=survivor.pk,
    )


def part(undoing: Undoing, *, by: User) -> None:
    """The check of the merged record is not needed any more; what was added meanwhile is sorted out by somebody."""
    merge = undoing.merge
    settle(merge)
    check = Task.objects.open().filter(source_key=_check_key(merge)).first()
    if check is not None:
        close_task(task=check, by=by, outcome=Task.Outcome.NOT_NEEDED, note=_("The merge was taken back."))
    if not undoing.added:
        return
    survivor = Patient.objects.select_related("coordinator").get(pk=merge.survivor_id)
    open_task(
        by=by,
        title=_("Sort out what was added while two records were one"),
        reason=_("A merge was taken back; what was added since stayed in this record"),
        kind=Task.Kind.DATA,
        patient=survivor,
        owner=survivor.coordinator or by,
        due=Due.on(add_business_days(by.organization.today(), 1), by.organization),
        source=Task.Source.RULE,
        source_key=f"unmerged:{merge.pk}",
        subject_route="patients:patient",
        subject_id=survivor.pk,
    )


def settle(merge: PatientMerge) -> None:
    """The caseload row of both: open tasks, next due, last contact; and where the work about them stands."""
    settle_caseload(merge.survivor_id, merge.merged_id, **last_contact())
    have_weighed(merge.survivor_id, merge.merged_id, organization_id=merge.organization_id)


def without_own(model: type[Any], rows: Any, merge: PatientMerge) -> Any:
    """The task that a merge opens itself is not something a person added."""
    return rows.exclude(source_key=_check_key(merge)) if model is Task else rows


def _check_key(merge: PatientMerge) -> str:
    return f"merged:{merge.pk}"
