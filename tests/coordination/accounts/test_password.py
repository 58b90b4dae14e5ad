"""Forgotten, chosen and changed passwords."""

import re

import pytest
from django.contrib.auth.hashers import get_hasher
from django.contrib.auth.password_validation import validate_password
from django.core import mail
from django.core.exceptions import ValidationError

from coordination.accounts.handlers import send_invitation, send_password_link, send_security_notice
from coordination.accounts.hashers import Argon2id
from coordination.accounts.models import Session
from coordination.audit.models import Event
from coordination.outbox.models import Message
from tests.coordination.accounts.conftest import CODE, PASSWORD, code_of, sign_in, text_of

RESET = "/account/password/reset/"
NEW = "orange lamp seldom whistles"


def sent(handler, message):
    """What the outbox does with a handler that leaves the system."""
    if (call := handler(message)) is not None:
        call()


def link_in(message) -> str:
    return re.search(r"http://127.0.0.1:8000(/\S+)", message.body).group(1)


def mailed_link(browser, user) -> str:
    browser.post(RESET, {"email": user.email})
    sent(send_password_link, Message.objects.get(topic="password.forgotten"))
    return link_in(mail.outbox[-1])


def test_the_page_answers_alike_for_everybody(browser, ana):
    known = browser.post(RESET, {"email": ana.email}, follow=True)
    unknown = browser.post(RESET, {"email": "nobody@example.org"}, follow=True)
    assert text_of(known) == text_of(unknown)
    assert known.redirect_chain == unknown.redirect_chain
    assert mail.outbox == []  # the mail is sent by the outbox, so the answer takes as long for both
    assert [message.payload for message in Message.objects.all()] == [{"user_id": str(ana.pk)}]


def test_asking_again_and_again_is_stopped_alike(browser, ana):
    answers = [
        browser.post(RESET, {"email": email}).status_code
        for email in [ana.email, "nobody@example.org"]
        for _ in range(4)
    ]
    assert answers == [302, 302, 302, 429] * 2


def test_the_link_sets_a_password_once(browser, ana, client):
    ana_elsewhere = client
    ana_elsewhere.force_login(ana, backend="coordination.accounts.backends.ByEmail")
    link = mailed_link(browser, ana)
    page = browser.get(link, follow=True)
    assert b"Choose a password" in page.content
    address = page.redirect_chain[-1][0]
    assert "set-password" in address
    assert (
        browser.post(address, {"password1": NEW, "password2": "something else entirely"}).status_code == 200
    )
    answer = browser.post(address, {"password1": NEW, "password2": NEW})
    assert answer["Location"] == "/account/password/reset/key/done/"
    assert b"Password saved" in browser.get(answer["Location"]).content
    assert b"no longer works" in browser.get(link, follow=True).content
    assert not Session.objects.filter(user_id=ana.pk).exists()
    ana.refresh_from_db()
    assert ana.check_password(NEW)
    assert sorted(Event.objects.filter(kind="security").values_list("name", flat=True)) == [
        "password.changed",
        "password.forgotten",
    ]


def test_choosing_a_password_does_not_skip_the_second_step(browser, ana, app):
    browser.get(mailed_link(browser, ana), follow=True)
    browser.post(f"{RESET}key/{ana.pk.hex}-set-password/", {"password1": NEW, "password2": NEW})
    assert sign_in(browser, ana, NEW)["Location"] == CODE


def test_someone_locked_out_gets_in_with_a_new_password(browser, ana):
    for _ in range(6):
        sign_in(browser, ana, "wrong wrong wrong")
    browser.get(mailed_link(browser, ana), follow=True)
    browser.post(f"{RESET}key/{ana.pk.hex}-set-password/", {"password1": NEW, "password2": NEW})
    assert sign_in(browser, ana, NEW).status_code == 302


@pytest.mark.parametrize("key", ["nobody-abc", "00000000000000000000000000000000-abc", "x-y"])
def test_a_made_up_link_does_nothing(browser, db, key):
    page = browser.get(f"{RESET}key/{key}/")
    assert page.status_code == 200
    assert b"no longer works" in page.content


