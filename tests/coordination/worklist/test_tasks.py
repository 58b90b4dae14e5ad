"""The pages of tasks, what the record shows of them, and the word to whoever is handed one."""

import datetime as dt
import uuid

import pytest
from django.utils import timezone

from coordination.audit.models import Event
from coordination.notifications.models import Notification
from coordination.outbox.models import Message
from coordination.worklist.actions import assign_task, close_task, log_contact, open_task
from coordination.worklist.due import Due
from coordination.worklist.handlers import notify_owner
from coordination.worklist.models import Task
from coordination.worklist.panels import ahead, open_tasks
from tests.factories import TaskFactory


def new(cast, **more):
    day = (cast.riverbend.today() + dt.timedelta(days=3)).isoformat()
    return {
        "patient": str(cast.pat.pk), "title": "Call the pharmacy", "reason": "Refill is late", "kind": "call", "day": day, "time": "15:00",
        "priority": "3", "to": f"user:{cast.ana.pk}", "minutes": "10", "checklist": "Ask for the date\n\n Tell the patient ",
    } | more  # fmt: skip


class TestNew:
    def test_it_opens_a_task(self, cast, signed_in, inside):
        client = signed_in(cast.ana)
        url = f"/tasks/new/?patient={cast.pat.pk}"
        assert "Add task for RIVERA, Pat" in client.get(url).content.decode()
        assert client.post(url, new(cast)).status_code == 302
        inside(cast.riverbend)
        task = Task.objects.get()
        assert (task.patient, task.owner, task.title, task.due_has_time) == (
            cast.pat,
            cast.ana,
            "Call the pharmacy",
            True,
        )
        assert timezone.localtime(task.due_at, cast.riverbend.zone).hour == 15
        assert task.checklist == [
            {"text": "Ask for the date", "done": False},
            {"text": "Tell the patient", "done": False},
        ]

    def test_it_comes_again_and_needs_another_first(self, cast, signed_in, inside, task):
        client, url = signed_in(cast.ana), f"/tasks/new/?patient={cast.pat.pk}"
        page = client.get(url).text
        assert "More: what it needs first, how it repeats" in page
        assert f'value="{task.pk}"' in page
        sent = new(cast, repeat_every="2", repeat_unit="week", needs=[str(task.pk)])
        assert client.post(url, sent).status_code == 302
        inside(cast.riverbend)
        opened = Task.objects.get(title="Call the pharmacy")
        assert (opened.repeat_every, opened.repeat_unit, opened.repeat_until) == (2, "week", None)
        assert (opened.status, opened.waiting_on) == ("blocked", "Check oxygen")
        assert [link.needs for link in opened.needs.all()] == [task]
        close_task(task=task, by=cast.ana)
        opened.refresh_from_db()
        assert opened.status == "open"

    def test_what_was_chosen_and_refused_stays_in_sight(self, cast, signed_in):
        answer = signed_in(cast.ana).post(f"/tasks/new/?patient={cast.pat.pk}", new(cast, repeat_every="2"))
        assert answer.status_code == 422
        assert "Say how often it repeats" in answer.text
        assert '<details class="panel" open>' in answer.text

    def test_one_that_needs_another_costs_one_statement_more(self, cast, statements, task):
        due, counts = Due(timezone.now() + dt.timedelta(days=1)), []
        for needs in ([], [str(task.pk)]):
            with statements() as seen:
                open_task(by=cast.ana, title="A", reason="B", due=due, patient=cast.pat, needs=needs)
            counts.append(len(seen))
        assert counts[1] <= counts[0] + 1, counts

    def test_it_may_be_about_nobody(self, cast, signed_in, inside):
        assert signed_in(cast.ana).post("/tasks/new/", new(cast, patient="", time="")).status_code == 302
        inside(cast.riverbend)
        assert Task.objects.get().patient is None

    @pytest.mark.parametrize(
        ("more", "words"),
        [
            ({"reason": ""}, "This field is required."),
            ({"to": "user:x"}, "Select a valid choice"),
            ({"patient": ""}, "about another patient"),
            ({"minutes": "9999"}, "less than or equal"),
        ],
    )
    def test_it_says_why_not(self, cast, signed_in, more, words):
        response = signed_in(cast.ana).post(f"/tasks/new/?patient={cast.pat.pk}", new(cast, **more))
        assert response.status_code == 422
        assert words in response.content.decode()

    def test_nobody_gets_work_they_cannot_see(self, cast, signed_in):
        response = signed_in(cast.ana).post(
            f"/tasks/new/?patient={cast.pat.pk}", new(cast, to=f"user:{cast.sam.pk}")
        )
        assert response.status_code == 422
        assert "Sam Cole cannot see this patient" in response.content.decode()

    def test_it_hides_and_refuses(self, cast, signed_in):
        url = f"/tasks/new/?patient={cast.pat.pk}"
        assert signed_in(cast.sam).get(url).status_code == 404
        assert signed_in(cast.olga).post(url, new(cast)).status_code == 404
        assert signed_in(cast.vic).get(url).status_code == 403
        assert signed_in(cast.ana).get("/tasks/new/?patient=x").status_code == 404
        assert signed_in(cast.ana).delete(url).status_code == 405

    def test_the_same_key_opens_one(self, cast, signed_in, inside):
        client, key = signed_in(cast.ana), str(uuid.uuid4())
        for _ in range(2):
            client.post(f"/tasks/new/?patient={cast.pat.pk}", new(cast, idempotency_key=key))
        inside(cast.riverbend)
        assert Task.objects.count() == 1


