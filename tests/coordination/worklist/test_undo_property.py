"""Whatever was done to a task, undone newest first, leaves it as it was at first."""

import datetime as dt

from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coordination.lib.refusal import Refused
from coordination.worklist import actions
from coordination.worklist.due import Due
from patients.models import Patient
from tests.coordination.worklist.test_undo import LATER, caseload, columns, undo
from tests.factories import TaskFactory

DOINGS = {
    "snooze": lambda cast, task: actions.snooze_task(task=task, by=cast.ana, until=in_an_hour()),
    "wake": lambda cast, task: actions.wake_task(task=task, by=cast.sue),
    "max": lambda cast, task: actions.assign_task(task=task, by=cast.ana, owner=cast.max),
    "ana": lambda cast, task: actions.assign_task(task=task, by=cast.sue, owner=cast.ana),
    "queue": lambda cast, task: actions.assign_task(task=task, by=cast.sue, queue=cast.north),
    "claim": lambda cast, task: actions.claim_task(task=task, by=cast.max),
    "wait": lambda cast, task: actions.set_waiting(task=task, by=cast.ana, waiting_on="Payer"),
    "resume": lambda cast, task: actions.set_waiting(task=task, by=cast.ana, waiting_on=""),
    "move": lambda cast, task: actions.change_due(task=task, by=cast.sue, due=Due(LATER, has_time=True)),
    "tick": lambda cast, task: actions.tick_checklist(task=task, by=cast.ana, step=0, done=True),
    "close": lambda cast, task: actions.close_task(task=task, by=cast.ana, note="Well"),
    "contact": lambda cast, task: actions.log_contact(
        patient=cast.pat, by=cast.ana, outcome="no_answer", task=task, next_step=actions.NextStep(Due(LATER))
    ),
}


def in_an_hour():
    return timezone.now() + dt.timedelta(hours=1)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(sorted(DOINGS)), min_size=1, max_size=7))
def test_whatever_was_done_undone_newest_first_the_first_state_is_back(cast, doings):
    with transaction.atomic():
        task = TaskFactory(patient=cast.pat, checklist=[{"text": "Ask", "done": False}])
        Patient.objects.filter(pk=cast.pat.pk).update(open_tasks=1, next_due_at=task.due_at)
        first, counted, done = columns(task), caseload(cast.pat), []
        for name in doings:
            try:
                with transaction.atomic():
                    change = DOINGS[name](cast, task).last_change
            except Refused:
                continue
            done += [change] if change is not None else []
        for change in reversed(done):
            undo(change, cast.sue)
        assert (columns(task), caseload(cast.pat)) == (first, counted)
        transaction.set_rollback(True)
