"""Plain text for another record: identity on top, dates nobody misreads, who wrote it, behind the door of the page."""

import datetime as dt

import pytest
from django.utils import timezone

from coordination.audit.models import Event
from coordination.worklist.actions import NextStep, log_contact
from coordination.worklist.due import Due
from tests.factories import TaskFactory
from tests.factories.record import AllergyFactory, ContactFactory


@pytest.fixture
def contact(cast):
    cast.ana.credential = "RN"
    cast.ana.save()
    task = TaskFactory(patient=cast.pat, title="Check oxygen")
    step = NextStep(due=Due(timezone.now() + dt.timedelta(days=2), has_time=True), title="Call again")
    return log_contact(
        patient=cast.pat, task=task, by=cast.ana, outcome="reached_patient", topics=["teach_back", "home_services"],
        note="Walks again.\n<b>Slept</b> well.", next_step=step
    )  # fmt: skip


def text_of(response):
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["Cache-Control"] == "no-store"
    return response.content.decode()


def test_a_contact(cast, signed_in, inside, contact):
    text = text_of(signed_in(cast.ana).get(f"/contacts/{contact.pk}/text/"))
    assert text.splitlines()[0] == "CONTACT: Reached patient"
    head = f"Patient: RIVERA, Pat\nBorn: 14-Mar-1958\nRecord number: {cast.pat.record_number}\n"
    assert head in text
    assert "Note: Walks again.\n<b>Slept</b> well." in text
    assert "Next: Call again, due " in text
    assert "Topics: Teach-back done, Home services and equipment" in text
    assert "By: Ana Ruiz, RN" in text
    assert "by Ana Ruiz, RN." in text.splitlines()[-1]
    assert "&lt;" not in text
    inside(cast.riverbend)
    event = Event.objects.get(name="text.copied")
    assert (event.kind, event.patient_id, event.target_id) == ("export", cast.pat.pk, str(contact.pk))


def test_a_task_with_what_was_tried(cast, signed_in, contact):
    text = text_of(signed_in(cast.ana).get(f"/tasks/{contact.task_id}/text/"))
    assert text.splitlines()[0] == "TASK: Check oxygen"
    assert "Why: Promised last week" in text
    assert "Status: Done" in text
    assert "Closed: " in text
    assert "Outcome: Reached" in text
    assert "Note: Walks again." in text


def test_the_contacts_of_a_day(cast, signed_in, contact):
    ContactFactory(
        patient=cast.pat, staff=cast.sue, occurred_at=timezone.now() - dt.timedelta(days=3), note="Long ago"
    )
    client = signed_in(cast.ana)
    text = text_of(client.get(f"/patients/{cast.pat.pk}/contacts/text/"))
    assert "Walks again." in text
    assert "Long ago" not in text
    for nonsense in ("x", "2026-13-45", "9999-12-31", "0001-01-01"):
        assert "Walks again." in text_of(client.get(f"/patients/{cast.pat.pk}/contacts/text/?day={nonsense}"))
    assert "No contact was logged" in text_of(
        client.get(f"/patients/{cast.pat.pk}/contacts/text/?day=2001-01-01")
    )


def test_the_overview_holds_what_this_person_may_see(cast, signed_in, contact):
    AllergyFactory(patient=cast.pat, text="Penicillin")
    url = f"/patients/{cast.pat.pk}/text/"
    text = text_of(signed_in(cast.sue).get(url))
    assert "Allergies: " in text
    assert "Penicillin" in text
    assert "OPEN TASKS\n- " in text
    assert "LAST CONTACTS\n- " in text
    front = text_of(signed_in(cast.flo).get(url))
    assert "RIVERA, Pat" in front
    assert "Penicillin" not in front
    assert "OPEN TASKS" not in front
    assert "LAST CONTACTS" not in front


def test_an_overview_says_what_it_leaves_out(cast, signed_in):
    for _n in range(21):
        TaskFactory(patient=cast.pat)
    text = signed_in(cast.ana).get(f"/patients/{cast.pat.pk}/text/").text
    assert text.count("\n- ") == 21
    assert "- and more: only the first 20 are told here" in text


def test_a_page_shows_it_where_nothing_can_be_copied(cast, signed_in, contact):
    page = signed_in(cast.ana).get(f"/contacts/{contact.pk}/text/?as=page").content.decode()
    assert "readonly" in page
    assert "CONTACT: Reached patient" in page
    assert "&lt;b&gt;Slept" in page


def test_the_doors_are_those_of_the_pages(cast, signed_in, contact):
    paths = (
        f"/contacts/{contact.pk}/text/",
        f"/tasks/{contact.task_id}/text/",
        f"/patients/{cast.pat.pk}/text/",
    )
    for path in (*paths, f"/patients/{cast.pat.pk}/contacts/text/"):
        assert signed_in(cast.sam).get(path).status_code == 404
        assert signed_in(cast.ana).post(path).status_code == 405
    assert signed_in(cast.flo).get(paths[0]).status_code == 404
