"""One's own settings and sessions."""

import pytest

from coordination.accounts.jobs import clear_sessions
from coordination.accounts.models import Session
from coordination.audit.models import Event

SETTINGS = {
    "theme": "dark",
    "density": "compact",
    "type_size": "16",
    "clock": "12",
    "time_zone": "America/Denver",
}


@pytest.mark.parametrize("name", ["ana", "flo", "adam", "aud", "olga"])
def test_everyone_has_settings(cast, signed_in, name, django_assert_max_num_queries):
    client = signed_in(getattr(cast, name))
    with django_assert_max_num_queries(9):
        assert client.get("/me/").status_code == 200


def test_it_saves_and_shows_them(cast, signed_in):
    client = signed_in(cast.ana)
    assert client.post("/me/", SETTINGS)["Location"] == "/me/"
    cast.ana.refresh_from_db()
    saved = (
        cast.ana.theme,
        cast.ana.density,
        cast.ana.type_size,
        cast.ana.clock,
        cast.ana.time_zone,
        cast.ana.single_keys,
    )
    assert saved == ("dark", "compact", 16, "12", "America/Denver", False)
    page = client.get("/me/").content.decode()
    assert 'data-theme="dark" data-density="compact" data-type="16"' in page
    assert 'data-keys="off"' in page
    event = Event.objects.get(name="user.preferences_saved")
    assert set(event.changed) == {*SETTINGS, "single_keys"}
    client.post("/me/", SETTINGS)
    assert Event.objects.filter(name="user.preferences_saved").count() == 1


@pytest.mark.parametrize("change", [{"theme": "pink"}, {"type_size": "99"}, {"time_zone": "Mars/Olympus"}])
def test_it_refuses_what_is_not_offered(cast, signed_in, change):
    assert signed_in(cast.ana).post("/me/", SETTINGS | change).status_code == 422


def test_it_signs_out_elsewhere(cast, signed_in):
    here, there = signed_in(cast.ana), signed_in(cast.ana)
    sam = signed_in(cast.sam)
    assert b"Sign out everywhere else" in here.get("/me/").content
    assert here.get("/me/sessions/end/").status_code == 405
    assert here.post("/me/sessions/end/").status_code == 302
    assert here.get("/me/").status_code == 200
    assert there.get("/me/").status_code == 302
    assert sam.get("/me/").status_code == 200
    assert Event.objects.get(name="session.ended_elsewhere").detail == {"sessions": 1}


def test_a_stranger_is_sent_to_sign_in(client, db):
    assert client.get("/me/")["Location"] == "/account/login/?next=%2Fme%2F"


def test_old_sessions_are_cleared(cast, signed_in):
    signed_in(cast.ana), signed_in(cast.sam)
    Session.objects.filter(user_id=cast.ana.pk).update(expire_date="2020-01-01T00:00:00Z")
    clear_sessions()
    assert list(Session.objects.values_list("user_id", flat=True)) == [cast.sam.pk]
