"""The page that says what the system still owes, and whether it is at work."""

import datetime as dt
import uuid

import pytest
from django.conf import settings as configured
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from coordination import settings as product
from coordination.audit.actions import keep_verification, record, seal_pending
from coordination.audit.models import Event, Pending
from coordination.audit.verify import Report
from coordination.outbox import actions, jobs
from coordination.outbox.models import Message, Slot, Worker
from coordination.outbox.schedule import latest_slot
from coordination.outbox.views import JOBS, TOPICS, _every
from tests.coordination.outbox.test_decide import stuck

State = Message.State
URL = "/health/"


@pytest.fixture(autouse=True)
def heads(settings, tmp_path) -> None:
    settings.AUDIT_HEADS_FILE = tmp_path / "heads.log"


def page(signed_in, user) -> str:
    answer = signed_in(user).get(URL)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_it_is_where_it_says(cast):
    assert reverse("outbox:health") == URL


def test_all_is_well(cast, signed_in):
    seal_pending()
    said = page(signed_in, cast.adam)
    assert "Nothing is stuck" in said
    assert "No worker was seen today" in said
    assert "Sealing is late" not in said
    assert f"Version {configured.VERSION}" in said
    assert "Not yet" in said


def test_it_counts_by_state_and_only_what_may_be_seen(cast, signed_in):
    for state in [State.DEAD, State.DEAD, State.UNCERTAIN, State.QUEUED, State.SENT, State.CANCELLED]:
        stuck(cast.riverbend.pk, state)
    stuck(None, State.DEAD)
    stuck(cast.hillside.pk, State.DEAD)
    answer = signed_in(cast.adam).get(URL)
    counts = {tile["label"]: tile["value"] for tile in answer.context["tiles"]}
    assert counts == {
        "Queued": "1",
        "Sending": "0",
        "Sent": "1",
        "Uncertain": "1",
        "Given up": "3",
        "Cancelled": "1",
    }
    assert len(answer.context["troubled"]) == 4
    assert answer.context["queue"].troubled == 4


def test_it_shows_the_reason_and_offers_the_decisions(cast, signed_in):
    message = stuck(cast.riverbend.pk, State.UNCERTAIN)
    Message.objects.update(last_error="process died")
    said = page(signed_in, cast.adam)
    assert "The process died while sending." in said
    assert "Look at the other side first" in said
    for route in ["send_again", "mark_sent", "cancel"]:
        assert reverse(f"outbox:{route}", args=[message.pk]) in said
    given_up = stuck(cast.riverbend.pk)
    said = page(signed_in, cast.adam)
    assert "ValueError at coordination/x.py:1" in said
    assert reverse("outbox:mark_sent", args=[given_up.pk]) not in said, "it certainly did not arrive"


def test_it_names_messages_and_jobs_in_words():
    assert set(TOPICS) >= set(product.OUTBOX_HANDLERS)
    assert set(JOBS) >= set(product.SCHEDULE)


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (1, "Minute"),
        (5, "5 minutes"),
        (60, "Hour"),
        (120, "2 hours"),
        (1440, "Day"),
        (2880, "2 days"),
        (90, "90 minutes"),
    ],
)
def test_it_says_how_often(minutes, words):
    assert _every(minutes) == words


def test_messages_nobody_sends_are_said_loudly(cast, signed_in):
    message = stuck(cast.riverbend.pk, State.QUEUED)
    Message.objects.filter(pk=message.pk).update(not_before=timezone.now() - dt.timedelta(seconds=61))
    assert "Messages are due and nobody sends them" in page(signed_in, cast.adam)


def test_the_schedule_says_what_ran_failed_runs_or_is_late(cast, signed_in, settings):
    settings.SCHEDULE = dict.fromkeys(["well", "badly", "running", "late", "verify_audit"], ("x.y", 60))
    slot, now = latest_slot(timezone.now(), 60), timezone.now()
    Slot.objects.create(job="well", due_at=slot, finished_at=now)
    Slot.objects.create(
        job="well", due_at=slot - dt.timedelta(hours=1), finished_at=now, error="an older one"
    )
    Slot.objects.create(job="badly", due_at=slot, finished_at=now, error="ValueError at coordination/x.py:1")
    Slot.objects.create(job="running", due_at=slot)
    Slot.objects.create(job="late", due_at=slot - dt.timedelta(hours=3), finished_at=now)
    answer = signed_in(cast.adam).get(URL)
    states = {line["it"].name: line["it"].is_late for line in answer.context["jobs"]}
    assert states == {"well": False, "badly": False, "running": False, "late": True, "verify_audit": True}
    said = answer.content.decode()
    assert "ValueError at coordination/x.py:1" in said
    assert "an older one" not in said
    assert "Walk along the audit chain" in said