def test_the_system_user_and_the_suspended_get_no_link(browser, cast):
    from coordination.accounts.actions import ensure_system_user

    cast.sam.is_active = False
    cast.sam.save(update_fields=["is_active"])
    for user in [ensure_system_user(cast.riverbend), cast.sam]:
        assert browser.post(RESET, {"email": user.email}).status_code == 302
    assert not Message.objects.exists()


def test_someone_suspended_meanwhile_gets_no_mail(browser, ana):
    browser.post(RESET, {"email": ana.email})
    ana.is_active = False
    ana.save(update_fields=["is_active"])
    sent(send_password_link, Message.objects.get())
    assert mail.outbox == []


def test_mails_hold_the_persons_first_name_and_a_link_only(browser, ana):
    browser.post(RESET, {"email": ana.email})
    message = Message.objects.get()
    sent(send_password_link, message)
    sent(send_invitation, message)
    asked, invited = mail.outbox
    assert asked.to == invited.to == [ana.email]
    assert "Hello Ana," in asked.body
    assert "24 hours" in invited.body
    assert ana.organization.name in invited.body
    assert str(message.payload) not in asked.body


def test_a_person_is_told_what_changed(ana):
    for what in ["password.changed", "second_step.reset"]:
        sent(send_security_notice, Message(payload={"user_id": str(ana.pk), "what": what}))
    sent(
        send_security_notice,
        Message(payload={"user_id": str(ana.organization_id), "what": "password.changed"}),
    )
    assert [
        "Your password was changed." in mail.outbox[0].body,
        "reset the second step" in mail.outbox[1].body,
    ] == [True, True]
    assert len(mail.outbox) == 2


def test_changing_it_keeps_this_session_and_ends_the_others(browser, ana, app, client):
    client.force_login(ana, backend="coordination.accounts.backends.ByEmail")
    sign_in(browser, ana)
    browser.post(CODE, {"code": code_of(app)})
    path = "/account/password/change/"
    assert browser.get(path).status_code == 200
    wrong = {"oldpassword": "wrong wrong wrong", "password1": NEW, "password2": NEW}
    assert browser.post(path, wrong).status_code == 200
    assert browser.post(path, wrong | {"oldpassword": PASSWORD}).status_code == 302
    assert browser.get("/me/").status_code == 200
    assert Session.objects.filter(user_id=ana.pk).count() == 1


def test_someone_without_a_password_may_choose_one(cast, signed_in):
    cast.ana.set_unusable_password()
    cast.ana.save(update_fields=["password"])
    client = signed_in(cast.ana)
    assert client.get("/account/password/change/")["Location"] == "/account/password/set/"
    session = client.session
    session["account_authentication_methods"] = [{"method": "socialaccount", "at": 9e9}]
    session["account_authentication_methods_user"] = str(cast.ana.pk)
    session.save()
    assert client.get("/account/password/set/").status_code == 200
    assert client.post("/account/password/set/", {"password1": NEW, "password2": NEW}).status_code == 302
    cast.ana.refresh_from_db()
    assert cast.ana.check_password(NEW)


@pytest.mark.parametrize(
    "password",
    [
        "fourteen chars",
        "throughline12345",
        "ThroughlineThroughline",
        "riverbend-2026-2026",
        "1234567890123456",
        "x" * 129,
        "ana.ruiz@example",
    ],
)
def test_weak_passwords_are_refused(cast, password):
    with pytest.raises(ValidationError):
        validate_password(password, cast.ana)


@pytest.mark.parametrize(
    "password", [NEW, "riverbend swings low tonight", "Ünïcødé paßphrase 漢字", "aB3$" * 32]
)
def test_long_ones_are_welcome(cast, password):
    validate_password(password, cast.ana)
    validate_password(password)


def test_the_hash_has_the_measured_parameters():
    """Argon2id with 46 MiB, one pass, one lane; not the library's default of 100 MiB and eight lanes."""
    hasher = Argon2id()
    encoded = hasher.encode(PASSWORD, hasher.salt())
    assert encoded.startswith("argon2$argon2id$v=19$m=47104,t=1,p=1$")
    assert hasher.verify(PASSWORD, encoded)
    assert not hasher.verify(NEW, encoded)
    assert not hasher.must_update(encoded)
    assert get_hasher("argon2").memory_cost == 47_104
