"""Two at once: one of them is told."""

import pytest

from coordination.lib.rls import organization
from coordination.worklist import actions
from coordination.worklist.actions.promising import promise
from coordination.worklist.due import Due
from coordination.worklist.models import Change, Contact, Task
from tests.at_once import at_once, names
from tests.coordination.worklist.test_undo import LATER
from tests.factories import PatientFactory, UserFactory, join_care_team


@pytest.mark.django_db(transaction=True)
def test_an_undo_races_an_edit_and_one_of_them_is_told(transactional_db):
    ana = UserFactory(name="Ana Ruiz")
    for n in range(6):
        with organization(ana.organization_id):
            patient = PatientFactory(organization=ana.organization, coordinator=ana, created_by=ana)
            join_care_team(patient, ana, role="coordinator", is_primary=True)
            task = actions.open_task(by=ana, patient=patient, title=f"T{n}", reason="So", due=Due(LATER))
            first = actions.set_waiting(task=task, by=ana, waiting_on="Payer")
            change = Change.objects.with_record().get(pk=first.last_change.pk)
        told = at_once(
            ana.organization_id,
            lambda change=change: actions.undo_change(change=change, by=ana),
            lambda first=first: actions.set_waiting(task=first, by=ana, waiting_on="Clinic", version=2),
        )
        with organization(ana.organization_id):
            now = Task.objects.get(pk=task.pk)
        undone, edited = told
        assert (undone, edited.partition(":")[0]) == ("done", "Stale") or (
            undone.startswith("Refused: Changed since by") and edited == "done"
        ), told
        assert (now.waiting_on, now.version) == (("", 3) if undone == "done" else ("Clinic", 3))


@pytest.mark.django_db(transaction=True)
def test_two_people_undo_at_once_and_one_of_them_is_told(transactional_db):
    ana = UserFactory(name="Ana Ruiz")
    with organization(ana.organization_id):
        patient = PatientFactory(organization=ana.organization, coordinator=ana, created_by=ana)
        task = actions.open_task(by=ana, patient=patient, title="T", reason="So", due=Due(LATER))
        actions.close_task(task=task, by=ana)
        change = Change.objects.with_record().get(act="close")
    calls = [lambda: actions.undo_change(change=change, by=ana)] * 4
    told = at_once(ana.organization_id, *calls)
    assert names(told) == ["Refused"] * 3 + ["done"]
    assert all("Ana Ruiz undid this" in each for each in told if each != "done"), told


@pytest.mark.django_db(transaction=True)
def test_a_promise_never_outlives_the_contact_it_was_made_in(transactional_db):
    ana = UserFactory(name="Ana Ruiz")
    for n in range(8):
        with organization(ana.organization_id):
            patient = PatientFactory(organization=ana.organization, coordinator=ana, created_by=ana)
            join_care_team(patient, ana, role="coordinator", is_primary=True)
            contact = actions.log_contact(
                patient=patient, by=ana, outcome="reached_patient", no_follow_up_reason="Well"
            )
            change = Change.objects.with_record().get(pk=contact.last_change.pk)
            contact = Contact.objects.get(pk=contact.pk)
        told = at_once(
            ana.organization_id,
            lambda change=change: actions.undo_change(change=change, by=ana),
            lambda contact=contact, patient=patient: promise(
                patient=patient, by=ana, words="Call", day=ana.organization.today(), contact=contact
            ),
        )
        with organization(ana.organization_id):
            left = Task.objects.open().filter(patient=patient).count()
        assert told[0] == "done", told
        assert left == 0, (n, told)
