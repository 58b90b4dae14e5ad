"""Passkeys in a real browser with a real (virtual) authenticator: set up as second step, then signing in with it alone."""

import re

import pytest
from playwright.sync_api import expect

from coordination.town.signins import DEMO_PASSWORD

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def with_fingerprint_reader(page):
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    return page


def test_a_passkey_is_the_second_step_and_then_the_only_one(visit):
    dana = visit(None)
    page = with_fingerprint_reader(dana.page())
    dana.open("/me/", page)
    page.get_by_label("Work e-mail").fill("dana@riverbend.example")
    page.get_by_label("Password", exact=True).fill(DEMO_PASSWORD)
    page.get_by_role("button", name="Show what I type").click()
    expect(page.get_by_label("Password", exact=True)).to_have_attribute("type", "text")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("link", name="Set up a passkey").click()
    page.get_by_label("Also sign in with it alone").check()
    page.get_by_role("button", name="Make a passkey").click()
    page.get_by_role("link", name="I have kept them").click()
    expect(page).to_have_url(re.compile("/me/$"))
    page.locator("summary.avatarbtn").click()
    page.get_by_role("button", name="Sign out").first.click()
    dana.open("/me/?again=1", page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(re.compile(r"/me/\?again=1$"))


def test_a_device_that_refuses_is_said_so(visit):
    stranger = visit(None)
    page = with_fingerprint_reader(stranger.page())
    stranger.open("/account/login/", page)
    page.evaluate(
        "() => { navigator.credentials.get = async () => { throw new DOMException('no', 'NotAllowedError') } }"
    )
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("That did not work")
