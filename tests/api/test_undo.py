"""What was done shows in the history a program reads, and is taken back by the rules of the pages."""

import datetime as dt

import pytest
import time_machine
from django.conf import settings
from django.utils import timezone

from coordination.worklist.actions import assign_task, close_task, log_contact, snooze_task
from coordination.worklist.models import Change, Contact, Task
from tests.factories import PatientFactory, TaskFactory
from tests.factories.record import ContactPointFactory

SOON = "2099-01-05"


@pytest.fixture
def task(cast):
    return TaskFactory(patient=cast.pat, owner=cast.ana, title="Call the clinic")


def undo(one, change, **more):
    return one.post(f"changes/{change['id']}/undo/", **more)


def history(one, task):
    return one.get(f"tasks/{task.pk}/changes/").json()["items"]


def test_each_act_is_told_with_what_it_changed_and_until_when_it_can_be_undone(cast, api, task):
    until = timezone.now() + dt.timedelta(hours=1)
    snooze_task(task=task, by=cast.ana, until=until, wakes_on="reply")
    assign_task(task=task, by=cast.ana, owner=cast.sue)
    assigned, snoozed = history(api(cast.sue), task)
    assert [(row["act"], row["by"], row["by_id"]) for row in (assigned, snoozed)] == [
        ("assign", "Ana Ruiz", str(cast.ana.pk)),
        ("snooze", "Ana Ruiz", str(cast.ana.pk)),
    ]
    assert assigned["changed"] == [
        {"field": "owner_id", "before": str(cast.ana.pk), "after": str(cast.sue.pk)}
    ]
    changed = {each["field"]: (each["before"], each["after"]) for each in snoozed["changed"]}
    assert changed["wakes_on"] == ("", "reply")
    assert changed["snoozed_until"] == (None, until.astimezone(dt.UTC).isoformat().replace("+00:00", "Z"))
    change = Change.objects.get(pk=assigned["id"])
    ends = change.at + dt.timedelta(minutes=settings.UNDO_MINUTES)
    assert assigned["undo_until"] == ends.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    assert {row["undo_until"] for row in history(api(cast.vic), task)} == {None}, (
        "who only looks undoes nothing"
    )
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=settings.UNDO_MINUTES + 1), tick=False):
        assert {row["undo_until"] for row in history(api(cast.ana), task)} == {None}


def test_undone_the_task_is_as_it_was_and_history_shows_both(cast, api, task):
    one = api(cast.ana)
    before = one.get(f"tasks/{task.pk}/").json()
    assign_task(task=task, by=cast.ana, owner=cast.sue)
    (row,) = history(one, task)
    answer = undo(api(cast.sue), row)
    assert answer.status_code == 200, answer.content
    assert (answer.json()["undone_by_id"], answer.json()["undo_until"]) == (str(cast.sue.pk), None)
    after = one.get(f"tasks/{task.pk}/").json()
    moved = {"version", "updated_at"}
    assert {k: v for k, v in after.items() if k not in moved} == {
        k: v for k, v in before.items() if k not in moved
    }
    (row,) = history(one, task)
    assert row["undone_at"] is not None
    again = undo(one, row)
    assert again.status_code == 422
    assert "Sue Park undid this" in again.json()["detail"]


def test_what_somebody_changed_since_is_refused_with_who_and_when(cast, api, task):
    assign_task(task=task, by=cast.ana, owner=cast.sue)
    (row,) = history(api(cast.ana), task)
    task.refresh_from_db()
    assign_task(task=task, by=cast.sue, owner=cast.max)
    answer = undo(api(cast.ana), row)
    assert answer.status_code == 422
    assert "Changed since by Sue Park" in answer.json()["detail"]


def test_too_late_is_history(cast, api, task):
    close_task(task=task, by=cast.ana)
    (row,) = history(api(cast.ana), task)
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=settings.UNDO_MINUTES + 1), tick=False):
        answer = undo(api(cast.ana), row)
    assert answer.status_code == 422
    assert "now it is history" in answer.json()["detail"]


def test_the_same_doors_as_the_pages(cast, api, task):
    close_task(task=task, by=cast.ana)
    (row,) = history(api(cast.ana), task)
    assert api(cast.sam).get(f"tasks/{task.pk}/changes/").status_code == 404
    assert undo(api(cast.sam), row).status_code == 404
    assert undo(api(cast.vic), row).status_code == 403
    assert undo(api(cast.ana, "tasks:read"), row).status_code == 403
    log_contact(patient=cast.pat, by=cast.ana, outcome="no_answer", no_follow_up_reason="Moved")
    contact = Change.objects.get(act="contact")
    assert undo(api(cast.ana, "tasks:write"), {"id": contact.pk}).status_code == 403, (
        "contacts have a scope of their own"
    )
    assert undo(api(cast.ana, "tasks:write", "contacts:write"), {"id": contact.pk}).status_code == 200


def test_a_contact_goes_back_with_all_that_came_of_it(cast, api, task):
    one = api(cast.ana)
    body = {"outcome": "left_voicemail", "task_id": str(task.pk), "next_step": {"due_on": SOON}}
    logged = one.post(f"patients/{cast.pat.pk}/contacts/", body).json()
    answer = one.post(f"contacts/{logged['id']}/undo/")
    assert answer.status_code == 200, answer.content
    assert (answer.json()["undone_by_id"], answer.json()["version"]) == (str(cast.ana.pk), 2)
    task.refresh_from_db()
    assert task.is_open
    assert Task.objects.get(pk=logged["next_task_id"]).outcome == "mistake"
    assert one.post(f"contacts/{logged['id']}/undo/").status_code == 422
    elsewhere = Contact.objects.get(pk=logged["id"])
    Change.objects.filter(contact=elsewhere).delete()
    assert "not logged here" in one.post(f"contacts/{logged['id']}/undo/").json()["detail"]


