"""What one writes while a task is closed or edited may promise something: it is offered as a task, never made by itself."""

import datetime as dt
import uuid

import pytest
from django.utils import timezone

from coordination.worklist.actions import close_task, edit_task
from coordination.worklist.actions.undoing import undo_change
from coordination.worklist.models import Task
from tests.coordination.worklist.test_edit import shown
from tests.coordination.worklist.test_edit import url as edit_url
from tests.factories import TaskFactory

SAID = "Reached her. I will call you tomorrow"


@pytest.fixture
def ana(cast, signed_in):
    return signed_in(cast.ana)


def close(client, task, parts=None, **more):
    form = {"outcome": "completed", "note": SAID, "next": "/day/", **more}
    return client.post(f"/tasks/{task.pk}/done/", form, headers=parts or {})


def promised(inside, cast):
    inside(cast.riverbend)
    return list(Task.objects.filter(source="promise"))


class TestClosing:
    def test_it_is_offered_and_one_click_makes_it_once(self, cast, ana, inside, parts, task):
        answer = close(ana, task, parts)
        assert answer.status_code == 200
        assert "You promised: Call the patient" in answer.text
        assert answer.headers["HX-Trigger"] == "closeDialog"
        assert promised(inside, cast) == []
        address = f"/tasks/{task.pk}/promise/?in=outcome_note"
        assert address in answer.text
        for _twice in range(2):
            assert ana.post(address, headers=parts).status_code == 200
        (made,) = promised(inside, cast)
        tomorrow = cast.riverbend.today() + dt.timedelta(days=1)
        assert (made.title, made.patient, made.owner) == ("Call the patient", cast.pat, cast.ana)
        assert made.due_at.astimezone(cast.riverbend.zone).date() == tomorrow

    def test_without_a_script_it_is_a_page_on_the_way(self, cast, ana, inside, task):
        answer = ana.get(close(ana, task)["Location"])
        assert "The task is closed." in answer.text
        assert "Call the patient</b>" in answer.text
        assert 'href="/day/"' in answer.text, "no is one click too"
        assert promised(inside, cast) == []
        assert ana.post(answer.request["PATH_INFO"], {"next": "/day/"})["Location"] == "/day/"
        assert len(promised(inside, cast)) == 1

    @pytest.mark.parametrize(
        "sent", [{"note": "Reached her"}, {"note": ""}, {"note": "I will not call you tomorrow"}, {"promise_when": "tomorrow"}]
    )  # fmt: skip
    def test_without_one_or_with_its_task_already_made_nothing_is_offered(
        self, cast, ana, inside, parts, task, sent
    ):
        assert "You promised" not in close(ana, task, parts, **sent).text
        other = TaskFactory(patient=cast.pat)
        assert close(ana, other, **sent)["Location"] == "/day/"

    def test_of_nobody_nothing_is_offered(self, cast, ana, parts):
        nobody = TaskFactory(patient=None, organization=cast.riverbend, owner=cast.ana, created_by=cast.ana)
        answer = close(ana, nobody, parts)
        assert answer.status_code == 200
        assert "You promised" not in answer.text

    def test_one_click_without_a_note_offers_nothing(self, ana, parts, task):
        answer = ana.post(f"/tasks/{task.pk}/done/", headers=parts)
        assert answer.status_code == 200
        assert "You promised" not in answer.text

    def test_the_offer_costs_no_statement(self, cast, ana, parts, statements):
        costs = []
        ana.get("/day/")
        for note in ("Reached her", SAID):
            task = TaskFactory(patient=cast.pat)
            with statements() as seen:
                close(ana, task, parts, note=note, idempotency_key=str(uuid.uuid4()))
            costs.append(len(seen))
        assert costs[0] == costs[1]

    def test_it_is_of_whoever_closed_it(self, cast, ana, signed_in, task):
        close_task(task=task, by=cast.sue, note=SAID)
        address = f"/tasks/{task.pk}/promise/"
        assert ana.get(address).status_code == 404
        assert ana.post(address).status_code == 404
        assert signed_in(cast.sam).get(address).status_code == 404
        assert signed_in(cast.sue).get(address).status_code == 200
        assert signed_in(cast.sue).get(f"{address}?in=title").status_code == 404

    def test_once_it_is_open_again_there_is_nothing_to_make(self, cast, ana, inside, task):
        undo_change(change=close_task(task=task, by=cast.ana, note=SAID).last_change, by=cast.ana)
        assert ana.post(f"/tasks/{task.pk}/promise/", {"next": "/day/"}).status_code == 404
        assert promised(inside, cast) == []


class TestEditing:
    @pytest.fixture
    def task(self, cast):
        """Due when no promise for tomorrow could be kept by it, at any hour."""
        return TaskFactory(patient=cast.pat, due_at=timezone.now() + dt.timedelta(days=5))

    @pytest.mark.parametrize("field", ["reason", "context"])
    def test_an_edit_that_says_so_asks(self, cast, ana, inside, task, field):
        sent = shown(ana, task) | {field: SAID, "next": "/day/"}
        asked = ana.post(edit_url(task), sent)["Location"]
        assert asked == f"/tasks/{task.pk}/promise/?in={field}&next=%2Fday%2F"
        page = ana.get(asked)
        assert "The task is saved." in page.text
        assert promised(inside, cast) == []
        assert ana.post(asked, {"next": "/day/"})["Location"] == "/day/"
        assert [made.title for made in promised(inside, cast)] == ["Call the patient"]

    def test_what_stood_there_before_is_not_asked_again(self, cast, ana, task):
        edit_task(task=task, by=cast.ana, values={"reason": SAID})
        for change in ({"minutes": "45"}, {"reason": f"{SAID}. She agreed"}):
            sent = shown(ana, Task.objects.get(pk=task.pk)) | change | {"next": "/day/"}
            assert ana.post(edit_url(task), sent)["Location"] == "/day/"

    def test_a_task_that_keeps_it_itself_is_enough(self, cast, ana, task):
        tomorrow = cast.riverbend.today() + dt.timedelta(days=1)
        noon = dt.datetime.combine(tomorrow, dt.time(12), tzinfo=cast.riverbend.zone)
        task = TaskFactory(patient=cast.pat, due_at=noon)
        sent = shown(ana, task) | {"reason": SAID, "next": "/day/"}
        assert ana.post(edit_url(task), sent)["Location"] == "/day/"

    def test_made_with_the_edit_it_is_not_asked(self, cast, ana, inside, task):
        sent = shown(ana, task) | {"reason": SAID, "promise_when": "tomorrow", "next": "/day/"}
        assert ana.post(edit_url(task), sent)["Location"] == "/day/"
        assert len(promised(inside, cast)) == 1

    def test_it_is_of_whoever_edited_it(self, cast, ana, task):
        edit_task(task=task, by=cast.sue, values={"reason": SAID})
        assert ana.get(f"/tasks/{task.pk}/promise/?in=reason").status_code == 404
