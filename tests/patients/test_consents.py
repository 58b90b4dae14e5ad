"""What the patient agreed to, declined and took back."""

import datetime as dt

import pytest

from coordination.audit.models import Event
from patients.models import Consent
from tests.factories.record import ConsentFactory
from tests.patients.record import at, page, send

GIVEN = {"kind": "share_information", "given": "yes", "signed_on": "2026-01-05", "scope": "Care plan"}


def test_a_consent_is_recorded(cast, signed_in):
    client = signed_in(cast.ana)
    assert "Save consent for RIVERA, Pat" in page(client, at("consent_add", cast.pat))
    assert send(client, at("consent_add", cast.pat), cast.pat, **GIVEN).status_code == 302
    text = page(client, at("people", cast.pat))
    assert "Share information" in text
    assert "In force" in text
    assert "What: Care plan" in text
    assert Event.objects.get(name="consent.recorded").detail == {"given": True}


def test_a_refusal_is_recorded_too(cast, signed_in):
    client = signed_in(cast.ana)
    send(client, at("consent_add", cast.pat), cast.pat, **{**GIVEN, "given": "no"})
    assert "Declined" in page(client, at("people", cast.pat))
    consent = Consent.objects.get()
    assert not consent.is_in_force_on(dt.date(2026, 2, 1))
    answer = send(client, at("consent_revoke", cast.pat, consent), cast.pat, version=1)
    assert "nothing to revoke" in answer.content.decode()


@pytest.mark.parametrize(
    "wrong",
    [{"signed_on": "2999-01-01"}, {"expires_on": "2020-01-01"}, {"kind": "nonsense"}, {"signed_on": ""}],
)
def test_it_says_what_is_wrong(cast, signed_in, wrong):
    assert (
        send(signed_in(cast.ana), at("consent_add", cast.pat), cast.pat, **{**GIVEN, **wrong}).status_code
        == 422
    )
    assert not Consent.objects.exists()


def test_a_part_2_consent_names_what_to_whom_and_why(cast, signed_in):
    client = signed_in(cast.ana)
    values = {**GIVEN, "kind": "part_2"}
    answer = send(client, at("consent_add", cast.pat), cast.pat, **values)
    assert answer.status_code == 422
    assert "with whom and for what purpose" in answer.content.decode()
    values |= {"recipients": "My treating providers", "purpose": "Treatment"}
    assert send(client, at("consent_add", cast.pat), cast.pat, **values).status_code == 302


def test_a_part_2_consent_is_hidden_from_other_roles(cast, signed_in):
    consent = ConsentFactory(patient=cast.pat, kind="part_2", scope="All records")
    words = "42 CFR Part 2"
    assert words in page(signed_in(cast.ana), at("people", cast.pat))
    assert words in page(signed_in(cast.max), at("people", cast.pat))
    for who in (cast.vic, cast.flo, cast.petra):
        assert words not in page(signed_in(who), at("people", cast.pat))
        assert not Consent.objects.visible_to(who).filter(pk=consent.pk).exists()


def test_front_desk_sees_kind_and_dates_only(cast, signed_in):
    ConsentFactory(patient=cast.pat, scope="Depression care")
    text = page(signed_in(cast.flo), at("people", cast.pat))
    assert "Care coordination" in text
    assert "Depression care" not in text


def test_a_consent_is_revoked_at_once(cast, signed_in):
    client = signed_in(cast.ana)
    consent = ConsentFactory(patient=cast.pat)
    url = at("consent_revoke", cast.pat, consent)
    assert "Revoke for RIVERA, Pat" in page(client, url)
    assert send(client, url, cast.pat, version=9).status_code == 409
    assert send(client, url, cast.pat, version=1).status_code == 302
    consent.refresh_from_db()
    assert consent.revoked_by == cast.ana
    assert not consent.is_in_force_on(cast.riverbend.today())
    assert "Revoked" in page(client, at("people", cast.pat))
    assert "already revoked" in send(client, url, cast.pat, version=2).content.decode()


def test_only_some_may_record_and_revoke(cast, signed_in):
    consent = ConsentFactory(patient=cast.pat)
    for name, rest in (("consent_add", []), ("consent_revoke", [consent])):
        assert send(signed_in(cast.max), at(name, cast.pat, *rest), cast.pat).status_code == 403
        assert send(signed_in(cast.sam), at(name, cast.pat, *rest), cast.pat).status_code == 404


def test_what_ends_soon_is_said(cast, signed_in):
    today = cast.riverbend.today()
    ConsentFactory(patient=cast.pat, expires_on=today + dt.timedelta(days=3))
    ConsentFactory(patient=cast.pat, kind="portal", expires_on=today - dt.timedelta(days=3))
    text = page(signed_in(cast.ana), at("people", cast.pat))
    assert 'tag amber">Ends ' in text
    assert 'tag">Ended' in text
