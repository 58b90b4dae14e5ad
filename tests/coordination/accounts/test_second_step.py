"""Nobody works with a password alone. Setting up, proving, giving up and losing a second step."""

import json

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings as django_settings

from coordination.accounts.access import second_steps_of
from coordination.audit.models import Event
from coordination.lib.sealed import Unreadable, seal, unseal
from coordination.outbox.models import Message
from tests.coordination.accounts.conftest import CODE, PASSWORD, code_of, kinds_of, sign_in

INDEX, APP = "/account/2fa/", "/account/2fa/totp/activate/"


@pytest.fixture
def newcomer(browser, ana):
    """Ana in her first session: a password, nothing else."""
    sign_in(browser, ana)
    return browser


def security(name):
    return Event.objects.filter(kind="security", name=name)


@pytest.mark.parametrize(
    "path", ["/me/", "/users/", "/patients/", "/account/password/change/", "/account/2fa/webauthn/"]
)
def test_a_newcomer_is_led_to_set_one_up(newcomer, path):
    assert newcomer.get(path)["Location"].startswith(INDEX)


def test_a_fragment_is_led_there_too(newcomer):
    answer = newcomer.get("/me/", HTTP_HX_REQUEST="true", HTTP_HX_CURRENT_URL="http://testserver/me/")
    assert (answer.status_code, answer["HX-Redirect"]) == (401, f"{INDEX}?next=%2Fme%2F")


def test_a_newcomer_may_leave_or_set_one_up(newcomer):
    assert b"Set up your second step" in newcomer.get(INDEX).content
    assert newcomer.get(APP).status_code == 200
    assert newcomer.get("/account/2fa/webauthn/add/").status_code == 200
    assert newcomer.post("/account/logout/").status_code == 302


def test_setting_up_an_app_opens_the_door_and_leads_back(newcomer, ana):
    newcomer.get(f"{INDEX}?next=/me/")
    page = newcomer.get(APP)
    secret = page.context["form"].secret
    assert b"data:image/svg" in page.content
    assert secret.encode() in page.content
    refused = newcomer.post(APP, {"code": "000000"})
    assert refused.status_code == 200
    assert newcomer.get("/me/").status_code == 302
    assert newcomer.post(APP, {"code": code_of(secret)})["Location"] == "/account/2fa/recovery-codes/"
    codes = newcomer.get("/account/2fa/recovery-codes/")
    assert codes.content.count(b'class="b center"') == 10
    assert codes.context["continue_url"] == "/me/"
    assert newcomer.get("/me/").status_code == 200
    assert kinds_of(ana) == {"totp", "recovery_codes"}
    assert security("second_step.added").get().detail == {"kind": "totp"}
    assert Message.objects.filter(topic="security.changed").count() == 1


def test_a_way_back_leads_nowhere_else(newcomer):
    newcomer.get(f"{INDEX}?next=//evil.example/")
    assert "after_second_step" not in newcomer.session


def test_recovery_codes_are_shown_once(browser, ana, app):
    sign_in(browser, ana)
    browser.post(CODE, {"code": code_of(app)})
    first, again = (browser.get("/account/2fa/recovery-codes/") for _ in range(2))
    code = (
        second_steps_of(ana)["codes_left"]
        and Authenticator.objects.get(user=ana, type="recovery_codes").wrap().get_unused_codes()[0]
    )
    assert code.encode() in first.content
    assert code.encode() not in again.content
    assert browser.get("/account/2fa/recovery-codes/generate/").status_code == 200
    assert browser.post("/account/2fa/recovery-codes/generate/").status_code == 302
    assert code.encode() not in browser.get("/account/2fa/recovery-codes/").content
    assert security("recovery_codes.made").exists()


def test_secrets_are_sealed_in_the_database(ana, app):
    rows = json.dumps(list(Authenticator.objects.filter(user=ana).values_list("data", flat=True)))
    assert app not in rows
    assert Authenticator.objects.get(user=ana, type="totp").data["secret"].startswith("1.")


def test_a_sealed_text_opens_for_its_purpose_and_key_only(settings):
    sealed = seal("geheim", "one")
    assert unseal(sealed, "one") == "geheim"
    assert seal("geheim", "one") != sealed
    changed = sealed[:-6] + ("AAAAA=" if not sealed.endswith("AAAAA=") else "BBBBB=")
    for text, purpose in [(sealed, "two"), (changed, "one"), ("nonsense", "one"), (sealed[:30], "one")]:
        with pytest.raises(Unreadable):
            unseal(text, purpose)
    settings.FIELD_KEY = "another key altogether, long enough to be one"
    with pytest.raises(Unreadable):
        unseal(sealed, "one")


def test_a_session_from_before_must_prove_it(newcomer, ana, app):
    """Someone with the password alone cannot add a key of their own once the person has one."""
    assert newcomer.get("/me/")["Location"] == "/account/2fa/reauthenticate/?next=%2Fme%2F"
    assert newcomer.get(APP)["Location"].startswith("/account/2fa/reauthenticate/")
    assert newcomer.get("/account/2fa/webauthn/add/")["Location"].startswith("/account/2fa/reauthenticate/")
    page = newcomer.get("/account/2fa/reauthenticate/?next=/me/")
    assert page.status_code == 200
    assert (
        newcomer.post("/account/2fa/reauthenticate/", {"code": code_of(app), "next": "/me/"})["Location"]
        == "/me/"
    )
    assert newcomer.get("/me/").status_code == 200


def test_removing_the_app_leads_to_setting_one_up(browser, ana, app):
    sign_in(browser, ana)
    browser.post(CODE, {"code": code_of(app)})
    assert b"In use" in browser.get(INDEX).content
    assert browser.get("/account/2fa/totp/deactivate/").status_code == 200
    assert browser.post("/account/2fa/totp/deactivate/")["Location"] == INDEX
    assert kinds_of(ana) == set()
    assert security("second_step.removed").get().detail == {"kind": "totp"}
    sign_out_and_in(browser, ana)
    assert browser.get("/me/")["Location"].startswith(INDEX)


def sign_out_and_in(browser, user):
    browser.post("/account/logout/")
    sign_in(browser, user)


def test_after_a_quarter_of_an_hour_it_asks_again(browser, ana, app):
    sign_in(browser, ana)
    browser.post(CODE, {"code": code_of(app)})
    session = browser.session
    for record in session["account_authentication_methods"]:
        record["at"] -= django_settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    session.save()
    answer = browser.get("/account/2fa/totp/deactivate/")
    assert answer["Location"].startswith("/account/reauthenticate/")
    page = browser.get(answer["Location"])
    assert b"Is it still you" in page.content
    assert b"Use a code" in page.content
    wrong = browser.post("/account/reauthenticate/", {"password": "wrong wrong wrong", "next": INDEX})
    assert wrong.status_code == 200
    right = browser.post("/account/reauthenticate/", {"password": PASSWORD, "next": INDEX})
    assert right["Location"] == INDEX


def test_a_demo_skips_it_and_says_so(newcomer, settings):
    settings.DEMO = True
    page = newcomer.get("/me/")
    assert page.status_code == 200
    assert b"without a second step" in page.content


def test_signing_in_at_someone_elses_provider_does_not_count(newcomer, ana):
    session = newcomer.session
    session["account_authentication_methods"] = [{"method": "socialaccount", "at": 0}]
    session.save()
    assert newcomer.get("/me/").status_code == 302
