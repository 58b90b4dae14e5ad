"""Somebody with every right on the tables changes history. Each way of doing so is found."""

import uuid
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from coordination.audit import jobs
from coordination.audit import verify as verify_module
from coordination.audit.actions import record, seal_pending, verify_on
from coordination.audit.chain import CANONICAL, FIRST, fix_output, link
from coordination.audit.context import Door, door
from coordination.audit.models import Event, Seal, Verification
from coordination.audit.verify import verify

NUMBER = 10


def sql(statement: str, *values: object) -> None:
    """As the owner of the tables, past the guard: whoever can do this could do anything."""
    with connection.cursor() as cursor:
        for table in ("audit_event", "audit_seal"):
            cursor.execute(f"alter table {table} disable trigger all")
        cursor.execute(statement, values)
        for table in ("audit_event", "audit_seal"):
            cursor.execute(f"alter table {table} enable trigger all")


def told() -> str:
    return "\n".join(verify().sentences)


@pytest.fixture
def ids(db) -> list[uuid.UUID]:
    """Ten sealed events; ids[0] is at position 1."""
    token = door.set(Door(address="203.0.113.9"))
    made = [record(f"task.number_{n}", by=None, detail={"n": n}).pk for n in range(NUMBER)]
    door.reset(token)
    seal_pending()
    return made


def test_an_honest_chain_is_clean(ids):
    report = verify()
    assert (report.found, report.checked, report.is_complete, report.last_position) == (
        0,
        NUMBER,
        True,
        NUMBER,
    )
    assert report.per_second > 0


def test_an_empty_trail_is_clean(db):
    report = verify()
    assert (report.found, report.checked, report.per_second) == (0, 0, 0)


@pytest.mark.parametrize(
    "change",
    [
        "name = 'task.other'", "at = at + interval '1 microsecond'", "actor_name = 'Somebody Else'", "reason = ' '",
        "address = null", "reason = 'x'", "actor_id = gen_random_uuid()", "patient_id = gen_random_uuid()", "organization_id = gen_random_uuid()",
        "detail = '{\"n\": 99}'", "changed = '{family}'", "outcome = 'denied'", "kind = 'view'", "door = 'x:y'",
        "target_type = 'x.y'", "target_id = '7'", "purpose = 'HPAYMT'", "request_id = 'r'", "address = '192.0.2.1'",
    ],
)  # fmt: skip
def test_an_edit_of_any_column_is_found(ids, change):
    sql(f"update audit_event set {change} where id = %s", ids[3])
    assert (
        told()
        == f"Event {ids[3]} at position 4 does not fit its seal: it was edited, or moved, or the seal was."
    )


def test_a_text_cannot_run_over_into_the_next_column(ids):
    sql("update audit_event set purpose = 'a', reason = 'b' where id = %s", ids[3])
    first = canonical(ids[3])
    sql("update audit_event set purpose = 'a,b', reason = '' where id = %s", ids[3])
    assert first != canonical(ids[3])


def test_no_setting_of_the_session_changes_a_seal(ids):
    sql("set local timezone to 'Asia/Kolkata'")
    sql("set local datestyle to 'German'")
    assert verify().found == 0


def canonical(event: uuid.UUID) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"select {CANONICAL} from audit_event e where e.id = %s", [event])
        return cursor.fetchone()[0]


def test_a_removed_event_is_found(ids):
    sql("delete from audit_event where id = %s", ids[3])
    assert told() == f"Event {ids[3]} at position 4 was removed."


def test_an_event_removed_with_its_seal_is_found(ids):
    sql("delete from audit_event where id = %s", ids[3])
    sql("delete from audit_seal where position = 4")
    assert told() == "Seal 4 is missing: it was removed."


def test_a_hole_of_several_is_found(ids):
    sql("delete from audit_event where id = any(%s)", ids[3:6])
    sql("delete from audit_seal where position between 4 and 6")
    assert told() == "Seals 4 to 6 are missing: they were removed."


def test_a_hole_closed_by_new_numbers_is_found(ids):
    sql("delete from audit_event where id = %s", ids[3])
    sql("delete from audit_seal where position = 4")
    sql("update audit_seal set position = -position where position > 4")
    sql("update audit_seal set position = -position - 1 where position < 0")
    assert f"Event {ids[4]} at position 4 does not fit its seal" in told()


def test_an_inserted_event_is_found(ids):
    event = uuid.uuid4()
    sql(
        "insert into audit_event (id, kind, name, outcome, actor_name, target_type, target_id, changed, purpose, reason, detail,"
        " door, request_id) values (%s, 'view', 'patient.viewed', 'ok', 'Nobody', '', '', '{}', 'TREAT', '', '{}', '', '')",
        event,
    )
    assert told() == f"Event {event} has no seal: it was inserted past the guard."


def test_a_seal_made_without_the_key_is_found(ids):
    event = uuid.uuid4()
    sql("insert into audit_seal (position, event_id, mac) values (11, %s, %s)", event, bytes(32))
    assert told() == f"Event {event} at position 11 was removed."


def test_two_swapped_events_are_found(ids):
    sql("update audit_seal set event_id = gen_random_uuid() where position = 3")
    sql("update audit_seal set event_id = %s where position = 7", ids[2])
    sql("update audit_seal set event_id = %s where position = 3", ids[6])
    found = told()
    assert f"Event {ids[6]} at position 3 does not fit" in found
    assert f"Event {ids[2]} at position 7 does not fit" in found


