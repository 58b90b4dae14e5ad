"""Walks every address with every method, as everyone who should be refused, whole pages and fragments alike.

A new route fails until `SUBJECTS` can fill it in and somebody is named who may open it: the same address opens for them, so a
refusal cannot pass for the wrong reason.
"""

import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from coordination.accounts.models import Cover, TeamMembership
from coordination.clients.actions import register_app
from coordination.interop.office.models import ExportJob, RosterJob
from coordination.notifications.models import Notification
from coordination.outbox.models import Message
from coordination.webhooks.models import Endpoint
from coordination.worklist.actions import Order, act_on_many, close_task, log_contact
from coordination.worklist.models import Act
from patients.actions.reaching import add_phone
from patients.models import ImportJob
from tests.factories import (
    EmergencyFactory,
    PatientFactory,
    SavedViewFactory,
    SnippetFactory,
    TaskFactory,
    UserFactory,
    merged_into,
)
from tests.factories.record import (
    ConditionFactory,
    ConsentFactory,
    ContactFactory,
    ContactPointFactory,
    CoverageFactory,
    ObservationFactory,
    RelatedPersonFactory,
)

METHODS = ["get", "post", "put", "patch", "delete"]
# open to anyone who has not signed in, each for a reason of its own
PUBLIC = {
    "healthz", "readyz", "account_login", "account_inactive", "account_reset_password", "account_reset_password_done",
    "account_reset_password_from_key", "account_reset_password_from_key_done", "mfa_login_webauthn", "mfa_authenticate",
    "account_logout", "openid_connect_login",  "openid_connect_callback", "socialaccount_login_cancelled", "socialaccount_login_error",
    "clients:token", "clients:revocation", "api:schema", "api:docs",
}  # fmt: skip
# the same for everyone who has signed in: one's own settings, one's own bell, one's own second step
OWN = {
    "home", "styleguide", "accounts:me", "accounts:keys", "accounts:sessions_end", "accounts:session_keep", "notifications:list",
    "notifications:badge", "notifications:read_all", "account_reauthenticate", "account_change_password",
    "account_set_password", "office:exports", "office:export_new", "worklist:snippets", "worklist:snippets_typed", "worklist:snippet_new",
    "clients:mine", "clients:authorize",
}  # fmt: skip
# pages of an area: 403 for a role without the right, and only one's own organization in them
AREAS = {
    "worklist:day": "sam", "worklist:day_print": "sam", "worklist:history": "sam", "worklist:bulk": "sam",
    "worklist:bulk_commit": "sam",
    "worklist:day_changes": "sam", "worklist:promises": "sam",
    "worklist:task_new": "sam", "worklist:contact_new": "sam", "jump": "sam", "beside": "sam",
    "worklist:views": "sam", "worklist:views_pinned": "sam", "worklist:view_new": "sam",
    "patients:registry": "sam", "patients:registry_changes": "sam", "patients:search": "sam", "patients:new": "sam", "patients:duplicates": "sam",
    "interop:imports": "sue", "interop:new": "sue",
    "office:rosters": "sue", "office:roster_new": "sue", "outbox:health": "adam", "audit:events": "petra",
    "covers:list": "sue", "access:emergency": "sam", "access:open": "sam", "access:reviews": "petra", "access:explain": "petra",
    "accounts:users": "adam", "accounts:user_new": "adam", "accounts:teams": "adam", "accounts:sites": "adam",
    "accounts:colleagues": "sam",
    "patients:attention": "sam",
    "clients:apps": "adam", "webhooks:endpoints": "adam",
}  # fmt: skip
# about two records: the supervisor merges, and sees both
BY_SUE = {"patients:merge", "patients:merge_with", "patients:two_people", "patients:unmerge"}
# who may open what belongs to one patient, task, colleague, ...: the control of the refusals
MAY = {
    "patients": "ana",
    "access": "petra",
    "covers": "sue",
    "worklist": "ana",
    "interop": "sue",
    "office": "sue",
    "accounts": "adam",
    "drafts": "ana",
    "notifications": "ana",
    "outbox": "adam",
    "clients": "adam",
    "webhooks": "adam",
    "api": "ana",
}
# of the API without a subject: a token is asked, then the scope and the role
API = {
    "api:me", "api:patients", "api:patients_search", "api:tasks", "api:changes", "api:batches", "api:batches_preview",
}  # fmt: skip


