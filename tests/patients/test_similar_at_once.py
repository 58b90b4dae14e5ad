"""Names that could be mixed up are marked by several at once: nobody waits in a circle, and what is stored is right at the end."""

import threading
import time

import pytest
from django.db import connection, connections

from coordination.lib.rls import organization
from coordination.outbox.models import Message
from patients.actions.identity import edit_patient, mark_similar_names
from patients.handlers import find_similar_names
from patients.models import Patient, SimilarName
from tests.at_once import at_once
from tests.factories import PatientFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def alike(cast):
    """Four people of one team with one name, not marked yet."""
    with organization(cast.riverbend.pk):
        return [
            PatientFactory(organization=cast.riverbend, team=cast.north, family="Okafor", given="Ada")
            for _n in range(4)
        ]


def pairs():
    return SimilarName.objects.count(), Patient.objects.filter(has_similar_name=True).count()


def test_neighbors_marked_at_once_do_not_wait_in_a_circle(cast, alike):
    for _n in range(5):
        acts = [lambda patient=patient: mark_similar_names(patient=patient, waits=True) for patient in alike]
        assert at_once(cast.riverbend.pk, *acts) == ["done"] * 4
        with organization(cast.riverbend.pk):
            assert pairs() == (12, 4)
            SimilarName.objects.all().delete()
            Patient.objects.update(has_similar_name=False)


def test_whoever_waited_compares_again(cast, alike):
    first, second, *_others = alike
    held = threading.Event()

    def rename():
        values = {"family": "Young", "given": "Zoe"}
        edit_patient(patient=second, version=None, values=values, by=cast.sue)
        held.set()
        somebody_waits()

    def mark():
        assert held.wait(10)
        mark_similar_names(patient=first, waits=True)

    assert at_once(cast.riverbend.pk, rename, mark) == ["done", "done"]
    with organization(cast.riverbend.pk):
        assert not SimilarName.objects.filter(other=second).exists()
        assert pairs() == (4, 3)


def somebody_waits():
    """Look until another connection waits for a lock."""
    for _n in range(200):
        with connection.cursor() as cursor:
            cursor.execute("select count(*) from pg_locks where not granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.05)


def test_an_act_waits_for_nobody_and_a_message_looks_again(cast, alike):
    first, second, *_others = alike
    held, go = threading.Event(), threading.Event()

    def hold():
        try:
            with organization(cast.riverbend.pk):
                Patient.objects.select_for_update().get(pk=first.pk)
                held.set()
                go.wait(20)
        finally:
            connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert held.wait(10)
        with organization(cast.riverbend.pk):
            assert mark_similar_names(patient=second) == 3
            assert pairs() == (0, 0)
            (message,) = Message.objects.filter(topic="patient.named")
            assert message.payload["patient_id"] == str(second.pk)
    finally:
        go.set()
        holder.join(20)
    with organization(cast.riverbend.pk):
        find_similar_names(message)
        assert pairs() == (6, 4)
