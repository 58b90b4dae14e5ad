"""A merge is taken back: exactly what it moved, as far as nobody touched it since."""

import datetime as dt

import pytest
from django.utils import timezone

from coordination.lib.refusal import Refused
from coordination.worklist.models import Task
from patients.actions.care import assign_coordinator
from patients.actions.identity import edit_patient
from patients.actions.merging import plan_merge
from patients.actions.reaching import add_phone
from patients.actions.telling_apart import tell_apart
from patients.actions.unmerging import gather_late_rows, plan_unmerge
from patients.models import (
    CareTeamMember,
    ContactPoint,
    Patient,
    PatientMerge,
    SimilarName,
    TwoPeople,
)
from tests.factories import PatientFactory
from tests.factories.record import (
    ConditionFactory,
    ContactFactory,
)
from tests.patients.test_merging import merge, twin, undo

__all__ = ["twin"]


# --- chains, and what came since --------------------------------------------------------------------------------------


def test_a_chain_is_taken_apart_from_its_end(cast, twin):
    first = merge(cast, twin)
    third = PatientFactory(organization=cast.riverbend, team=cast.north, coordinator=cast.ana)
    pat = Patient.objects.get(pk=cast.pat.pk)
    second = merge(cast, pat, survivor=third)
    with pytest.raises(Refused, match="merged already"):
        merge(cast, Patient.objects.get(pk=twin.pk), survivor=third)
    with pytest.raises(Refused, match="Take that merge back first"):
        undo(first, cast.sue)
    undo(second, cast.sue)
    undo(PatientMerge.objects.get(pk=first.pk), cast.sue)
    assert Patient.objects.get(pk=twin.pk).status == "active"
    assert ContactPoint.objects.filter(patient=twin).count() == 1
    with pytest.raises(Refused, match="taken back already"):
        undo(PatientMerge.objects.get(pk=first.pk), cast.sue)


def test_what_was_added_since_stays_and_is_sorted_out(cast, twin):
    done = merge(cast, twin)
    new = add_phone(patient=cast.pat, values={"kind": "home", "value": "(937) 555-0188"}, by=cast.ana)
    assert plan_unmerge(done).added == {"patients.ContactPoint": 1}
    undo(done, cast.sue)
    new.refresh_from_db()
    assert new.patient == cast.pat
    assert Task.objects.filter(source_key=f"unmerged:{done.pk}", owner=cast.ana).exists()


def test_what_was_changed_since_is_asked(cast, twin):
    done = merge(cast, twin)
    pat = Patient.objects.get(pk=cast.pat.pk)
    edit_patient(patient=pat, version=pat.version, values={"language": "es"}, by=cast.ana)
    done = PatientMerge.objects.select_related("survivor", "merged").get(pk=done.pk)
    assert [touched.aspect.key for touched in plan_unmerge(done).touched] == ["language"]
    undo(done, cast.sue)
    pat.refresh_from_db()
    assert pat.language == "es"


def test_what_was_changed_since_can_be_put_back(cast, twin):
    done = merge(cast, twin)
    pat = Patient.objects.get(pk=cast.pat.pk)
    edit_patient(patient=pat, version=pat.version, values={"language": "es"}, by=cast.ana)
    undo(done, cast.sue, put_back=["language"])
    pat.refresh_from_db()
    assert pat.language == ""


def test_a_coordinator_chosen_since_stays(cast, twin):
    alone = PatientFactory(organization=cast.riverbend, team=cast.north, birth_date=None)
    done = merge(cast, twin, survivor=alone)
    assign_coordinator(patient=alone, coordinator=cast.ana, by=cast.sue)
    undo(done, cast.sue)
    alone.refresh_from_db()
    assert alone.coordinator == cast.ana
    assert CareTeamMember.objects.get(patient=alone, is_primary=True).user == cast.ana


def test_a_row_that_comes_late_goes_the_same_way(cast, twin):
    done = merge(cast, twin)
    late = ConditionFactory(patient=twin, created_by=cast.ana)
    assert gather_late_rows(merge=done) == 1
    late.refresh_from_db()
    assert late.patient == cast.pat
    done.refresh_from_db()
    undo(done, cast.sue)
    late.refresh_from_db()
    assert late.patient == twin


def test_told_apart_is_remembered_both_ways(cast, twin):
    tell_apart(patient=cast.pat, other=twin, reason="Twin sister", by=cast.ana)
    tell_apart(patient=twin, other=cast.pat, reason="Twin sister", by=cast.sue)
    assert TwoPeople.objects.count() == 2
    with pytest.raises(Refused):
        tell_apart(patient=cast.pat, other=twin, reason="", by=cast.ana)


def test_the_last_contact_of_a_merged_record_is_none_that_was_taken_back(cast, twin):
    now, hour = timezone.now(), dt.timedelta(hours=1)
    stands = ContactFactory(patient=twin, created_by=cast.sue, occurred_at=now - 2 * hour)
    ContactFactory(
        patient=twin, created_by=cast.sue, occurred_at=now - hour, undone_at=now, undone_by=cast.sue
    )
    merge(cast, twin)
    cast.pat.refresh_from_db()
    assert cast.pat.last_contact_at == stands.occurred_at


def test_a_date_of_birth_after_the_date_of_death_is_refused_in_words(cast, twin):
    Patient.objects.filter(pk=cast.pat.pk).update(birth_date=dt.date(1990, 1, 1))
    Patient.objects.filter(pk=twin.pk).update(is_deceased=True, deceased_on=dt.date(1985, 1, 1))
    cast.pat.refresh_from_db()
    twin.refresh_from_db()
    with pytest.raises(Refused, match="died before"):
        plan_merge(survivor=cast.pat, merged=twin, chosen={"birth_date": "survivor", "death": "merged"})


def test_whoever_was_only_like_the_record_that_went_away_is_not_marked_any_more(cast, twin):
    other = PatientFactory(organization=cast.riverbend, team=cast.south, has_similar_name=True)
    for one, two in ((twin, other), (other, twin)):
        SimilarName.objects.create(organization=cast.riverbend, patient=one, other=two, reason="sounds_alike")
    merge(cast, twin)
    other.refresh_from_db()
    assert not other.has_similar_name
