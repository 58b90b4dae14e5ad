"""What is promised to a patient: one click in a note, a suggestion after it, and how well promises are kept."""

import datetime as dt
import re
import time

import pytest
from django.utils import timezone

from coordination.lib.refusal import Refused
from coordination.lib.rls import organization
from coordination.worklist.actions import close_task, log_contact, set_waiting, undo_change
from coordination.worklist.actions.promising import promise
from coordination.worklist.models import Change, Contact, Task
from coordination.worklist.promise_words import find_promise, promise_days
from tests.at_once import at_once
from tests.factories import TaskFactory
from tests.factories.record import ContactFactory

WEDNESDAY = dt.date(2026, 11, 18)


@pytest.mark.parametrize(
    ("note", "words", "day"),
    [
        ("I will call you Friday", "Call the patient", dt.date(2026, 11, 20)),
        ("Weak. I'll call you on Friday.", "Call the patient", dt.date(2026, 11, 20)),
        ("we will send your form by 3-Dec", "Send their form", dt.date(2026, 12, 3)),
        ("We’ll mail the list by 12/3 at the latest", "Mail the list", dt.date(2026, 12, 3)),
        ("I will ask the clinic tomorrow", "Ask the clinic", dt.date(2026, 11, 19)),
        ("I will check in next week", "Check in", dt.date(2026, 11, 27)),
        ("we will visit before January 5", "Visit", dt.date(2027, 1, 5)),
        ("I will ring Wednesday", "Ring", dt.date(2026, 11, 25)),
    ],
)
def test_a_promise_is_found(note, words, day):
    found = find_promise(note, WEDNESDAY)
    assert found is not None
    assert (found.words, found.day) == (words, day)


@pytest.mark.parametrize(
    "note",
    [
        "", "She will call Friday", "I will not call Friday", "I called Friday", "I will call.", "Friday", "I will Friday",
        "I will call by 31-Feb", "I will call by 1-Nov", "we willfully Friday", "Hawaii will be sunny Friday",
    ],
)  # fmt: skip
def test_none_is_made_up(note):
    assert find_promise(note, WEDNESDAY) is None


def test_the_time_grows_with_the_text_only():
    def seconds(n):
        started = time.perf_counter()
        for text in ("I will " * n, "i'll by on " * n, "I will " + "a" * n, "by 1" * n):
            find_promise(text, WEDNESDAY)
        return time.perf_counter() - started

    assert seconds(20_000) < 1


def test_the_chips_follow_the_day():
    assert [day.isoformat() for day, _label in promise_days(WEDNESDAY).values()] == [
        "2026-11-19", "2026-11-20", "2026-11-27"]  # fmt: skip
    thursday = WEDNESDAY + dt.timedelta(days=1)
    assert list(promise_days(thursday)) == ["tomorrow", "week"], "tomorrow is Friday"


@pytest.fixture
def ana(cast, signed_in):
    return signed_in(cast.ana)


def logged(cast, **more):
    return {"patient": str(cast.pat.pk), "place": "peek", "outcome": "reached_patient", "follow_up": "none",
            "no_follow_up_reason": "All said"} | more  # fmt: skip


def log_url(cast, task=None):
    return f"/contacts/new/?patient={cast.pat.pk}" + (f"&task={task.pk}" if task else "")


class TestInANote:
    @pytest.mark.parametrize("by_script", [True, False])
    def test_one_click_makes_a_task(self, cast, ana, inside, parts, task, by_script):
        sent = logged(cast, promise_when="tomorrow")
        answer = ana.post(log_url(cast, task), sent, headers=parts if by_script else {})
        assert answer.status_code == (200 if by_script else 302)
        inside(cast.riverbend)
        made = Task.objects.get(source="promise")
        today = cast.riverbend.today()
        assert (made.title, made.kind, made.owner) == ("Call the patient", "call", cast.ana)
        assert made.reason == f"Promised to the patient on {today:%d-%b}"
        assert made.due_at.astimezone(cast.riverbend.zone).date() == today + dt.timedelta(days=1)

    def test_with_its_own_words_and_day(self, cast, ana, inside):
        day = cast.riverbend.today() + dt.timedelta(days=9)
        sent = logged(cast, promise_day=day.isoformat(), promise_words="Send the ride form")
        assert ana.post(log_url(cast), sent).status_code == 302
        inside(cast.riverbend)
        assert Task.objects.get(source="promise").title == "Send the ride form"

    @pytest.mark.parametrize(
        "sent", [{"promise_when": "day"}, {"promise_words": "Send it"}, {"promise_day": "2020-01-01"}]
    )
    def test_without_a_day_to_come_nothing_is_saved(self, cast, ana, inside, sent):
        assert ana.post(log_url(cast), logged(cast, **sent)).status_code == 422
        inside(cast.riverbend)
        assert not Contact.objects.exists()

    def test_the_full_form_has_it_too(self, cast, ana):
        assert 'name="promise_when"' in ana.get(log_url(cast)).text

    def test_a_new_task_can_be_one(self, cast, ana, inside):
        sent = {
            "title": "Bring the forms", "reason": "She asked", "kind": "other", "day": cast.riverbend.today().isoformat(),
            "priority": "3", "to": f"user:{cast.ana.pk}", "minutes": "10", "patient": str(cast.pat.pk), "promised": "on",
        }  # fmt: skip
        assert ana.post(f"/tasks/new/?patient={cast.pat.pk}", sent).status_code == 302
        inside(cast.riverbend)
        assert Task.objects.get(title="Bring the forms").source == "promise"


