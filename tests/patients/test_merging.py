"""Two records of one person become one, and can be told apart again to the last row."""

import datetime as dt

import pytest
from django.apps import apps
from django.utils import timezone

from coordination.accounts.permissions import Permission
from coordination.accounts.roles import ROLES
from coordination.audit.models import Event
from coordination.drafts.models import Draft
from coordination.lib.refusal import Refused, Stale
from coordination.outbox.models import Message
from coordination.worklist.models import Change, Task
from patients.actions.identity import edit_patient
from patients.actions.merging import is_identified, merge_patients, plan_merge
from patients.actions.relinking import KEPT, columns, moving
from patients.actions.unmerging import unmerge_patients
from patients.finding import find
from patients.models import (
    AccessDenial,
    Allergy,
    CareTeamMember,
    ContactPoint,
    Patient,
    PatientMerge,
)
from patients.seers import seers_of
from tests.factories import PatientFactory, TaskFactory, grant_team, join_care_team
from tests.factories.record import (
    AddressFactory,
    AllergyFactory,
    ConditionFactory,
    ConsentFactory,
    ContactFactory,
    ContactPointFactory,
    CoverageFactory,
    IdentifierFactory,
    ObservationFactory,
    RelatedPersonFactory,
)

ROWS = [
    AddressFactory, AllergyFactory, ConditionFactory, ConsentFactory, ContactFactory, ContactPointFactory, CoverageFactory,
    IdentifierFactory, ObservationFactory, RelatedPersonFactory,
]  # fmt: skip


@pytest.fixture
def twin(cast):
    """The same person once more: registered again under a misspelt name, with everything of their own."""
    twin = PatientFactory(
        organization=cast.riverbend, team=cast.north, family="Riviera", given="Pat", coordinator=cast.sue,
        language="so", birth_date=dt.date(1958, 3, 14),
    )  # fmt: skip
    join_care_team(twin, cast.sue, role="coordinator", is_primary=True)
    for factory in ROWS:
        factory(patient=twin)
    TaskFactory(patient=twin)
    return twin


def merge(cast, twin, **changes):
    values = {
        "survivor": cast.pat, "merged": twin, "chosen": {}, "second_identifier": twin.record_number,
        "reason": "Same Medicare card", "by": cast.sue,
    }  # fmt: skip
    return merge_patients(**(values | changes))


def undo(done, by, **changes):
    return unmerge_patients(**({"merge": done, "reason": "Two sisters", "by": by} | changes))


# what a merge or its undoing adds itself, or may move on: versions and who touched a row last
PASSING = {"version", "updated_at", "updated_by"}
ADDED = {
    "audit.Event",
    "patients.PatientMerge",
    "patients.SimilarName",
    "outbox.Message",
    "idempotency.Answer",
}


def snapshot():
    """Every row of every table, without what passes."""
    taken = {}
    for model in apps.get_models():
        if model._meta.label in ADDED or model._meta.app_label not in {
            "patients",
            "worklist",
            "drafts",
            "notifications",
        }:
            continue
        names = [field.attname for field in model._meta.concrete_fields if field.name not in PASSING]
        rows = model._base_manager.values(*names)
        if model is Task:
            rows = rows.exclude(source_key__startswith="merged:")
        if model is Change:
            rows = rows.exclude(task__source_key__startswith="merged:")
        taken[model._meta.label] = sorted((row for row in rows), key=str)
    return taken


# --- every child ------------------------------------------------------------------------------------------------------


def test_every_column_that_holds_a_patient_is_handled():
    """Moved, or kept for a reason: nothing else points to a patient, in any app."""
    known = {column.label for column in columns()}
    assert set(KEPT) <= known, "a reason for a column that is gone"
    assert {column.label for column in moving()} | set(KEPT) == known | {"drafts.Draft.subject_id"}
    assert {
        "worklist.Task.patient",
        "worklist.Contact.patient",
        "notifications.Notification.patient_id",
    } <= known
    for model in apps.get_models():
        many = [field for field in model._meta.many_to_many if field.related_model is Patient]
        assert not many, f"{model} holds patients in a table of its own"


