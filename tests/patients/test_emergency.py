"""Opening a record in an emergency: two identifiers, a reason, some minutes, and somebody who looks at it afterwards."""

import datetime as dt
import time
import uuid

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from coordination.audit.models import Event
from coordination.lib.refusal import Refused
from coordination.lib.rls import enter_organization
from coordination.outbox.models import Message
from coordination.outbox.relay import deliver_due
from patients.actions.sight import break_glass
from patients.models import AccessDenial, AccessGrant, Patient
from tests.factories import PatientFactory, TaskFactory, UserFactory
from tests.patients.record import at

SEARCH, OPEN = "/access/emergency/", "/access/emergency/open/"
NOTE = "Called from the emergency department"
RIVERA = {"family": "Rivera", "born": "14 Mar 1958"}
NOTHING = "Nothing can be opened with these two identifiers."

pytestmark = pytest.mark.django_db


def prove(client, *, method="mfa", ago=0):
    session = client.session
    session["account_authentication_methods"] = [{"method": method, "at": time.time() - ago}]
    session["account_authentication_methods_user"] = session["_auth_user_id"]
    session.save()
    return client


@pytest.fixture
def sam(cast, signed_in):
    """Sam coordinates in South and has no sight of pat, who is North's."""
    return prove(signed_in(cast.sam))


def search(client, **values):
    return client.post(SEARCH, {**RIVERA, "idempotency_key": uuid.uuid4(), **values})


def pass_in(answer):
    return answer.context["pass"]


def open_record(client, **values):
    sent = {"pass": pass_in(search(client)), "reason": "emergency", "note": NOTE, **values}
    return client.post(OPEN, {"idempotency_key": uuid.uuid4(), **sent})


def running(cast, user=None):
    enter_organization(cast.riverbend.pk)
    return AccessGrant.objects.emergencies().filter(user=user or cast.sam).running(timezone.now())


def deliver(cast):
    """As the relay would, until nothing is due."""
    while deliver_due():
        pass
    enter_organization(cast.riverbend.pk)


class TestTheSearch:
    def test_it_shows_the_two_identifiers_that_were_typed_and_nothing_else(self, cast, sam):
        Patient.objects.filter(pk=cast.pat.pk).update(given="Patricia", record_number="44987654")
        page = search(sam).content.decode()
        assert "Rivera" in page
        assert "14-Mar-1958" in page
        for more in ("Patricia", "44987654", "Ana Ruiz", "North", str(cast.pat.pk)):
            assert more not in page
        page = search(sam, family="", number="44987654").content.decode()
        assert "44987654" in page
        assert "Rivera" not in page

    @pytest.mark.parametrize(
        "values",
        [
            {"family": "Riverb"},
            {"family": "Rive"},
            {"family": "Pat"},
            {"born": "15 Mar 1958"},
            {"family": "", "number": "99999999"},
        ],
    )
    def test_it_is_exact(self, cast, sam, values):
        assert NOTHING in search(sam, **values).content.decode()

    def test_capitals_and_accents_do_not_matter(self, cast, sam):
        assert pass_in(search(sam, family="RIVÉRA"))

    @pytest.mark.parametrize("values", [{"family": ""}, {"number": "4411"}, {"born": ""}, {"born": "soon"}])
    def test_it_needs_a_date_of_birth_and_one_more(self, cast, sam, values):
        assert search(sam, **values).status_code == 422

    def test_two_who_share_both_are_not_told_apart(self, cast, sam):
        PatientFactory(organization=cast.riverbend, family="Rivera", given="Paul")
        assert NOTHING in search(sam).content.decode()

    def test_signs_without_a_letter_are_no_name(self, cast, sam):
        PatientFactory(organization=cast.riverbend, family="…", given="")
        assert NOTHING in search(sam, family="-").content.decode()

    def test_it_says_who_can_give_lasting_sight(self, cast, sam):
        assert "Adam Frost, Pam Diaz, Sue Park" in sam.get(SEARCH).content.decode()

    def test_another_organization_is_not_searched(self, cast, signed_in):
        assert NOTHING in search(prove(signed_in(cast.olga))).content.decode()

    def test_someone_denied_gets_the_very_answer_of_someone_who_was_never_there(self, cast, sam):
        key = {"idempotency_key": ""}
        never = search(sam, family="Nobody", **key).content
        deny(cast, cast.sam)
        hidden = search(sam, **key).content
        assert plain(hidden).replace(b"Rivera", b"Nobody") == plain(never)
        assert NOTHING.encode() in hidden

    def test_whoever_sees_the_patient_is_led_to_the_record(self, cast, signed_in):
        answer = search(prove(signed_in(cast.ana)))
        assert answer.headers["Location"] == at("patient", cast.pat)
        assert not running(cast, cast.ana)

    def test_it_is_written_down_without_the_words(self, cast, sam):
        search(sam)
        search(sam, family="Nobody")
        hit, miss = Event.objects.filter(name="access.searched").order_by("at")
        assert (hit.patient_id, hit.detail["results"]) == (cast.pat.pk, 1)
        assert (miss.patient_id, miss.detail["results"]) == (None, 0)
        assert hit.purpose == "BTG"
        assert "Rivera" not in str(hit.detail)

    def test_there_is_an_end_to_searching(self, cast, sam, settings):
        settings.BREAK_GLASS_SEARCHES = 3
        for _n in range(3):
            assert search(sam, family="Nobody").status_code == 200
        assert search(sam).status_code == 429
        with time_machine.travel(timezone.now() + dt.timedelta(minutes=61)):
            session = sam.session
            session["started_at"] = session["last_activity"] = time.time()
            session.save()
            assert search(prove(sam)).status_code == 200

    @pytest.mark.parametrize("who", ["vic", "flo", "petra", "aud", "adam", "pam"])
    def test_roles_that_help_nobody_at_once_may_not(self, cast, signed_in, who):
        client = prove(signed_in(getattr(cast, who)))
        assert client.get(SEARCH).status_code == 403
        assert search(client).status_code == 403
        assert client.post(OPEN).status_code == 403


