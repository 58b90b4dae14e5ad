"""An act writes once, at its end, and nobody can tell: what it asks meanwhile is answered as if it had written at once."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from coordination.audit.models import Event
from coordination.lib.acting import acting, delete, insert, insert_if, save_fields, update_last
from coordination.lib.refusal import Refused
from coordination.worklist.models import Task
from tests.factories import TaskFactory

pytestmark = pytest.mark.django_db


def event(name: str) -> Event:
    return Event(name=name, kind="change", detail={"n": 1}, changed=["title", "due_at"])


def names() -> list[str]:
    return list(
        Event.objects.filter(name__startswith="test.").order_by("name").values_list("name", flat=True)
    )


@pytest.fixture
def task(cast) -> Task:
    return TaskFactory(patient=cast.pat, owner=cast.ana, organization=cast.riverbend, title="Before")


def rename(task: Task, title: str) -> None:
    task.title = title
    save_fields(task, ["title", "updated_at"])


def stored(task: Task) -> str:
    return Task.objects.values_list("title", flat=True).get(pk=task.pk)


def test_it_is_one_statement_without_a_savepoint(task):
    @acting
    def act():
        insert(event("test.one"))
        rename(task, "After")
        insert(event("test.two"))

    before = task.updated_at
    with CaptureQueriesContext(connection) as seen:
        act()
    (only,) = seen.captured_queries
    assert only["sql"].startswith("with w0 as (INSERT")
    assert (stored(task), names()) == ("After", ["test.one", "test.two"])
    kept = Event.objects.get(name="test.one")
    assert (kept.detail, kept.changed) == ({"n": 1}, ["title", "due_at"])
    task.refresh_from_db()
    assert task.updated_at > before


def test_outside_of_an_act_it_is_written_at_once(task):
    insert(event("test.one"))
    rename(task, "After")
    assert (stored(task), names()) == ("After", ["test.one"])


def test_what_it_asks_is_answered_as_if_it_had_written(task):
    @acting
    def act():
        rename(task, "After")
        insert(event("test.one"))
        return stored(task), names()

    assert act() == ("After", ["test.one"])


def test_one_row_is_saved_twice_in_its_order(task):
    @acting
    def act():
        rename(task, "First")
        rename(task, "Second")

    act()
    assert stored(task) == "Second"


def test_refused_before_it_wrote_there_is_nothing_to_take_back(task):
    @acting
    def act():
        insert(event("test.one"))
        rename(task, "After")
        raise Refused("No.")

    with CaptureQueriesContext(connection) as seen, pytest.raises(Refused):
        act()
    assert seen.captured_queries == []
    assert (stored(task), names()) == ("Before", [])


@pytest.mark.parametrize("how", ["gathered", "direct"])
def test_refused_after_it_wrote_everything_is_taken_back(task, how):
    @acting
    def act():
        if how == "gathered":
            rename(task, "After")
        else:
            Task.objects.filter(pk=task.pk).update(title="After")
        assert stored(task) == "After"
        insert(event("test.one"))
        raise Refused("No.")

    with pytest.raises(Refused):
        act()
    assert (stored(task), names()) == ("Before", [])


def retitle(names_of_unsent):
    """What `update_last` is to do: every task is called after the rows that go out with it."""

    def build(unsent):
        names_of_unsent.append([type(row).__name__ for row in unsent])
        return Task.objects.all(), {"context": f"with {len(unsent)} more"}

    return build


def test_what_comes_last_is_told_what_goes_out_with_it_and_is_the_same_statement(task):
    told = []

    @acting
    def act():
        update_last(retitle(told))
        insert(event("test.one"))

    with CaptureQueriesContext(connection) as seen:
        act()
    assert len(seen.captured_queries) == 1
    assert told == [["Event"]]
    task.refresh_from_db()
    assert task.context == "with 1 more"


def test_a_row_of_the_same_table_is_written_before_it(task):
    told = []

    @acting
    def act():
        rename(task, "After")
        update_last(retitle(told))

    act()
    assert told == [["Task"], []]
    task.refresh_from_db()
    assert (task.title, task.context) == ("After", "with 0 more")


@pytest.mark.parametrize("is_found", [True, False])
def test_a_row_may_depend_on_what_is_found_when_it_writes(task, is_found):
    found = Task.objects.filter(title="Before" if is_found else "After")

    @acting
    def act():
        insert_if(event("test.found"), found)
        delete(Task.objects.filter(pk=spare.pk))
        insert(event("test.one"))

    spare = TaskFactory(patient=task.patient, organization=task.organization)
    with CaptureQueriesContext(connection) as seen:
        act()
    assert len(seen.captured_queries) == 1
    assert names() == (["test.found", "test.one"] if is_found else ["test.one"])
    assert not Task.objects.filter(pk=spare.pk).exists()


@pytest.mark.parametrize("is_found", [True, False])
def test_outside_of_an_act_it_is_asked_at_once(task, is_found):
    insert_if(event("test.found"), Task.objects.filter(title="Before" if is_found else "After"))
    delete(Task.objects.filter(pk=task.pk))
    assert names() == (["test.found"] if is_found else [])
    assert not Task.objects.filter(pk=task.pk).exists()


def test_outside_of_an_act_it_is_done_at_once(task):
    update_last(retitle([]))
    task.refresh_from_db()
    assert task.context == "with 0 more"


def test_refused_nothing_comes_last(task):
    told = []

    @acting
    def act():
        update_last(retitle(told))
        raise Refused("No.")

    with pytest.raises(Refused):
        act()
    assert told == []


def test_a_part_that_is_refused_leaves_the_rest_of_the_act(task):
    seen, never = [], []

    @acting
    def part():
        insert(event("test.part"))
        rename(task, "Half done")
        update_last(retitle(never))
        raise Refused("No.")

    @acting
    def act():
        insert(event("test.before"))
        update_last(retitle(seen))
        with pytest.raises(Refused):
            part()
        insert(event("test.then"))

    act()
    assert (stored(task), names()) == ("Before", ["test.before", "test.then"])
    assert (seen, never) == ([["Event"]], [])


def test_a_part_writes_with_the_act(task):
    @acting
    def part():
        rename(task, "After")

    @acting
    def act():
        part()
        insert(event("test.then"))

    act()
    assert (stored(task), names()) == ("After", ["test.then"])


def test_a_row_that_is_gone_is_not_saved_in_silence(task):
    @acting
    def act():
        insert(event("test.one"))
        rename(task, "After")

    task.pk = "00000000-0000-7000-8000-000000000000"
    with pytest.raises(DatabaseError, match="not there"), transaction.atomic():
        act()
    assert names() == []


def test_what_the_database_refuses_on_the_way_is_taken_back_alone(task):
    @acting
    def act():
        insert(event("test.one"))
        Task.objects.filter(pk=task.pk).update(status="unheard of")

    with pytest.raises(DatabaseError):
        act()
    assert (stored(task), names()) == ("Before", [])


def test_what_the_database_refuses_ends_the_transaction(task):
    task.title = ""

    @acting
    def act():
        save_fields(task, ["title"])

    def act_and_ask():
        with pytest.raises(DatabaseError, match="task_has_a_reason"):
            act()
        names()

    with pytest.raises(TransactionManagementError), transaction.atomic():
        act_and_ask()
    assert stored(task) == "Before"


@pytest.mark.django_db(transaction=True)
def test_alone_it_is_a_transaction_of_its_own():
    @acting
    def act(*, refused):
        insert(event("test.one"))
        assert names() == ["test.one"]
        if refused:
            raise Refused("No.")

    with pytest.raises(Refused):
        act(refused=True)
    assert not connection.in_atomic_block
    assert names() == []
    act(refused=False)
    assert names() == ["test.one"]
