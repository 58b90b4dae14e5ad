"""What is typed and not yet saved comes back, to the one who typed it and nobody else."""

import datetime as dt
import uuid

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from coordination.audit.models import Event
from coordination.drafts import actions, jobs
from coordination.drafts.models import Draft
from coordination.lib.refusal import Refused
from coordination.worklist.models import Contact, Task
from patients.models import AccessDenial
from tests.factories import TaskFactory

PARTS = {"HX-Request": "true", "HX-Current-URL": "http://testserver/day/"}


@pytest.fixture
def task(cast):
    return TaskFactory(patient=cast.pat, title="Check oxygen", kind="call")


@pytest.fixture
def url(task):
    return f"/drafts/task-contact/{task.pk}/"


def typing(**more):
    return {"note": "Ankles swollen since Sunday", "outcome": "reached_patient"} | more


def peek(client, task):
    return client.get(f"/tasks/{task.pk}/peek/", headers=PARTS).content.decode()


def test_what_is_typed_is_kept(cast, signed_in, inside, task, url):
    sent = typing(idempotency_key=str(uuid.uuid4()), place="peek", version="1", patient=str(cast.pat.pk))
    response = signed_in(cast.ana).post(url + "?part=1", sent, headers=PARTS)
    assert response.status_code == 200
    assert response.content.decode().startswith("Draft saved ")
    inside(cast.riverbend)
    draft = Draft.objects.get()
    assert (draft.user, draft.patient_id, draft.fields) == (cast.ana, cast.pat.pk, typing())
    assert Event.objects.get(name="draft.started").patient_id == cast.pat.pk


def test_it_is_one_draft_and_one_event_however_long_one_types(cast, signed_in, inside, url):
    client = signed_in(cast.ana)
    key = str(uuid.uuid4())
    for note in ("A", "Ank", "Ankles"):
        assert client.post(url, typing(note=note, idempotency_key=key)).status_code == 200
    inside(cast.riverbend)
    assert (Draft.objects.get().fields["note"], Draft.objects.get().version) == ("Ankles", 3)
    assert Event.objects.filter(name__startswith="draft.").count() == 1


def test_it_comes_back_in_every_form_about_it(cast, signed_in, task, url):
    client = signed_in(cast.ana)
    client.post(url + "?part=1", typing())
    log = f"/contacts/new/?patient={cast.pat.pk}&task={task.pk}"
    for page in (
        peek(client, task),
        client.get(f"/tasks/{task.pk}/").content.decode(),
        client.get(log, headers=PARTS).content.decode(),
        client.get(log).content.decode(),
    ):
        assert "Ankles swollen since Sunday" in page
        assert "restored" in page
        assert f'action="{url}discard/"' in page
    other = TaskFactory(patient=cast.pat)
    assert "Ankles" not in peek(client, other)


def test_the_short_form_leaves_what_it_lacks(cast, signed_in, task, url):
    client = signed_in(cast.ana)
    client.post(url, typing(minutes="12", topics=["medications", "questions"], with_whom="Ada"))
    client.post(url + "?part=1", typing(note="More"))
    page = client.get(f"/contacts/new/?patient={cast.pat.pk}&task={task.pk}").content.decode()
    assert 'value="12"' in page
    assert page.count(" checked") >= 3  # the direction, both topics
    assert "More" in page
    client.post(url, typing(minutes="12"))  # the full one says what is no longer ticked
    assert "topics" not in Draft.objects.get().fields