def deny(cast, user):
    enter_organization(cast.riverbend.pk)
    today = cast.riverbend.today()
    AccessDenial.objects.create(
        organization=cast.riverbend, patient=cast.pat, user=user, reason="Relative", starts_on=today, created_by=cast.sue
    )  # fmt: skip


def plain(content: bytes) -> bytes:
    """Without what each page has of its own: keys, tokens and the time of day."""
    own = (b"csrf", b"idempotency_key", b"data-clock")
    return b"<".join(line for line in content.split(b"<") if not any(part in line.lower() for part in own))


class TestTheSecondStep:
    @pytest.mark.parametrize("proof", [{"ago": 16 * 60}, {"method": "password", "ago": 16 * 60}])
    def test_an_old_proof_is_asked_for_again(self, cast, signed_in, proof):
        client = prove(signed_in(cast.sam), **proof)
        for answer in (client.get(SEARCH), search(client)):
            assert answer.status_code == 302
            assert answer.headers["Location"].endswith("reauthenticate/?next=%2Faccess%2Femergency%2F")

    def test_a_password_is_not_enough_for_who_has_a_second_step(self, cast, signed_in):
        client = prove(signed_in(cast.sam), method="password")
        assert client.get(SEARCH).status_code == 200
        cast.sam.authenticator_set.create(type="totp", data={})
        assert "/2fa/reauthenticate/" in client.get(SEARCH).headers["Location"]

    def test_what_was_typed_is_kept_when_the_proof_grew_old(self, cast, sam):
        answer = open_record_later(sam)
        assert answer.status_code == 422
        assert NOTE in answer.content.decode()
        assert not running(cast)


def open_record_later(client):
    token = pass_in(search(client))
    prove(client, ago=16 * 60)
    return client.post(OPEN, {"pass": token, "reason": "emergency", "note": NOTE})