@dataclass(frozen=True)
class Route:
    name: str
    kwargs: tuple[str, ...]

    @property
    def area(self) -> str:
        return self.name.partition(":")[0]


def routes(patterns: Any = None, space: str = "", above: tuple[str, ...] = ()) -> list[Route]:
    found = []
    for pattern in patterns or get_resolver().url_patterns:
        kwargs = above + tuple(pattern.pattern.regex.groupindex)
        if isinstance(pattern, URLResolver):
            found += routes(
                pattern.url_patterns, f"{pattern.namespace}:" if pattern.namespace else space, kwargs
            )
        elif isinstance(pattern, URLPattern):
            found.append(Route(f"{space}{pattern.name}", kwargs))
    return found


ROUTES = routes()
DETAILS = [route for route in ROUTES if route.kwargs and route.area in MAY]
PAGES = sorted(set(MAY) - {"api"})
by_area = pytest.mark.parametrize("area", PAGES)


def endpoint_for(cast: Any) -> Endpoint:
    return Endpoint.objects.get_or_create(
        organization=cast.riverbend,
        url="https://a.example/",
        defaults={"events": ["task.opened"], "created_by": cast.adam},
    )[0]


def message_for(cast: Any) -> Message:
    return Message.objects.create(
        organization_id=cast.riverbend.pk, topic="webhook.due", handler="x", key=str(uuid.uuid4()),
        payload={"endpoint_id": str(endpoint_for(cast).pk), "event_id": str(uuid.uuid4()), "event": "task.opened"},
    )  # fmt: skip


def subjects(cast: Any, route: Route) -> dict[str, Any]:
    """Fill in the address with rows that exist, of Riverbend's North."""
    patient = cast.pat
    made = {
        "patients": lambda: patient.pk,
        "drafts": lambda: patient.pk,
        "worklist": lambda: work_of(cast, route),
        "covers": lambda: cover_of(cast).pk,
        "access": lambda: (
            EmergencyFactory(patient=patient, user=cast.petra if route.name == "access:left" else cast.max).pk
        ),
        "interop": lambda: (
            ImportJob.objects.create(organization=cast.riverbend, source="ehr", created_by=cast.sue).pk
        ),
        "office": lambda: (
            RosterJob.objects.create(organization=cast.riverbend, source="payer", created_by=cast.sue).pk
            if route.name.startswith("office:roster")
            else ExportJob.objects.create(
                organization=cast.riverbend, listing="day", stem="tasks", created_by=cast.sue
            ).pk
        ),
        "accounts": lambda: (
            (cast.north if route.name.split(":")[1].startswith(("team", "member", "sight")) else cast.ana).pk
        ),
        "clients": lambda: (
            register_app(
                name=str(uuid.uuid4()),
                redirect_uris=["https://a.example/"],
                scopes=["tasks:read"],
                is_public=False,
                by=cast.adam,
            )[0].pk
        ),
        "webhooks": lambda: endpoint_for(cast).pk,
        "api": lambda: api_subject(cast, route),
        "notifications": lambda: (
            Notification.objects.create(
                organization=cast.riverbend,
                user=cast.ana,
                kind="system",
                route="home",
                text="Look",
                key=str(uuid.uuid4()),
            ).pk
        ),
        "outbox": lambda: (
            Message.objects.create(
                organization_id=cast.riverbend.pk,
                topic="task.assigned",
                handler="x",
                key=str(uuid.uuid4()),
                state="dead",
            ).pk
        ),
    }
    kind = "condition" if "history" in route.name else "phones"
    others = {
        "message": lambda: message_for(cast).pk,
        "kind": lambda: kind,
        "form": lambda: "contact",
        "state": lambda: "none_known",
        "item_pk": lambda: (ObservationFactory if route.name.endswith("series") else ConditionFactory)(patient=patient).pk,
        "line_pk": lambda: ContactPointFactory(patient=patient).pk,
        "person_pk": lambda: RelatedPersonFactory(patient=patient).pk,
        "member_pk": lambda: patient.careteammember_set.get().pk,
        "consent_pk": lambda: ConsentFactory(patient=patient).pk,
        "other_pk": lambda: PatientFactory(organization=cast.riverbend, team=cast.north, coordinator=cast.ana, created_by=cast.ana).pk,
        "change_pk": lambda: add_phone(patient=patient, values={"kind": "mobile", "value": "(937) 555-0142"}, by=cast.ana).last_change.pk,
        "merge_pk": lambda: merged_into(patient, cast.sue).pk,
        "coverage_pk": lambda: CoverageFactory(patient=patient).pk,
        "membership": lambda: TeamMembership.objects.get_or_create(team=cast.north, user=cast.vic, starts_on=timezone.now().date())[0].pk,
    }  # fmt: skip
    return {name: made[route.area]() if name == "pk" else others[name]() for name in route.kwargs}


