"""A session ends 15 minutes after the last thing a person did, or 12 hours after sign-in, whatever a page asks by itself."""

import datetime as dt

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.http import Http404, HttpResponse
from django.urls import include, path
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from coordination.accounts.middleware import ended, page_of, passive, write_step
from coordination.accounts.models import Session
from coordination.audit.models import Event

START = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
IDLE, DAY = settings.SESSION_IDLE_SECONDS, settings.SESSION_ABSOLUTE_SECONDS
SIGN_IN = "/account/login/"


@passive
def poll(request):
    return HttpResponse("news")


def page(request):
    return HttpResponse("page")


def refused(request):
    raise Http404


urlpatterns = [
    path("test/poll/", poll),
    path("test/page/", page),
    path("test/refused/", refused),
    path("", include("coordination.urls")),
]
pytestmark = pytest.mark.urls(__name__)


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as clock:
        yield clock


@pytest.fixture
def ana(cast, clock, signed_in):
    client = signed_in(cast.ana)
    client.get("/test/page/")
    return client


def test_it_lasts_while_the_person_works(ana, clock):
    for _ in range(20):
        clock.shift(IDLE - 70)
        assert ana.get("/test/page/").status_code == 200


def test_it_ends_when_nobody_does_anything(ana, clock, cast):
    clock.shift(IDLE)
    answer = ana.get("/test/page/?tab=2")
    assert answer.status_code == 302
    assert answer["Location"] == "/account/login/?next=%2Ftest%2Fpage%2F%3Ftab%3D2&ended=1"
    assert SESSION_KEY not in ana.session
    event = Event.objects.get(name="session.expired")
    assert (event.kind, event.actor_id, event.detail) == ("sign_in", cast.ana.pk, {"reason": "idle"})


