"""What was done to a task, and what one did oneself, with the Undo that is left."""

import datetime as dt
from html import unescape

import time_machine
from django.utils import timezone

from coordination.audit.models import Event
from coordination.worklist import actions
from coordination.worklist.due import Due
from coordination.worklist.models import Change
from patients.models import Patient
from tests.coordination.worklist.test_undo import LATER, latest, undo
from tests.factories import TaskFactory, UserFactory


class TestHistory:
    def test_the_page_of_a_task_says_what_it_was_and_is(self, cast, signed_in, task):
        actions.assign_task(task=task, by=cast.sue, owner=cast.max)
        actions.set_waiting(task=task, by=cast.ana, waiting_on="Payer")
        undo(latest(), cast.max)
        body = signed_in(cast.ana).get(f"/tasks/{task.pk}/").content.decode()
        assert "Who has it: Ana Ruiz to Max Weber" in body
        assert "Waiting on: Payer" in body
        assert "Undone by Max Weber" in body

    def test_a_repeat_is_told_in_words(self, cast, signed_in, inside, task):
        for values in (
            {"repeat_every": 2, "repeat_unit": "week", "repeat_until": dt.date(2099, 1, 2)},
            {"repeat_every": 3},
            {"repeat_unit": "month"},
            {"repeat_every": None, "repeat_unit": "", "repeat_until": None},
        ):
            actions.edit_task(task=task, by=cast.ana, values=values)
        body = unescape(signed_in(cast.ana).get(f"/tasks/{task.pk}/").text)
        assert "Repeats: every 2 weeks" in body
        assert "Repeats until: 02-Jan-2099" in body
        assert "Repeats every: 2 to 3" in body
        assert "Repeats in: " in body
        assert "Repeats: every 3 months to none" in body

    def test_my_acts_stand_newest_first_with_their_undo(self, cast, signed_in, inside, task):
        with time_machine.travel(timezone.now() - dt.timedelta(minutes=11)):
            actions.set_waiting(task=task, by=cast.ana, waiting_on="Payer")
        actions.assign_task(task=task, by=cast.sue, owner=cast.max)
        with time_machine.travel(timezone.now() - dt.timedelta(days=8)):
            TaskFactory(patient=cast.pat)
        actions.close_task(task=task, by=cast.ana)
        body = signed_in(cast.ana).get("/day/history/").content.decode()
        assert body.index("Closed") < body.index("Waiting on")
        assert "Assigned" not in body
        assert body.count('action="/undo/') == 1
        inside(cast.riverbend)
        assert Event.objects.filter(name="worklist.viewed", detail__page="history").exists()

    def test_a_contact_is_one_act(self, cast, signed_in, task):
        actions.log_contact(
            patient=cast.pat,
            by=cast.ana,
            outcome="no_answer",
            task=task,
            next_step=actions.NextStep(Due(LATER)),
        )
        body = signed_in(cast.ana).get("/day/history/").content.decode()
        assert body.count('action="/undo/') == 1
        assert "Contact logged" in body

    def test_whoever_lost_sight_of_a_patient_does_not_find_them_here(self, cast, signed_in, task):
        actions.close_task(task=task, by=cast.ana)
        cast.pat.careteammember_set.all().delete()
        Patient.objects.filter(pk=cast.pat.pk).update(coordinator=None)
        assert "RIVERA" not in signed_in(cast.ana).get("/day/history/").content.decode()

    def test_it_costs_the_same_for_one_act_and_for_thirty(self, cast, signed_in, inside, statements):
        client, counts = signed_in(cast.ana), []
        for n in (1, 29):
            inside(cast.riverbend)
            for _n in range(n):
                actions.assign_task(task=TaskFactory(patient=cast.pat), by=cast.ana, owner=cast.max)
            with statements() as seen:
                assert client.get("/day/history/").status_code == 200
            counts.append(len(seen))
        assert counts[0] == counts[1] <= 8, counts


def test_whose_act_it_is_about_can_be_looked_up_by_an_index(cast):
    """Row-level security keeps PostgreSQL from an index for what it does not know to leak nothing, COALESCE among it: in a house
    of a million patients all of them were read for each act on a task's page. (A small table has the same plan either way.)"""
    wide = UserFactory(organization=cast.riverbend, roles=["supervisor", "privacy_officer"])
    seen = str(Change.objects.visible_to(wide).query).upper()
    assert "CASE WHEN" in seen
    assert "COALESCE" not in seen
