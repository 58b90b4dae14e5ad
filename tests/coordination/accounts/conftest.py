"""People with passwords and second steps, and what the sign-in pages are told."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.test import Client

PASSWORD = "correct horse battery staple"
SIGN_IN, CODE = "/account/login/", "/account/2fa/authenticate/"


def code_of(secret: str, steps: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


@pytest.fixture
def ana(cast):
    """Ana, who has a password and no second step yet."""
    cast.ana.set_password(PASSWORD)
    cast.ana.save(update_fields=["password"])
    return cast.ana


@pytest.fixture
def app(ana):
    """The key in Ana's authenticator app; with it she has recovery codes."""
    secret = generate_totp_secret()
    TOTP.activate(ana, secret)
    RecoveryCodes.activate(ana)
    return secret


@pytest.fixture
def browser(db):
    return Client(HTTP_USER_AGENT="Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0")


def sign_in(browser, user, password=PASSWORD, **more):
    return browser.post(SIGN_IN, {"login": user.email, "password": password, **more})


def text_of(answer) -> str:
    """The page without what differs on every page: the token of its forms."""
    return re.sub(r'(csrfmiddlewaretoken" value="|X-CSRFToken": ")[^"]*', "", answer.content.decode())


def kinds_of(user) -> set[str]:
    return set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