def test_everything_moves(cast, twin):
    done = merge(cast, twin)
    for column in moving():
        assert not column.of(twin).exists(), column.label
    assert len(done.moved) >= len(ROWS) + 2
    assert Allergy.objects.filter(patient=cast.pat).count() == 1
    twin.refresh_from_db()
    assert (twin.status, twin.merged_into_id, twin.open_tasks) == ("merged", cast.pat.pk, 0)
    cast.pat.refresh_from_db()
    assert cast.pat.open_tasks == 2  # the one that moved, and the check
    assert cast.pat.language == "so"  # only the other record knew it
    assert cast.pat.last_contact_outcome == "left_voicemail"


def test_merged_and_taken_back_is_as_if_nothing_had_been(cast, twin):
    ContactPointFactory(patient=cast.pat)
    TaskFactory(patient=cast.pat)
    Draft.objects.create(
        organization=cast.riverbend, user=cast.ana, form="contact", subject_id=twin.pk, patient_id=twin.pk, fields={},
        updated_at=timezone.now(),
    )  # fmt: skip
    merge_then_back = merge(cast, twin)
    undo(merge_then_back, cast.sue)
    before = snapshot()  # the figures of the caseload are true from here on
    done = merge(cast, *Patient.objects.filter(pk=twin.pk), survivor=Patient.objects.get(pk=cast.pat.pk))
    assert snapshot() != before
    undo(done, cast.sue)
    assert snapshot() == before


def test_the_figures_of_the_caseload_are_right_both_ways(cast, twin):
    done = merge(cast, twin)
    undo(done, cast.sue)
    for patient in Patient.objects.filter(pk__in=[cast.pat.pk, twin.pk]):
        assert patient.open_tasks == Task.objects.open().filter(patient=patient).count()
    twin.refresh_from_db()
    assert (twin.status, twin.merged_into_id, twin.coordinator) == ("active", None, cast.sue)


# --- what is kept -----------------------------------------------------------------------------------------------------


def test_chosen_values_are_kept_and_the_other_name_still_finds(cast, twin):
    merge(cast, twin, chosen={"family": "merged"})
    patient = Patient.objects.get(pk=cast.pat.pk)
    assert (patient.family, patient.former_names) == ("Riviera", "Rivera")
    mine = Patient.objects.visible_to(cast.sue)
    assert find(cast.sue, mine, "Rivera Pat") == find(cast.sue, mine, twin.record_number) == [patient.pk]


def test_one_primary_coordinator_stays(cast, twin):
    plan = plan_merge(survivor=cast.pat, merged=twin, chosen={})
    assert any("Ana Ruiz stays, Sue Park becomes a member" in sentence for sentence in plan.sentences)
    merge(cast, twin)
    team = CareTeamMember.objects.filter(patient=cast.pat)
    assert list(team.filter(is_primary=True).values_list("user", flat=True)) == [cast.ana.pk]
    assert team.filter(user=cast.sue, ends_on__isnull=True).exists()


def test_a_record_without_a_coordinator_takes_the_other_ones(cast, twin):
    alone = PatientFactory(organization=cast.riverbend, team=cast.north, birth_date=None)
    done = merge(cast, twin, survivor=alone)
    alone.refresh_from_db()
    assert alone.coordinator == cast.sue
    undo(done, cast.sue)
    alone.refresh_from_db()
    assert alone.coordinator is None


def test_a_task_waits_in_the_queue_of_the_team_that_stays(cast, twin):
    grant_team(cast.sue, cast.south)
    other = PatientFactory(organization=cast.riverbend, team=cast.south)
    queued = TaskFactory(patient=other, owner=None, queue=cast.south, created_by=cast.sue)
    done = merge(cast, other)
    queued.refresh_from_db()
    assert queued.queue == cast.north
    undo(done, cast.sue)
    queued.refresh_from_db()
    assert (queued.queue, queued.patient) == (cast.south, other)


def test_somebody_checks_the_result(cast, twin):
    done = merge(cast, twin)
    check = Task.objects.get(source_key=f"merged:{done.pk}")
    assert (check.owner, check.patient) == (cast.ana, cast.pat)
    undo(done, cast.sue)
    check.refresh_from_db()
    assert check.outcome == "not_needed"


def test_the_trail_and_the_messages_say_it(cast, twin):
    done = merge(cast, twin)
    events = Event.objects.filter(name="patient.merged")
    assert {event.patient_id for event in events} == {cast.pat.pk, twin.pk}
    message = Message.objects.get(topic="patient.merged")
    assert message.payload["merge_id"] == str(done.pk)
    undo(done, cast.sue)
    assert Event.objects.filter(name="patient.unmerged").count() == 2
    assert Message.objects.filter(topic="patient.unmerged").exists()


