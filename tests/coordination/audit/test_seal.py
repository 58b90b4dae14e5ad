"""The chain grows by one process at a time, and its heads stand outside the database."""

import stat
import threading

import pytest
from django.db import connection, transaction
from django.utils import timezone

from coordination.audit import jobs
from coordination.audit.actions import SEALING_LOCK, record, seal_pending
from coordination.audit.chain import FIRST, link
from coordination.audit.heads import append_head, read_heads
from coordination.audit.models import Pending, Seal
from coordination.audit.verify import verify


def record_many(number: int) -> list:
    return [record(f"task.number_{n}", by=None, detail={"n": n}).pk for n in range(number)]


def test_it_seals_in_order_and_once(db):
    ids = record_many(5)
    assert seal_pending() == 5
    assert list(Seal.objects.order_by("position").values_list("position", "event_id")) == list(
        enumerate(ids, start=1)
    )
    assert str(Seal.objects.earliest("position")) == f"1 {ids[0]}"
    assert seal_pending() == 0
    assert not Pending.objects.exists()


def test_it_goes_on_in_batches_and_from_the_last_seal(db):
    record_many(5)
    assert seal_pending(batch=2) == 5
    record_many(3)
    assert seal_pending(batch=3) == 3
    assert verify().found == 0
    assert Seal.objects.count() == 8


def test_a_seal_depends_on_the_one_before_and_on_the_key(settings):
    seal = link(FIRST, "event")
    assert seal != link(seal, "event")
    settings.AUDIT_KEY = "another"
    assert seal != link(FIRST, "event")


def test_the_head_is_kept_outside_for_the_owner_only(db, heads_file):
    record_many(3)
    seal_pending()
    record_many(1)
    seal_pending()
    heads = list(read_heads(heads_file))
    assert [head.position for head in heads] == [3, 4]
    assert heads[-1].mac == bytes(Seal.objects.get(position=4).mac)
    assert heads[-1].at.tzinfo is not None
    assert stat.S_IMODE(heads_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(heads_file.parent.stat().st_mode) == 0o700


def test_a_head_cut_short_by_a_full_disk_is_passed_over(heads_file, db):
    record_many(1)
    seal_pending()
    with heads_file.open("a") as file:
        file.write("2 abc")
    assert [head.position for head in read_heads(heads_file)] == [1]


def test_a_disk_that_takes_no_head_is_loud(heads_file, db):
    heads_file.parent.mkdir()
    heads_file.mkdir()
    with pytest.raises(OSError, match="directory"):
        append_head(heads_file, 1, FIRST, timezone.now())


def test_the_job_seals(db):
    record_many(1)
    jobs.seal()
    assert Seal.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_while_another_process_seals_it_leaves_at_once(settings):
    record_many(1)
    taken, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s)", [SEALING_LOCK])
            taken.set()
            done.wait(10)
        connection.close()

    other = threading.Thread(target=hold)
    other.start()
    taken.wait(10)
    assert seal_pending() == 0
    done.set()
    other.join()
    assert seal_pending() == 1


@pytest.mark.django_db(transaction=True)
def test_four_at_once_make_one_chain():
    record_many(200)

    def work() -> None:
        seal_pending(batch=7)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seal_pending()
    assert Seal.objects.count() == 200
    assert verify().found == 0
