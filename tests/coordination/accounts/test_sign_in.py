"""The front door: who gets in, what is written down, and that it never says who has an account."""

import time

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core.cache import cache

from coordination.accounts.access import sessions_of
from coordination.accounts.adapters import browser_name
from coordination.accounts.models import Session
from coordination.audit.models import Event
from tests.coordination.accounts.conftest import CODE, SIGN_IN, code_of, sign_in, text_of


def events(**where):
    return list(
        Event.objects.filter(kind="sign_in", **where).order_by("at", "id").values_list("name", flat=True)
    )


def test_it_asks_for_the_second_step(browser, ana, app):
    answer = sign_in(browser, ana)
    assert answer["Location"] == CODE
    assert SESSION_KEY not in browser.session
    assert browser.get("/me/").status_code == 302
    page = browser.get(CODE)
    assert page.status_code == 200
    assert b"one-time-code" in page.content


def test_it_signs_in_with_a_code(browser, ana, app):
    sign_in(browser, ana, next="/me/")
    answer = browser.post(CODE, {"code": code_of(app)})
    assert answer["Location"] == "/me/"
    assert browser.get("/me/").status_code == 200
    assert browser.session["second_step"] is True
    assert events() == ["session.started"]
    assert Event.objects.get(name="session.started").actor_id == ana.pk
    [session] = sessions_of(ana)
    assert (session.browser, session.address) == ("Firefox on Windows", "127.0.0.1")


@pytest.mark.parametrize("step", [-1, 1])
def test_a_clock_may_be_half_a_minute_off(browser, ana, app, step):
    sign_in(browser, ana)
    assert browser.post(CODE, {"code": code_of(app, step)}).status_code == 302


@pytest.mark.parametrize("step", [-2, 2])
def test_but_not_more(browser, ana, app, step):
    sign_in(browser, ana)
    assert browser.post(CODE, {"code": code_of(app, step)}).status_code == 200


def test_a_code_works_once(browser, ana, app, client):
    code = code_of(app, 1)  # valid for another 60 seconds: longer than the library remembers it
    sign_in(browser, ana)
    assert browser.post(CODE, {"code": f"{code[:3]} {code[3:]}"}).status_code == 302
    with time_machine.travel(time.time() + 45, tick=False):
        sign_in(client, ana)
        assert client.post(CODE, {"code": code}).status_code == 200
    assert SESSION_KEY not in client.session


def test_a_recovery_code_works_once(browser, ana, app, client):
    code = Authenticator.objects.get(user=ana, type="recovery_codes").wrap().get_unused_codes()[0]
    sign_in(browser, ana)
    assert browser.post(CODE, {"code": code}).status_code == 302
    cache.clear()  # long after
    sign_in(client, ana)
    assert client.post(CODE, {"code": code}).status_code == 200


def test_wrong_codes_are_counted_and_written_down(browser, ana, app):
    sign_in(browser, ana)
    for n in range(5):
        assert browser.post(CODE, {"code": f"00000{n}"}).status_code == 200
    answer = browser.post(CODE, {"code": code_of(app)})
    assert b"Too many failed" in answer.content
    assert SESSION_KEY not in browser.session
    assert events() == ["session.refused"] * 5
    refused = Event.objects.filter(name="session.refused").first()
    assert (refused.detail, refused.target_id, refused.outcome) == ({"step": "code"}, str(ana.pk), "failed")


def test_it_says_the_same_whether_or_not_there_is_an_account(browser, ana):
    known = browser.post(SIGN_IN, {"login": ana.email, "password": "wrong wrong wrong"})
    unknown = browser.post(SIGN_IN, {"login": "nobody@example.org", "password": "wrong wrong wrong"})
    assert (known.status_code, unknown.status_code) == (200, 200)
    assert text_of(known).replace(ana.email, "") == text_of(unknown).replace("nobody@example.org", "")
    assert "cookies" not in known.headers


def test_a_typed_address_is_never_kept_when_it_is_unknown(browser, ana):
    browser.post(SIGN_IN, {"login": "my-password@example.org", "password": "x"})
    browser.post(SIGN_IN, {"login": ana.email, "password": "x"})
    unknown, known = Event.objects.filter(name="session.refused").order_by("at", "id")
    assert "my-password" not in repr(vars(unknown))
    assert set(unknown.detail) == {"step", "email_hash"}
    assert (known.target_id, known.detail, known.organization_id) == (
        str(ana.pk),
        {"step": "password"},
        ana.organization_id,
    )


def test_guessing_stops_after_five(browser, ana, app):
    for _ in range(5):
        sign_in(browser, ana, "wrong wrong wrong")
    answer = sign_in(browser, ana)
    assert b"Too many failed" in answer.content
    assert browser.get(CODE)["Location"] == SIGN_IN


