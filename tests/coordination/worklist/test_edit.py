"""Changing what a task says: alone, and two people at once."""

import pytest

from coordination.audit.models import Event
from coordination.lib.refusal import Refused, Stale
from coordination.worklist.actions import assign_task, change_due, edit_task, set_waiting, tick_checklist
from coordination.worklist.actions.editing import steps_of
from coordination.worklist.due import Due
from coordination.worklist.models import Task
from tests.factories import TaskFactory


@pytest.fixture
def task(cast):
    steps = [{"text": text, "done": text == "Ask"} for text in ("Ask", "Call", "Write")]
    return TaskFactory(patient=cast.pat, title="Check oxygen", checklist=steps)


@pytest.fixture
def ana(cast, signed_in):
    return signed_in(cast.ana)


def url(task):
    return f"/tasks/{task.pk}/edit/"


def shown(client, task):
    """The form as the page sends it back, untouched."""
    form = client.get(url(task)).context["form"]
    return {bound.html_name: "" if bound.value() is None else bound.value() for bound in form}


def stored(task, inside, cast):
    inside(cast.riverbend)
    return Task.objects.get(pk=task.pk)


class TestAlone:
    def test_it_is_saved_and_said(self, cast, ana, inside, task):
        form = shown(ana, task) | {"title": "Check the oxygen at home", "minutes": "30", "next": "/day/"}
        answer = ana.post(url(task), form, follow=True)
        assert answer.redirect_chain == [("/day/", 302)]
        assert "Check the oxygen at home." in answer.text
        now = stored(task, inside, cast)
        assert (now.title, now.minutes, now.version) == ("Check the oxygen at home", 30, 2)
        assert set(Event.objects.get(name="task.edited").changed) == {"title", "minutes"}

    def test_nothing_changed_is_nothing_written(self, cast, ana, inside, task):
        assert ana.post(url(task), shown(ana, task)).status_code == 302
        assert stored(task, inside, cast).version == 1
        assert not Event.objects.filter(name="task.edited").exists()

    @pytest.mark.parametrize(
        "changes", [{"title": " "}, {"reason": ""}, {"kind": "nonsense"}, {"minutes": "-1"}]
    )
    def test_it_says_what_is_wrong(self, ana, task, changes):
        answer = ana.post(url(task), shown(ana, task) | changes)
        assert answer.status_code == 422
        assert "data-errors" in answer.text

    def test_a_closed_task_is_history(self, cast, ana, inside, task):
        form = shown(ana, task)
        ana.post(f"/tasks/{task.pk}/done/")
        answer = ana.post(url(task), form | {"title": "Late"})
        assert answer.status_code == 422
        assert "closed this task" in answer.text

    def test_who_may_only_look_may_not(self, cast, signed_in, task):
        assert signed_in(cast.vic).get(url(task)).status_code == 403
        assert signed_in(cast.sam).get(url(task)).status_code == 404

    def test_it_takes_few_statements(self, ana, task, statements):
        form = shown(ana, task) | {"title": "Other"}
        with statements() as seen:
            ana.post(url(task), form)
        assert len(seen) <= 16, seen


class TestSafety:
    def test_it_is_made_less_urgent_only_with_the_words_why(self, cast, ana, inside):
        task = TaskFactory(patient=cast.pat, priority=1)
        form = shown(ana, task) | {"priority": "3"}
        refused = ana.post(url(task), form)
        assert refused.status_code == 422
        assert "Say why it is less urgent now" in refused.text
        assert ana.post(url(task), form | {"why": "Seen by the nurse"}).status_code == 302
        assert stored(task, inside, cast).priority == 3
        assert Event.objects.get(name="task.edited").reason == "Seen by the nurse"

    def test_what_becomes_one_waits_on_nobody(self, cast, task):
        set_waiting(task=task, by=cast.ana, waiting_on="Payer")
        now = edit_task(task=task, by=cast.ana, values={"priority": 1}).task
        assert (now.status, now.waiting_on) == ("open", "")

    def test_nobody_calls_the_dead(self, cast, task):
        type(cast.pat).objects.filter(pk=cast.pat.pk).update(is_deceased=True)
        with pytest.raises(Refused, match="has died"):
            edit_task(task=task, by=cast.ana, values={"kind": "home_visit"})


