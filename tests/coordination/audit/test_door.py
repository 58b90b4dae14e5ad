"""Each request names its door, and what was refused there is written down."""

import uuid
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse

from coordination.audit.actions import record, record_access
from coordination.audit.context import door
from coordination.audit.models import Event
from coordination.urls import handler400, handler403, handler404, handler500  # noqa: F401


def shows(request: HttpRequest, status: int) -> HttpResponse:
    user: Any = request.user
    record("test.changed", by=user)
    record_access(Event.Kind.VIEW, "test.seen", by=user)
    return HttpResponse(status=status)


urlpatterns = [path("test/<int:status>/", shows, name="shows")]


@pytest.mark.parametrize(
    ("status", "left"),
    [(200, ["test.changed", "test.seen"]), (409, ["test.seen"]), (422, ["test.seen"]), (400, [])],
)
def test_what_a_refused_page_showed_counts_though_what_it_did_is_undone(
    cast, signed_in, settings, status, left
):
    settings.ROOT_URLCONF = __name__
    assert signed_in(cast.ana).get(f"/test/{status}/").status_code == status
    assert sorted(Event.objects.filter(name__startswith="test.").values_list("name", flat=True)) == left


def test_a_refusal_is_written_down_though_the_request_left_nothing(cast, signed_in):
    assert signed_in(cast.ana).get("/audit/").status_code == 403
    event = Event.objects.get(name="access.denied")
    assert (event.kind, event.outcome, event.actor_id) == ("denial", "denied", cast.ana.pk)
    assert event.detail == {"status": 403, "method": "GET", "route": "audit:events", "pk": ""}
    assert (event.door, event.address) == ("audit:events", "127.0.0.1")
    assert uuid.UUID(event.request_id)


def test_a_hidden_row_is_a_refusal_too(cast, signed_in):
    pk = uuid.uuid4()
    assert signed_in(cast.adam).post(reverse("outbox:cancel", args=[pk])).status_code == 404
    assert Event.objects.get(name="access.denied").detail["pk"] == str(pk)


def test_a_stranger_and_an_unknown_address_leave_no_event(cast, signed_in, client):
    client.get("/audit/")
    signed_in(cast.ana).get("/no/such/page/")
    assert not Event.objects.filter(name="access.denied").exists()


def test_outside_a_request_there_is_no_door():
    assert (door.get().route, door.get().request_id, door.get().address) == ("", "", None)


@pytest.mark.django_db
def test_the_door_is_closed_again_after_a_request(client):
    client.get("/audit/")
    assert door.get().request_id == ""
