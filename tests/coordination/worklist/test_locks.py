"""Tasks are locked before their patient, by whoever works on several: nobody waits for somebody who waits for them."""

import threading
from types import SimpleNamespace

import pytest
from django.db import connection

from coordination.lib.rls import organization
from coordination.worklist.handlers import stop_outreach, wake_for_news
from coordination.worklist.models import Task
from patients.models import Patient
from tests.factories import TaskFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def two(cast):
    """Two calls to a patient who died; both sleep until a reply."""
    with organization(cast.riverbend.pk):
        tasks = [TaskFactory(patient=cast.pat) for _n in range(2)]
        Task.objects.update(wakes_on="reply", snoozed_until="2099-01-01T00:00Z")
        Patient.objects.filter(pk=cast.pat.pk).update(is_deceased=True, open_tasks=2)
    return sorted(tasks, key=lambda task: task.pk)


@pytest.mark.parametrize("handler", [stop_outreach, wake_for_news])
def test_a_person_at_the_second_task_and_a_handler_of_both(cast, two, handler):
    has_it, told = threading.Event(), []

    def person():
        try:
            with organization(cast.riverbend.pk):
                Task.objects.select_for_update(no_key=True).get(pk=two[1].pk)
                has_it.set()
                threading.Event().wait(0.5)  # the handler is at work meanwhile
                Patient.objects.select_for_update(no_key=True).get(pk=cast.pat.pk)
            told.append("done")
        except Exception as error:
            told.append(repr(error))
        finally:
            connection.close()

    other = threading.Thread(target=person)
    other.start()
    assert has_it.wait(10)
    payload = {"patient_id": str(cast.pat.pk), "event": "reply", "by_id": str(cast.ana.pk)}
    with organization(cast.riverbend.pk):
        handler(SimpleNamespace(topic="patient.news", payload=payload))
    other.join(10)
    assert told == ["done"]
