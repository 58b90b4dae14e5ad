"""What is written down, by whom, and that nobody can change it."""

import pytest
from django.db import DatabaseError, connection, transaction

from coordination.audit.actions import record, record_access
from coordination.audit.context import Door, door
from coordination.audit.models import Event, Pending


def test_it_names_who_what_and_through_which_door(cast):
    token = door.set(Door(route="patients:overview", request_id="r-1", address="192.0.2.7"))
    try:
        event = record(
            "patient.edited",
            by=cast.ana,
            target=cast.pat,
            patient_id=cast.pat.pk,
            changed=["family"],
            reason="typo",
        )
    finally:
        door.reset(token)
    event.refresh_from_db()
    assert (event.actor_id, event.actor_name, event.organization_id) == (
        cast.ana.pk,
        "Ana Ruiz",
        cast.riverbend.pk,
    )
    assert (event.target_type, event.target_id, event.patient_id) == (
        "patients.patient",
        str(cast.pat.pk),
        cast.pat.pk,
    )
    assert (event.changed, event.reason, event.kind, event.outcome) == (["family"], "typo", "change", "ok")
    assert (event.door, event.request_id, event.address) == ("patients:overview", "r-1", "192.0.2.7")
    assert str(event) == f"patient.edited {event.pk}"


def test_it_may_have_no_actor_and_no_target(db):
    event = record("import.failed", by=None)
    assert (event.actor_id, event.actor_name, event.target_type, event.organization_id) == (
        None,
        "",
        "",
        None,
    )


def test_it_takes_organization_and_patient_from_the_target(cast):
    event = record("task.closed", by=None, target=cast.ana)
    assert event.organization_id == cast.riverbend.pk
    assert record("x.y", by=cast.ana, organization_id=cast.hillside.pk).organization_id == cast.hillside.pk


def test_a_denial_counts_as_denied(cast):
    assert record_access(Event.Kind.DENIAL, "access.denied", by=cast.ana).outcome == "denied"
    assert record_access(Event.Kind.VIEW, "patient.viewed", by=cast.ana, target=cast.pat).outcome == "ok"


def test_it_goes_with_the_change_or_not_at_all(db):
    with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012 (the transaction is what fails)
        record("task.closed", by=None)
        raise ZeroDivisionError
    assert not Event.objects.exists()
    assert not Pending.objects.exists()


def test_each_event_waits_for_its_seal(db):
    event = record("task.closed", by=None)
    assert list(Pending.objects.values_list("event_id", flat=True)) == [event.pk]
    assert str(Pending.objects.get()) == str(event.pk)


@pytest.mark.parametrize("statement", ["update audit_event set name = 'x.y'", "delete from audit_event"])
def test_even_the_owner_is_stopped_by_the_trigger(db, statement):
    record("task.closed", by=None)
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.mark.parametrize("table", ["audit_event", "audit_seal"])
@pytest.mark.parametrize("statement", ["update {} set {} = {}", "delete from {}", "truncate {}"])
def test_the_application_may_not_even_ask(db, table, statement):
    column = {"audit_event": "name", "audit_seal": "mac"}[table]
    with connection.cursor() as cursor:
        cursor.execute("set local role throughline_app")
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            cursor.execute(statement.format(table, column, column))
        cursor.execute("reset role")


def test_the_application_may_add_read_and_seal(db):
    with connection.cursor() as cursor:
        cursor.execute("set local role throughline_app")
    event = record("task.closed", by=None)
    assert Event.objects.get() == event
    assert Pending.objects.filter(event_id=event.pk).delete()[0] == 1
