"""Sleeping until something happens to the patient: a reply, a result, a kept appointment."""

import datetime as dt
import re

import pytest
import time_machine
from django.utils import timezone

from coordination.accounts.models import User
from coordination.lib.refusal import Refused
from coordination.lib.rls import organization
from coordination.notifications.models import Notification
from coordination.outbox.models import Message
from coordination.worklist.actions import close_task, log_contact, snooze_task, wake_task
from coordination.worklist.handlers import wake_for_news
from coordination.worklist.models import Contact
from coordination.worklist.sleep import sleep_words
from patients.actions.history import add_history_item
from patients.models import Observation
from tests.factories import PatientFactory, TaskFactory

NO_NEXT = {"no_follow_up_reason": "Nothing open"}


def in_days(n):
    return timezone.now() + dt.timedelta(days=n)


@pytest.fixture
def asleep(cast, task):
    """The task asleep until this happens, and at the latest in three days."""

    def sleep(event, **also):
        return snooze_task(task=task, by=cast.ana, until=in_days(3), wakes_on=event, **also)

    return sleep


def tell(topic):
    message = Message.objects.get(topic=topic)
    wake_for_news(message)
    wake_for_news(message)  # told twice, done once


class TestTheForm:
    def test_it_asks_for_an_event_and_a_last_day(self, cast, signed_in, inside, task):
        client = signed_in(cast.ana)
        page = client.get(f"/tasks/{task.pk}/snooze/").text
        assert "The appointment is kept" in page
        day = (timezone.localdate() + dt.timedelta(days=3)).isoformat()
        missing = client.post(f"/tasks/{task.pk}/snooze/", {"wakes_on": "reply", "when": "pick"})
        assert missing.status_code == 422
        sent = {"wakes_on": "reply", "when": "pick", "day": day}
        answer = client.post(f"/tasks/{task.pk}/snooze/", sent, follow=True)
        assert "Sleeps until a reply, at the latest" in answer.text
        inside(cast.riverbend)
        task.refresh_from_db()
        assert (task.wakes_on, task.snooze_reason) == ("reply", "")

    def test_the_row_and_the_preview_say_it(self, cast, signed_in, parts, asleep):
        task = asleep("visit_kept")
        client = signed_in(cast.ana)
        words = "Sleeps until the appointment is kept, at the latest"
        assert words in client.get("/day/?bucket=snoozed").text
        assert words in client.get(f"/tasks/{task.pk}/peek/", headers=parts).text

    def test_nothing_happens_to_nobody(self, cast, signed_in):
        task = TaskFactory(organization=cast.riverbend, owner=cast.ana, patient=None)
        assert "wakes_on" not in signed_in(cast.ana).get(f"/tasks/{task.pk}/snooze/").text
        with organization(cast.riverbend.pk), pytest.raises(Refused, match="about no patient"):
            snooze_task(task=task, by=cast.ana, until=in_days(1), wakes_on="reply")

    def test_a_safety_matter_never_past_its_limit(self, cast):
        task = TaskFactory(patient=cast.pat, priority=1)
        with pytest.raises(Refused, match="cannot sleep past its limit"):
            snooze_task(task=task, by=cast.ana, until=in_days(1), wakes_on="reply")


