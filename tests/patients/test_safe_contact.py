"""The rule stands at the number itself, and a call against it is refused or looked at."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from coordination.audit.models import Event
from coordination.lib.refusal import Refused
from coordination.worklist.actions import log_contact
from coordination.worklist.models import Contact, Task
from patients.models import Address, ContactPoint
from patients.safe_contact import line_of, zones_of
from patients.words import phone_words
from tests.factories import PatientFactory, TaskFactory, UserFactory, grant_team
from tests.factories.record import AddressFactory, ContactPointFactory

CHICAGO = ZoneInfo("America/Chicago")
NOON = dt.datetime(2026, 11, 17, 12, 0, tzinfo=CHICAGO)
NIGHT = dt.datetime(2026, 11, 17, 22, 10, tzinfo=CHICAGO)


def number(**values):
    return ContactPoint(kind="mobile", value="(202) 555-0142", number="+12025550142", **values)


def line(point, at=NOON):
    return line_of(point, at=at, zones=[CHICAGO])


# --- in words ---------------------------------------------------------------------------------------------------------


def test_all_that_was_agreed_stands_at_the_number():
    point = number(
        voicemail="none",
        text_allowed=False,
        others_may_answer="partner",
        call_from=dt.time(9),
        call_until=dt.time(12),
    )
    assert phone_words(point) == (
        "(202) 555-0142, call only 09:00 to 12:00, partner may answer, leave no message, no text messages"
    )


@pytest.mark.parametrize(("at", "refused"), [(8, True), (9, False), (11, False), (12, True)])
def test_outside_its_hours_a_number_is_no_link(at, refused):
    shown = line(number(call_from=dt.time(9), call_until=dt.time(12)), NOON.replace(hour=at))
    assert bool(shown["why_not"]) == refused
    assert (shown["tel"] == "") == refused


def test_one_not_to_be_used_is_struck_and_no_link():
    shown = line(number(do_not_use=True, do_not_use_reason="partner may answer"))
    assert (shown["tel"], shown["struck"], shown["why_not"]) == ("", True, "do not use: partner may answer")


def test_quiet_hours_are_said_and_the_patients_own_hours_outweigh_them():
    assert line(number(), NIGHT)["warning"] == "quiet hours: it is 22:10 there"
    assert line(number(), NIGHT)["tel"]
    assert line(number(call_from=dt.time(20)), NIGHT)["warning"] == ""
    assert line(number(), NOON)["warning"] == ""


def test_the_clock_is_the_patients(cast):
    assert zones_of(["OR"], cast.riverbend) == [ZoneInfo("America/Denver"), ZoneInfo("America/Los_Angeles")]
    assert zones_of([], cast.riverbend) == zones_of(["Somewhere"], cast.riverbend) == [cast.riverbend.zone]
    eight = NOON.replace(hour=8)  # 06:00 in Portland, Oregon
    assert line_of(number(), at=eight, zones=zones_of(["OR"], cast.riverbend))["warning"]


def test_every_page_that_shows_a_number_shows_its_rule(cast, signed_in):
    struck = ContactPointFactory(
        patient=cast.pat, do_not_use=True, do_not_use_reason="Partner answers", number="+12025550199"
    )
    ContactPointFactory(patient=cast.pat, voicemail="none", others_may_answer="Shelter desk")
    task = TaskFactory(patient=cast.pat)
    client = signed_in(cast.ana)
    pages = {
        "people": reverse("patients:people", args=[cast.pat.pk]),
        "overview": reverse("patients:patient", args=[cast.pat.pk]),
        "print": reverse("patients:print", args=[cast.pat.pk]),
        "edit": reverse("patients:edit", args=[cast.pat.pk]),
        "peek": f"/tasks/{task.pk}/peek/",
        "log": reverse("worklist:contact_new") + f"?patient={cast.pat.pk}",
    }
    for name, url in pages.items():
        text = client.get(url, headers={"HX-Request": "true"} if name == "peek" else {}).text
        assert "leave no message" in text.lower(), name
        assert "shelter desk may answer" in text.lower(), name
        assert "partner answers" in text.lower(), name
        assert "tel:+1-202-555-0199" not in text, name
    assert struck.do_not_use


def test_the_rule_is_asked_once_when_a_number_is_added(cast, signed_in):
    client = signed_in(cast.ana)
    url = reverse("patients:line_new", args=[cast.pat.pk, "phones"])
    sent = {"patient": cast.pat.pk, "kind": "mobile", "value": "(937) 555-0142", "rank": "1"}
    assert client.post(url, sent).status_code == 422
    backward = client.post(url, {**sent, "voicemail": "none", "call_from": "12:00", "call_until": "09:00"})
    assert "end before they begin" in backward.text
    assert (
        client.post(
            url, {**sent, "voicemail": "none", "call_from": "09:00", "call_until": "12:00"}
        ).status_code
        == 302
    )
    point = ContactPoint.objects.get(patient=cast.pat)
    assert (point.voicemail, point.call_until) == ("none", dt.time(12))
    mail = {**sent, "kind": "email", "value": "pat@example.org"}
    assert client.post(url, mail).status_code == 302


# --- against the rule -------------------------------------------------------------------------------------------------


def log(cast, point, **values):
    given = {"outcome": "left_voicemail", "no_follow_up_reason": "Test", "contact_point": point}
    return log_contact(patient=cast.pat, by=cast.ana, **(given | values))


@pytest.mark.parametrize(
    ("rule", "values", "sentence"),
    [
        ({"voicemail": "none"}, {}, "No message may be left at this number"),
        ({"do_not_use": True, "do_not_use_reason": "Unsafe"}, {"outcome": "no_answer"}, "do not use: Unsafe"),
        (
            {"text_allowed": False},
            {"mode": "sms", "outcome": "message_sent"},
            "No text messages to this number",
        ),
    ],
)
def test_it_is_refused_without_a_reason(cast, rule, values, sentence):
    point = ContactPointFactory(patient=cast.pat, **rule)
    with pytest.raises(Refused, match=sentence) as refused:
        log(cast, point, **values)
    assert refused.value.field == "despite"
    assert not Contact.objects.exists()
    contact = log(cast, point, **values, despite="Life in danger")
    event = Event.objects.get(name="contact.logged")
    assert event.reason == "Life in danger"
    review = Task.objects.get(source_key=f"unsafe:{contact.pk}")
    assert review.owner == cast.sue  # the supervisor of the team, never the one who called
    assert "Life in danger" in review.reason
    cast.pat.refresh_from_db()
    assert cast.pat.open_tasks == 1


def test_outside_the_hours_of_the_number(cast):
    today = timezone.localdate(timezone=cast.riverbend.zone) - dt.timedelta(days=1)
    point = ContactPointFactory(patient=cast.pat, call_from=dt.time(9), call_until=dt.time(12))
    at = dt.datetime.combine(today, dt.time(14, 10), tzinfo=CHICAGO)
    with pytest.raises(Refused, match="not now: it is 14:10 there"):
        log(cast, point, outcome="no_answer", occurred_at=at)
    AddressFactory(patient=cast.pat, state="HI")  # 10:10 in Honolulu
    assert log(cast, point, outcome="no_answer", occurred_at=at)
    assert Address.objects.count() == 1


def test_what_others_call_about_and_who_calls_in_is_no_matter_of_the_number(cast):
    point = ContactPointFactory(patient=cast.pat, voicemail="none")
    assert log(cast, point, direction="in", outcome="reached_patient")
    assert log(cast, point, target="provider")
    assert not Task.objects.filter(source_key__startswith="unsafe:").exists()


def test_the_short_form_leads_to_the_full_one(cast, signed_in):
    ContactPointFactory(patient=cast.pat, voicemail="none")
    task = TaskFactory(patient=cast.pat)
    client = signed_in(cast.ana)
    url = f"{reverse('worklist:contact_new')}?patient={cast.pat.pk}&task={task.pk}"
    sent = {
        "place": "page",
        "patient": cast.pat.pk,
        "outcome": "left_voicemail",
        "follow_up": "tomorrow",
        "version": 1,
    }
    answer = client.post(url, sent)
    assert answer.status_code == 422
    assert "Choose the number on the full form" in answer.text
    assert not Contact.objects.exists()


def test_a_text_to_no_number_in_particular_is_held_to_the_rule_of_each(cast):
    ContactPointFactory(patient=cast.pat, text_allowed=True)
    sent = {"mode": "sms", "outcome": "message_sent"}
    assert log(cast, None, **sent)
    refusing = ContactPointFactory(patient=cast.pat, text_allowed=False)
    with pytest.raises(Refused, match="No text messages may be sent to a number of this patient") as refused:
        log(cast, None, **sent)
    assert refused.value.field == "despite"
    contact = log(cast, None, **sent, despite="Life in danger")
    assert Task.objects.get(source_key=f"unsafe:{contact.pk}").owner == cast.sue
    ContactPoint.objects.filter(pk=refusing.pk).update(
        do_not_use=True, do_not_use_reason="Not theirs any more"
    )
    assert log(cast, None, **sent)


def test_on_the_full_form_the_reason_is_asked_where_it_is_missing(cast, signed_in):
    point = ContactPointFactory(patient=cast.pat, do_not_use=True, do_not_use_reason="Unsafe")
    here = timezone.localtime(timezone=cast.ana.zone) - dt.timedelta(minutes=5)
    sent = {
        "patient": cast.pat.pk, "direction": "out", "mode": "phone", "target": "patient", "contact_point": point.pk,
        "outcome": "no_answer", "interpreter": "none", "on_day": here.date(), "at_time": f"{here:%H:%M}", "minutes": 1,
        "follow_up": "none", "no_follow_up_reason": "Test",
    }  # fmt: skip
    url = f"{reverse('worklist:contact_new')}?patient={cast.pat.pk}"
    client = signed_in(cast.ana)
    refused = client.post(url, sent)
    assert refused.status_code == 422
    assert "Say why it was used all the same" in refused.text
    assert client.post(url, {**sent, "despite": "Asked for by the police"}).status_code == 302


def test_without_another_supervisor_the_coordinator_looks(cast):
    other = UserFactory(organization=cast.riverbend, roles=["supervisor"], name="Una Bell")
    patient = PatientFactory(organization=cast.riverbend, team=cast.south, coordinator=cast.sam)
    point = ContactPointFactory(patient=patient, voicemail="none")
    grant_team(cast.sue, cast.south)
    contact = log_contact(
        patient=patient,
        by=cast.sue,
        outcome="left_voicemail",
        no_follow_up_reason="Test",
        contact_point=point,
        despite="Urgent",
    )
    review = Task.objects.get(source_key=f"unsafe:{contact.pk}")
    assert review.owner == cast.sam
    assert review.owner != other
