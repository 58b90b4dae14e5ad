"""Everything that happened, once, newest first, and nothing a role may not see."""

import datetime as dt

from django.utils import timezone

from coordination.audit.models import Event
from coordination.lib.days import start_of_day
from coordination.worklist.models import Task
from patients.timeline import timeline_page
from tests.factories import PatientFactory, TaskFactory
from tests.factories.record import ConditionFactory, ContactFactory, MedicationFactory, ObservationFactory
from tests.patients.record import at, events, page


def titles(user, patient, **options):
    return [entry.title for day in timeline_page(user, patient, **options).days for entry in day.entries]


def days_ago(n):
    return timezone.now() - dt.timedelta(days=n)


def closed_task(cast, title, n):
    task = TaskFactory(patient=cast.pat, title=title)
    values = {"status": "done", "outcome": "completed", "closed_at": days_ago(n), "closed_by": cast.ana}
    Task.objects.filter(pk=task.pk).update(**values)
    return task


def test_it_mixes_every_source_by_time(cast):
    ConditionFactory(patient=cast.pat, text="Heart failure", occurred_at=days_ago(3))
    ContactFactory(patient=cast.pat, occurred_at=days_ago(2))
    closed_task(cast, "Discharge call", 1)
    ObservationFactory(patient=cast.pat, occurred_at=days_ago(4))
    TaskFactory(patient=cast.pat, title="Still open")
    ContactFactory(patient=PatientFactory(organization=cast.riverbend, coordinator=cast.ana))
    assert titles(cast.ana, cast.pat) == [
        "Discharge call",
        "Left voicemail",
        "Heart failure",
        "Body weight: 166 [lb_av]",
    ]


def test_every_line_says_who_or_which_system(cast):
    ConditionFactory(patient=cast.pat, source="Mercy EHR")
    ConditionFactory(patient=cast.pat, source="staff:patient")
    ContactFactory(patient=cast.pat)
    shown = [entry.by for day in timeline_page(cast.ana, cast.pat).days for entry in day.entries]
    assert sorted(shown) == ["Ana Ruiz", "Ana Ruiz, told by: the patient", "Imported from Mercy EHR"]


def test_an_hour_is_shown_only_when_it_is_known(cast):
    day = cast.riverbend.today() - dt.timedelta(days=3)
    ConditionFactory(patient=cast.pat, occurred_at=start_of_day(day, cast.riverbend.zone))
    ConditionFactory(
        patient=cast.pat, occurred_at=start_of_day(day, cast.riverbend.zone) + dt.timedelta(hours=9)
    )
    hours = [
        entry.at is not None for each in timeline_page(cast.ana, cast.pat).days for entry in each.entries
    ]
    assert hours == [True, False]


def test_it_pages_without_gaps_or_repeats(cast):
    moment = days_ago(5)
    for n in range(13):
        ConditionFactory(patient=cast.pat, occurred_at=moment)  # all at one instant: the id decides
        ContactFactory(patient=cast.pat, occurred_at=moment if n % 2 else days_ago(n))
    seen, after = [], ""
    for _n in range(10):
        found = timeline_page(cast.ana, cast.pat, after=after, size=5)
        seen += [entry.id for day in found.days for entry in day.entries]
        if not (after := found.next_cursor):
            break
    assert len(seen) == len(set(seen)) == 26


def test_a_cursor_that_means_nothing_starts_anew(cast):
    ContactFactory(patient=cast.pat)
    other = ContactFactory(patient=PatientFactory(organization=cast.riverbend, coordinator=cast.ana))
    for cursor in ("nonsense", "contact.nonsense", f"unknown.{cast.pat.pk}", f"contact.{other.pk}"):
        assert titles(cast.ana, cast.pat, after=cursor) == ["Left voicemail"]