class TestWaking:
    @pytest.mark.parametrize(
        ("how", "wakes"),
        [
            ({"outcome": "reached_patient"}, True),
            ({"outcome": "left_voicemail", "direction": "in"}, True),
            ({"outcome": "left_voicemail"}, False),
        ],
    )
    def test_a_reply(self, cast, asleep, how, wakes):
        task = asleep("reply")
        log_contact(patient=cast.pat, by=cast.sue, **how, **NO_NEXT)
        assert Message.objects.filter(topic="patient.news").exists() == wakes
        if not wakes:
            return
        tell("patient.news")
        task.refresh_from_db()
        today = cast.riverbend.today()
        assert (task.snoozed_until, task.wakes_on) == (None, "")
        assert sleep_words(task, cast.ana, timezone.now()) == f"Woke: a reply came in on {today:%d-%b}"
        (told,) = Notification.objects.filter(user=cast.ana)
        assert told.text == f"Woke: a reply came in on {today:%d-%b}. Check oxygen"

    def test_a_result_by_hand(self, cast, asleep):
        task = asleep("result")
        add_history_item(patient=cast.pat, model=Observation, values={"text": "Potassium"}, by=cast.sue)
        tell("patient.result")
        task.refresh_from_db()
        assert "a result came in" in task.snooze_reason

    @pytest.mark.parametrize(("outcome", "wakes"), [("completed", True), ("not_reached", False)])
    def test_a_kept_appointment(self, cast, asleep, outcome, wakes):
        asleep("visit_kept")
        close_task(task=TaskFactory(patient=cast.pat, kind="home_visit"), by=cast.ana, outcome=outcome)
        assert Message.objects.filter(topic="patient.news").exists() == wakes

    def test_what_happens_to_others_or_is_something_else_wakes_nothing(self, cast, asleep):
        task = asleep("result")
        other = PatientFactory(organization=cast.riverbend, coordinator=cast.ana)
        add_history_item(patient=other, model=Observation, values={"text": "Potassium"}, by=cast.sue)
        log_contact(patient=cast.pat, by=cast.sue, outcome=Contact.Outcome.REACHED_PATIENT, **NO_NEXT)
        tell("patient.result")
        task.refresh_from_db()
        assert task.wakes_on == "result"

    def test_nobody_is_told_when_nothing_sleeps(self, cast, asleep):
        wake_task(task=asleep("reply"), by=cast.ana)
        log_contact(patient=cast.pat, by=cast.sue, outcome=Contact.Outcome.REACHED_PATIENT, **NO_NEXT)
        assert not Message.objects.filter(topic="patient.news").exists()

    def test_who_did_it_is_not_told(self, cast, asleep):
        asleep("reply")
        log_contact(patient=cast.pat, by=cast.ana, outcome=Contact.Outcome.REACHED_PATIENT, **NO_NEXT)
        tell("patient.news")
        assert not Notification.objects.filter(user=cast.ana).exists()

    def test_a_closed_task_sleeps_no_more(self, cast, asleep):
        closed = close_task(task=asleep("reply"), by=cast.ana)
        assert (closed.snoozed_until, closed.wakes_on) == (None, "")

    def test_in_vain(self, cast, asleep):
        task = asleep("reply")
        later = task.snoozed_until + dt.timedelta(hours=1)
        assert sleep_words(task, cast.ana, later).startswith("No reply by ")


CHICAGO_9 = dt.datetime(2026, 11, 17, 15, 0, tzinfo=dt.UTC)  # a Tuesday, 09:00 in Chicago
HONOLULU = "Pacific/Honolulu"


def live_in(cast, zone):
    with organization(cast.riverbend.pk):
        User.objects.filter(pk=cast.ana.pk).update(time_zone=zone)


@pytest.fixture
def nine():
    with time_machine.travel(CHICAGO_9, tick=False):
        yield CHICAGO_9


