"""What has to end first: blocked, ready, to be decided, and no circle."""

import threading

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from coordination.lib.refusal import Refused
from coordination.lib.rls import organization
from coordination.notifications.models import Notification
from coordination.outbox.models import Message
from coordination.worklist.actions import close_task, edit_task, open_task, set_waiting, undo_change
from coordination.worklist.actions.caseload import lock_open_task
from coordination.worklist.actions.needing import follow
from coordination.worklist.due import Due
from coordination.worklist.handlers import follow_ended
from coordination.worklist.models import Task
from tests.coordination.worklist.test_edit import shown, stored, url
from tests.factories import PatientFactory, TaskFactory


@pytest.fixture
def first(cast):
    return TaskFactory(patient=cast.pat, title="Get the release")


@pytest.fixture
def task(cast):
    return TaskFactory(patient=cast.pat, title="Send the records")


def needs(task, *others, by):
    return edit_task(task=task, by=by, values={"needs": [str(other.pk) for other in others]}).task


def again(task):
    task.refresh_from_db()
    return task


class TestBlocked:
    def test_it_is_chosen_in_the_form_and_said_in_words(self, cast, signed_in, inside, first, task):
        client = signed_in(cast.ana)
        assert "Get the release" in client.get(url(task)).text
        sent = shown(client, task) | {"needs": [str(first.pk)]}
        assert client.post(url(task), sent).status_code == 302
        now = stored(task, inside, cast)
        assert (now.status, now.waiting_on) == ("blocked", "Get the release")
        page = client.get("/day/?bucket=waiting").text
        assert "Needs first: Get the release (since " in page
        assert f"/tasks/{first.pk}/" in client.get(f"/tasks/{task.pk}/").text
        assert "Send the records" in client.get(f"/tasks/{first.pk}/").text

    def test_only_what_is_about_the_same_patient_is_offered(self, cast, signed_in, task):
        other = PatientFactory(organization=cast.riverbend, coordinator=cast.ana)
        TaskFactory(patient=other, title="Of another patient")
        own = TaskFactory(organization=cast.riverbend, owner=cast.ana, patient=None, title="About nobody")
        client = signed_in(cast.ana)
        assert "Of another patient" not in client.get(url(task)).text
        assert "Send the records" not in client.get(url(own)).text
        with organization(cast.riverbend.pk), pytest.raises(Refused, match="has ended"):
            needs(task, own, by=cast.ana)

    def test_it_is_not_done_before_them(self, cast, signed_in, parts, first, task):
        needs(task, first, by=cast.ana)
        answer = signed_in(cast.ana).post(f"/tasks/{task.pk}/done/", headers=parts)
        assert answer.status_code == 422
        assert "It needs this first: Get the release." in answer.text
        with organization(cast.riverbend.pk):
            with pytest.raises(Refused, match="needs this first"):
                set_waiting(task=task, by=cast.ana, waiting_on="Payer")
            assert close_task(task=task, by=cast.ana, outcome="not_needed").status == "cancelled"

    def test_a_safety_matter_waits_for_no_other(self, cast, first, task):
        critical = TaskFactory(patient=cast.pat, priority=1)
        with pytest.raises(Refused, match="waits for no other"):
            needs(critical, first, by=cast.ana)
        needs(task, first, by=cast.ana)
        with pytest.raises(Refused, match="Take away what it needs"):
            edit_task(task=again(task), by=cast.ana, values={"priority": 1})


class TestCircle:
    def test_it_is_refused_by_name(self, cast, signed_in, inside, first, task):
        needs(task, first, by=cast.ana)
        third = TaskFactory(patient=cast.pat, title="Sign the form")
        needs(first, third, by=cast.ana)
        client = signed_in(cast.ana)
        answer = client.post(url(third), shown(client, third) | {"needs": [str(task.pk)]})
        assert answer.status_code == 422
        words = "“Sign the form” needs “Send the records” needs “Get the release” needs “Sign the form”"
        assert words in answer.text
        assert stored(third, inside, cast).status == "open"