def test_two_seals_in_another_order_are_found(ids):
    sql("update audit_seal set position = -1 where position = 3")
    sql("update audit_seal set position = 3 where position = 4")
    sql("update audit_seal set position = 4 where position = -1")
    assert verify().found >= 2


def test_an_edited_seal_is_found(ids):
    sql("update audit_seal set mac = %s where position = 5", bytes(32))
    assert f"Event {ids[4]} at position 5 does not fit" in told()


def test_a_tail_cut_off_is_found(ids):
    sql("delete from audit_event where id = any(%s)", ids[7:])
    sql("delete from audit_seal where position > 7")
    assert told() == "The end of the chain was cut off: it reached position 10 and now ends at 7."


def test_the_whole_trail_removed_is_found(ids):
    sql("delete from audit_event")
    sql("delete from audit_seal")
    assert "it reached position 10 and now ends at 0" in told()


def rehash(key: str, settings) -> None:
    """Write the whole chain anew over the rows as they stand."""
    right, settings.AUDIT_KEY = settings.AUDIT_KEY, key
    mac = FIRST
    with connection.cursor() as cursor:
        fix_output(cursor)
        cursor.execute(
            f"select s.position, {CANONICAL} from audit_seal s join audit_event e on e.id = s.event_id order by s.position"
        )
        for position, event in cursor.fetchall():
            mac = link(mac, event)
            sql("update audit_seal set mac = %s where position = %s", mac, position)
    settings.AUDIT_KEY = right


def test_a_chain_made_anew_without_the_key_is_found(ids, settings):
    sql("update audit_event set name = 'task.other' where id = %s", ids[3])
    rehash("a guessed key", settings)
    report = verify()
    assert report.found >= NUMBER
    assert "Event" in report.sentences[0]


def test_a_chain_made_anew_with_the_stolen_key_shows_against_the_heads(ids, settings):
    sql("update audit_event set name = 'task.other' where id = %s", ids[3])
    rehash(settings.AUDIT_KEY, settings)
    assert told() == "The chain up to position 10 was written anew since it was sealed."


def test_a_missing_file_of_heads_is_said(ids, heads_file):
    heads_file.unlink()
    assert told() == "The file of heads is missing, so that rows cut off at the end would not be noticed."


def test_an_event_removed_before_its_seal_is_found(ids):
    event = record("task.closed", by=None).pk
    sql("delete from audit_event where id = %s", event)
    assert told() == f"Event {event} was removed before it was sealed."
    assert seal_pending() == 0


def test_a_young_event_may_wait_for_its_seal_and_an_old_one_is_said(ids):
    event = record("task.closed", by=None).pk
    assert verify().found == 0
    sql("update audit_event set at = at - interval '61 seconds' where id = %s", event)
    assert told() == f"Event {event} waits for its seal for more than a minute: is the worker running?"


def test_only_the_first_hundred_findings_are_told(ids, monkeypatch):
    monkeypatch.setattr(verify_module, "TOLD", 2)
    sql("update audit_event set name = 'task.other'")
    report = verify()
    assert (report.found, len(report.sentences)) == (NUMBER, 2)


class TestTheCommand:
    def run(self) -> tuple[int, str]:
        out, code = StringIO(), 0
        try:
            call_command("verify_audit", stdout=out)
        except SystemExit as end:
            code = int(str(end.code))
        return code, out.getvalue()

    def test_it_says_that_all_is_well_and_how_fast(self, ids):
        code, said = self.run()
        assert code == 0
        assert "10 events checked in" in said
        assert "Nothing was changed, removed, added or moved." in said
        kept = Verification.objects.get()
        assert (kept.first_position, kept.last_position, kept.is_complete, kept.findings) == (0, 10, True, 0)
        assert str(kept) == "0 to 10"

    def test_it_fails_with_a_sentence_for_each_finding(self, ids, monkeypatch):
        monkeypatch.setattr(verify_module, "TOLD", 1)
        sql("update audit_event set name = 'task.other' where id = any(%s)", ids[2:4])
        code, said = self.run()
        assert code == 1
        assert f"Event {ids[2]} at position 3 does not fit" in said
        assert "And 1 more." in said
        assert Verification.objects.get().findings == 2


class TestTheJob:
    def test_it_walks_on_where_it_stopped_and_then_begins_anew(self, ids, monkeypatch):
        monkeypatch.setattr(verify_module, "PAGE", 4)
        report = verify_on(budget_seconds=0)
        assert (report.first_position, report.last_position, report.is_complete) == (0, 4, False)
        sql("update audit_event set name = 'task.other' where id = %s", ids[5])
        report = verify_on()
        assert (report.first_position, report.last_position, report.is_complete, report.found) == (
            4,
            10,
            True,
            1,
        )
        assert verify_on().first_position == 0

    def test_a_seal_that_vanished_between_two_walks_leaves_nothing_to_compare(self, ids):
        assert verify(begin=4).found == 0
        sql("delete from audit_seal where position = 4")
        without_seal = f"Event {ids[3]} has no seal: it was inserted past the guard."
        assert verify(begin=4).sentences == [without_seal]
        assert verify().sentences == ["Seal 4 is missing: it was removed.", without_seal]

    def test_it_is_a_job(self, ids):
        jobs.verify()
        assert Verification.objects.get().is_complete


def test_the_rows_it_counts_are_the_rows_there_are(ids):
    assert verify().checked == Seal.objects.count() == Event.objects.count()