def test_ones_own_acts_are_one_list(cast, api, task):
    assign_task(task=task, by=cast.ana, owner=cast.sue)
    task.refresh_from_db()
    close_task(task=task, by=cast.sue)
    mine = api(cast.ana).get("changes/").json()["items"]
    assert [row["act"] for row in mine] == ["assign"]
    other = PatientFactory(organization=cast.riverbend, team=cast.south, coordinator=cast.sam)
    close_task(task=TaskFactory(patient=other, owner=cast.sam), by=cast.ana)
    assert api(cast.ana).get("changes/").json()["items"] == mine, "out of sight, out of the list"


# --- what else the pages can do with a task ---------------------------------------------------------------------------
def change(one, task, **values):
    task.refresh_from_db()
    return one.patch(f"tasks/{task.pk}/", values, If_Match=f'"{task.version}"')


def test_sleeping_for_an_event(cast, api, task):
    until = (timezone.now() + dt.timedelta(days=5)).isoformat()
    sent = {"until": until, "wakes_on": "visit_kept"}
    answer = api(cast.ana).post(f"tasks/{task.pk}/snooze/", sent, If_Match='"1"')
    assert (answer.status_code, answer.json()["wakes_on"]) == (200, "visit_kept")
    alone = TaskFactory(patient=None, organization=cast.riverbend, owner=cast.ana)
    refused = api(cast.ana).post(f"tasks/{alone.pk}/snooze/", sent, If_Match='"1"')
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "#/wakes_on"


def test_a_task_is_edited_as_on_its_page(cast, api, task):
    one = api(cast.ana)
    Task.objects.filter(pk=task.pk).update(checklist=[{"text": "Ask", "done": True}])
    answer = change(
        one, task, title="Call the lab", priority=2, checklist=["Tell", "Ask"],
        repeat_every=2, repeat_unit="week", repeat_until=SOON,
    )  # fmt: skip
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert (body["title"], body["priority"], body["reason"]) == ("Call the lab", 2, task.reason)
    assert body["checklist"] == [{"text": "Tell", "done": False}, {"text": "Ask", "done": True}]
    assert (body["repeat_every"], body["repeat_unit"], body["repeat_until"]) == (2, "week", SOON)
    (row,) = history(one, task)
    assert {each["field"] for each in row["changed"]} >= {"title", "priority", "checklist", "repeat_until"}
    assert undo(one, row).status_code == 200
    assert one.get(f"tasks/{task.pk}/").json()["repeat_until"] is None


def test_what_a_task_needs_blocks_it(cast, api, task):
    one = api(cast.ana)
    first = TaskFactory(patient=cast.pat, owner=cast.ana, title="Find the form")
    body = change(one, task, needs=[str(first.pk)]).json()
    assert (body["status"], body["needs"]) == ("blocked", [str(first.pk)])
    listed = {row["id"]: row["needs"] for row in one.get("tasks/").json()["items"]}
    assert listed == {str(task.pk): [str(first.pk)], str(first.pk): []}
    round_again = change(one, first, needs=[str(task.pk)])
    assert round_again.status_code == 422
    assert "circle" in round_again.json()["detail"]
    assert change(one, task, needs=[]).json()["needs"] == []


@pytest.mark.parametrize(
    ("values", "status"),
    [({"titel": "x"}, 400), ({"title": ""}, 400), ({"repeat_every": 2}, 422), ({"status": "done"}, 400), ({"minutes": 900}, 400)],
)  # fmt: skip
def test_an_edit_that_is_refused_changes_nothing(api, cast, task, values, status):
    assert change(api(cast.ana), task, **values).status_code == status
    assert not Change.objects.exists()


def test_an_edit_says_what_it_saw_and_who_may(cast, api, task):
    one = api(cast.ana)
    assert one.patch(f"tasks/{task.pk}/", {"title": "x"}).status_code == 428
    assert one.patch(f"tasks/{task.pk}/", {"title": "x"}, If_Match='"9"').status_code == 412
    assert change(api(cast.vic), task, title="x").status_code == 403
    safety = TaskFactory(patient=cast.pat, owner=cast.ana, priority=1)
    assert change(one, safety, priority=3).status_code == 422
    assert change(one, safety, priority=3, why="The clinic called back").status_code == 200


def test_a_promise_is_one_here_too(cast, api):
    sent = {
        "title": "Call back",
        "reason": "Said so",
        "due_on": SOON,
        "patient_id": str(cast.pat.pk),
        "promised": True,
    }
    assert api(cast.ana).post("tasks/", sent).json()["source"] == "promise"


def test_a_contact_names_the_number_and_says_why_against_its_rule(cast, api):
    point = ContactPointFactory(patient=cast.pat, voicemail="none")
    other = PatientFactory(organization=cast.riverbend, team=cast.north, coordinator=cast.ana)
    one, path = api(cast.ana), f"patients/{cast.pat.pk}/contacts/"
    sent = {"outcome": "left_voicemail", "no_follow_up_reason": "Moved", "contact_point_id": str(point.pk)}
    refused = one.post(path, sent)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "#/despite")
    done = one.post(path, sent | {"despite": "Safety"})
    assert (done.status_code, done.json()["contact_point_id"]) == (201, str(point.pk))
    wrong = one.post(path, sent | {"contact_point_id": str(ContactPointFactory(patient=other).pk)})
    assert wrong.status_code == 422