def api_subject(cast: Any, route: Route) -> Any:
    if route.name == "api:contact":
        return ContactFactory(patient=cast.pat).pk
    if route.name == "api:contact_undo":
        said = {"outcome": "no_answer", "no_follow_up_reason": "None needed"}
        return log_contact(patient=cast.pat, by=cast.ana, **said).pk
    if route.name == "api:change_undo":
        return close_task(task=TaskFactory(patient=cast.pat), by=cast.ana).last_change.pk
    if route.name.startswith("api:batch"):
        return batch_of(cast, TaskFactory(patient=cast.pat)).pk
    return TaskFactory(patient=cast.pat).pk if route.name.startswith("api:task") else cast.pat.pk


def work_of(cast: Any, route: Route) -> Any:
    if route.name.startswith("worklist:patient"):
        return cast.pat.pk
    if route.name == "worklist:contact_promise":
        return ContactFactory(patient=cast.pat, staff=cast.ana, note="I will call you tomorrow").pk
    if route.name == "worklist:contact_text":
        return ContactFactory(patient=cast.pat, staff=cast.ana).pk
    if route.name.startswith("worklist:view"):
        return SavedViewFactory(owner=cast.ana, page="day").pk
    if route.name.startswith("worklist:snippet"):
        return SnippetFactory(owner=cast.ana).pk
    task = TaskFactory(patient=cast.pat)
    if route.name == "worklist:task_promise":
        return close_task(task=task, by=cast.ana, note="I will call you tomorrow").pk
    if route.name == "worklist:bulk_result":
        return batch_of(cast, task).pk
    if route.name == "worklist:undo":
        return close_task(task=task, by=cast.ana).last_change.pk
    return task.pk


def batch_of(cast: Any, task: Any) -> Any:
    return act_on_many(tasks=[task], order=Order(Act.CLOSE), by=cast.ana, versions={}).batch


def cover_of(cast: Any) -> Cover:
    """Ana works in North and is away today; Vic looks after her patients."""
    today = cast.riverbend.today()
    TeamMembership.objects.get_or_create(team=cast.north, user=cast.ana, starts_on=today)
    return Cover.objects.create(
        organization=cast.riverbend, absent=cast.ana, covering=cast.vic, starts_on=today, ends_on=today, created_by=cast.sue
    )  # fmt: skip


def address(cast: Any, route: Route) -> str:
    return reverse(route.name, kwargs=subjects(cast, route))


def ask(client: Any, method: str, url: str, *, fragment: bool) -> Any:
    return getattr(client, method)(url, **({"headers": {"HX-Request": "true"}} if fragment else {}))


def test_every_route_is_placed():
    """Public, one's own, an area, or one row of something: a route in none of them is walked by nobody."""
    named = PUBLIC | OWN | set(AREAS) | API | {route.name for route in DETAILS}
    placed = {route.name for route in ROUTES if route.name in named or route.name.startswith("mfa_")}
    assert {route.name for route in ROUTES} - placed == set()
    assert named - {route.name for route in ROUTES} == set(), "a route that is gone"


