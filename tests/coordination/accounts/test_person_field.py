"""Choosing a colleague: of a few from a list, of many by their name."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from coordination.accounts import circles
from coordination.accounts.models import TeamMembership, User
from coordination.drafts.models import Draft
from coordination.worklist.models import Task
from tests.conftest import Cast, SignIn
from tests.factories import TaskFactory, UserFactory

pytestmark = pytest.mark.django_db
NEW = "/tasks/new/"
FIND = "Find a colleague by name or e-mail"


@pytest.fixture
def zoe(cast: Cast) -> User:
    return UserFactory(organization=cast.riverbend, name="Zoe Young", roles=["coordinator"])


@pytest.fixture
def large(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """More people than a list holds. ana and sue work in North."""
    monkeypatch.setattr(circles, "NEARBY", 3)
    for user in (cast.ana, cast.sue):
        TeamMembership.objects.create(team=cast.north, user=user, starts_on=cast.riverbend.today())


def asked(client: Client, text: str, **more: str) -> Any:
    query = {"circle": "workers", "prefix": "user:", "field": "to", "place": "id_to", "text": text} | more
    return client.get("/colleagues/", query)


# --- the list
def test_a_small_organization_is_listed_whole(cast: Cast, signed_in: SignIn, zoe: User) -> None:
    page = signed_in(cast.ana).get(NEW).text
    assert FIND not in page
    assert all(f'value="user:{user.pk}"' in page for user in (cast.sam, cast.sue, zoe))


def test_a_large_one_begins_with_ones_teams(cast: Cast, signed_in: SignIn, large: None, zoe: User) -> None:
    page = signed_in(cast.ana).get(NEW).text
    assert FIND in page
    assert f'value="user:{cast.sue.pk}"' in page
    assert f'value="user:{zoe.pk}"' not in page
    assert f'value="user:{cast.sam.pk}"' not in page


def test_who_is_in_no_team_begins_with_the_first_by_name(
    cast: Cast, signed_in: SignIn, large: None, zoe: User
) -> None:
    page = signed_in(cast.adam).get("/team/cover/").text
    assert f'value="{cast.adam.pk}"' in page
    assert f'value="{zoe.pk}"' not in page


def test_it_costs_the_same_for_thousands(
    cast: Cast, signed_in: SignIn, large: None, django_assert_max_num_queries: Any
) -> None:
    client = signed_in(cast.ana)
    with CaptureQueriesContext(connection) as seen:
        client.get(NEW)
        few = len(seen)
    UserFactory.create_batch(20, organization=cast.riverbend, roles=["coordinator"])
    with django_assert_max_num_queries(few):
        client.get(NEW)


def test_two_of_one_name_are_told_apart(cast: Cast, signed_in: SignIn, zoe: User) -> None:
    twin = UserFactory(organization=cast.riverbend, name="Zoe Young", roles=["coordinator"])
    page = signed_in(cast.ana).get(NEW).text
    assert f"Zoe Young ({zoe.email})" in page
    assert f"Zoe Young ({twin.email})" in page
    assert f"({cast.sue.email})" not in page


@pytest.mark.parametrize(
    ("who", "address"),
    [
        ("adam", "/teams/{north}/"), ("adam", "/team/cover/"), ("sue", "/patients/{pat}/people/team/hand-over/"),
        ("sue", "/imports/new/"), ("sue", "/patients/{pat}/people/team/add/"),
    ],
)  # fmt: skip
def test_every_form_that_asks_for_a_colleague_can_find_one(
    cast: Cast, signed_in: SignIn, large: None, who: str, address: str
) -> None:
    page = signed_in(getattr(cast, who)).get(address.format(north=cast.north.pk, pat=cast.pat.pk))
    assert (page.status_code, FIND in page.text) == (200, True)


def test_so_can_the_form_of_a_new_patient(cast: Cast, signed_in: SignIn, large: None) -> None:
    page = signed_in(cast.ana).post("/patients/new/", {"family": "Okafor"})
    assert (page.status_code, FIND in page.text) == (200, True)
    assert f'<option value="{cast.ana.pk}" selected>' in page.text  # oneself, as before


# --- the search
@pytest.mark.parametrize("text", ["zoe", "YOUNG", " zoe young ", "oe you", "z\0oe"])
def test_it_finds_by_any_part_of_the_name(cast: Cast, signed_in: SignIn, zoe: User, text: str) -> None:
    answer = asked(signed_in(cast.ana), text).text
    assert f'<option value="user:{zoe.pk}" selected>Zoe Young</option>' in answer
    assert "Zoe Young found and chosen" in answer
    assert str(cast.sam.pk) not in answer


def test_it_finds_by_the_address(cast: Cast, signed_in: SignIn, zoe: User) -> None:
    assert f'value="user:{zoe.pk}" selected' in asked(signed_in(cast.ana), zoe.email.upper()).text


def test_who_begins_with_it_is_chosen_first(cast: Cast, signed_in: SignIn, zoe: User) -> None:
    UserFactory(organization=cast.riverbend, name="Anna Zoellner", roles=["coordinator"])
    answer = asked(signed_in(cast.ana), "zoe").text
    assert f'value="user:{zoe.pk}" selected' in answer
    assert answer.count("selected") == 1
    assert "2 found; Zoe Young is chosen" in answer


def test_it_says_when_there_are_more(cast: Cast, signed_in: SignIn) -> None:
    UserFactory.create_batch(25, organization=cast.riverbend, name="Kim Lee", roles=["coordinator"])
    answer = asked(signed_in(cast.ana), "kim").text
    assert answer.count("<option") == circles.FOUND
    assert "Type more of the name" in answer


@pytest.mark.parametrize("text", ["nobody at all", "%", "\\", "x" * 500, ""])
def test_who_was_chosen_stays_when_nobody_is_found(
    cast: Cast, signed_in: SignIn, large: None, zoe: User, text: str
) -> None:
    answer = asked(signed_in(cast.ana), text, to=f"user:{zoe.pk}").text
    assert f'<option value="user:{zoe.pk}" selected>' in answer
    assert f'value="user:{cast.sue.pk}"' in answer
    assert ("Nobody found" in answer) == bool(text)


def test_it_finds_nobody_it_may_not_offer(cast: Cast, signed_in: SignIn) -> None:
    ana = signed_in(cast.ana)
    UserFactory(organization=cast.riverbend, name="Zoe Left", roles=["coordinator"], is_active=False)
    for text in ("Olga", "Zoe", "Aud"):  # of another organization, suspended, of a role that works no tasks
        assert "selected" not in asked(ana, text).text
    assert str(cast.aud.pk) in asked(ana, "Aud", circle="everyone").text
    assert "selected" not in asked(ana, "Sam", circle="managed").text
    assert str(cast.sam.pk) in asked(signed_in(cast.adam), "Sam", circle="managed").text


@pytest.mark.parametrize(
    "wrong", [{"circle": "all"}, {"place": '"><b>'}, {"place": ""}, {"prefix": "a b"}, {"circle": ""}]
)
def test_what_no_form_asks_is_not_there(cast: Cast, signed_in: SignIn, wrong: dict[str, str]) -> None:
    assert asked(signed_in(cast.ana), "zoe", **wrong).status_code == 404


def test_a_role_without_such_a_form_is_refused(cast: Cast, signed_in: SignIn) -> None:
    assert asked(signed_in(cast.aud), "zoe").status_code == 403


# --- what is sent
def sent(cast: Cast, to: str) -> dict[str, str]:
    return {
        "title": "Call the pharmacy", "reason": "She ran out", "kind": "call", "day": "2100-01-04", "priority": "3",
        "to": to, "minutes": "10", "patient": "",
    }  # fmt: skip


def test_who_was_found_is_taken(
    cast: Cast, signed_in: SignIn, large: None, zoe: User, inside: Callable[..., None]
) -> None:
    assert signed_in(cast.ana).post(NEW, sent(cast, f"user:{zoe.pk}")).status_code == 302
    inside(cast.riverbend)
    assert Task.objects.get().owner == zoe


def test_who_was_found_is_still_chosen_when_the_form_comes_back(
    cast: Cast, signed_in: SignIn, large: None, zoe: User
) -> None:
    answer = signed_in(cast.ana).post(NEW, sent(cast, f"user:{zoe.pk}") | {"title": ""})
    assert answer.status_code == 422
    assert f'<option value="user:{zoe.pk}" selected>Zoe Young</option>' in answer.text


def test_who_was_found_is_kept_in_the_draft(
    cast: Cast, signed_in: SignIn, large: None, zoe: User, inside: Callable[..., None]
) -> None:
    task = TaskFactory(patient=cast.pat, owner=cast.ana)
    client, address = signed_in(cast.ana), f"/drafts/task-assign/{task.pk}/"
    assert client.post(address, {"to": f"user:{zoe.pk}", "version": "1"}).status_code == 200
    inside(cast.riverbend)
    assert Draft.objects.count() == 1
    page = client.get(f"/tasks/{task.pk}/assign/").text
    assert f'<option value="user:{zoe.pk}" selected>Zoe Young</option>' in page


@pytest.mark.parametrize("to", ["user:x", f"user:{uuid.UUID(int=7)}", "team:x", str(uuid.UUID(int=7)), "zoe"])
def test_anybody_else_is_refused(cast: Cast, signed_in: SignIn, large: None, to: str) -> None:
    answer = signed_in(cast.ana).post(NEW, sent(cast, to))
    assert answer.status_code == 422
    assert "Select a valid choice" in answer.text
    assert not Task.objects.exists()