class TestTheSuggestion:
    def test_it_is_offered_and_never_taken_by_itself(self, cast, ana, inside, parts, task):
        answer = ana.post(log_url(cast, task), logged(cast, note="I will call you tomorrow"), headers=parts)
        assert "You promised: Call the patient" in answer.text
        inside(cast.riverbend)
        assert not Task.objects.filter(source="promise").exists()
        url = f"/contacts/{Contact.objects.get().pk}/promise/"
        assert url in answer.text
        for _twice in range(2):
            assert ana.post(url, headers=parts).status_code == 200
        inside(cast.riverbend)
        assert Task.objects.filter(source="promise").count() == 1

    def test_without_a_script_it_is_a_page(self, cast, ana, inside):
        now = {
            "on_day": cast.riverbend.today().isoformat(),
            "at_time": "00:01",
            "direction": "out",
            "mode": "phone",
        }
        who = {"target": "patient", "interpreter": "none", "minutes": "1", "note": "I will call you tomorrow"}
        answer = ana.post(log_url(cast), logged(cast, place="") | now | who, follow=True)
        assert "Call the patient</b>" in answer.text
        url = answer.redirect_chain[-1][0]
        assert ana.post(url, {"next": "/day/"})["Location"] == "/day/"
        inside(cast.riverbend)
        assert Task.objects.filter(source="promise").count() == 1

    def test_it_is_of_whoever_wrote_the_note(self, cast, ana, signed_in, inside):
        contact = log_contact(
            patient=cast.pat, by=cast.sue, outcome="reached_patient", note="I will call you tomorrow", no_follow_up_reason="-"
        )  # fmt: skip
        assert ana.get(f"/contacts/{contact.pk}/promise/").status_code == 404
        assert signed_in(cast.sam).get(f"/contacts/{contact.pk}/promise/").status_code == 404
        assert signed_in(cast.sue).get(f"/contacts/{contact.pk}/promise/").status_code == 200

    def test_a_next_step_of_that_day_keeps_it(self, cast, ana, parts, task):
        sent = logged(cast, note="I will call you tomorrow", follow_up="pick", no_follow_up_reason="",
            day=(cast.riverbend.today() + dt.timedelta(days=1)).isoformat())  # fmt: skip
        assert "You promised" not in ana.post(log_url(cast, task), sent, headers=parts).text


class TestKept:
    @pytest.fixture
    def some(self, cast):
        """One open, one late, one kept, one broken late, one broken unreached, one released."""
        now, day = timezone.now(), dt.timedelta(days=1)

        def one(title, due, **more):
            return TaskFactory(patient=cast.pat, title=title, source="promise", due_at=due, **more)

        def ended(at, outcome="completed"):
            status = "cancelled" if outcome == "not_needed" else "done"
            return {"status": status, "outcome": outcome, "closed_at": at, "closed_by": cast.ana}

        one("Is open", now + day)
        one("Is late", now - day)
        one("Was kept", now - day, **ended(now - 2 * day))
        one("Was late", now - 2 * day, **ended(now - day))
        one("Was not reached", now - day, **ended(now - 2 * day, "not_reached"))
        one("Was released", now - day, **ended(now - 2 * day, "not_needed"))
        one("Long ago", now - 99 * day, **ended(now - 100 * day))
        TaskFactory(patient=cast.pat, title="No promise")

    def test_the_counts_are_those_of_the_lists(self, ana, some):
        titles = {
            "open": ["Is open"], "late": ["Is late"], "kept": ["Was kept"], "broken": ["Was not reached", "Was late"],
        }  # fmt: skip
        for state, expected in titles.items():
            page = ana.get(f"/day/promises/?state={state}")
            assert [row["title"] for row in page.context["rows"]] == expected
            assert {str(tab["label"]): tab["count"] for tab in page.context["tabs"]} == {
                "Open": 1, "Late": 1, "Kept": 1, "Broken": 2}  # fmt: skip
        assert "1 of 4 promises kept in the last 90 days: 25 %." in page.text

    def test_my_day_leads_there(self, ana, some):
        page = ana.get("/day/").text
        assert "2 promises to keep" in page
        assert "/day/promises/" in page

    def test_it_is_two_statements_for_any_number(self, ana, some, statements):
        ana.get("/day/promises/")
        with statements() as seen:
            ana.get("/day/promises/")
        assert len([sql for sql in seen if '"worklist_task"' in sql]) == 2

    def test_a_promise_closed_in_time_is_kept(self, cast, ana, inside):
        task = promise(patient=cast.pat, by=cast.ana, words="Call", day=cast.riverbend.today())
        close_task(task=task, by=cast.ana)
        assert [row["title"] for row in ana.get("/day/promises/?state=kept").context["rows"]] == ["Call"]


