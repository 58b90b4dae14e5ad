"""Who pays, checked with the payer, and what once was in force stays on record."""

import datetime as dt
import uuid

import pytest
from django.utils import timezone

from coordination.audit.models import Event
from coordination.lib.refusal import Refused, Stale
from patients.actions import coverage as actions
from patients.models import Coverage
from tests.factories import PatientFactory
from tests.factories.record import CoverageFactory
from tests.patients.record import at, events, page, send

PLAN = {
    "rank": "1",
    "kind": "medicare",
    "payer": "Medicare",
    "plan": "Part A and B",
    "status": "active",
    "member_id": "1EG4",
}


def test_plans_stand_in_the_order_they_pay(cast, signed_in):
    CoverageFactory(patient=cast.pat, payer="Medigap", rank=2)
    CoverageFactory(patient=cast.pat, payer="Medicare", rank=1)
    CoverageFactory(patient=cast.pat, payer="Old plan", ends_on=dt.date(2020, 1, 1))
    CoverageFactory(patient=cast.pat, payer="Mistake", status="entered_in_error")
    text = page(signed_in(cast.ana), at("coverage", cast.pat))
    assert text.index(">Medicare") < text.index(">Medigap") < text.index(">Old plan")
    assert "Ended or to come (1)" in text
    assert "Mistake" not in text
    assert events(cast.pat) == 1


def test_none_is_said(cast, signed_in):
    assert "No plan is in force" in page(signed_in(cast.vic), at("coverage", cast.pat))


def test_a_plan_is_added_once(cast, signed_in):
    client, key = signed_in(cast.flo), uuid.uuid4()
    assert "Save plan for RIVERA, Pat" in page(client, at("coverage_add", cast.pat))
    for _n in range(2):
        assert (
            send(client, at("coverage_add", cast.pat), cast.pat, **PLAN, idempotency_key=key).status_code
            == 302
        )
    coverage = Coverage.objects.get()
    assert (coverage.source, coverage.created_by) == ("staff", cast.flo)
    assert Event.objects.filter(name="coverage.added").count() == 1


@pytest.mark.parametrize(
    "wrong", [{"payer": ""}, {"rank": "0"}, {"starts_on": "2026-02-01", "ends_on": "2026-01-01"}]
)
def test_it_says_what_is_wrong(cast, signed_in, wrong):
    answer = send(signed_in(cast.ana), at("coverage_add", cast.pat), cast.pat, **{**PLAN, **wrong})
    assert answer.status_code == 422
    assert not Coverage.objects.exists()


def test_a_change_of_facts_takes_the_check_back(cast, signed_in):
    client = signed_in(cast.ana)
    coverage = CoverageFactory(patient=cast.pat, member_id="1EG4")
    assert send(client, at("coverage_verify", cast.pat, coverage), cast.pat, version=1).status_code == 302
    coverage.refresh_from_db()
    assert coverage.verified_by == cast.ana
    assert "by Ana Ruiz" in page(client, at("coverage", cast.pat))
    url = at("coverage_edit", cast.pat, coverage)
    assert send(client, url, cast.pat, version=2, **{**PLAN, "payer_phone": "800"}).status_code == 302
    coverage.refresh_from_db()
    assert coverage.verified_by == cast.ana
    assert send(client, url, cast.pat, version=3, **{**PLAN, "member_id": "2XX9"}).status_code == 302
    coverage.refresh_from_db()
    assert (coverage.verified_by, coverage.verified_at) == (None, None)


def test_two_people_editing_see_both_values(cast, signed_in):
    coverage = CoverageFactory(patient=cast.pat, rank=1)
    coverage.change({"member_id": "THEIRS", "kind": "other", "starts_on": dt.date(2026, 1, 2)}, by=cast.flo)
    url = at("coverage_edit", cast.pat, coverage)
    answer = send(signed_in(cast.ana), url, cast.pat, version=1, **{**PLAN, "member_id": "MINE"})
    text = answer.content.decode()
    assert answer.status_code == 409
    for words in ("THEIRS", "MINE", "02-Jan-2026", "Save plan for RIVERA, Pat"):
        assert words in text
    assert (
        send(signed_in(cast.ana), url, cast.pat, version=2, **{**PLAN, "member_id": "MINE"}).status_code
        == 302
    )


