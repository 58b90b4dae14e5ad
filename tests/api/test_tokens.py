"""An app gets in the long way: registered, agreed to, a code for a token; and what each part of it refuses."""

import base64
import datetime as dt
import hashlib
import secrets
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from allauth.idp.oidc.models import Token
from django.urls import reverse
from django.utils import timezone

from coordination.accounts.actions import suspend_user
from coordination.audit.models import Event
from coordination.clients.actions import disable_app, register_app
from coordination.clients.models import App, Use
from tests.api.conftest import RETURN


@pytest.fixture
def app(cast):
    return register_app(
        name="Reader",
        redirect_uris=[RETURN],
        scopes=["patients:read", "tasks:read"],
        is_public=False,
        by=cast.adam,
    )


class Flow:
    """What a well-behaved app does."""

    def __init__(self, browser, app, secret, scope="patients:read tasks:read"):
        self.browser, self.app, self.secret, self.scope = browser, app, secret, scope
        self.verifier = secrets.token_urlsafe(48)

    def ask(self, **changed):
        challenge = (
            base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()
        )
        query = {
            "response_type": "code", "client_id": self.app.client_id, "redirect_uri": RETURN, "scope": self.scope, "state": "s1",
            "code_challenge": challenge, "code_challenge_method": "S256",
        } | changed  # fmt: skip
        sent = {name: value for name, value in query.items() if value is not None}
        return self.browser.get(f"{reverse('clients:authorize')}?{urlencode(sent)}")

    def agree(self, page, *, action="grant", scopes=None):
        request = page.context["form"].initial["request"]
        return self.browser.post(
            reverse("clients:authorize"),
            {"request": request, "scopes": scopes or self.scope.split(), "action": action},
        )

    def trade(self, client, code, **changed):
        return client.post(
            reverse("clients:token"),
            {
                "grant_type": "authorization_code", "code": code, "redirect_uri": RETURN, "client_id": self.app.client_id,
                "client_secret": self.secret, "code_verifier": self.verifier,
            } | changed,
        )  # fmt: skip


def code_of(answer):
    assert answer.status_code == 302, answer.content
    query = parse_qs(urlsplit(answer["Location"]).query)
    assert query["state"] == ["s1"]
    return query["code"][0]


def me(client, token):
    return client.get("/api/v1/me/", headers={"Authorization": f"Bearer {token}"})


def test_from_registration_to_the_end(cast, app, signed_in, client):
    flow = Flow(signed_in(cast.ana), *app)
    page = flow.ask()
    assert page.status_code == 200
    assert b"Let Reader act for you?" in page.content
    assert "https://app.example" in page["Content-Security-Policy"]
    code = code_of(flow.agree(page))
    given = flow.trade(client, code).json()
    assert given["token_type"] == "Bearer"
    assert given["expires_in"] == 900
    who = me(client, given["access_token"]).json()
    assert (who["name"], who["app"], who["scopes"]) == ("Ana Ruiz", "Reader", ["patients:read", "tasks:read"])
    assert flow.trade(client, code).status_code == 400, "a code works once"

    refresh = {
        "grant_type": "refresh_token", "refresh_token": given["refresh_token"],
        "client_id": app[0].client_id, "client_secret": app[1],
    }  # fmt: skip
    renewed = client.post(reverse("clients:token"), refresh).json()
    assert me(client, renewed["access_token"]).status_code == 200
    assert client.post(reverse("clients:token"), refresh).status_code == 400, "the old one is used up"

    ended = client.post(
        reverse("clients:revocation"),
        {"token": renewed["access_token"], "client_id": app[0].client_id, "client_secret": app[1]},
    )
    assert ended.status_code == 200
    assert me(client, renewed["access_token"]).status_code == 401
    assert Event.objects.filter(name="app.approved", actor_id=cast.ana.pk).count() == 1


def test_the_person_may_give_less_than_the_app_wants(cast, app, signed_in, client):
    flow = Flow(signed_in(cast.ana), *app)
    code = code_of(flow.agree(flow.ask(), scopes=["tasks:read"]))
    token = flow.trade(client, code).json()["access_token"]
    assert me(client, token).json()["scopes"] == ["tasks:read"]


def test_the_person_may_refuse(cast, app, signed_in):
    flow = Flow(signed_in(cast.ana), *app)
    answer = flow.agree(flow.ask(), action="cancel")
    assert "error=access_denied" in answer["Location"]
    assert not Token.objects.exists()


@pytest.mark.parametrize(
    "changed",
    [
        {"code_challenge": None},
        {"code_challenge_method": "plain"},
        {"client_id": "nobody"},
        {"prompt": "none"},
    ],
)
def test_what_an_app_may_not_ask(cast, app, signed_in, changed):
    answer = Flow(signed_in(cast.ana), *app).ask(**changed)
    assert answer.status_code == 400
    assert b"cannot be let in" in answer.content


