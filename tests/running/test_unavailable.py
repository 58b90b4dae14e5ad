"""A database that is away, or rows somebody else holds: try again in a moment (503), never a fault or a mistake of the browser."""

import threading
import time

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.db import connection

from coordination.accounts.sessions import SessionStore
from coordination.lib.rls import organization
from coordination.worklist.models import Task

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def unplug(monkeypatch):
    """Pull the plug of the database: what is open breaks off, and nobody answers at its port."""

    def pull():
        connection.close()
        monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
        monkeypatch.setitem(connection.settings_dict, "PORT", "1")

    yield pull
    monkeypatch.undo()
    connection.close()


@pytest.fixture
def ana(cast, signed_in):
    client = signed_in(cast.ana)
    client.raise_request_exception = False
    return client


def is_said(answer):
    assert answer.status_code == 503, answer.status_code
    assert "Try again in a moment" in answer.text
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize("address", ["/day/", "/patients/", "/", "/accounts/login/"])
def test_every_page_says_so_while_the_database_is_away(ana, unplug, address):
    unplug()
    is_said(ana.get(address))


def test_a_program_reads_it_as_a_problem(client, unplug):
    client.raise_request_exception = False
    unplug()
    answer = client.get("/api/v1/me/", headers={"Authorization": "Bearer any"})
    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:throughline:problem:unavailable"


def test_it_goes_away_while_the_session_is_saved(ana, unplug, monkeypatch):
    session = ana.session
    session["last_activity"] = time.time() - 120
    session.save()
    write = SessionStore.create_model_instance

    def away(store, data):
        unplug()
        return write(store, data)

    monkeypatch.setattr(SessionStore, "create_model_instance", away)
    is_said(ana.get("/views/pinned/"))


def test_a_session_that_was_ended_meanwhile_is_no_such_thing(ana, db):
    store = SessionStore(ana.session.session_key)
    store["last_activity"] = 1
    SessionStore.get_model_class().objects.all().delete()
    with pytest.raises(UpdateError):
        store.save()


def test_a_row_somebody_else_holds_too_long(cast, ana):
    with organization(cast.riverbend.pk):
        task = Task.objects.create(
            organization=cast.riverbend, title="T", reason="So", owner=cast.ana, due_at="2030-01-01T00:00Z",
            created_by=cast.ana, updated_by=cast.ana,
        )  # fmt: skip
    held, done = threading.Event(), threading.Event()

    def hold():
        with organization(cast.riverbend.pk):
            Task.objects.select_for_update().get(pk=task.pk)
            held.set()
            done.wait(20)
        connection.close()

    other = threading.Thread(target=hold)
    other.start()
    assert held.wait(10)
    try:
        is_said(ana.post(f"/tasks/{task.pk}/done/", {}))
    finally:
        done.set()
        other.join(10)
    with organization(cast.riverbend.pk):
        assert Task.objects.get(pk=task.pk).is_open
