"""Two browsers in the same moment, on a real database: one code, one entry; two administrators, one stays."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth import SESSION_KEY
from django.db import connection, connections, transaction
from django.test import Client

from coordination.accounts import actions
from coordination.accounts.models import User
from coordination.lib.refusal import Refused
from tests.coordination.accounts.conftest import CODE, PASSWORD, code_of, sign_in
from tests.factories import OrganizationFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(work, parts):
    barrier = Barrier(len(parts))

    def part(value):
        barrier.wait()
        try:
            return work(value)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(parts)) as pool:
        return list(pool.map(part, parts))


def test_one_code_lets_one_browser_in():
    ana = UserFactory(name="Ana Ruiz")
    ana.set_password(PASSWORD)
    ana.save(update_fields=["password"])
    secret = generate_totp_secret()
    TOTP.activate(ana, secret)
    browsers = [Client() for _ in range(4)]
    for browser in browsers:
        sign_in(browser, ana)
    code = code_of(secret, 1)
    at_once(lambda browser: browser.post(CODE, {"code": code}), browsers)
    assert sum(SESSION_KEY in browser.session for browser in browsers) == 1


def test_two_administrators_cannot_demote_each_other_at_once():
    riverbend = OrganizationFactory()
    first, second = UserFactory.create_batch(2, organization=riverbend, roles=["admin"])

    def demote(pair):
        who, by = pair
        try:
            actions.change_roles(user=who, roles=["auditor"], by=by)
        except Refused:
            return "refused"
        return "done"

    assert sorted(at_once(demote, [(first, second), (second, first)])) == ["done", "refused"]
    assert User.objects.filter(roles__contains=["admin"]).count() == 1


def test_two_jobs_at_once_make_one_system_user():
    """The second asks while the first has not committed yet: it waits, and gets the same one."""
    riverbend = OrganizationFactory()
    made = Event()

    def first():
        try:
            with transaction.atomic():
                user = actions.ensure_system_user(riverbend)
                made.set()
                wait_for_someone_waiting()
                return user
        finally:
            connections.close_all()

    def second():
        try:
            made.wait()
            return actions.ensure_system_user(riverbend)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        found = [job.result(timeout=20) for job in [pool.submit(first), pool.submit(second)]]
    assert found[0] == found[1] == User.objects.get(is_system=True)


def wait_for_someone_waiting():
    for _ in range(300):
        with connection.cursor() as cursor:
            cursor.execute(
                "select pg_stat_clear_snapshot()"
            )  # else the first look is remembered to the end of the transaction
            cursor.execute(
                "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
            )
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