class TestOne:
    def test_it_says_why_who_and_until_when(self, cast, signed_in, inside, task):
        log_contact(patient=cast.pat, by=cast.ana, outcome="no_answer", no_follow_up_reason="-")
        response = signed_in(cast.ana).get(f"/tasks/{task.pk}/")
        body = response.content.decode()
        for words in (
            "<title>RIVERA, Pat, born 14-Mar-1958",
            "Why now",
            "Promised last week",
            "Check oxygen",
            "Save call for RIVERA, Pat",
        ):
            assert words in body, words
        inside(cast.riverbend)
        assert Event.objects.get(kind="view").detail == {"page": "task"}

    def test_a_closed_one_says_how_it_ended(self, cast, signed_in, task):
        close_task(task=task, by=cast.sue, outcome="not_needed", note="Delivered by itself")
        body = signed_in(cast.ana).get(f"/tasks/{task.pk}/").content.decode()
        assert "Delivered by itself" in body
        assert "Sue Park" in body
        assert 'action="/undo/' in body

    def test_one_about_nobody(self, cast, signed_in):
        task = TaskFactory(organization=cast.riverbend, patient=None, owner=cast.ana, title="Order handouts")
        assert "Order handouts" in signed_in(cast.ana).get(f"/tasks/{task.pk}/").content.decode()
        assert signed_in(cast.sue).get(f"/tasks/{task.pk}/").status_code == 404

    def test_it_hides_and_is_for_reading(self, cast, signed_in, inside, task):
        for stranger in (cast.sam, cast.olga, cast.flo, cast.petra):
            assert signed_in(stranger).get(f"/tasks/{task.pk}/").status_code == 404
            inside(cast.riverbend)
        assert 'data-act="' not in signed_in(cast.vic).get(f"/tasks/{task.pk}/").content.decode()
        assert signed_in(cast.ana).post(f"/tasks/{task.pk}/").status_code == 405


class TestOfOnePatient:
    def test_it_shows_open_and_closed(self, cast, signed_in, inside, task, statements):
        close_task(task=TaskFactory(patient=cast.pat, title="Old promise"), by=cast.ana, note="Kept")
        client = signed_in(cast.ana)
        client.get("/day/")
        with statements() as seen:
            response = client.get(f"/patients/{cast.pat.pk}/tasks/")
        body = response.content.decode()
        for words in ("RIVERA, Pat", "Check oxygen", "Old promise", "Kept"):
            assert words in body
        assert len(seen) <= 14, seen
        inside(cast.riverbend)
        assert Event.objects.get(kind="view", patient_id=cast.pat.pk).detail == {"page": "tasks"}

    def test_it_hides_and_refuses(self, cast, signed_in, inside, task):
        url = f"/patients/{cast.pat.pk}/tasks/"
        for stranger in (cast.sam, cast.olga):
            assert signed_in(stranger).get(url).status_code == 404
            inside(cast.riverbend)
        assert signed_in(cast.flo).get(url).status_code == 403
        assert signed_in(cast.ana).post(url).status_code == 405
        assert 'data-act="done"' not in signed_in(cast.vic).get(url).content.decode()

    def test_an_empty_record_says_so(self, cast, signed_in):
        assert "Nothing open" in signed_in(cast.ana).get(f"/patients/{cast.pat.pk}/tasks/").content.decode()


class TestInTheRecord:
    def test_the_overview_shows_the_next_ones(self, cast, task):
        cast.pat.open_tasks = 1
        panel = open_tasks(cast.ana, cast.pat)
        assert [row["title"] for row in panel.context["rows"]] == ["Check oxygen"]
        assert panel.context["new_url"]
        assert open_tasks(cast.vic, cast.pat).context["new_url"] == ""
        assert open_tasks(cast.flo, cast.pat) is None

    def test_the_timeline_says_what_is_ahead(self, cast, task):
        (entry,) = ahead(cast.ana, cast.pat)
        assert (entry.title, entry.text, entry.by, entry.url) == (
            "Check oxygen",
            "Promised last week",
            "You",
            f"/tasks/{task.pk}/",
        )
        assert ahead(cast.flo, cast.pat) == []

    def test_the_timeline_tells_how_they_ended(self, cast, task):
        assert not Task.objects.for_timeline(cast.ana, cast.pat).exists()
        close_task(task=task, by=cast.ana)
        assert Task.objects.for_timeline(cast.ana, cast.pat).get() == task
        assert not Task.objects.for_timeline(cast.flo, cast.pat).exists()


class TestTheWordToTheOwner:
    @pytest.fixture
    def message(self, cast, task):
        assign_task(task=task, by=cast.ana, owner=cast.max)
        return Message.objects.get(topic="task.assigned")

    def test_they_are_told_once(self, cast, task, message):
        notify_owner(message)
        notify_owner(message)
        line = Notification.objects.get(user=cast.max)
        assert line.text.startswith("Ana Ruiz gave you a task: Check oxygen, due ")
        assert (line.kind, line.route, line.subject_id) == ("assigned", "worklist:task", task.pk)

    def test_not_when_it_is_somebody_elses_by_now(self, cast, task, message):
        assign_task(task=task, by=cast.ana, owner=cast.sue)
        notify_owner(message)
        assert not Notification.objects.exists()

    def test_not_when_it_is_done(self, cast, task, message):
        close_task(task=task, by=cast.ana)
        notify_owner(message)
        assert not Notification.objects.exists()

    def test_a_safety_matter_says_so(self, cast):
        due = Due(timezone.now() + dt.timedelta(hours=2), has_time=True)
        open_task(
            by=cast.ana,
            patient=cast.pat,
            title="Call now",
            reason="Item 9",
            due=due,
            owner=cast.max,
            priority=1,
        )
        notify_owner(Message.objects.get(topic="task.assigned"))
        assert Notification.objects.get().kind == "safety"
