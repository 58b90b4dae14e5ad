"""What may be posted, and that it goes with the change it tells of."""

import datetime as dt
import uuid

import pytest
from django.conf import settings as real
from django.db import transaction
from django.utils import timezone

from coordination.lib.rls import enter_organization
from coordination.outbox.actions import post
from coordination.outbox.models import Message


@pytest.mark.django_db(transaction=True)
def test_it_belongs_into_a_transaction():
    with pytest.raises(RuntimeError, match="transaction"):
        post("test.note", task_id="1")
    assert not Message.objects.exists()


def test_it_goes_with_the_change_or_not_at_all(db):
    with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012 (the transaction is what fails)
        post("test.note", task_id="1")
        raise ZeroDivisionError
    assert not Message.objects.exists()


def test_a_topic_nobody_hears_is_a_mistake(db):
    with pytest.raises(LookupError, match=r"test\.unheard"):
        post("test.unheard", task_id="1")


def test_each_handler_has_a_message_of_its_own(db):
    post("test.both", task_id="1")
    assert sorted(Message.objects.values_list("handler", flat=True)) == [
        "tests.coordination.outbox.handlers.fail",
        "tests.coordination.outbox.handlers.note",
    ]
    assert len(set(Message.objects.values_list("key", flat=True))) == 2


def test_it_holds_ids(db):
    task = uuid.uuid4()
    post("test.note", task_id=task, version=3, is_last=True, code="a.b:c+d-e_f")
    assert Message.objects.get().payload == {
        "task_id": str(task),
        "version": 3,
        "is_last": True,
        "code": "a.b:c+d-e_f",
    }


@pytest.mark.parametrize(
    "value", ["Pat Rivera", "x" * 65, "", "a@b.org", 1.5, None, ["1"], {"id": 1}, b"1", "Zoë"]
)
def test_it_takes_nothing_that_could_be_more_than_an_id_and_never_repeats_it(db, value):
    with pytest.raises(ValueError, match=r"^task_id is not an id$"):
        post("test.note", task_id=value)
    with pytest.raises(ValueError, match=r"^key is not an id$"):
        post("test.note", key=value if value is not None else "two words")
    assert not Message.objects.exists()


def test_with_a_key_the_same_news_is_told_once(db):
    for _ in range(2):
        post("test.both", key="visit-7", task_id="1")
        post("test.note", key="visit-7", task_id="1")
    assert Message.objects.count() == 3
    post("test.note", task_id="1")
    post("test.note", task_id="1")
    assert Message.objects.count() == 5


def test_it_knows_the_organization_it_works_in(cast):
    post("test.note", task_id="1")
    assert Message.objects.get().organization_id == cast.riverbend.pk
    post("test.note", task_id="2", organization_id=cast.hillside.pk)
    assert Message.objects.filter(organization_id=cast.hillside.pk).count() == 1
    enter_organization(None)
    post("test.note", task_id="3")
    assert Message.objects.filter(organization_id=None).count() == 1


def test_it_may_wait(db):
    later = timezone.now() + dt.timedelta(hours=1)
    post("test.note", task_id="1", not_before=later)
    message = Message.objects.get()
    assert message.not_before == later
    assert not Message.objects.due(timezone.now()).exists()
    assert str(message) == f"test.note {message.pk}"


def test_the_bell_rings_once_for_a_transaction(db, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        post("test.both", task_id="1")
        with transaction.atomic():
            post("test.note", task_id="2")
    assert len(callbacks) == 1


def test_keys_fit_the_column():
    for topic, handlers in real.OUTBOX_HANDLERS.items():
        for handler in handlers:
            assert len(topic) + len(handler) + 64 + 2 <= Message._meta.get_field("key").max_length