class TestTheGrant:
    def test_the_record_opens_for_an_hour_and_closes_by_itself(self, cast, sam):
        assert sam.get(at("patient", cast.pat)).status_code == 404
        assert open_record(sam).headers["Location"] == at("patient", cast.pat)
        page = sam.get(at("patient", cast.pat)).content.decode()
        assert "60 min left" in page
        grant = running(cast).get()
        later = grant.expires_at + dt.timedelta(seconds=1)
        with time_machine.travel(later - dt.timedelta(minutes=18)):
            awake(sam)
            for name in ("patient", "timeline", "people", "history", "coverage"):
                assert "18 min left" in sam.get(at(name, cast.pat)).content.decode(), name
        with time_machine.travel(later):
            awake(sam)
            assert sam.get(at("patient", cast.pat)).status_code == 404
            assert (
                "Emergency access has ended"
                in sam.get(reverse("access:left", args=[grant.pk])).content.decode()
            )

    def test_what_shows_only_the_thin_head_says_it_too(self, cast, sam, inside):
        open_record(sam)
        grant = running(cast).get()
        inside(cast.riverbend)
        task = TaskFactory(patient=cast.pat, owner=cast.ana)
        with time_machine.travel(grant.expires_at - dt.timedelta(minutes=17)):
            awake(sam)
            pages = [f"/tasks/{task.pk}/{act}/" for act in ("snooze", "assign", "due", "done", "edit")]
            pages += [f"/contacts/new/?patient={cast.pat.pk}", f"/tasks/new/?patient={cast.pat.pk}"]
            for page in pages:
                body = sam.get(page).content.decode()
                assert "17 min left" in body, page
                assert "/left/?strip=1" in body, page
            parts = {"HX-Request": "true"}
            assert "17 min left" in sam.get(pages[0], headers=parts).content.decode()
        left = reverse("access:left", args=[grant.pk])
        with time_machine.travel(grant.expires_at + dt.timedelta(seconds=1)):
            awake(sam)
            ended = sam.get(f"{left}?strip=1").content.decode()
        assert "nothing more can be saved" in ended
        assert "hx-get" not in ended

    def test_whoever_sees_the_patient_anyway_is_not_counted_down(self, cast, signed_in, inside):
        inside(cast.riverbend)
        task = TaskFactory(patient=cast.pat, owner=cast.ana)
        assert "min left" not in signed_in(cast.ana).get(f"/tasks/{task.pk}/snooze/").content.decode()

    def test_what_is_opened_says_that_it_was_an_emergency(self, cast, sam):
        open_record(sam)
        sam.get(at("patient", cast.pat))
        assert Event.objects.get(name="patient.viewed", actor_id=cast.sam.pk).purpose == "BTG"

    def test_it_ends_early(self, cast, sam):
        open_record(sam)
        grant = running(cast).get()
        assert sam.post(reverse("access:end", args=[grant.pk])).status_code == 302
        assert sam.get(at("patient", cast.pat)).status_code == 404
        grant.refresh_from_db()
        assert grant.revoked_by == cast.sam
        assert sam.post(reverse("access:end", args=[grant.pk])).status_code == 302  # nothing more happens
        assert Event.objects.filter(name="access.emergency_ended").count() == 1

    def test_a_stranger_cannot_end_it(self, cast, sam, signed_in):
        open_record(sam)
        url = reverse("access:end", args=[running(cast).get().pk])
        assert signed_in(cast.olga).post(url).status_code == 404
        assert signed_in(cast.ana).post(url).status_code == 403
        assert running(cast).exists()

    def test_the_same_form_twice_is_one_grant(self, cast, sam):
        sent = {
            "pass": pass_in(search(sam)),
            "reason": "emergency",
            "note": NOTE,
            "idempotency_key": uuid.uuid4(),
        }
        answers = [sam.post(OPEN, sent) for _n in range(2)]
        assert [answer.status_code for answer in answers] == [302, 302]
        assert AccessGrant.objects.count() == 1

    def test_while_it_runs_asking_again_gives_the_same(self, cast, sam):
        token = pass_in(search(sam))
        for _n in range(2):
            sam.post(OPEN, {"pass": token, "reason": "other", "note": NOTE, "idempotency_key": uuid.uuid4()})
        assert AccessGrant.objects.count() == 1
        assert Message.objects.filter(topic="access.broken_glass").count() == 1

    @pytest.mark.parametrize("values", [{"note": ""}, {"note": "urgent"}, {"note": " " * 40}, {"reason": ""}])
    def test_it_needs_a_reason_in_words(self, cast, sam, values):
        answer = open_record(sam, **values)
        assert answer.status_code == 422
        assert "Rivera" in answer.content.decode()
        assert not running(cast)

    def test_a_pass_is_for_one_person_and_some_minutes(self, cast, sam, signed_in):
        token = pass_in(search(sam))
        other = prove(signed_in(UserFactory(organization=cast.riverbend, roles=["coordinator"])))
        sent = {"pass": token, "reason": "emergency", "note": NOTE}
        assert other.post(OPEN, sent).status_code == 404
        assert sam.post(OPEN, {**sent, "pass": token[:-4] + "AAAA"}).status_code == 404
        assert sam.post(OPEN, {**sent, "pass": ""}).status_code == 404
        with time_machine.travel(timezone.now() + dt.timedelta(minutes=16)):
            awake(sam)
            assert sam.post(OPEN, sent).status_code == 404

    def test_a_denial_in_between_wins(self, cast, sam):
        token = pass_in(search(sam))
        deny(cast, cast.sam)
        assert sam.post(OPEN, {"pass": token, "reason": "emergency", "note": NOTE}).status_code == 404
        with pytest.raises(Refused, match="cannot be opened"):
            break_glass(patient=cast.pat, reason="emergency", note=NOTE, by=cast.sam)

    def test_a_denial_ends_what_runs(self, cast, sam):
        open_record(sam)
        deny(cast, cast.sam)
        assert sam.get(at("patient", cast.pat)).status_code == 404


def awake(client):
    session = client.session
    session["started_at"] = session["last_activity"] = time.time()
    session.save()


def test_the_way_there_is_shown_to_those_who_may(cast, signed_in):
    for who, told in ((cast.sam, True), (cast.flo, False)):
        client = signed_in(who)
        page = client.post("/patients/search/", {"text": "Zzyzx"}, follow=True).content.decode()
        assert ("/access/emergency/" in page) == told
