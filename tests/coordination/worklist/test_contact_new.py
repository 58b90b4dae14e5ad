"""Logging a contact through its address: the short form beside the list, and the full one."""

import datetime as dt
import uuid

import pytest
from django.utils import timezone

from coordination.worklist.models import Contact, Task
from patients.models import Patient
from tests.factories import PatientFactory, TaskFactory


@pytest.fixture
def url(cast, task):
    return f"/contacts/new/?patient={cast.pat.pk}&task={task.pk}"


def quick(cast, **more):
    return {
        "place": "peek",
        "patient": str(cast.pat.pk),
        "outcome": "left_voicemail",
        "follow_up": "week",
        "note": "Left name",
    } | more


def full(cast, **more):
    now = timezone.localtime(timezone=cast.riverbend.zone) - dt.timedelta(minutes=5)
    return {
        "patient": str(cast.pat.pk), "direction": "in", "mode": "portal", "target": "caregiver", "with_whom": "Ada Rivera",
        "outcome": "reached_caregiver", "interpreter": "qualified", "on_day": now.date().isoformat(), "at_time": f"{now:%H:%M}",
        "minutes": "12", "topics": ["medications", "questions"], "note": "All fine", "follow_up": "none", "no_follow_up_reason": "Arranged",
    } | more  # fmt: skip


def test_one_save_logs_closes_and_opens(cast, signed_in, inside, url, task, parts):
    response = signed_in(cast.ana).post(url, quick(cast), headers=parts)
    body = response.content.decode()
    assert response.status_code == 200
    for target in (f"#task-{task.pk}", "#buckets", "#summary", "#peek-log", "#toasts"):
        assert f'hx-target="{target}"' in body
    assert "Saved for RIVERA, Pat. Next: Check oxygen, attempt 2 of 3," in body
    assert 'class="row done"' in body
    assert "voicemail" in body  # the row shows this contact as the last one
    inside(cast.riverbend)
    contact = Contact.objects.get()
    assert (contact.task, contact.mode, contact.staff, contact.note) == (task, "phone", cast.ana, "Left name")
    assert contact.next_task.due_has_time is False


def test_without_a_script_it_leads_back(cast, signed_in, inside, url):
    response = signed_in(cast.ana).post(url, quick(cast, next="/day/?bucket=overdue"))
    assert response["Location"] == "/day/?bucket=overdue"
    inside(cast.riverbend)
    assert Contact.objects.count() == 1


def test_the_full_form_keeps_everything(cast, signed_in, inside, url, task):
    assert signed_in(cast.ana).get(url).status_code == 200
    response = signed_in(cast.ana).post(url, full(cast))
    assert response.status_code == 302
    inside(cast.riverbend)
    contact = Contact.objects.get()
    assert (contact.direction, contact.mode, contact.target, contact.with_whom) == (
        "in",
        "portal",
        "caregiver",
        "Ada Rivera",
    )
    assert (contact.minutes, contact.interpreter, contact.topics) == (
        12,
        "qualified",
        ["medications", "questions"],
    )
    assert timezone.now() - contact.occurred_at < dt.timedelta(minutes=7)
    assert Task.objects.get(pk=task.pk).outcome == "reached"


def test_a_contact_may_answer_no_task(cast, signed_in, inside, parts):
    client = signed_in(cast.ana)
    response = client.post(f"/contacts/new/?patient={cast.pat.pk}", full(cast))
    assert response["Location"] == f"/patients/{cast.pat.pk}/tasks/"
    answer = client.post(f"/contacts/new/?patient={cast.pat.pk}", quick(cast, place="dialog"), headers=parts)
    assert answer["HX-Trigger"] == "closeDialog"
    inside(cast.riverbend)
    assert Contact.objects.filter(task=None).count() == 2


BAD = [
    ({"outcome": ""}, "This field is required."),
    ({"follow_up": ""}, "say why there is nothing to follow up"),
    ({"follow_up": "none"}, "Say why nothing follows."),
    ({"follow_up": "pick"}, "Pick the day of the follow-up."),
    ({"follow_up": "pick", "day": "2020-01-01"}, "still to come"),
    ({"patient": str(uuid.uuid4())}, "This form was about another patient."),
]


