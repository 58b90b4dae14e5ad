"""Health history: lines are added, checked, doubted and corrected; nothing is erased and nothing sensitive slips out."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from django.utils import timezone

from coordination.audit.models import Event
from coordination.lib.refusal import Refused, Stale
from patients.actions import history as actions
from patients.forms.history import FORMS
from patients.lines import chart, line, value_words
from patients.models import (
    HISTORY,
    Allergy,
    Condition,
    Encounter,
    FamilyHistory,
    Medication,
    Observation,
    Patient,
)
from patients.views.history import KINDS
from tests.factories import PatientFactory
from tests.factories.record import AllergyFactory, ConditionFactory, MedicationFactory, ObservationFactory
from tests.patients.record import at, events, page, send

ENTRIES = {
    "condition": {"text": "Heart failure", "is_active": "on"},
    "allergy": {"text": "Latex", "reaction": "rash", "criticality": "low"},
    "medication": {"text": "metformin 500 MG", "dosage": "1 tablet twice a day", "basis": "reported"},
    "procedure": {"text": "Cataract surgery", "performer": "Eye clinic"},
    "immunization": {"text": "Influenza vaccine"},
    "family_history": {"text": "Breast cancer", "relative": "mother", "is_deceased": "yes"},
    "encounter": {"text": "Emergency visit", "kind": "EMER", "facility": "Mercy"},
    "observation": {"text": "Body weight", "number": "166.50", "unit": "lb", "occurred_on": "2026-01-02"},
}


@pytest.mark.parametrize("kind", ENTRIES)
def test_each_kind_is_added_with_its_source(cast, signed_in, kind):
    client = signed_in(cast.ana)
    assert client.get(at("history_add", cast.pat, kind)).status_code == 200
    answer = send(client, at("history_add", cast.pat, kind), cast.pat, said_by="family", **ENTRIES[kind])
    assert answer.status_code == 302, answer.content.decode()
    item = KINDS[kind].objects.get(patient=cast.pat)
    assert (item.source, item.created_by, item.text) == ("staff:family", cast.ana, ENTRIES[kind]["text"])
    assert item.recorded_at is not None
    assert Event.objects.get(name="history.added").target_id == str(item.pk)
    assert ENTRIES[kind]["text"].split()[0].lower() in page(client, answer["Location"]).lower()


def test_it_says_what_is_missing(cast, signed_in):
    answer = send(signed_in(cast.ana), at("history_add", cast.pat, "condition"), cast.pat, said_by="patient")
    assert answer.status_code == 422
    assert "1 thing to fix" in answer.content.decode()


@pytest.mark.parametrize("day", ["2999-01-01", "1950-01-01"])
def test_a_day_outside_the_patients_life_is_refused(cast, signed_in, day):
    values = {**ENTRIES["condition"], "said_by": "patient", "occurred_on": day}
    assert (
        send(signed_in(cast.ana), at("history_add", cast.pat, "condition"), cast.pat, **values).status_code
        == 422
    )
    assert not Condition.objects.exists()


def test_a_form_about_another_patient_saves_nothing(cast, signed_in):
    other = PatientFactory(organization=cast.riverbend)
    answer = send(
        signed_in(cast.ana), at("history_add", cast.pat, "condition"), other, said_by="patient", text="Asthma"
    )
    assert answer.status_code == 422
    assert "another patient" in answer.content.decode()
    assert not Condition.objects.exists()


def test_the_same_form_sent_twice_adds_one_line(cast, signed_in):
    client, key = signed_in(cast.ana), uuid.uuid4()
    values = {**ENTRIES["condition"], "said_by": "patient", "idempotency_key": key}
    answers = [send(client, at("history_add", cast.pat, "condition"), cast.pat, **values) for _n in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert Condition.objects.count() == 1


@pytest.mark.parametrize(
    "name", ["history_check", "history_dispute", "history_error", "history_end", "history_sensitivity"]
)
def test_a_line_is_changed_only_by_those_who_may(cast, signed_in, name):
    item = ConditionFactory(patient=cast.pat)
    url = at(name, cast.pat, "condition", item)
    assert send(signed_in(cast.vic), url, cast.pat).status_code == 403
    assert send(signed_in(cast.sam), url, cast.pat).status_code == 404
    other = PatientFactory(organization=cast.riverbend, team=cast.north)
    assert send(signed_in(cast.sue), at(name, other, "condition", item), other).status_code == 404
    assert send(signed_in(cast.ana), at(name, cast.pat, "nonsense", item), cast.pat).status_code == 404


def test_checking_needs_a_post(cast, signed_in):
    item = ConditionFactory(patient=cast.pat)
    client = signed_in(cast.ana)
    assert client.get(at("history_check", cast.pat, "condition", item)).status_code == 405
    assert client.get(at("history_allergies", cast.pat, "none")).status_code == 405


def test_a_line_is_checked(cast, signed_in):
    item = ConditionFactory(patient=cast.pat)
    client = signed_in(cast.ana)
    assert "not checked yet" in page(client, at("history_item", cast.pat, "condition", item))
    answer = send(client, at("history_check", cast.pat, "condition", item), cast.pat, version=1)
    assert answer.status_code == 302
    item.refresh_from_db()
    assert (item.verified_by, item.version) == (cast.ana, 2)
    assert "by Ana Ruiz" in page(client, at("history", cast.pat))


def test_a_line_is_disputed_and_the_doubt_settled(cast, signed_in):
    item = ConditionFactory(patient=cast.pat, text="Asthma", note="From intake")
    client = signed_in(cast.ana)
    url = at("history_dispute", cast.pat, "condition", item)
    assert "Dispute for RIVERA, Pat" in page(client, url)
    assert send(client, url, cast.pat, version=1).status_code == 422
    assert send(client, url, cast.pat, version=1, reason="Never had it").status_code == 302
    item.refresh_from_db()
    assert item.record_status == "disputed"
    assert item.note.startswith("From intake\nDisputed ")
    assert "Disputed" in page(client, at("history", cast.pat))
    assert "already disputed" in send(client, url, cast.pat, version=2, reason="Again").content.decode()
    actions.check_history_item(item=item, version=2, by=cast.ana)
    item.refresh_from_db()
    assert item.record_status == "active"


def test_a_mistake_is_kept_but_shown_nowhere_else(cast, signed_in):
    item = ConditionFactory(patient=cast.pat, text="Asthma")
    client = signed_in(cast.ana)
    send(
        client, at("history_error", cast.pat, "condition", item), cast.pat, version=1, reason="Wrong patient"
    )
    for url in (
        at("patient", cast.pat),
        at("history", cast.pat),
        at("timeline", cast.pat),
        at("print", cast.pat),
    ):
        assert "Asthma" not in page(client, url)
    assert "Asthma" not in page(client, at("history", cast.pat), part="condition")
    assert "Asthma" in page(client, at("history", cast.pat), part="condition", mistakes=1)
    assert "Wrong patient" in page(client, at("history_item", cast.pat, "condition", item))
    for act in (actions.enter_in_error, actions.dispute_history_item):
        with pytest.raises(Refused):
            act(item=item, reason="again", version=None, by=cast.ana)
    with pytest.raises(Refused):
        actions.check_history_item(item=item, version=None, by=cast.ana)


def test_a_line_ends(cast, signed_in):
    client = signed_in(cast.ana)
    condition = ConditionFactory(patient=cast.pat)
    medication = MedicationFactory(patient=cast.pat, starts_on=dt.date(2026, 5, 1))
    url = at("history_end", cast.pat, "medication", medication)
    answer = send(client, url, cast.pat, version=1, on="2026-04-01")
    assert answer.status_code == 422
    assert "cannot end before it started, 01-May-2026" in answer.content.decode()
    assert send(client, url, cast.pat, version=1, on="2026-06-01").status_code == 302
    assert (
        send(
            client, at("history_end", cast.pat, "condition", condition), cast.pat, version=1, on="2026-06-02"
        ).status_code
        == 302
    )
    condition.refresh_from_db()
    assert (condition.is_active, condition.abated_on) == (False, dt.date(2026, 6, 2))
    assert "already ended" in send(client, url, cast.pat, version=2, on="2026-06-03").content.decode()
    weight = ObservationFactory(patient=cast.pat)
    assert (
        "no end"
        in send(
            client, at("history_end", cast.pat, "observation", weight), cast.pat, on="2026-06-03"
        ).content.decode()
    )


def test_someone_else_saved_first(cast, signed_in):
    item = ConditionFactory(patient=cast.pat)
    actions.set_sensitivity(item=item, sensitivity="BH", version=1, by=cast.max)
    url = at("history_sensitivity", cast.pat, "condition", item)
    answer = send(signed_in(cast.ana), url, cast.pat, version=1, sensitivity="HIV")
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Behavioral health" in text
    assert "HIV" in text
    item.refresh_from_db()
    assert item.sensitivity == "BH"
    assert send(signed_in(cast.ana), url, cast.pat, version=2, sensitivity="HIV").status_code == 302


# --- allergies --------------------------------------------------------------------------------


def state(cast):
    pat = Patient.objects.get(pk=cast.pat.pk)
    return pat.allergy_status, pat.allergies_checked_on == cast.riverbend.today()


def test_an_allergy_makes_the_list_known_and_its_end_makes_it_unrecorded(cast):
    add = {"text": "Latex", "said_by": "patient"}
    item = actions.add_history_item(
        patient=cast.pat, model=Allergy, values={"text": add["text"]}, by=cast.ana
    )
    assert state(cast) == ("known", True)
    actions.end_history_item(item=item, on=cast.riverbend.today(), version=1, by=cast.ana)
    assert state(cast) == ("not_recorded", False)


def test_a_mistaken_allergy_does_not_become_none(cast):
    item = actions.add_history_item(patient=cast.pat, model=Allergy, values={"text": "Latex"}, by=cast.ana)
    other = actions.add_history_item(patient=cast.pat, model=Allergy, values={"text": "Nuts"}, by=cast.ana)
    actions.enter_in_error(item=item, reason="mix-up", version=1, by=cast.ana)
    assert state(cast) == ("known", True)
    actions.enter_in_error(item=other, reason="mix-up", version=1, by=cast.ana)
    assert state(cast) == ("not_recorded", False)


def test_none_known_is_confirmed_not_assumed(cast, signed_in):
    client = signed_in(cast.ana)
    assert "Not recorded: ask" in page(client, at("history", cast.pat))
    version = Patient.objects.get(pk=cast.pat.pk).version
    answer = send(client, at("history_allergies", cast.pat, "none"), cast.pat, version=version)
    assert answer.status_code == 302
    assert state(cast) == ("none_known", True)
    assert "No known allergies" in page(client, at("history", cast.pat))


def test_none_cannot_be_confirmed_while_an_allergy_stands(cast, signed_in):
    AllergyFactory(patient=cast.pat)
    client = signed_in(cast.ana)
    for name in ("none", "unavailable"):
        answer = send(client, at("history_allergies", cast.pat, name), cast.pat)
        assert answer.status_code == 422
        assert "allergy is on record" in answer.content.decode()
    assert send(client, at("history_allergies", cast.pat, "checked"), cast.pat).status_code == 302
    assert state(cast) == ("known", True)


def test_the_list_can_be_unavailable(cast, signed_in):
    client = signed_in(cast.ana)
    assert send(client, at("history_allergies", cast.pat, "checked"), cast.pat).status_code == 422
    assert send(client, at("history_allergies", cast.pat, "unavailable"), cast.pat).status_code == 302
    assert state(cast) == ("unavailable", False)
    assert send(client, at("history_allergies", cast.pat, "nonsense"), cast.pat).status_code == 404
    assert send(signed_in(cast.vic), at("history_allergies", cast.pat, "none"), cast.pat).status_code == 403


def test_checking_one_allergy_dates_the_list(cast):
    item = AllergyFactory(patient=cast.pat)
    actions.check_history_item(item=item, version=1, by=cast.ana)
    assert state(cast) == ("known", True)


# --- sensitive lines ---------------------------------------------------------------------------


@pytest.mark.parametrize("model", HISTORY)
def test_sensitive_lines_are_hidden_everywhere(cast, signed_in, model):
    values = {"relative": "mother"} if model is FamilyHistory else {}
    base = {
        "organization": cast.riverbend,
        "patient": cast.pat,
        "created_by": cast.ana,
        "updated_by": cast.ana,
    }
    item = model.objects.create(
        text="Hidden matter", sensitivity="ETH", occurred_at=timezone.now(), **base, **values
    )
    kind = model.timeline.kind
    urls = [
        at("patient", cast.pat),
        at("history", cast.pat),
        f"{at('history', cast.pat)}?part={kind}",
        at("timeline", cast.pat),
        at("print", cast.pat),
    ]
    for url in urls:
        assert "hidden matter" not in page(signed_in(cast.ana), url).lower()
    assert signed_in(cast.ana).get(at("history_item", cast.pat, kind, item)).status_code == 404
    assert "hidden matter" in page(signed_in(cast.max), f"{at('history', cast.pat)}?part={kind}").lower()
    answer = signed_in(cast.ana).post(at("timeline", cast.pat), {"q": "Hidden"})
    assert "No entry has these words" in answer.content.decode()


def test_that_something_is_hidden_is_told_only_to_some(cast, signed_in):
    url = at("history", cast.pat)
    note = "are not shown to your role"
    assert note not in page(signed_in(cast.ana), url)
    ConditionFactory(patient=cast.pat, sensitivity="GDIS")
    assert note in page(signed_in(cast.ana), url)
    assert note not in page(signed_in(cast.vic), url)
    assert note not in page(signed_in(cast.max), url)
    assert note not in page(signed_in(cast.ana), url, part="medication")


def test_a_person_may_put_a_line_out_of_their_own_sight(cast, signed_in):
    item = ConditionFactory(patient=cast.pat)
    client = signed_in(cast.ana)
    url = at("history_sensitivity", cast.pat, "condition", item)
    assert send(client, url, cast.pat, version=1, sensitivity="42CFRPart2").status_code == 302
    assert client.get(at("history_item", cast.pat, "condition", item)).status_code == 404


# --- how lines are shown ------------------------------------------------------------------------


def test_parts_page_on(cast, signed_in, django_assert_max_num_queries):
    client = signed_in(cast.ana)
    client.get(at("history", cast.pat))
    for _n in range(55):
        ConditionFactory(patient=cast.pat)
    with django_assert_max_num_queries(13):
        text = page(client, at("history", cast.pat), part="condition")
    assert "Showing 50" in text
    with django_assert_max_num_queries(14):
        page(client, at("history", cast.pat))


def test_results_show_the_latest_of_each_kind_and_the_series(cast, signed_in):
    now = timezone.now()
    for n in range(4):
        newest = ObservationFactory(
            patient=cast.pat, number=160 + n, occurred_at=now - dt.timedelta(days=10 - n)
        )
    ObservationFactory(patient=cast.pat, text="PHQ-9", code="44261-6", number=None, value="9 of 27", unit="")
    client = signed_in(cast.ana)
    text = page(client, at("history", cast.pat), part="observation")
    assert "163 lb" in text
    assert "162 lb" not in text
    assert "9 of 27" in text
    text = page(client, at("history_series", cast.pat, newest))
    assert all(f"{160 + n} lb" in text for n in range(4))
    assert "<polyline" in text
    assert signed_in(cast.sam).get(at("history_series", cast.pat, newest)).status_code == 404


def test_a_chart_wants_two_numbers_of_one_unit(cast):
    now, pounds = timezone.now(), Decimal(160)
    first = Observation(text="Weight", number=pounds, unit="lb", occurred_at=now)
    second = Observation(text="Weight", number=pounds, unit="lb", occurred_at=now + dt.timedelta(days=1))
    third = Observation(text="Weight", number=Decimal(70), unit="kg", occurred_at=now)
    assert chart([first]) is None
    assert chart([first, third]) is None
    assert [point["y"] for point in chart([second, first])["points"]] == [80, 80]


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ({"number": "5.0", "unit": "{score}"}, "5"),
        ({"number": "1200", "unit": "mL"}, "1200 mL"),
        ({"value": "positive"}, "positive"),
        ({"number": "120", "unit": "mm[Hg]"}, "120 mmHg"),
        ({}, ""),
    ],
)
def test_a_result_is_said_with_its_unit(values, shown):
    if "number" in values:
        values = {**values, "number": Observation._meta.get_field("number").to_python(values["number"])}
    assert value_words(Observation(**values)) == shown


def test_details_of_each_kind_are_said(cast):
    base = {"created_by": cast.ana, "patient": cast.pat}
    shown = [
        line(cast.pat, row)
        for row in (
            FamilyHistory(text="Cancer", relative="mother", onset_age="50", is_deceased=True, **base),
            Encounter(text="Visit", kind="EMER", facility="Mercy", **base),
            Medication(text="metformin", dosage=".5 g", reason="diabetes", prescriber="Dr. Singh", **base),
            Condition(text="Flu", abated_on=dt.date(2026, 2, 1), **base),
        )
    ]
    assert [each.detail for each in shown] == [
        "mother, began at 50, has died",
        "Emergency, Mercy",
        "0.5 g, for diabetes, prescribed by Dr. Singh",
        "",
    ]
    assert shown[3].when == "not known to 01-Feb-2026"


def test_every_kind_has_its_form():
    assert set(FORMS) == set(HISTORY)


def test_a_visit_is_written_down_once(cast, signed_in):
    item = ConditionFactory(patient=cast.pat)
    client = signed_in(cast.ana)
    for n, url in enumerate(
        [at("history", cast.pat), at("history_item", cast.pat, "condition", item)], start=1
    ):
        page(client, url)
        assert events(cast.pat) == n


def test_a_stale_version_is_refused_by_the_action(cast):
    item = ConditionFactory(patient=cast.pat)
    with pytest.raises(Stale):
        actions.check_history_item(item=item, version=7, by=cast.ana)