class TestReady:
    def test_the_last_one_done_opens_it(self, cast, first, task):
        second = TaskFactory(patient=cast.pat, title="Find the fax")
        needs(task, first, second, by=cast.ana)
        close_task(task=first, by=cast.sue)
        assert (again(task).status, task.waiting_on) == ("blocked", "Find the fax")
        close_task(task=second, by=cast.sue)
        assert (again(task).status, task.waiting_on, task.waiting_since) == ("open", "", None)
        assert task.snooze_reason == "Ready: “Find the fax” is done"

    def test_the_row_says_so(self, cast, signed_in, first, task):
        needs(task, first, by=cast.ana)
        client = signed_in(cast.ana)
        client.post(f"/tasks/{first.pk}/done/")
        assert "Ready: “Get the release” is done" in client.get("/day/").text

    def test_one_that_was_cancelled_asks_its_owner_to_decide(self, cast, first, task):
        needs(task, first, by=cast.ana)
        close_task(task=first, by=cast.sue, outcome="not_needed")
        assert again(task).status == "open"
        assert task.snooze_reason.startswith("Decide: “Get the release” ended without")
        assert Notification.objects.get(user=cast.ana).text.startswith("Decide: ")

    def test_taking_the_end_back_blocks_it_again(self, cast, first, task):
        needs(task, first, by=cast.ana)
        closed = close_task(task=first, by=cast.ana)
        assert again(task).status == "open"
        undo_change(change=closed.last_change, by=cast.ana)
        assert (again(task).status, task.waiting_on, task.snooze_reason) == ("blocked", "Get the release", "")

    def test_an_edit_taken_back_takes_the_need_with_it(self, cast, first, task):
        undo_change(change=needs(task, first, by=cast.ana).last_change, by=cast.ana)
        assert (again(task).status, task.needs.count()) == ("open", 0)

    def test_needing_nothing_any_more_is_work_again(self, cast, first, task):
        needs(task, first, by=cast.ana)
        assert needs(again(task), by=cast.ana).status == "open"

    def test_a_message_does_what_had_to_wait(self, cast, first, task):
        needs(task, first, by=cast.ana)
        close_task(task=first, by=cast.ana)
        Task.objects.filter(pk=task.pk).update(status="blocked", waiting_on="Get the release")
        ids = {"task_id": str(first.pk), "by_id": str(cast.ana.pk)}
        follow_ended(Message(topic="task.ended", payload=ids))
        assert again(task).status == "open"
        follow([first], by=cast.ana)  # told again, nothing to do
        assert again(task).status == "open"