@pytest.mark.parametrize(("more", "words"), BAD)
def test_it_says_why_not_and_keeps_the_text(cast, signed_in, inside, url, parts, more, words):
    client = signed_in(cast.ana)
    fragment = client.post(url, quick(cast, **more), headers=parts)
    page = client.post(url, quick(cast, **more))
    for response in (fragment, page):
        assert response.status_code == 422
        assert "Left name" in response.content.decode()
    assert words in fragment.content.decode()
    assert 'id="peek-log"' in fragment.content.decode()
    inside(cast.riverbend)
    assert not Contact.objects.exists()
    assert Task.objects.open().count() == 1


def test_the_full_form_says_why_not(cast, signed_in, url):
    client = signed_in(cast.ana)
    later = (cast.riverbend.today() + dt.timedelta(days=3)).isoformat()
    for more, words in [
        ({"on_day": later}, "still to come is a task"),
        ({"at_time": ""}, "This field is required."),
        ({"mode": "x"}, "valid"),
    ]:
        response = client.post(url, full(cast, **more))
        assert response.status_code == 422
        assert words in response.content.decode()


def test_an_older_version_is_refused(cast, signed_in, url, task, parts):
    task.change({"context": "New"}, by=cast.sue)
    assert signed_in(cast.ana).post(url, quick(cast, version="1"), headers=parts).status_code == 409


def test_the_same_key_saves_once(cast, signed_in, inside, url):
    client, key = signed_in(cast.ana), str(uuid.uuid4())
    for _ in range(2):
        assert client.post(url, quick(cast, idempotency_key=key)).status_code == 302
    inside(cast.riverbend)
    assert Contact.objects.count() == 1


def test_it_hides_and_refuses(cast, signed_in, inside, url, task):
    for stranger in (cast.sam, cast.olga):
        for send in (lambda c: c.get(url), lambda c: c.post(url, quick(cast))):
            assert send(signed_in(stranger)).status_code == 404
            inside(cast.riverbend)
    for looker in (cast.vic, cast.flo, cast.adam):
        assert signed_in(looker).get(url).status_code == 403
        assert signed_in(looker).post(url, quick(cast)).status_code == 403
    ana = signed_in(cast.ana)
    assert ana.get("/contacts/new/?patient=x").status_code == 404
    assert ana.get(f"/contacts/new/?patient={cast.pat.pk}&task=x").status_code == 404
    assert ana.put(url).status_code == 405
    assert "login" in type(ana)().get(url)["Location"]


def test_a_task_of_another_patient_is_refused(cast, signed_in, inside):
    other = PatientFactory(organization=cast.riverbend, team=cast.north, coordinator=cast.sue)
    task = TaskFactory(patient=other)
    response = signed_in(cast.sue).post(f"/contacts/new/?patient={cast.pat.pk}&task={task.pk}", quick(cast))
    assert response.status_code == 422
    assert "another patient" in response.content.decode()


def test_without_a_patient_one_finds_them_first(cast, signed_in):
    assert signed_in(cast.ana).get("/contacts/new/")["Location"] == "/patients/"


def test_the_dialog(cast, signed_in, url, parts):
    body = signed_in(cast.ana).get(url, headers=parts).content.decode()
    assert 'id="dialog-log"' in body
    assert "Save call for RIVERA, Pat" in body
    Patient.objects.filter(pk=cast.pat.pk).update(is_deceased=True)
    body = signed_in(cast.ana).get(url, headers=parts).content.decode()
    assert "This patient has died." in body
    assert "<form" not in body


@pytest.mark.parametrize(("outcome", "most"), [("reached_patient", 6), ("left_voicemail", 6)])
def test_how_many_statements_a_save_costs(cast, signed_in, url, parts, statements, outcome, most):
    client = signed_in(cast.ana)
    client.get("/day/")
    form = quick(cast) | {"outcome": outcome, "note": "Well", "idempotency_key": str(uuid.uuid4())}
    with statements() as seen:
        assert client.post(url, form, headers=parts).status_code == 200
    # three to come in (with the claim of the key, and the task with its lock and what may be left there), all that is written,
    # the counts, the answer that is kept
    assert len(seen) <= most, seen