def test_guessing_stops_alike_for_an_unknown_address(browser, ana):
    for _ in range(5):
        sign_in(browser, ana, "wrong wrong wrong")
        browser.post(SIGN_IN, {"login": "nobody@example.org", "password": "wrong wrong wrong"})
    known = sign_in(browser, ana, "wrong wrong wrong")
    unknown = browser.post(SIGN_IN, {"login": "nobody@example.org", "password": "wrong wrong wrong"})
    assert text_of(known).replace(ana.email, "") == text_of(unknown).replace("nobody@example.org", "")


def test_the_count_is_forgotten_after_a_quarter_of_an_hour(browser, ana):
    for _ in range(5):
        sign_in(browser, ana, "wrong wrong wrong")
    with time_machine.travel(time.time() + 15 * 60 + 1):
        assert sign_in(browser, ana).status_code == 302


def test_one_address_cannot_guess_at_everybody(browser, ana):
    for n in range(50):
        browser.post(SIGN_IN, {"login": f"person{n}@example.org", "password": "wrong wrong wrong"})
    assert b"Too many failed" in sign_in(browser, ana).content
    assert sign_in(browser, ana).status_code == 200
    other = browser.post(
        SIGN_IN, {"login": ana.email, "password": "correct horse battery staple"}, REMOTE_ADDR="10.1.1.1"
    )
    assert other.status_code == 302


def test_a_flood_is_told_to_wait(browser, ana, settings):
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "login": "1/m/ip"}
    sign_in(browser, ana, "wrong")
    answer = sign_in(browser, ana, "wrong")
    assert answer.status_code == 429
    assert b"Too many tries" in answer.content


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "http://localhost/", "javascript:alert(1)"]
)
def test_it_never_leads_to_another_site(browser, ana, app, elsewhere):
    sign_in(browser, ana, next=elsewhere)
    assert browser.post(CODE, {"code": code_of(app)})["Location"] == "/"


def test_a_suspended_person_is_told_so_only_with_the_right_password(browser, ana):
    ana.is_active = False
    ana.save(update_fields=["is_active"])
    assert b"not correct" in sign_in(browser, ana, "wrong wrong wrong").content
    assert sign_in(browser, ana)["Location"] == "/account/inactive/"
    assert browser.get("/account/inactive/").status_code == 200
    assert [
        event.detail["step"] for event in Event.objects.filter(name="session.refused").order_by("at", "id")
    ] == ["password", "suspended"]


def test_signing_out_is_written_down(cast, signed_in):
    client = signed_in(cast.ana)
    assert client.get("/account/logout/").status_code == 200
    assert client.post("/account/logout/")["Location"] == SIGN_IN
    assert events() == ["session.ended"]
    assert client.get("/me/").status_code == 302
    assert not Session.objects.filter(user_id=cast.ana.pk).exists()


def test_signing_out_twice_is_no_error(client, db):
    assert client.post("/account/logout/").status_code == 302
    assert client.get("/account/logout/").status_code == 302


@pytest.mark.parametrize(
    "path", ["signup/", "email/", "3rdparty/", "login/code/", "confirm-email/", "nowhere/"]
)
def test_the_other_doors_of_the_library_do_not_exist(client, db, path):
    assert client.get(f"/account/{path}").status_code == 404


def test_the_page_tells_why_one_is_back_at_it(client, db):
    assert b"nobody used the page" in client.get(f"{SIGN_IN}?ended=1").content
    assert b"nobody used the page" not in client.get(SIGN_IN).content


def test_it_costs_no_query_to_see_the_page(client, db, django_assert_max_num_queries):
    with django_assert_max_num_queries(2):
        client.get(SIGN_IN)


def test_it_lets_nobody_sign_up(rf):
    from coordination.accounts.adapters import AccountAdapter, ProviderAdapter

    assert AccountAdapter().is_open_for_signup(rf.get("/")) is False
    assert ProviderAdapter().is_open_for_signup(rf.get("/"), None) is False


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14) AppleWebKit/605 Version/18 Safari/605", "Safari on Mac"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140 Safari/537 Edg/140", "Edge on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64)", "Linux"),
        ("Firefox/140", "Firefox"),
        ("curl/8", ""),
    ],
)
def test_a_browser_has_a_name_people_know(agent, name):
    assert browser_name(agent) == name


def test_the_system_user_cannot_sign_in(browser, cast):
    from coordination.accounts.actions import ensure_system_user

    system = ensure_system_user(cast.riverbend)
    assert ensure_system_user(cast.riverbend) == system
    assert sign_in(browser, system, "!").status_code == 200
    browser.force_login(system, backend="coordination.accounts.backends.ByEmail")
    assert browser.get("/me/").status_code == 302


def test_tries_are_counted_in_the_database():
    assert settings.CACHES["default"]["BACKEND"].endswith("DatabaseCache")
