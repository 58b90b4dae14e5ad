"""The preview: what one needs to act, and no more than one may know."""

import uuid

import pytest

from coordination.audit.models import Event
from coordination.worklist.actions import close_task, log_contact
from patients.models import Allergy, ContactPoint, Patient, RelatedPerson
from tests.factories import TaskFactory


@pytest.fixture
def known(cast):
    mine = {
        "organization": cast.riverbend,
        "patient": cast.pat,
        "created_by": cast.ana,
        "updated_by": cast.ana,
    }
    ContactPoint.objects.create(
        kind="mobile", value="+15555550142", voicemail="callback", best_time="after 10:00", **mine
    )
    ContactPoint.objects.create(
        kind="home",
        value="+15555550143",
        rank=2,
        do_not_use=True,
        do_not_use_reason="Partner listens",
        **mine,
    )
    RelatedPerson.objects.create(
        name="Ada Rivera",
        relationship="daughter",
        phone="+15555550177",
        authority="power_of_attorney",
        **mine,
    )
    Allergy.objects.create(text="Penicillin", reaction="anaphylaxis", **mine)
    Patient.objects.filter(pk=cast.pat.pk).update(
        allergy_status="known", language="es", interpreter_needed="yes"
    )
    log_contact(
        patient=cast.pat,
        by=cast.ana,
        outcome="left_voicemail",
        note="Called back number",
        no_follow_up_reason="-",
    )


def test_it_shows_what_one_needs(cast, signed_in, task, known, parts):
    response = signed_in(cast.ana).get(f"/tasks/{task.pk}/peek/", headers=parts)
    body = response.content.decode()
    assert response.status_code == 200
    assert "<html" not in body
    for words in (
        "RIVERA, Pat", "14-Mar-1958", "Why now", "Promised last week", "Penicillin (anaphylaxis)", 'href="tel:+1-555-555-0142"',
        "callback number only", "after 10:00", "<s>(555) 555-0143</s>", "Partner listens", "Ada Rivera", "interpreter needed",
        "Left voicemail", "Save call for RIVERA, Pat",
    ):  # fmt: skip
        assert words in body, words
    assert 'href="tel:+1-555-555-0143"' not in body  # an unsafe number is never dialed
    assert response["HX-Replace-Url"] == f"/day/?sel={task.pk}"


def test_it_is_a_view_of_the_record(cast, signed_in, inside, task, parts):
    signed_in(cast.ana).get(f"/tasks/{task.pk}/peek/", headers=parts)
    inside(cast.riverbend)
    event = Event.objects.get(kind="view")
    assert (event.name, event.patient_id, event.detail) == ("patient.viewed", cast.pat.pk, {"page": "peek"})


def test_it_hides_from_strangers(cast, signed_in, inside, task, parts):
    for stranger in (cast.sam, cast.olga, cast.flo):
        assert signed_in(stranger).get(f"/tasks/{task.pk}/peek/", headers=parts).status_code == 404
        inside(cast.riverbend)
    assert signed_in(cast.ana).get(f"/tasks/{uuid.uuid4()}/peek/", headers=parts).status_code == 404


def test_those_who_may_only_look_get_no_form(cast, signed_in, task, parts):
    body = signed_in(cast.vic).get(f"/tasks/{task.pk}/peek/", headers=parts).content.decode()
    assert "RIVERA, Pat" in body
    assert "<form" not in body


def test_a_patient_who_died_is_not_called(cast, signed_in, task, parts):
    Patient.objects.filter(pk=cast.pat.pk).update(is_deceased=True, deceased_on="2026-11-01")
    body = signed_in(cast.ana).get(f"/tasks/{task.pk}/peek/", headers=parts).content.decode()
    assert "idhead dead" in body
    assert "Save call" not in body


def test_a_closed_task_has_no_form(cast, signed_in, task, parts):
    close_task(task=task, by=cast.ana)
    assert (
        "Save call" not in signed_in(cast.ana).get(f"/tasks/{task.pk}/peek/", headers=parts).content.decode()
    )


def test_a_task_about_nobody(cast, signed_in, parts):
    task = TaskFactory(organization=cast.riverbend, patient=None, owner=cast.ana, title="Order handouts")
    body = signed_in(cast.ana).get(f"/tasks/{task.pk}/peek/", headers=parts).content.decode()
    assert "Order handouts" in body
    assert "idhead" not in body


def test_without_a_script_it_is_the_page_of_the_task(cast, signed_in, task):
    assert signed_in(cast.ana).get(f"/tasks/{task.pk}/peek/")["Location"] == f"/tasks/{task.pk}/"
    assert signed_in(cast.ana).post(f"/tasks/{task.pk}/peek/").status_code == 405


def test_how_many_statements_it_costs(cast, signed_in, task, known, parts, statements):
    client = signed_in(cast.ana)
    client.get("/day/")
    with statements() as seen:
        client.get(f"/tasks/{task.pk}/peek/", headers=parts)
    # session, person, organization, sight; the task, the head of the record, the last contacts, the draft; the access log
    assert len(seen) <= 9, seen