def test_the_audit_chain_says_how_far_and_whether_it_holds(cast, signed_in):
    record("task.closed", by=None)
    seal_pending()
    keep_verification(Report(last_position=1, checked=1, seconds=0.1, found=2))
    said = page(signed_in, cast.adam)
    assert "Number 1," in said
    assert "The last walk along the audit chain found 2 things that do not fit" in said
    assert "(up to number 1, goes on)" in said


def test_sealing_that_stopped_is_said(cast, signed_in):
    event = record("task.closed", by=None)
    assert "Sealing is late" not in page(signed_in, cast.adam)
    a_minute_before = uuid.UUID(int=event.pk.int - (61_000 << 80))
    Pending.objects.create(event_id=a_minute_before)
    assert "Sealing is late" in page(signed_in, cast.adam)


def test_workers_at_work_and_silent_ones(cast, signed_in):
    actions.see_worker("celery@one", "0.1.0")
    Worker.objects.create(
        name="celery@two", version="0.1.0", seen_at=timezone.now() - dt.timedelta(minutes=3)
    )
    Worker.objects.create(name="celery@gone", version="0.1.0", seen_at=timezone.now() - dt.timedelta(days=2))
    answer = signed_in(cast.adam).get(URL)
    assert [(w["it"].name, w["is_alive"]) for w in answer.context["workers"]] == [
        ("celery@one", True),
        ("celery@two", False),
    ]


def test_who_may_only_look_is_offered_no_decision(cast, signed_in, monkeypatch):
    """No role may look and not repair yet; the page is ready for one."""
    stuck(cast.riverbend.pk)
    monkeypatch.setattr(
        "coordination.accounts.models.User.may",
        lambda self, permission: permission == "health_view",
        raising=True,
    )
    answer = signed_in(cast.adam).get(URL)
    assert answer.status_code == 200
    assert "/send/" not in answer.content.decode()


@pytest.mark.parametrize("name", ["ana", "sue", "vic", "petra", "aud", "flo"])
def test_it_refuses_who_may_not_look(cast, signed_in, name):
    assert signed_in(getattr(cast, name)).get(URL).status_code == 403


def test_it_rejects_post_and_strangers(cast, signed_in, client):
    assert signed_in(cast.adam).post(URL).status_code == 405
    assert client.get(URL).status_code == 302


def test_it_asks_the_same_however_long_the_list(cast, signed_in):
    client, asked = signed_in(cast.adam), []
    client.get(URL)
    for _ in range(2):
        for _ in range(22):
            stuck(cast.riverbend.pk)
        with CaptureQueriesContext(connection) as queries:
            client.get(URL)
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 18


def test_a_long_list_goes_on(cast, signed_in):
    for _ in range(55):
        stuck(cast.riverbend.pk)
    client = signed_in(cast.adam)
    first = client.get(URL)
    assert len(first.context["troubled"]) == 50
    second = client.get(URL + first.context["pager"]["next_url"])
    assert len(second.context["troubled"]) == 5
    shown = [{line["it"].pk for line in answer.context["troubled"]} for answer in (first, second)]
    assert not shown[0] & shown[1]


class TestTheJobs:
    def test_a_bell_notes_the_worker_and_delivers(self, db, posted):
        message = posted("note")
        jobs.ring()
        message.refresh_from_db()
        assert message.state == State.SENT
        worker = Worker.objects.get()
        assert (worker.name, worker.version) == ("here", configured.VERSION)

    def test_a_worker_is_noted_at_most_every_twenty_seconds(self, db):
        actions.see_worker("celery@one", "1")
        seen = Worker.objects.get().seen_at
        actions.see_worker("celery@one", "2")
        assert Worker.objects.get().seen_at == seen
        Worker.objects.update(seen_at=seen - dt.timedelta(seconds=21))
        actions.see_worker("celery@one", "2")
        assert Worker.objects.get().version == "2"

    def test_only_what_is_settled_for_long_is_removed(self, cast, settings):
        long_ago = timezone.now() - dt.timedelta(days=settings.OUTBOX_KEEP_DAYS + 1)
        kept = {stuck(None, state) for state in [State.DEAD, State.UNCERTAIN, State.QUEUED, State.SENT]}
        for state in [State.SENT, State.CANCELLED]:
            stuck(None, state)
        Message.objects.exclude(pk__in=[m.pk for m in kept]).update(settled_at=long_ago)
        Message.objects.filter(state=State.SENT, settled_at=None).update(settled_at=timezone.now())
        Slot.objects.create(job="well", due_at=long_ago)
        Worker.objects.create(name="celery@gone", version="1", seen_at=long_ago)
        jobs.forget_old()
        assert set(Message.objects.all()) == kept
        assert not Slot.objects.exists()
        assert not Worker.objects.exists()
        assert actions.forget_old() == 0


def test_looking_is_not_an_event_of_its_own(cast, signed_in):
    """The page shows nothing about anybody."""
    page(signed_in, cast.adam)
    assert not Event.objects.filter(kind=Event.Kind.VIEW).exists()
