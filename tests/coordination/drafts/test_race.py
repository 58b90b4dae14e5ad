"""Typing and saving at the same moment: a draft on its way never outlives the save of its form."""

import threading
import uuid

import pytest
from django.db import connection

from coordination.drafts import actions
from coordination.drafts.models import Draft
from coordination.idempotency.claims import Claim
from coordination.lib import rls
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


class Other(threading.Thread):
    """One transaction of another process."""

    def __init__(self, organization_id, work):
        super().__init__()
        self.organization_id, self.work, self.answer = organization_id, work, "nothing"

    def run(self):
        try:
            with rls.organization(self.organization_id):
                self.answer = self.work()
        finally:
            connection.close()


@pytest.fixture
def ana():
    return UserFactory(name="Ana Ruiz")


def keep(ana, key):
    return actions.keep(
        by=ana, form="task", subject_id=ana.pk, patient_id=None, fields={"title": "Order"}, form_key=key
    )


def save(ana, key):
    """What a request that saves the form does: the key first, the draft at its end."""
    claim = Claim(key, ana.pk, "worklist:task_new", b"-")
    claim.take()
    actions.let_go(by=ana, form="task", subject_id=ana.pk)
    return claim.is_first


def kept(ana):
    with rls.organization(ana.organization_id):
        return Draft.objects.count()


def test_typing_that_arrives_while_the_form_is_saved(ana):
    key = uuid.uuid4()
    typing = Other(ana.organization_id, lambda: keep(ana, key))
    with rls.organization(ana.organization_id):
        assert save(ana, key)
        typing.start()
        typing.join(0.5)
        assert typing.is_alive()  # it waits for the save
    typing.join(5)
    assert typing.answer is None
    assert kept(ana) == 0


def test_saving_that_arrives_while_a_draft_is_kept(ana):
    key = uuid.uuid4()
    saving = Other(ana.organization_id, lambda: save(ana, key))
    with rls.organization(ana.organization_id):
        assert keep(ana, key) is not None
        saving.start()
        saving.join(0.5)
        assert saving.is_alive()  # it waits for the draft, to remove it
    saving.join(5)
    assert saving.answer is True  # the key was still free
    assert kept(ana) == 0


def test_two_windows_that_begin_to_type_at_once(ana):
    other = Other(ana.organization_id, lambda: keep(ana, uuid.uuid4()))
    with rls.organization(ana.organization_id):
        assert keep(ana, uuid.uuid4()).version == 1
        other.start()
        other.join(0.5)
        assert other.is_alive()  # it waits for the first one's row
    other.join(5)
    assert other.answer.version == 2
    assert kept(ana) == 1