def test_a_day_that_passed_is_no_promise(cast):
    with pytest.raises(Refused, match="still to come"):
        promise(
            patient=cast.pat, by=cast.ana, words="Call", day=cast.riverbend.today() - dt.timedelta(days=1)
        )


@pytest.mark.django_db(transaction=True)
def test_one_promise_opened_by_two_clicks_at_once_is_one_task(cast):
    with organization(cast.riverbend.pk):
        contact = ContactFactory(patient=cast.pat, created_by=cast.ana)
    opened = []

    def click():
        task = promise(
            patient=cast.pat, by=cast.ana, words="Call", day=cast.riverbend.today(), contact=contact
        )
        time.sleep(0.2)
        opened.append(task.pk)

    assert at_once(cast.riverbend.pk, click, click) == ["done", "done"]
    assert len(set(opened)) == 1


class TestBesideTheEndAndTheEdit:
    """The same control where a task is closed, and where it is edited."""

    @pytest.fixture
    def task(self, cast):
        return TaskFactory(patient=cast.pat, owner=cast.ana, title="Send the form")

    @pytest.fixture
    def friday(self, cast):
        return cast.riverbend.today() + dt.timedelta(days=9)

    def promised(self, inside, cast):
        inside(cast.riverbend)
        return Task.objects.get(source="promise")

    def test_a_task_ends_with_a_promise(self, cast, signed_in, inside, task, friday):
        client, url = signed_in(cast.ana), f"/tasks/{task.pk}/done/"
        assert b"I promised something" in client.get(url).content
        sent = {
            "outcome": "completed",
            "note": "Sent.",
            "promise_day": friday.isoformat(),
            "promise_words": "Ask if it came",
        }
        answer = client.post(url, sent, follow=True)
        assert "Promised: Ask if it came" in answer.content.decode()
        made = self.promised(inside, cast)
        assert (made.title, made.patient_id, made.owner_id) == ("Ask if it came", cast.pat.pk, cast.ana.pk)
        task.refresh_from_db()
        assert not task.is_open
        cast.pat.refresh_from_db()
        assert cast.pat.open_tasks == Task.objects.open().filter(patient=cast.pat).count()

    def test_a_day_that_is_over_ends_nothing(self, cast, signed_in, inside, task):
        over = cast.riverbend.today() - dt.timedelta(days=3)
        sent = {"outcome": "completed", "promise_day": over.isoformat(), "promise_words": "Call"}
        answer = signed_in(cast.ana).post(f"/tasks/{task.pk}/done/", sent)
        assert answer.status_code == 422
        assert b"still to come" in answer.content
        inside(cast.riverbend)
        task.refresh_from_db()
        assert task.is_open
        assert not Task.objects.filter(source="promise").exists()

    def test_an_edit_takes_a_promise_along(self, cast, signed_in, inside, task, friday):
        client, url = signed_in(cast.ana), f"/tasks/{task.pk}/edit/"
        body = client.get(url).content.decode()
        assert "I promised something" in body
        sent = {
            "title": "Send both forms",
            "reason": task.reason,
            "kind": "call",
            "priority": "3",
            "minutes": "5",
            "version": "1",
        }
        answer = client.post(url, sent | {"promise_day": friday.isoformat()}, follow=True)
        assert "Promised: Call the patient" in answer.content.decode()
        assert self.promised(inside, cast).due_at.astimezone(cast.riverbend.zone).date() == friday

    def test_nobody_to_promise_to(self, cast, signed_in, inside):
        alone = TaskFactory(organization=cast.riverbend, patient=None, owner=cast.ana)
        client = signed_in(cast.ana)
        for page in ("done", "edit"):
            assert b"I promised" not in client.get(f"/tasks/{alone.pk}/{page}/").content
        client.post(f"/tasks/{alone.pk}/done/", {"outcome": "completed", "promise_day": "2100-01-02"})
        inside(cast.riverbend)
        assert not Task.objects.filter(source="promise").exists()


