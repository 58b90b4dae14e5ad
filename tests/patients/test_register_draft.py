"""What is typed of a new patient is kept until they are added: it is nobody else's, and it comes back with who they may be."""

import pytest

from coordination.drafts.models import Draft
from patients.models import Patient
from tests.coordination.drafts.test_edit_drafts import fields
from tests.factories import PatientFactory
from tests.patients.test_register import FORM, URL, form

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(cast):
    return f"/drafts/patient-new/{cast.ana.pk}/"


def test_what_was_typed_is_there_again_and_gone_with_the_save(cast, signed_in, inside, address):
    client = signed_in(cast.ana)
    page = client.post(URL, {"family": "Okafor", "given": "Grace"})
    assert f'hx-post="{address}"' in page.text
    typed = {**FORM, "coordinator": str(cast.ana.pk), "race_ethnicity": ["black", "white"], "no_phone": "on"}
    assert client.post(address, typed).status_code == 200
    inside(cast.riverbend)
    assert Draft.objects.get().patient_id is None
    body = client.get(URL).text
    assert "restored" in body
    again = fields(body)
    assert {name: again.get(name) for name in typed} == typed
    assert body.count('<details class="panel" open>') == 2  # the folded parts in which something was typed
    assert client.post(URL, again | {"family": "", "given": ""}).status_code == 422
    inside(cast.riverbend)
    assert Draft.objects.exists()  # a refused save keeps it
    assert client.post(URL, fields(client.get(URL).text)).status_code == 302
    inside(cast.riverbend)
    assert Patient.objects.get(family="Okafor").race_ethnicity == ["black", "white"]
    assert not Draft.objects.exists()
    assert "restored" not in client.get(URL).text


def test_it_comes_back_with_who_it_may_be(cast, signed_in, inside, address):
    client = signed_in(cast.ana)
    client.post(address, form(cast))
    inside(cast.riverbend)
    PatientFactory(
        organization=cast.riverbend, team=cast.north, coordinator=cast.ana, family="Okafor", given="Grace",
        birth_date="1958-03-14",
    )  # fmt: skip
    page = signed_in(cast.sue).post(f"/drafts/patient-new/{cast.sue.pk}/", form(cast))
    assert page.status_code == 200
    page = signed_in(cast.sue).get(URL)
    assert [match["strong"] for match in page.context["matches"]] == [True]
    assert page.context["must_confirm"]


def test_it_is_discarded(cast, signed_in, address):
    client = signed_in(cast.ana)
    client.post(address, {"family": "Okafor"})
    answer = client.post(f"{address}discard/", headers={"Referer": f"http://testserver{URL}"})
    assert answer["Location"] == URL
    assert "Okafor" not in client.get(URL).text


def test_it_is_nobody_elses(cast, signed_in, inside, address):
    signed_in(cast.ana).post(address, {"family": "Okafor"})
    assert "Okafor" not in signed_in(cast.sue).get(URL).text
    assert signed_in(cast.sue).post(address, {"family": "x"}).status_code == 404
    assert signed_in(cast.vic).post(f"/drafts/patient-new/{cast.vic.pk}/", {"family": "x"}).status_code == 403
    inside(cast.riverbend)
    assert Draft.objects.count() == 1
