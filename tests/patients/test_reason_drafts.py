"""Why a record is opened in an emergency, and why two are one: kept as it is typed, for these records and this person only."""

import re

import pytest

from coordination.drafts.models import Draft
from patients.models import AccessGrant, Patient, PatientMerge
from tests.factories import EmergencyFactory, PatientFactory, join_care_team
from tests.patients.test_emergency import NOTE, OPEN, prove, sam, search
from tests.patients.test_merging_pages import compared, twin, url

__all__ = ["sam", "twin"]
pytestmark = pytest.mark.django_db


def address_of(page):
    return re.search(r'hx-post="(/drafts/[^"]+)"', page.text)[1]


class TestAnEmergency:
    def test_the_reason_is_there_again_and_gone_once_the_record_is_open(self, cast, sam, inside):
        page = search(sam)
        address = address_of(page)
        assert str(cast.pat.pk) not in page.text
        typed = {"pass": page.context["pass"], "reason": "emergency", "note": NOTE}
        assert sam.post(address, typed).status_code == 200
        inside(cast.riverbend)
        draft = Draft.objects.get()
        assert draft.fields == {"reason": "emergency", "note": NOTE}  # the pass is nothing typed
        assert draft.patient_id is None
        again = search(sam)
        assert "restored" in again.text
        assert NOTE in again.text
        assert sam.post(OPEN, {**typed, "note": "short"}).status_code == 422
        inside(cast.riverbend)
        assert Draft.objects.exists()
        assert sam.post(OPEN, typed).status_code == 302
        inside(cast.riverbend)
        assert AccessGrant.objects.filter(note=NOTE).count() == 1
        assert not Draft.objects.exists()

    def test_it_is_about_one_patient(self, cast, sam, inside):
        inside(cast.riverbend)
        PatientFactory(organization=cast.riverbend, team=cast.north, family="Okafor", birth_date="1958-03-14")
        sam.post(address_of(search(sam)), {"note": NOTE})
        other = search(sam, family="Okafor")
        assert "named" in other.context
        assert NOTE not in other.text

    def test_who_may_not_break_the_glass_keeps_nothing(self, cast, sam, signed_in):
        address = address_of(search(sam))
        assert prove(signed_in(cast.aud)).post(address, {"note": NOTE}).status_code == 403


class TestAMerge:
    def confirm(self, client, cast, twin):
        return client.post(url("merge_with", cast.pat.pk, twin.pk), compared(cast, twin, step="compare"))

    def test_the_reason_is_there_again_and_gone_with_the_merge(self, cast, twin, signed_in, inside):
        client = signed_in(cast.sue)
        address = address_of(self.confirm(client, cast, twin))
        typed = {"into": cast.pat.pk, "reason": "Same card", "second_identifier": twin.record_number}
        assert client.post(address, compared(cast, twin, **typed)).status_code == 200
        inside(cast.riverbend)
        assert "second_identifier" not in Draft.objects.get().fields
        again = self.confirm(client, cast, twin)
        assert "restored" in again.text
        assert again.context["form"]["reason"].value() == "Same card"
        assert not again.context["form"]["second_identifier"].value()
        there, sure = url("merge_with", cast.pat.pk, twin.pk), compared(cast, twin, step="merge", **typed)
        assert client.post(there, sure | {"second_identifier": "x"}).status_code == 422
        inside(cast.riverbend)
        assert Draft.objects.exists()
        assert client.post(there, sure).status_code == 302
        inside(cast.riverbend)
        assert PatientMerge.objects.count() == 1
        assert not Draft.objects.exists()

    def test_it_is_about_these_two(self, cast, twin, signed_in, inside):
        client = signed_in(cast.sue)
        address = address_of(self.confirm(client, cast, twin))
        client.post(address, {"into": Patient.objects.exclude(pk=cast.pat.pk)[0].pk, "reason": "Same card"})
        assert "Same card" not in self.confirm(client, cast, twin).text

    def test_who_may_not_merge_keeps_nothing(self, cast, twin, signed_in):
        join_care_team(twin, cast.ana, role="nurse")
        address = address_of(self.confirm(signed_in(cast.sue), cast, twin))
        assert signed_in(cast.vic).post(address, {"reason": "x"}).status_code == 403
        assert signed_in(cast.sam).post(address, {"reason": "x"}).status_code == 404


class TestTwoPeople:
    def test_the_reason_is_there_again_for_these_two_only(self, cast, twin, signed_in, inside):
        client = signed_in(cast.sue)
        there = url("two_people", cast.pat.pk, twin.pk)
        address = address_of(client.get(there))
        assert client.post(address, {"other": twin.pk, "reason": "Twin sister"}).status_code == 200
        again = client.get(there)
        assert "restored" in again.text
        assert again.context["form"]["reason"].value() == "Twin sister"
        inside(cast.riverbend)
        third = PatientFactory(organization=cast.riverbend, team=cast.north, family="Okafor")
        assert "Twin sister" not in client.get(url("two_people", cast.pat.pk, third.pk)).text
        assert client.post(there, {"other": twin.pk, "reason": "Twin sister"}).status_code == 302
        inside(cast.riverbend)
        assert not Draft.objects.exists()


class TestAnUnmerge:
    def test_the_reason_is_there_again_and_gone_with_it(self, cast, twin, signed_in, inside):
        client = signed_in(cast.sue)
        typed = {"into": cast.pat.pk, "reason": "Same card", "second_identifier": twin.record_number}
        client.post(url("merge_with", cast.pat.pk, twin.pk), compared(cast, twin, step="merge", **typed))
        inside(cast.riverbend)
        there = url("unmerge", cast.pat.pk, PatientMerge.objects.get().pk)
        page = client.get(there)
        assert client.post(address_of(page), {"reason": "They are cousins"}).status_code == 200
        again = client.get(there)
        assert "restored" in again.text
        assert again.context["form"]["reason"].value() == "They are cousins"
        cast.pat.refresh_from_db()
        sent = {"patient": cast.pat.pk, "version": cast.pat.version, "reason": "They are cousins"}
        assert client.post(there, sent).status_code == 302
        inside(cast.riverbend)
        assert not Draft.objects.exists()


class TestAReview:
    def test_the_finding_is_there_again_and_nobody_else_keeps_one(self, cast, signed_in, inside):
        grant = EmergencyFactory(patient=cast.pat, user=cast.max)
        client, there = signed_in(cast.petra), f"/access/reviews/{grant.pk}/"
        address = address_of(client.get(there))
        typed = {"finding": "questioned", "finding_note": "The desk could have called."}
        assert client.post(address, typed).status_code == 200
        again = client.get(there)
        assert "restored" in again.text
        assert again.context["form"]["finding_note"].value() == typed["finding_note"]
        assert signed_in(cast.ana).post(address, typed).status_code in {403, 404}
        assert signed_in(cast.max).post(address, typed).status_code == 404
        assert client.post(there, typed).status_code == 302
        inside(cast.riverbend)
        assert not Draft.objects.exists()