def test_it_may_not_return_elsewhere(cast, app, signed_in):
    answer = Flow(signed_in(cast.ana), *app).ask(redirect_uri="https://evil.example/back")
    assert b"cannot be let in" in answer.content
    assert "Location" not in answer


def test_it_may_not_ask_for_more_than_it_was_let_in_for(cast, app, signed_in):
    answer = Flow(signed_in(cast.ana), *app, scope="history:read").ask()
    assert "error=invalid_scope" in answer.get("Location", "")


@pytest.mark.parametrize(
    "wrong", [{"client_secret": "no"}, {"code_verifier": "x" * 50}, {"redirect_uri": RETURN + "2"}]
)
def test_a_stolen_code_is_worth_nothing(cast, app, signed_in, client, wrong):
    flow = Flow(signed_in(cast.ana), *app)
    code = code_of(flow.agree(flow.ask()))
    assert flow.trade(client, code, **wrong).status_code in {400, 401}
    assert not Token.objects.exists()


def test_an_app_is_of_one_organization(cast, app, signed_in):
    assert Flow(signed_in(cast.olga), *app).ask().status_code == 400


def test_agreeing_needs_sign_in_and_the_second_step(cast, app, client):
    flow = Flow(client, *app)
    assert "/account/login/" in flow.ask()["Location"]
    client.force_login(cast.ana, backend="coordination.accounts.backends.ByEmail")
    assert "/account/2fa/" in flow.ask()["Location"]


def test_agreeing_needs_the_token_of_the_form(cast, app, signed_in):
    browser = signed_in(cast.ana)
    page = Flow(browser, *app).ask()
    browser.handler.enforce_csrf_checks = True
    answer = Flow(browser, *app).agree(page)
    assert answer.status_code == 403


@pytest.mark.parametrize("grant", ["client_credentials", "password"])
def test_every_token_is_a_persons(app, client, grant):
    answer = client.post(
        reverse("clients:token"),
        {
            "grant_type": grant,
            "client_id": app[0].client_id,
            "client_secret": app[1],
            "username": "a",
            "password": "b",
        },
    )
    assert answer.status_code in {400, 401}
    assert not Token.objects.exists()


# --- what a token is worth ---------------------------------------------------------------------------------------
def test_no_token_no_answer(client, cast):
    bare = client.get("/api/v1/me/")
    assert bare.status_code == 401
    assert bare["WWW-Authenticate"] == 'Bearer realm="api"'
    assert bare["Content-Type"] == "application/problem+json"
    assert 'error="invalid_token"' in me(client, "wrong")["WWW-Authenticate"]


def test_a_session_is_no_token(cast, signed_in):
    assert signed_in(cast.ana).get("/api/v1/me/").status_code == 401


def test_a_token_in_the_address_is_none(cast, api):
    one = api(cast.ana)
    assert one.client.get(f"/api/v1/me/?access_token={one.value}").status_code == 401


def test_it_ends_with_its_time_its_person_and_its_app(cast, api):
    one, two, three = (api(cast.ana) for _ in range(3))
    Token.objects.filter(hash=hashlib.sha256(one.value.encode()).hexdigest()).update(
        expires_at=timezone.now() - dt.timedelta(seconds=1)
    )
    assert one.get("me/").status_code == 401
    disable_app(app=two.app, by=cast.adam)
    assert two.get("me/").status_code == 401
    App.objects.update(disabled_at=None, disabled_by=None)
    assert three.get("me/").status_code == 401, "disabling removed the tokens themselves"
    four = api(cast.ana)
    assert four.get("me/").status_code == 200
    suspend_user(user=cast.ana, reason="Left", by=cast.adam)
    assert four.get("me/").status_code == 401


def test_scope_and_role_are_both_asked(cast, api):
    assert api(cast.ana, "patients:read").get("tasks/").json()["type"].endswith("insufficient_scope")
    assert api(cast.petra).get("tasks/").json()["type"].endswith("forbidden")
    assert api(cast.ana, "tasks:read").get("tasks/").status_code == 200


def test_too_many_calls(cast, api, settings):
    settings.API_CALLS_PER_MINUTE = 3
    one = api(cast.ana)
    answers = [one.get("me/") for _ in range(4)]
    # a new minute may begin in between
    assert answers[-1].status_code == 429 or Use.objects.get().calls < 4
    if answers[-1].status_code == 429:
        assert 0 < int(answers[-1]["Retry-After"]) <= 60
        assert api(cast.max).get("me/").status_code == 200, "others are not kept out"


def test_what_an_app_did_says_which_app(cast, api):
    one = api(cast.ana)
    one.get(f"patients/{cast.pat.pk}/")
    event = Event.objects.get(name="patient.viewed")
    assert (event.actor_id, event.detail["app"]) == (cast.ana.pk, str(one.app.pk))
    assert event.door == "api:patient"