def test_polling_never_extends_it(ana, clock):
    for _ in range(IDLE // 60):
        assert ana.get("/test/poll/").status_code == 200
        clock.shift(60)
    assert ana.get("/test/poll/").status_code == 302


@pytest.mark.parametrize(
    "trick", [{"HTTP_X_USER_CAUSED": "1"}, {"HTTP_HX_TRIGGER": "click"}, {"QUERY_STRING": "keep=1&passive=0"}]
)
def test_nothing_a_request_says_of_itself_extends_it(ana, clock, trick):
    clock.shift(IDLE - 1)
    ana.get("/test/poll/", **trick)
    clock.shift(1)
    assert ana.get("/test/poll/", **trick).status_code == 302


def test_it_ends_after_a_working_day_however_busy(ana, clock):
    for _ in range(DAY // 600 - 1):
        clock.shift(600)
        assert ana.get("/test/page/").status_code == 200
    clock.shift(600)
    assert ana.get("/test/page/").status_code == 302
    assert Event.objects.get(name="session.expired").detail == {"reason": "absolute"}


def test_activity_is_written_once_a_minute_at_most(ana, clock, django_assert_num_queries):
    before = Session.objects.get().active_at
    clock.shift(write_step() - 1)
    with django_assert_num_queries(
        1 + 3
    ):  # the session with its person; the transaction and its organization
        ana.get("/test/page/")
    assert Session.objects.get().active_at == before
    clock.shift(1)
    with django_assert_num_queries(1 + 3):  # the statement that lets the request in writes it too
        ana.get("/test/page/")
    assert Session.objects.get().active_at == before + dt.timedelta(seconds=write_step())


def test_who_sees_no_patient_stays_signed_in_too(cast, clock, signed_in):
    client = signed_in(cast.adam)
    client.get("/test/page/")
    clock.shift(IDLE - 10)
    client.get("/test/page/")
    clock.shift(IDLE - 10)
    assert client.get("/test/page/").status_code == 200


def test_being_refused_is_being_at_work(ana, clock):
    clock.shift(IDLE - 10)
    assert ana.get("/test/refused/").status_code == 404
    clock.shift(IDLE - 10)
    assert ana.get("/test/page/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_another_tab_to_write_it(clock, cast, signed_in):
    ana = signed_in(cast.ana)
    ana.get("/test/page/")
    clock.shift(write_step())
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("select from accounts_session for update")
            assert cursor.rowcount == 1
        assert ana.get("/test/page/").status_code == 200
    finally:
        other.close()


def test_staying_signed_in_extends_it(ana, clock):
    clock.shift(IDLE - 10)
    assert ana.post("/session/keep/").status_code == 204
    clock.shift(IDLE - 10)
    assert ana.get("/test/page/").status_code == 200


def test_staying_needs_a_post_and_a_session(ana, client):
    assert ana.get("/session/keep/").status_code == 405
    assert client.post("/session/keep/").status_code == 302


HTMX = {"HTTP_HX_REQUEST": "true", "HTTP_HX_CURRENT_URL": "http://testserver/test/page/?tab=2"}


def test_a_fragment_sends_its_page_to_sign_in(ana, clock):
    clock.shift(IDLE)
    answer = ana.post("/test/page/", **HTMX)
    assert answer.status_code == 401
    assert answer["HX-Redirect"] == "/account/login/?next=%2Ftest%2Fpage%2F%3Ftab%3D2&ended=1"


def test_a_poll_is_only_refused(ana, clock):
    clock.shift(IDLE)
    answer = ana.get("/test/poll/", **HTMX)
    assert answer.status_code == 401
    assert "HX-Redirect" not in answer


@pytest.mark.parametrize(
    "elsewhere",
    [
        "http://evil.example/test/page/",
        "//evil.example/",
        "javascript:alert(1)",
        "http://testserver//evil.example/",
    ],
)
def test_a_fragment_never_leads_elsewhere(client, db, elsewhere):
    answer = client.get("/test/page/", HTTP_HX_REQUEST="true", HTTP_HX_CURRENT_URL=elsewhere)
    assert answer["HX-Redirect"] == SIGN_IN


@pytest.mark.parametrize(
    ("referer", "location"),
    [
        ("http://testserver/me/?a=b", f"{SIGN_IN}?next=%2Fme%2F%3Fa%3Db"),
        ("http://testserver/me/", f"{SIGN_IN}?next=%2Fme%2F"),
        ("http://evil.example/me/", SIGN_IN),
        ("", SIGN_IN),
    ],
)
def test_a_form_sent_too_late_leads_back_to_its_page(client, db, referer, location):
    answer = client.post("/test/page/", HTTP_REFERER=referer)
    assert answer["Location"] == location


def test_the_front_page_needs_no_way_back(rf):
    assert page_of(rf.get("/")) == ""
    assert page_of(rf.get("//evil.example/")) in {"", "/%2Fevil.example/"}


def test_a_session_knows_its_person(ana, cast):
    assert Session.objects.get().user_id == cast.ana.pk
    assert Session.get_session_store_class()(Session.objects.get().session_key)[SESSION_KEY] == str(
        cast.ana.pk
    )


def test_an_ended_session_of_a_suspended_person_is_no_surprise(ana, cast, clock):
    cast.ana.is_active = False
    cast.ana.save(update_fields=["is_active"])
    clock.shift(IDLE)
    assert ana.get("/test/page/").status_code == 302
    assert not Event.objects.filter(name="session.expired").exists()


moves = st.lists(st.tuples(st.integers(1, IDLE + 60), st.booleans()), max_size=60)


@hypothesis_settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves)
def test_the_clock_against_a_plain_account_of_it(steps):
    """Never late, at most one step early, and only what a person does counts."""
    session: dict[str, float] = {}
    now = started = acted = 0.0
    ended(session, now)
    for seconds, by_person in steps:
        now += seconds
        over = ended(session, now)
        if now - acted >= IDLE or now - started >= DAY:
            assert over
        if now - acted < IDLE - write_step() and now - started < DAY:
            assert not over
        if over:
            return
        if by_person:
            acted = now
            if now - session["last_activity"] >= write_step():
                session["last_activity"] = now