@pytest.mark.django_db(transaction=True)
def test_of_two_tasks_about_nobody_that_come_to_need_each_other_at_once_one_is_refused(cast):
    """No patient's lock keeps them apart: each waits for the task it is to need."""
    with organization(cast.riverbend.pk):
        one, two = (
            open_task(by=cast.ana, title=title, reason="So", due=Due(timezone.now()))
            for title in ("One", "Two")
        )
    start, told = threading.Barrier(2), []

    def need(task, other):
        try:
            with organization(cast.riverbend.pk):
                locked = lock_open_task(task)
                start.wait(10)
                edit_task(task=locked, by=cast.ana, values={"needs": [str(other.pk)]})
            told.append("done")
        except (Refused, OperationalError) as refusal:
            told.append(type(refusal).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=need, args=pair) for pair in ((one, two), (two, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(told) == ["OperationalError", "done"], told


@pytest.mark.django_db(transaction=True)
def test_what_comes_to_need_a_task_while_its_end_waits_is_told(cast):
    """The end asked who needs it before it waited for the lock that the other one held."""
    with organization(cast.riverbend.pk):
        first, task = (TaskFactory(patient=cast.pat, title=title) for title in ("Get the release", "Send it"))

    def end():
        try:
            with organization(cast.riverbend.pk):
                close_task(task=first, by=cast.ana)
        finally:
            connection.close()

    ending = threading.Thread(target=end)
    with organization(cast.riverbend.pk):
        needs(task, first, by=cast.ana)
        ending.start()
        ending.join(0.5)
        assert ending.is_alive()
    ending.join(10)
    with organization(cast.riverbend.pk):
        assert again(first).status == "done"
        assert again(task).status == "blocked"
        follow_ended(Message.objects.get(topic="task.ended"))
        assert again(task).status == "open"


class TestAnEditOfNeedsTakenBack:
    """The links go back with the words."""

    @pytest.fixture
    def second(self, cast):
        return TaskFactory(patient=cast.pat, title="Find the fax")

    def needed(self, task):
        return set(task.needs.values_list("needs__title", flat=True))

    def test_needing_nothing_taken_back_it_is_blocked_by_what_it_needed(self, cast, first, task):
        needs(task, first, by=cast.ana)
        freed = needs(again(task), by=cast.ana)
        undo_change(change=freed.last_change, by=cast.ana)
        assert (again(task).status, task.waiting_on) == ("blocked", "Get the release")
        assert self.needed(task) == {"Get the release"}
        close_task(task=first, by=cast.sue)
        assert again(task).status == "open"

    def test_needing_less_taken_back_it_waits_for_both(self, cast, first, second, task):
        both = needs(task, first, second, by=cast.ana)
        words = both.waiting_on
        undo_change(change=needs(again(task), first, by=cast.ana).last_change, by=cast.ana)
        assert (again(task).status, task.waiting_on) == ("blocked", words)
        assert self.needed(task) == {"Get the release", "Find the fax"}

    def test_needing_another_taken_back_it_waits_for_the_first(self, cast, first, second, task):
        needs(task, first, by=cast.ana)
        undo_change(change=needs(again(task), second, by=cast.ana).last_change, by=cast.ana)
        assert (again(task).waiting_on, self.needed(task)) == ("Get the release", {"Get the release"})

    def test_another_one_of_the_same_name_is_a_change_too(self, cast, first, task):
        same = TaskFactory(patient=cast.pat, title="Get the release")
        needs(task, first, by=cast.ana)
        undo_change(change=needs(again(task), same, by=cast.ana).last_change, by=cast.ana)
        assert list(again(task).needs.values_list("needs", flat=True)) == [first.pk]

    def test_what_ended_meanwhile_cannot_be_needed_again(self, cast, first, second, task):
        needs(task, first, second, by=cast.ana)
        less = needs(again(task), first, by=cast.ana)
        close_task(task=second, by=cast.sue)
        with pytest.raises(Refused, match="“Find the fax”, which it needed, has ended since"):
            undo_change(change=less.last_change, by=cast.ana)
        assert (again(task).waiting_on, self.needed(task)) == ("Get the release", {"Get the release"})

    def test_nor_what_came_to_need_it(self, cast, first, task):
        needs(task, first, by=cast.ana)
        freed = needs(again(task), by=cast.ana)
        needs(again(first), task, by=cast.ana)
        with pytest.raises(Refused, match="circle"):
            undo_change(change=freed.last_change, by=cast.ana)
        assert (again(task).status, self.needed(task)) == ("open", set())

    def test_of_tasks_about_nobody_too(self, cast):
        first, task = (
            open_task(by=cast.ana, title=title, reason="So", due=Due(timezone.now())) for title in ("A", "B")
        )
        needs(task, first, by=cast.ana)
        undo_change(change=needs(again(task), by=cast.ana).last_change, by=cast.ana)
        assert (again(task).status, self.needed(task)) == ("blocked", {"A"})

    def test_the_end_of_a_blocked_task_taken_back_after_what_it_needed_ended_is_work(self, cast, first, task):
        needs(task, first, by=cast.ana)
        closed = close_task(task=again(task), by=cast.ana, outcome="not_needed")
        close_task(task=first, by=cast.sue)
        undo_change(change=closed.last_change, by=cast.ana)
        assert (again(task).status, task.waiting_on) == ("open", "")