def test_a_new_task_has_one_too(cast, signed_in, inside):
    client = signed_in(cast.ana)
    for subject, page in ((cast.ana.pk, "/tasks/new/"), (cast.pat.pk, f"/tasks/new/?patient={cast.pat.pk}")):
        url = f"/drafts/task/{subject}/"
        assert f'hx-post="{url}"' in client.get(page).content.decode()
        assert client.post(url, {"title": "Order a scale", "priority": "1"}).status_code == 200
        assert "Order a scale" in client.get(page).content.decode()
        day = (timezone.now() + dt.timedelta(days=3)).date().isoformat()
        form = {
            "title": "Order a scale", "reason": "Weighs daily", "kind": "call", "day": day, "priority": "2",
            "to": f"user:{cast.ana.pk}", "minutes": "5", "patient": str(cast.pat.pk) if subject == cast.pat.pk else "",
        }  # fmt: skip
        assert client.post(page, form | {"reason": ""}).status_code == 422
        inside(cast.riverbend)
        assert Draft.objects.exists()  # a refused save keeps it
        assert client.post(page, form).status_code == 302
        inside(cast.riverbend)
        assert not Draft.objects.exists()
    assert Task.objects.filter(title="Order a scale").count() == 2
    assert client.post(f"/drafts/task/{cast.sue.pk}/", {"title": "x"}).status_code == 404


@pytest.mark.parametrize("place", ["peek", "dialog", ""])
def test_saving_the_form_removes_it(cast, signed_in, inside, task, url, place):
    client = signed_in(cast.ana)
    client.post(url, typing())
    now = timezone.localtime(timezone=cast.riverbend.zone) - dt.timedelta(minutes=5)
    form = {
        "patient": str(cast.pat.pk), "place": place, "outcome": "reached_patient", "note": "Ankles", "follow_up": "week",
        "direction": "out", "mode": "phone", "target": "patient", "interpreter": "none", "on_day": now.date().isoformat(),
        "at_time": f"{now:%H:%M}", "minutes": "0",
    }  # fmt: skip
    log = f"/contacts/new/?patient={cast.pat.pk}&task={task.pk}"
    assert client.post(log, form | {"follow_up": ""}, headers=PARTS).status_code == 422
    inside(cast.riverbend)
    assert Draft.objects.exists()
    assert client.post(log, form, headers=PARTS).status_code in {200, 302}
    inside(cast.riverbend)
    assert Contact.objects.count() == 1
    assert not Draft.objects.exists()


def test_what_was_under_way_when_the_form_was_saved_does_not_come_back(cast, signed_in, inside):
    client, key = signed_in(cast.ana), str(uuid.uuid4())
    form = {
        "patient": str(cast.pat.pk),
        "place": "dialog",
        "outcome": "no_answer",
        "follow_up": "week",
        "note": "Rang",
    }
    url = f"/drafts/contact/{cast.pat.pk}/"
    log = f"/contacts/new/?patient={cast.pat.pk}"
    assert client.post(url, typing(idempotency_key=key)).status_code == 200
    assert client.post(log, form | {"idempotency_key": key}, headers=PARTS).status_code == 200
    assert client.post(url, typing(idempotency_key=key)).status_code == 204
    inside(cast.riverbend)
    assert not Draft.objects.exists()


def test_it_is_discarded(cast, signed_in, inside, task, url):
    client = signed_in(cast.ana)
    client.post(url, typing())
    there = {"Referer": f"http://testserver/day/?sel={task.pk}"}
    response = client.post(f"{url}discard/", {"idempotency_key": str(uuid.uuid4())}, headers=there)
    assert (response.status_code, response["Location"]) == (302, f"/day/?sel={task.pk}")
    assert "Ankles" not in peek(client, task)
    inside(cast.riverbend)
    assert Event.objects.filter(name="draft.discarded", actor_id=cast.ana.pk).count() == 1
    assert client.post(f"{url}discard/").status_code == 404


@pytest.mark.parametrize("elsewhere", ["http://evil.example/x", "", "http://testserver//evil.example/"])
def test_discarding_leads_nowhere_else(cast, signed_in, url, elsewhere):
    client = signed_in(cast.ana)
    client.post(url, typing())
    assert client.post(f"{url}discard/", headers={"Referer": elsewhere})["Location"] == "/"