class TestTakenBack:
    """A promise goes back with the act it came of, or by itself; then it can be made anew."""

    @pytest.fixture
    def tomorrow(self, cast):
        return cast.riverbend.today() + dt.timedelta(days=1)

    @pytest.fixture
    def acts(self, cast, task, tomorrow):
        """What a promise is made beside, each with the address it is sent to."""
        promised = {"promise_day": tomorrow.isoformat(), "promise_words": "Send the form"}
        words = {
            "title": "Check oxygen at noon",
            "reason": task.reason,
            "kind": "call",
            "priority": "3",
            "minutes": "5",
        }
        return {
            "contact": (log_url(cast, task), logged(cast) | promised),
            "alone": (log_url(cast), logged(cast) | promised),
            "close": (f"/tasks/{task.pk}/done/", {"outcome": "completed", "note": "Done."} | promised),
            "edit": (f"/tasks/{task.pk}/edit/", words | {"version": "1"} | promised),
        }

    def undo_of(self, client):
        """Undo what the last message offers."""
        address = re.findall(r'action="(/undo/[^"]+)"', client.get("/day/").text)[0]
        return client.post(address, {"next": "/day/"})

    @pytest.mark.parametrize("act", ["contact", "alone", "close", "edit"])
    def test_with_the_act_it_came_of(self, cast, ana, inside, task, acts, act):
        assert ana.post(*acts[act]).status_code == 302
        inside(cast.riverbend)
        assert Task.objects.get(source="promise").is_open
        assert self.undo_of(ana).status_code == 302
        inside(cast.riverbend)
        made = Task.objects.get(source="promise")
        assert (made.status, made.outcome) == ("cancelled", "mistake")
        task.refresh_from_db()
        assert (task.is_open, task.title) == (True, "Check oxygen")
        cast.pat.refresh_from_db()
        assert cast.pat.open_tasks == 1

    @pytest.mark.parametrize("act", ["contact", "close", "edit"])
    def test_touched_since_it_says_so_and_all_stays(self, cast, ana, inside, task, acts, act):
        ana.post(*acts[act])
        inside(cast.riverbend)
        made = Task.objects.get(source="promise")
        set_waiting(task=made, by=cast.sue, waiting_on="Payer")
        before = Task.objects.values().get(pk=task.pk)
        answer = self.undo_of(ana)
        assert answer.status_code == 422
        assert "“Send the form” came of it. Changed since by Sue Park" in answer.text
        inside(cast.riverbend)
        assert Task.objects.values().get(pk=task.pk) == before
        assert Task.objects.get(pk=made.pk).status == "waiting"

    def test_by_itself_it_leaves_the_act(self, cast, ana, inside, task, acts):
        ana.post(*acts["close"])
        inside(cast.riverbend)
        made = Change.objects.get(task__source="promise")
        undo_change(change=made, by=cast.ana)
        assert not Task.objects.get(pk=task.pk).is_open
        undo_change(change=made.came_of, by=cast.ana)
        assert Task.objects.get(pk=task.pk).is_open

    @pytest.mark.parametrize("by_script", [True, False])
    def test_the_answer_offers_its_undo_and_it_is_made_anew(self, cast, ana, inside, parts, by_script):
        ana.post(log_url(cast), logged(cast, note="I will call you tomorrow"), headers=parts)
        inside(cast.riverbend)
        contact, headers = Contact.objects.get(), parts if by_script else {}
        url = f"/contacts/{contact.pk}/promise/"
        answer = ana.post(url, {"next": "/day/"}, headers=headers)
        page = answer.text if by_script else ana.get("/day/").text
        inside(cast.riverbend)
        opened = Change.objects.get(task__source="promise")
        assert f'action="/undo/{opened.pk}/"' in page or f'hx-post="/undo/{opened.pk}/"' in page
        assert ana.post(f"/undo/{opened.pk}/").status_code == 302
        inside(cast.riverbend)
        assert Contact.objects.get().undone_at is None
        assert ana.post(url, headers=parts).status_code == 200
        inside(cast.riverbend)
        assert Task.objects.open().filter(source="promise").count() == 1
        assert ana.post(f"/undo/{contact_change(contact).pk}/").status_code == 302
        inside(cast.riverbend)
        assert not Task.objects.open().exists()
        assert "This contact was undone" in ana.post(url, headers=parts).text

    def test_once_it_ended_it_is_not_promised_again(self, cast, ana, inside, parts):
        ana.post(log_url(cast), logged(cast, note="I will call you tomorrow"), headers=parts)
        inside(cast.riverbend)
        url = f"/contacts/{Contact.objects.get().pk}/promise/"
        ana.post(url, headers=parts)
        inside(cast.riverbend)
        close_task(task=Task.objects.get(source="promise"), by=cast.ana)
        answer = ana.post(url, headers=parts)
        assert answer.status_code == 422
        assert "Ana Ruiz closed this task" in answer.text


def contact_change(contact):
    return Change.objects.get(contact=contact, act="contact")
