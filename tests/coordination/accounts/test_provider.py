"""Signing in through the organization's own identity provider: a real one, small, on this machine."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth import SESSION_KEY

from coordination.audit.models import Event
from tests.coordination.accounts.conftest import CODE

LOGIN = "/account/oidc/work/login/"


class Provider(BaseHTTPRequestHandler):
    person: dict[str, object] = {}

    def answer(self, values):
        body = json.dumps(values).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        here = f"http://127.0.0.1:{self.server.server_port}"
        places = {
            "authorization_endpoint": "/authorize",
            "token_endpoint": "/token",
            "userinfo_endpoint": "/me",
            "jwks_uri": "/keys",
        }
        self.answer(
            Provider.person
            if self.path == "/me"
            else {"issuer": here, **{name: here + path for name, path in places.items()}}
        )

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer({"access_token": "a", "token_type": "Bearer"})

    def log_message(self, *args):
        pass


@pytest.fixture
def provider(settings):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    Thread(target=server.serve_forever, daemon=True).start()
    app = {"provider_id": "work", "name": "Riverbend Health", "client_id": "us", "secret": "s"}
    app["settings"] = {"server_url": f"http://127.0.0.1:{server.server_port}", "oauth_pkce_enabled": True}
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}
    yield server
    server.shutdown()
    server.server_close()


def come_back(browser, **person):
    Provider.person = {"sub": "7", **person}
    leave = browser.get(LOGIN)
    state = parse_qs(urlsplit(leave["Location"]).query)["state"][0]
    return browser.get(f"{LOGIN}callback/", {"code": "c", "state": state})


def test_the_sign_in_page_offers_it(browser, provider, db):
    assert b"Sign in through Riverbend Health" in browser.get("/account/login/").content


def test_it_is_off_unless_it_is_named(browser, db):
    assert b"Sign in through" not in browser.get("/account/login/").content
    assert browser.get(LOGIN).status_code == 404
    assert browser.get(f"{LOGIN}callback/").status_code == 404


def test_someone_invited_gets_in_and_owes_the_second_step(browser, provider, ana):
    answer = come_back(browser, email=ana.email.upper(), email_verified=True)
    assert answer["Location"] == "/"
    assert browser.session[SESSION_KEY] == str(ana.pk)
    assert browser.get("/me/")["Location"].startswith("/account/2fa/")
    browser.post("/account/logout/")
    again = come_back(
        browser, email="other@example.org", email_verified=False
    )  # known by now, by the provider's own id
    assert again["Location"] == "/"
    assert browser.session[SESSION_KEY] == str(ana.pk)


def test_someone_with_a_second_step_is_asked_for_it(browser, provider, ana, app):
    assert come_back(browser, email=ana.email, email_verified=True)["Location"] == CODE
    assert SESSION_KEY not in browser.session


@pytest.mark.parametrize(
    "verified", [{"email": "nobody@example.org", "email_verified": True}, {"email_verified": False}, {}]
)
def test_nobody_else_gets_in(browser, provider, ana, verified):
    answer = come_back(browser, **{"email": ana.email, **verified})
    assert answer["Location"] == "/account/oidc/error/"
    assert b"did not sign you in" in browser.get(answer["Location"]).content
    assert SESSION_KEY not in browser.session
    assert Event.objects.get(name="session.refused").detail["step"] == "provider"


def test_a_suspended_person_does_not_get_in(browser, provider, ana):
    ana.is_active = False
    ana.save(update_fields=["is_active"])
    assert come_back(browser, email=ana.email, email_verified=True)["Location"] == "/account/oidc/error/"


def test_stopping_halfway_is_no_error(browser, provider, db):
    assert browser.get("/account/oidc/cancelled/").status_code == 200