def test_nobody_else_has_it(cast, signed_in, inside, task, url):
    signed_in(cast.ana).post(url, typing())
    sue = signed_in(cast.sue)  # sees the same patient
    assert sue.post(f"{url}discard/").status_code == 404
    assert "Ankles" not in peek(sue, task)
    sue.post(url, typing(note="Mine"))
    assert "Ankles swollen" in peek(signed_in(cast.ana), task)
    for stranger in (cast.sam, cast.olga):
        assert signed_in(stranger).post(url, typing()).status_code == 404
    assert signed_in(cast.vic).post(url, typing()).status_code == 403  # may only look
    inside(cast.riverbend)
    assert Draft.objects.count() == 2


def test_it_is_not_there_once_the_patient_is_out_of_sight(cast, signed_in, inside, task, url):
    client = signed_in(cast.ana)
    client.post(url, typing())
    inside(cast.riverbend)
    AccessDenial.objects.create(
        organization=cast.riverbend, patient=cast.pat, user=cast.ana, starts_on=dt.date(2026, 1, 1),
        reason="Kin", created_by=cast.petra,
    )  # fmt: skip
    assert client.post(url, typing()).status_code == 404
    assert client.post(f"{url}discard/").status_code == 404
    assert client.get(f"/tasks/{task.pk}/").status_code == 404
    inside(cast.riverbend)
    assert Draft.objects.exists()  # sight may come back


def test_unknown_forms_and_other_methods(cast, signed_in, task, url):
    client = signed_in(cast.ana)
    assert client.post(f"/drafts/nothing/{task.pk}/", typing()).status_code == 404
    assert client.post(f"/drafts/task-contact/{uuid.uuid4()}/", typing()).status_code == 404
    for address in (url, f"{url}discard/"):
        assert client.get(address).status_code == 405


def test_too_much_is_refused_with_a_sentence(cast, signed_in, inside, url):
    response = signed_in(cast.ana).post(url, typing(note="x" * 70_000))
    assert (response.status_code, "too long" in response.content.decode()) == (422, True)
    with pytest.raises(Refused):
        actions.keep(
            by=cast.ana, form="task", subject_id=cast.ana.pk, patient_id=None, fields={"a": "x" * 70_000}
        )


def test_what_no_database_keeps_is_left_out(cast, signed_in, inside, url):
    assert signed_in(cast.ana).post(url, typing(note="A\x00B", **{"b\x00d": "1"})).status_code == 200
    inside(cast.riverbend)
    assert Draft.objects.get().fields == typing(note="AB")


def test_it_outlives_the_session(cast, signed_in, task, url):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client = signed_in(cast.ana)
        client.post(url, typing())
        clock.shift(settings.SESSION_IDLE_SECONDS + 1)
        assert client.get(f"/tasks/{task.pk}/").status_code == 302
        assert client.post(url, typing(note="late"), headers=PARTS).status_code == 401
        again = signed_in(cast.ana)
        assert "Ankles swollen since Sunday" in again.get(f"/tasks/{task.pk}/").content.decode()


def test_typing_is_use_of_the_session(cast, signed_in, url):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client = signed_in(cast.ana)
        for _ in range(3):
            clock.shift(settings.SESSION_IDLE_SECONDS - 70)
            assert client.post(url, typing(), headers=PARTS).status_code == 200


def test_nobody_comes_back_for_it(cast, signed_in, inside, task, url):
    client = signed_in(cast.ana)
    client.post(url, typing())
    inside(cast.riverbend)
    jobs.forget_old()
    inside(cast.riverbend)
    Draft.objects.get()
    Draft.objects.update(updated_at=timezone.now() - dt.timedelta(days=settings.DRAFT_DAYS, minutes=1))
    inside(cast.hillside)
    assert actions.forget_old() == 1
    inside(cast.riverbend)
    assert not Draft.objects.exists()


def test_how_many_statements_it_costs(cast, signed_in, task, url):
    client = signed_in(cast.ana)
    client.post(url, typing())
    with CaptureQueriesContext(connection) as captured:
        client.post(url, typing(idempotency_key=str(uuid.uuid4())))
    seen = [q["sql"] for q in captured if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    # session, person, organization, sight, the task; the key held and let go, the draft read and written
    assert len(seen) <= 9, seen