@pytest.mark.parametrize("fragment", [False, True], ids=["page", "fragment"])
def test_nobody_comes_in_without_signing_in(client, cast, fragment):
    for route in ROUTES:
        if route.name in PUBLIC:
            continue
        if route.area == "api":
            continue  # asked below: it answers 401 in its own form
        known = route.area in MAY
        url = address(cast, route) if known else reverse(route.name, kwargs={"pk": 1} if route.kwargs else {})
        for method in METHODS:
            response = ask(client, method, url, fragment=fragment)
            assert response.status_code in {302, 401}, (
                f"{method} {route.name} answered {response.status_code}"
            )
            led_to = response.headers.get("Location") or response.headers.get("HX-Redirect")
            # what a page asks on its own gets a bare 401
            assert (led_to is None and fragment) or "/account/login/" in (led_to or "")


@pytest.mark.parametrize("fragment", [False, True], ids=["page", "fragment"])
@by_area
def test_what_is_not_theirs_is_not_there(cast, signed_in, inside, area, fragment):
    otto = UserFactory(
        organization=cast.hillside, name="Otto Falk", roles=["admin", "supervisor"]
    )  # all rights there are
    clients = {stranger: signed_in(stranger) for stranger in (cast.olga, otto, cast.sam)}
    for route in [route for route in DETAILS if route.area == area]:
        inside(cast.riverbend)
        url = address(cast, route)
        for stranger, client in clients.items():
            answers = {method: ask(client, method, url, fragment=fragment).status_code for method in METHODS}
            # sam's own colleagues, jobs and messages exist for sam, who lacks the right
            by_right = stranger == cast.sam and area in {
                "accounts",
                "outbox",
                "interop",
                "office",
                "clients",
                "webhooks",
            }
            assert set(answers.values()) <= {404, 405} | ({403} if by_right else set()), (
                f"{stranger} at {route.name}: {answers}"
            )
            assert set(answers.values()) & {404, 403}, (
                f"{stranger} was stopped at {route.name} by the method only: {answers}"
            )


@by_area
def test_it_opens_for_whom_it_should(cast, signed_in, area):
    usual, sue = signed_in(getattr(cast, MAY[area])), signed_in(cast.sue)
    for route in [route for route in DETAILS if route.area == area]:
        client = sue if route.name in BY_SUE else usual
        status = client.get(address(cast, route)).status_code
        not_yet = {422} if route.name == "office:export_file" else set()  # no file of this export so far
        assert status in {200, 204, 302, 405} | not_yet, f"{route.name} answered {status}"


@pytest.mark.parametrize("area", ["patients", "worklist"])
def test_hidden_and_never_there_are_the_same(cast, signed_in, area):
    client = signed_in(cast.sam)
    for route in [route for route in DETAILS if route.area == area]:
        kwargs = subjects(cast, route)
        hidden = client.get(reverse(route.name, kwargs=kwargs))
        never = client.get(reverse(route.name, kwargs={**kwargs, "pk": uuid.uuid4()}))
        assert hidden.status_code == never.status_code, route.name
        assert _plain(hidden) == _plain(never), route.name


def _plain(response: Any) -> bytes:
    """The answer without what differs from one request to the next."""
    return response.content.replace(response.wsgi_request.path.encode(), b"PATH")


@pytest.mark.parametrize("name", sorted(AREAS))
def test_an_area_is_closed_to_roles_without_the_right(cast, signed_in, name):
    assert signed_in(getattr(cast, AREAS[name])).get(reverse(name)).status_code in {200, 204, 302, 405}
    outsider = {"audit:events": cast.ana}.get(name, cast.aud)
    for method in ("get", "post"):
        status = getattr(signed_in(outsider), method)(reverse(name)).status_code
        assert status in {403, 405}, f"{method} {name} answered {status} to {outsider.roles}"


@pytest.mark.parametrize(
    "name",
    [
        "patients:registry",
        "worklist:day",
        "audit:events",
        "accounts:users",
        "accounts:teams",
        "interop:imports",
    ],
)
def test_an_area_shows_one_organization_only(cast, signed_in, name):
    otto = UserFactory(
        organization=cast.hillside, name="Otto Falk", roles=["admin", "supervisor", "privacy_officer"]
    )
    TaskFactory(patient=cast.pat)
    page = signed_in(otto).get(reverse(name)).content.decode()
    for foreign in ("RIVERA", "Rivera", "Ana Ruiz", "Riverbend"):
        assert foreign not in page
