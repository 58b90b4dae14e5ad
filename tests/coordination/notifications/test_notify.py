"""Tell a person, once, and mail that something waits without saying what."""

import datetime as dt
import uuid
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from coordination.notifications.actions import mark_all_read, mark_read, notify
from coordination.notifications.models import Notification
from coordination.outbox.models import Message
from coordination.outbox.relay import deliver_due

CANARY = "Quillfeather Zanzibar"


def tell(user: Any, **values: Any) -> Notification | None:
    given = {"kind": "assigned", "text": f"Call {CANARY}", "route": "worklist:day", "key": str(uuid.uuid4())}
    return notify(user=user, **given | values)


def end_of_window() -> None:
    Message.objects.update(not_before=timezone.now() - dt.timedelta(seconds=1))


def test_it_tells(cast):
    task = uuid.uuid4()
    line = tell(cast.ana, subject_id=task, patient_id=cast.pat.pk, by=cast.sue)
    line.refresh_from_db()
    assert (line.user, line.organization, line.subject_id, line.patient_id) == (
        cast.ana,
        cast.riverbend,
        task,
        cast.pat.pk,
    )
    assert line.read_at is None
    assert str(line) == f"assigned {line.pk}"


def test_the_same_news_is_told_once_to_each(cast):
    assert tell(cast.ana, key="task-7") is not None
    assert tell(cast.ana, key="task-7") is None
    assert tell(cast.sue, key="task-7") is not None
    assert Message.objects.filter(topic="notification.mail").count() == 2


def test_nobody_is_told_what_they_did_themselves(cast):
    assert tell(cast.ana, by=cast.ana) is None
    assert not Notification.objects.exists()


def test_one_e_mail_for_a_quarter_of_an_hour_that_names_nobody(cast):
    for _ in range(2):
        tell(cast.ana)
    message = Message.objects.get(topic="notification.mail")
    assert timezone.now() < message.not_before <= timezone.now() + dt.timedelta(minutes=15)
    assert deliver_due() == 0
    end_of_window()
    assert deliver_due() == 1
    (letter,) = mail.outbox
    assert (letter.subject, letter.to) == ("2 new items in Throughline", [cast.ana.email])
    assert "/notifications/" in letter.body
    assert CANARY not in letter.message().as_string()
    assert "Ana" not in letter.body


def test_one_new_item_is_one(cast):
    tell(cast.ana)
    end_of_window()
    deliver_due()
    assert mail.outbox[0].subject == "1 new item in Throughline"


def test_a_safety_alert_is_mailed_at_once(cast):
    tell(cast.ana, kind="safety")
    tell(cast.ana, kind="safety")
    assert deliver_due() == 2
    assert len(mail.outbox) == 2


def test_what_was_read_meanwhile_is_not_mailed(cast):
    mark_read(notification=tell(cast.ana), by=cast.ana)
    end_of_window()
    assert deliver_due() == 1
    assert mail.outbox == []
    assert Message.objects.get().state == Message.State.SENT


def test_who_has_left_gets_no_e_mail(cast):
    tell(cast.ana)
    cast.ana.is_active = False
    cast.ana.save(update_fields=["is_active"])
    end_of_window()
    deliver_due()
    assert mail.outbox == []


def test_reading_is_noted_once(cast):
    line = mark_read(notification=tell(cast.ana), by=cast.ana)
    first = line.read_at
    assert mark_read(notification=line, by=cast.ana).read_at == first
    with pytest.raises(Notification.DoesNotExist):
        mark_read(notification=line, by=cast.sue)


def test_all_read_means_all_one_had_seen(cast):
    older, newer = tell(cast.ana), tell(cast.ana)
    tell(cast.sue)
    assert older.pk < newer.pk or older.at <= newer.at
    first, last = sorted([older, newer], key=lambda line: line.pk)
    assert mark_all_read(by=cast.ana, until=first.pk) == 1
    assert list(Notification.objects.visible_to(cast.ana).unread()) == [last]
    assert mark_all_read(by=cast.ana) == 1
    assert Notification.objects.unread().count() == 1