class TestUntilATime:
    """What is not due for hours can come back within the day."""

    @pytest.mark.parametrize(
        ("sent", "until", "said"),
        [
            ({"when": "hour"}, dt.timedelta(hours=1), "Sleeps until 10:00"),
            ({"when": "hours"}, dt.timedelta(hours=2), "Sleeps until 11:00"),
            ({"when": "afternoon"}, dt.timedelta(hours=5), "Sleeps until 14:00"),
            ({"when": "pick", "time": "11:30"}, dt.timedelta(hours=2, minutes=30), "Sleeps until 11:30"),
            ({"when": "tomorrow", "time": "10:00"}, dt.timedelta(hours=25), "Sleeps until 18-Nov 10:00"),
            ({"when": "tomorrow"}, dt.timedelta(hours=15), "Sleeps until 18-Nov."),
        ],
    )
    def test_it_sleeps_until_then_and_says_so(self, nine, cast, signed_in, inside, sent, until, said):
        task = TaskFactory(patient=cast.pat, due_at=nine + dt.timedelta(days=3))
        answer = signed_in(cast.ana).post(f"/tasks/{task.pk}/snooze/", sent, follow=True)
        assert said in answer.text
        inside(cast.riverbend)
        task.refresh_from_db()
        assert task.snoozed_until == nine + until

    def test_the_times_are_those_of_the_person(self, nine, cast, signed_in, inside):
        live_in(cast, HONOLULU)
        task = TaskFactory(patient=cast.pat, due_at=nine + dt.timedelta(days=3))
        client = signed_in(cast.ana)
        client.post(f"/tasks/{task.pk}/snooze/", {"when": "pick", "time": "11:30"})
        inside(cast.riverbend)
        task.refresh_from_db()
        assert task.snoozed_until == dt.datetime(2026, 11, 17, 21, 30, tzinfo=dt.UTC)
        assert "sleeps to 11:30" in client.get("/day/?bucket=snoozed").text

    def test_the_afternoon_is_offered_while_it_is_ahead(self, cast, signed_in, task):
        for at, offered in ((CHICAGO_9, True), (CHICAGO_9 + dt.timedelta(hours=5), False)):
            with time_machine.travel(at, tick=False):
                page = signed_in(cast.ana).get(f"/tasks/{task.pk}/snooze/").text
            assert ("This afternoon" in page) == offered

    def test_a_safety_matter_due_today_sleeps_within_its_limit(self, nine, cast, signed_in, inside):
        limit = nine + dt.timedelta(minutes=90)
        task = TaskFactory(patient=cast.pat, priority=1, due_at=limit)
        client, url = signed_in(cast.ana), f"/tasks/{task.pk}/snooze/"
        page = client.get(url).text
        assert "At the latest until its limit, 17-Nov 10:30." in page
        for sent in ({"when": "hours"}, {"when": "tomorrow"}, {"when": "pick", "time": "10:31"}):
            refused = client.post(url, sent | {"reason": "Busy"})
            assert refused.status_code == 422
            assert "A safety matter cannot sleep past its limit, 17-Nov 10:30." in refused.text
        assert client.post(url, {"when": "hour"}).status_code == 302
        inside(cast.riverbend)
        task.refresh_from_db()
        assert task.snoozed_until == nine + dt.timedelta(hours=1)

    def test_a_time_that_is_past_is_refused(self, nine, cast, signed_in, task):
        sent = {"when": "pick", "time": "08:00"}
        refused = signed_in(cast.ana).post(f"/tasks/{task.pk}/snooze/", sent)
        assert refused.status_code == 422
        assert "still to come" in refused.text

    def test_a_slip_in_the_day_is_named_once(self, cast, signed_in, task):
        sent = {"when": "pick", "day": "soon", "time": "08:00"}
        refused = signed_in(cast.ana).post(f"/tasks/{task.pk}/snooze/", sent)
        assert refused.status_code == 422
        assert "Pick the day it comes back." not in refused.text


class TestTheDayItSays:
    @pytest.mark.parametrize("zone", ["", HONOLULU, "Pacific/Auckland"])
    def test_a_day_is_the_same_day_for_everyone(self, nine, cast, signed_in, zone):
        """It is the day of the organization, wherever the reader is."""
        live_in(cast, zone)
        task = TaskFactory(patient=cast.pat, due_at=nine + dt.timedelta(days=9))
        client = signed_in(cast.ana)
        client.post(f"/tasks/{task.pk}/snooze/", {"when": "pick", "day": "2026-11-20"})
        page = client.get("/day/?bucket=snoozed").text
        assert "Sleeps until 20-Nov" in page
        assert "sleeps to 20-Nov" in page
        assert "19-Nov" not in page


def test_the_form_begins_where_its_choice_is(cast, signed_in, task):
    """Not at the first chip: a key too many would choose another one."""
    page = signed_in(cast.ana).get(f"/tasks/{task.pk}/snooze/").text
    focused = re.findall(r"<input[^>]*name=\"when\"[^>]*autofocus[^>]*>", page)
    assert len(focused) == 1
    assert 'value="tomorrow"' in focused[0]
