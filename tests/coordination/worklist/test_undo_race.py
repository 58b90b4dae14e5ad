"""Two at once: one of them is told."""

import threading

import pytest
from django.db import connection

from coordination.lib.refusal import Refused
from coordination.lib.rls import organization
from coordination.worklist import actions
from coordination.worklist.due import Due
from coordination.worklist.models import Change, Task
from tests.coordination.worklist.test_undo import LATER
from tests.factories import PatientFactory, UserFactory, join_care_team


@pytest.mark.django_db(transaction=True)
def test_an_undo_races_an_edit_and_one_of_them_is_told(transactional_db):
    ana = UserFactory(name="Ana Ruiz")
    for n in range(6):
        with organization(ana.organization_id):
            patient = PatientFactory(organization=ana.organization, coordinator=ana, created_by=ana)
            join_care_team(patient, ana, role="coordinator", is_primary=True)
            task = actions.open_task(by=ana, patient=patient, title=f"T{n}", reason="So", due=Due(LATER))
            first = actions.set_waiting(task=task, by=ana, waiting_on="Payer")
            change = Change.objects.with_record().get(pk=first.last_change.pk)
        told = at_once(
            ana.organization_id,
            lambda change=change: actions.undo_change(change=change, by=ana),
            lambda first=first: actions.set_waiting(task=first, by=ana, waiting_on="Clinic", version=2),
        )
        with organization(ana.organization_id):
            now = Task.objects.get(pk=task.pk)
        assert sorted(told) in (["Changed since", "done"], ["done", "stale"]), told
        assert (now.waiting_on, now.version) == (("", 3) if "stale" in told else ("Clinic", 3))


@pytest.mark.django_db(transaction=True)
def test_two_people_undo_at_once_and_one_of_them_is_told(transactional_db):
    ana = UserFactory(name="Ana Ruiz")
    with organization(ana.organization_id):
        patient = PatientFactory(organization=ana.organization, coordinator=ana, created_by=ana)
        task = actions.open_task(by=ana, patient=patient, title="T", reason="So", due=Due(LATER))
        actions.close_task(task=task, by=ana)
        change = Change.objects.with_record().get(act="close")
    calls = [lambda: actions.undo_change(change=change, by=ana)] * 4
    told = at_once(ana.organization_id, *calls)
    assert sorted(told) == ["Ana Ruiz undid"] * 3 + ["done"]


def at_once(organization_id, *calls):
    start, told = threading.Barrier(len(calls)), []

    def run(call):
        try:
            start.wait(10)
            with organization(organization_id):
                call()
            told.append("done")
        except Refused as refusal:
            told.append(
                next(w for w in ("Changed since", "Ana Ruiz undid", "?") if w in refusal.sentence + "?")
            )
        except Exception as error:
            told.append("stale" if type(error).__name__ == "Stale" else repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return told