def test_a_plan_ends(cast, signed_in):
    client = signed_in(cast.ana)
    coverage = CoverageFactory(patient=cast.pat, starts_on=dt.date(2025, 1, 1))
    url = at("coverage_end", cast.pat, coverage)
    assert send(client, url, cast.pat, version=1, on="2024-01-01").status_code == 422
    assert send(client, url, cast.pat, version=1, on="2025-06-01").status_code == 302
    coverage.refresh_from_db()
    assert (coverage.status, coverage.ends_on) == ("ended", dt.date(2025, 6, 1))
    assert "already ended" in send(client, url, cast.pat, version=2, on="2025-06-01").content.decode()
    assert (
        "in force can be verified"
        in send(client, at("coverage_verify", cast.pat, coverage), cast.pat).content.decode()
    )


def test_a_plan_that_ends_later_pays_until_then(cast):
    coverage, today = CoverageFactory(patient=cast.pat), cast.riverbend.today()
    actions.end_coverage(coverage=coverage, on=today, version=1, by=cast.ana)
    coverage.refresh_from_db()
    assert coverage.pays_on(today)
    assert not coverage.pays_on(today + dt.timedelta(days=1))


def test_a_mistake_is_not_corrected_in_place(cast):
    coverage = CoverageFactory(patient=cast.pat, status="entered_in_error")
    with pytest.raises(Refused):
        actions.change_coverage(coverage=coverage, version=1, values={"payer": "Other"}, by=cast.ana)


def test_what_an_import_brought_is_put_back_or_removed_with_the_reason(cast):
    values = {"payer": "Aetna", "member_id": "1EG4"}
    plan = actions.add_coverage(
        patient=cast.pat, values=values, by=cast.ana, source="Payer", source_key="row 2"
    )
    assert (plan.source, plan.source_key) == ("Payer", "row 2")
    before = {"member_id": "2XX9", "verified_at": timezone.now(), "verified_by_id": cast.flo.pk}
    actions.put_coverage_back(coverage=plan, values=before, reason="The wrong file", by=cast.ana)
    plan.refresh_from_db()
    assert (plan.member_id, plan.verified_by) == ("2XX9", cast.flo)
    with pytest.raises(Stale):
        actions.remove_coverage(coverage=plan, version=1, reason="The wrong file", by=cast.ana)
    actions.remove_coverage(coverage=plan, version=plan.version, reason="The wrong file", by=cast.ana)
    assert not Coverage.objects.exists()
    told = Event.objects.filter(patient_id=cast.pat.pk, reason="The wrong file").order_by("at")
    assert [event.name for event in told] == ["coverage.import_undone", "coverage.removed"]


@pytest.mark.parametrize("name", ["coverage_edit", "coverage_end", "coverage_verify"])
def test_only_some_may_change_it(cast, signed_in, name):
    coverage = CoverageFactory(patient=cast.pat)
    url = at(name, cast.pat, coverage)
    assert send(signed_in(cast.vic), url, cast.pat).status_code == 403
    assert send(signed_in(cast.sam), url, cast.pat).status_code == 404
    other = PatientFactory(organization=cast.riverbend, team=cast.north)
    assert send(signed_in(cast.flo), at(name, other, coverage), other).status_code == 404
    assert url not in page(signed_in(cast.vic), at("coverage", cast.pat))


def test_verifying_needs_a_post(cast, signed_in):
    coverage = CoverageFactory(patient=cast.pat)
    assert signed_in(cast.ana).get(at("coverage_verify", cast.pat, coverage)).status_code == 405


def test_it_costs_the_same_for_any_number(cast, signed_in, django_assert_max_num_queries):
    client = signed_in(cast.ana)
    client.get(at("coverage", cast.pat))
    for _n in range(20):
        CoverageFactory(patient=cast.pat)
    with django_assert_max_num_queries(11):
        page(client, at("coverage", cast.pat))