def test_it_hides_what_the_role_may_not_see(cast):
    ConditionFactory(patient=cast.pat, text="Opioid use disorder", sensitivity="ETH")
    MedicationFactory(patient=cast.pat, text="sertraline", sensitivity="PSY")
    ConditionFactory(patient=cast.pat, text="Asthma")
    ContactFactory(patient=cast.pat)
    assert len(titles(cast.max, cast.pat)) == 4
    assert "Opioid use disorder" not in titles(cast.ana, cast.pat)
    assert "sertraline" in titles(cast.ana, cast.pat)
    assert sorted(titles(cast.vic, cast.pat)) == ["Asthma", "Left voicemail"]
    assert titles(cast.petra, cast.pat) == []


def test_it_leaves_mistakes_out(cast):
    ConditionFactory(patient=cast.pat, record_status="entered_in_error")
    ConditionFactory(patient=cast.pat, occurred_at=None)
    assert titles(cast.ana, cast.pat) == []


def test_it_filters_by_kind(cast, signed_in):
    ContactFactory(patient=cast.pat)
    ConditionFactory(patient=cast.pat, text="Asthma")
    closed_task(cast, "Discharge call", 1)
    assert titles(cast.ana, cast.pat, group="contacts") == ["Left voicemail"]
    assert titles(cast.ana, cast.pat, group="tasks") == ["Discharge call"]
    text = page(signed_in(cast.ana), at("timeline", cast.pat), kind="clinical")
    assert "Asthma" in text
    assert "Left voicemail" not in text
    assert "Asthma" in page(signed_in(cast.ana), at("timeline", cast.pat), kind="nonsense")


def test_it_is_searched_by_post_and_the_words_stay_out_of_the_log(cast, signed_in):
    ContactFactory(patient=cast.pat, note="Asked about furosemide")
    ConditionFactory(patient=cast.pat, text="Asthma")
    client = signed_in(cast.ana)
    answer = client.post(at("timeline", cast.pat), {"q": "FUROSEMIDE"})
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "Asked about furosemide" in text
    assert "Asthma" not in text
    event = Event.objects.get(patient_id=cast.pat.pk, kind="search")
    assert "furosemide" not in f"{event.detail}{event.reason}".lower()
    assert events(cast.pat, "view") == 0
    assert "No entry has these words" in client.post(at("timeline", cast.pat), {"q": "zzz"}).content.decode()


def test_a_search_finds_the_words_of_the_page(cast):
    ContactFactory(patient=cast.pat)
    closed_task(cast, "Ride home", 1)
    assert titles(cast.ana, cast.pat, text="voicemail") == ["Left voicemail"]
    assert titles(cast.ana, cast.pat, text="completed") == ["Ride home"]


def test_what_no_text_can_hold_is_left_out_of_a_search(cast, signed_in):
    ContactFactory(patient=cast.pat, note="again")
    answer = signed_in(cast.ana).post(at("timeline", cast.pat), {"q": "a\x00gain"})
    assert (answer.status_code, "again" in answer.text) == (200, True)


def test_search_results_page_on_by_post(cast, signed_in):
    for _n in range(32):
        ContactFactory(patient=cast.pat, note="again")
    client = signed_in(cast.ana)
    text = client.post(at("timeline", cast.pat), {"q": "again"}).content.decode()
    cursor = text.split('name="after" value="')[1].split('"')[0]
    assert (
        "2 entries" in client.post(at("timeline", cast.pat), {"q": "again", "after": cursor}).content.decode()
    )


def test_it_shows_what_is_ahead_on_the_first_page(cast, signed_in):
    TaskFactory(patient=cast.pat, title="Cardiology follow-up")
    client = signed_in(cast.ana)
    assert "Cardiology follow-up" in page(client, at("timeline", cast.pat))
    assert "Cardiology follow-up" not in page(client, at("timeline", cast.pat), kind="clinical")


def test_it_costs_the_same_for_any_number(cast, signed_in, django_assert_max_num_queries):
    client = signed_in(cast.ana)
    client.get(at("timeline", cast.pat))
    for _n in range(35):
        ContactFactory(patient=cast.pat)
        ConditionFactory(patient=cast.pat)
    with django_assert_max_num_queries(13):
        text = page(client, at("timeline", cast.pat))
    assert "30 entries on this page" in text
    assert "after=" in text
