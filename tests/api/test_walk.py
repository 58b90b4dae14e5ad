"""Walks every address of the API with every method, as everyone who should be refused."""

import inspect
import uuid
from dataclasses import replace

import pytest
from django.test import Client
from django.urls import get_resolver

from coordination.api.base import ApiView
from coordination.clients import scopes
from tests.architecture.test_routes import API, METHODS, ROUTES, address
from tests.factories import UserFactory

DOCUMENTS = {"api:schema", "api:docs"}
WALKED = [route for route in ROUTES if route.area == "api" and route.name not in DOCUMENTS]
DETAILS = [route for route in WALKED if route.kwargs]
LISTS = [route for route in WALKED if not route.kwargs]
CHANGES = {"if-match": '"1"', "idempotency-key": ""}


def ask(one, method, url):
    """With all a change must carry, so that nothing but the right to do it stands in the way."""
    sent = {**CHANGES, "idempotency-key": str(uuid.uuid4())} if method not in {"get", "delete", "put"} else {}
    body = {} if method in {"post", "patch", "put"} else None
    return one.send(
        method, url.removeprefix("/api/v1/"), body, **{k.replace("-", "_"): v for k, v in sent.items()}
    )


def test_every_view_says_what_it_does():
    for route in WALKED:
        view = get_resolver().resolve(address_of(route)).func.cls
        assert issubclass(view, ApiView)
        handlers = {method.upper() for method in METHODS if hasattr(view, method)}
        assert handlers == set(view.operations), f"{route.name}: {handlers}"
        assert inspect.getdoc(view)


def address_of(route):
    match = next(p for p in get_resolver().url_patterns if getattr(p, "namespace", "") == "api")
    pattern = next(p for p in match.url_patterns if f"api:{p.name}" == route.name)
    return "/api/v1/" + str(pattern.pattern).replace("<uuid:pk>", str(uuid.uuid4()))


def test_nobody_comes_in_without_a_token(cast, signed_in):
    clients = {"nobody": Client(), "a session": signed_in(cast.ana)}
    for route in WALKED:
        for method in METHODS:
            for who, client in clients.items():
                answer = getattr(client, method)(address(cast, route))
                assert answer.status_code == 401, f"{who}: {method} {route.name}"
                assert answer["Content-Type"] == "application/problem+json"
                assert answer["WWW-Authenticate"].startswith("Bearer")


def test_what_is_not_theirs_is_not_there(cast, api, inside):
    otto = UserFactory(organization=cast.hillside, name="Otto Falk", roles=["admin", "supervisor"])
    strangers = {user.name: api(user) for user in (cast.olga, otto, cast.sam)}
    for route in DETAILS:
        inside(cast.riverbend)
        url = address(cast, route)
        for name, one in strangers.items():
            answers = {method: ask(one, method, url).status_code for method in METHODS}
            assert set(answers.values()) <= {404, 405}, f"{name} at {route.name}: {answers}"
            assert 404 in answers.values(), f"{name} was stopped at {route.name} by the method only"


def test_who_may_only_look_changes_nothing(cast, api):
    one = api(cast.vic)
    for route in WALKED:
        for method in ("post", "patch"):
            answer = ask(one, method, address(cast, route))
            expected = {400} if route.name == "api:patients_search" and method == "post" else {403, 405}
            assert answer.status_code in expected, f"{method} {route.name} answered {answer.status_code}"


def test_a_token_without_the_scope_is_refused(cast, api):
    for route in WALKED:
        if route.name == "api:me":
            continue
        operations = get_resolver().resolve(address(cast, route)).func.cls.operations
        for method, operation in operations.items():
            others = [name for name in scopes.SCOPES if name != operation.scope]
            answer = ask(api(cast.ana, *others), method.lower(), address(cast, route))
            assert answer.status_code == 403, f"{method} {route.name}"
            assert answer.json()["type"].endswith("insufficient_scope")


def test_it_opens_for_whom_it_should(cast, api):
    one = api(cast.ana)
    for route in WALKED:
        if "GET" in get_resolver().resolve(address(cast, route)).func.cls.operations:
            assert one.get(address(cast, route).removeprefix("/api/v1/")).status_code == 200, route.name


@pytest.mark.parametrize("name", sorted(scopes.SCOPES))
def test_a_scope_never_gives(name):
    assert scopes.narrowed(frozenset(), [name]) == frozenset()
    everything = frozenset(scopes.P)
    assert scopes.narrowed(everything, ["unknown"]) == frozenset()
    assert scopes.narrowed(everything, [name]) == scopes.SCOPES[name].permissions


def test_the_walk_is_of_all_routes():
    assert replace(WALKED[0]) == WALKED[0]
    assert len(WALKED) >= 25
    assert {route.name for route in LISTS} == API