# --- who may, and who sees --------------------------------------------------------------------------------------------


def test_whoever_merges_sees_health_history():
    """The page compares clinical facts: a role that may merge and not read them would merge blindly."""
    for role in ROLES.values():
        if Permission.PATIENT_MERGE in role.permissions:
            assert {
                Permission.HISTORY_VIEW,
                Permission.PATIENT_EDIT,
                Permission.TASK_WORK,
            } <= role.permissions


def test_the_two_readings_of_sight_agree(cast, twin):
    join_care_team(twin, cast.sam)
    AccessDenial.objects.create(
        organization=cast.riverbend, patient=cast.pat, user=cast.max, reason="Cousin", starts_on=dt.date(2020, 1, 1),
        created_by=cast.sue,
    )  # fmt: skip
    seers = seers_of(cast.riverbend, [cast.pat, twin])
    people = [
        cast.ana,
        cast.sam,
        cast.sue,
        cast.max,
        cast.vic,
        cast.flo,
        cast.adam,
        cast.petra,
        cast.aud,
        cast.pam,
    ]
    for patient in (cast.pat, twin):
        read = seers.of([patient.pk], patient.team_id)
        for user in people:
            user.__dict__.pop("_scope", None)
            assert (user.pk in read) == Patient.objects.visible_to(user).filter(pk=patient.pk).exists(), user


def test_a_denial_on_either_stays_one(cast, twin):
    AccessDenial.objects.create(
        organization=cast.riverbend, patient=twin, user=cast.max, reason="Cousin", starts_on=dt.date(2020, 1, 1),
        created_by=cast.sue,
    )  # fmt: skip
    plan = plan_merge(survivor=cast.pat, merged=twin, chosen={})
    assert plan.losses == [cast.max]
    merge(cast, twin)
    assert not Patient.objects.visible_to(cast.max).filter(pk=cast.pat.pk).exists()


def test_who_newly_sees_is_said(cast, twin):
    join_care_team(twin, cast.sam)
    plan = plan_merge(survivor=cast.pat, merged=twin, chosen={})
    assert plan.gains == [cast.ana, cast.sam]  # ana of the record that goes away, sam of the one that stays


def test_nobody_is_left_with_work_they_cannot_see(cast, twin):
    TaskFactory(patient=cast.pat, owner=cast.max)
    AccessDenial.objects.create(
        organization=cast.riverbend, patient=twin, user=cast.max, reason="Cousin", starts_on=dt.date(2020, 1, 1),
        created_by=cast.sue,
    )  # fmt: skip
    with pytest.raises(Refused, match="Max Weber may not see the whole record and owns open tasks"):
        merge(cast, twin)


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["14 Mar 1958", "03/14/1958", " 1958-03-14 "])
def test_a_date_of_birth_identifies(cast, typed):
    assert is_identified(cast.pat, typed)
    assert not is_identified(cast.pat, "15 Mar 1958")


def test_it_is_refused_with_a_sentence(cast, twin):
    with pytest.raises(Refused, match="neither the date of birth"):
        merge(cast, twin, second_identifier="15 Mar 1958")
    with pytest.raises(Refused, match="same person"):
        merge(cast, twin, reason=" ")
    with pytest.raises(Refused, match="the same record"):
        merge(cast, cast.pat)
    with pytest.raises(Stale):
        merge(cast, twin, merged_version=7)
    ended = PatientFactory(
        organization=cast.riverbend, team=cast.north, status="ended", care_ended_on=dt.date(2026, 1, 1)
    )
    with pytest.raises(Refused, match="in care in the other record"):
        merge(cast, twin, survivor=ended)
    assert not PatientMerge.objects.exists()


def test_an_edit_that_is_open_elsewhere_is_refused(cast, twin):
    """Of either record and of any row that moved."""
    phone = ContactPoint.objects.get(patient=twin)
    merge(cast, twin)
    with pytest.raises(Stale):
        edit_patient(patient=cast.pat, version=1, values={"pronouns": "she/her"}, by=cast.ana)
    phone_now = ContactPoint.objects.get(pk=phone.pk)
    assert phone_now.version == phone.version + 1