class TestTogether:
    def test_different_fields_merge_and_it_is_said(self, cast, ana, inside, task):
        form = shown(ana, task)
        edit_task(task=task, by=cast.sue, values={"reason": "The daughter asked"})
        answer = ana.post(url(task), form | {"title": "Mine"}, follow=True)
        assert "What Sue Park changed meanwhile was kept: Why now." in answer.text
        now = stored(task, inside, cast)
        assert (now.title, now.reason) == ("Mine", "The daughter asked")

    def test_so_do_the_due_time_and_the_owner(self, cast, ana, inside, task):
        form = shown(ana, task)
        change_due(task=task, by=cast.sue, due=Due.on(cast.riverbend.today(), cast.riverbend))
        assign_task(task=task, by=cast.sue, owner=cast.max)
        answer = ana.post(url(task), form | {"title": "Mine"}, follow=True)
        assert "What Sue Park changed meanwhile was kept: Due, Who has it." in answer.text
        assert stored(task, inside, cast).owner == cast.max

    def test_the_same_field_is_asked_about_and_then_saved(self, cast, ana, inside, task):
        form = shown(ana, task)
        edit_task(task=task, by=cast.sue, values={"title": "Theirs", "context": "At the clinic"})
        answer = ana.post(url(task), form | {"title": "Mine", "minutes": "45"})
        assert answer.status_code == 409
        conflict = answer.context["conflict"]
        assert [(row["theirs"], row["yours"]) for row in conflict["fields"]] == [("Theirs", "Mine")]
        assert stored(task, inside, cast).title == "Theirs"
        settled = dict(conflict["hidden"]) | {"version": conflict["version"], "title": "Mine"}
        assert ana.post(url(task), settled).status_code == 302
        now = stored(task, inside, cast)
        assert (now.title, now.minutes, now.context) == ("Mine", 45, "At the clinic")

    def test_the_same_words_are_no_conflict(self, cast, ana, task):
        form = shown(ana, task)
        edit_task(task=task, by=cast.sue, values={"title": "Same"})
        assert ana.post(url(task), form | {"title": "Same"}).status_code == 302

    def test_without_what_was_seen_any_difference_is_one(self, cast, task):
        edit_task(task=task, by=cast.sue, values={"title": "Theirs"})
        with pytest.raises(Stale):
            edit_task(task=task, by=cast.ana, values={"title": "Mine"}, version=1)


class TestChecklist:
    def test_ticks_of_others_stay_while_the_list_is_edited(self, cast, ana, inside, task):
        form = shown(ana, task)
        tick_checklist(task=task, by=cast.sue, step=1, done=True)
        ana.post(url(task), form | {"checklist": "Write\r\nAsk\r\nCall\r\nThank"})
        assert stored(task, inside, cast).checklist == [
            {"text": "Write", "done": False},
            {"text": "Ask", "done": True},
            {"text": "Call", "done": True},
            {"text": "Thank", "done": False},
        ]

    def test_two_people_tick_at_once(self, cast, ana, signed_in, inside, task):
        sue = signed_in(cast.sue)
        ana.post(f"/tasks/{task.pk}/checklist/", {"step": "1", "text": "Call", "done": "1"})
        sue.post(f"/tasks/{task.pk}/checklist/", {"step": "2", "text": "Write", "done": "1"})
        assert stored(task, inside, cast).checklist_done == 3

    def test_a_step_that_moved_is_ticked_where_it_is_now(self, cast, ana, inside, task):
        edit_task(task=task, by=cast.sue, values={"checklist": "Write\nCall"})
        ana.post(f"/tasks/{task.pk}/checklist/", {"step": "2", "text": "Write", "done": "1"})
        assert stored(task, inside, cast).checklist == [
            {"text": "Write", "done": True},
            {"text": "Call", "done": False},
        ]
        gone = ana.post(f"/tasks/{task.pk}/checklist/", {"step": "0", "text": "Ask", "done": "1"})
        assert gone.status_code == 422

    def test_a_step_worded_anew_stays_ticked(self):
        ticked = [{"text": "Ask", "done": True}, {"text": "Call", "done": False}]
        assert steps_of("Ask her\nCall", ticked=ticked) == [
            {"text": "Ask her", "done": True},
            {"text": "Call", "done": False},
        ]

    def test_two_steps_of_the_same_words_keep_their_own(self):
        ticked = [{"text": "Call", "done": True}, {"text": "Call", "done": False}]
        assert [step["done"] for step in steps_of("Call\nCall", ticked=ticked)] == [True, False]
