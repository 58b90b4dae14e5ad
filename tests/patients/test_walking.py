"""J and K on a record: along the list it was opened from, and never out of it."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from patients.models import Patient
from tests.factories import PatientFactory, join_care_team

pytestmark = pytest.mark.django_db


@pytest.fixture
def five(cast, inside) -> dict[str, Patient]:
    """Adams, Baker, Clark, Davis and Evans are Ana's; Cross is South's, and stands between them."""
    inside(cast.riverbend)
    found = {}
    for n, family in enumerate(["Adams", "Baker", "Clark", "Davis", "Evans"]):
        risk = "high" if n % 2 else "low"
        patient = PatientFactory(
            organization=cast.riverbend, team=cast.north, family=family, given="A", risk=risk
        )
        join_care_team(patient, cast.ana, role="coordinator", is_primary=True)
        found[family] = patient
    PatientFactory(organization=cast.riverbend, team=cast.south, family="Cross", given="A")
    return found


@pytest.fixture
def walk(cast, signed_in):
    """What K and J lead to from the record of a patient, opened from the list with this address."""
    client = signed_in(cast.ana)

    def read(patient: Patient, listed: str) -> tuple[str, str]:
        body = client.get(f"/patients/{patient.pk}/", {"along": listed}).content.decode()
        return led_to(body, "k"), led_to(body, "j")

    read.client = client  # type: ignore[attr-defined]
    return read


def led_to(body: str, key: str) -> str:
    found = re.search(rf'href="([^"]+)" data-key="{key}"', body)
    return unescape(found[1]) if found else ""


def families(addresses: tuple[str, str]) -> tuple[str, str]:
    return tuple(Patient.objects.get(pk=a.split("/")[2]).family if a else "" for a in addresses)  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("listed", "family", "expected"),
    [
        ("sort=name", "Clark", ("Baker", "Davis")),
        ("sort=name", "Adams", ("", "Baker")),
        ("sort=-name", "Clark", ("Davis", "Baker")),
        ("risk=high&sort=name", "Baker", ("", "Davis")),
        (
            "risk=high&sort=name",
            "Clark",
            ("Baker", "Davis"),
        ),  # it left the list meanwhile and keeps its place
        ("sort=number&offered=x", "Clark", None),
    ],
)
def test_it_goes_along_the_list(cast, five, walk, inside, listed, family, expected):
    addresses = walk(five[family], listed)
    inside(cast.riverbend)
    if expected is not None:
        assert families(addresses) == expected
    assert all("offered" not in address for address in addresses)


def test_a_list_leads_to_its_records_with_itself(cast, five, walk, inside):
    body = walk.client.get("/patients/", {"risk": "high", "after": ""}).content.decode()
    (address,) = re.findall(rf'href="(/patients/{five["Baker"].pk}/[^"]*)"', body)
    page = walk.client.get(unescape(address)).content.decode()
    inside(cast.riverbend)
    assert families((led_to(page, "k"), led_to(page, "j"))) == ("", "Davis")
    assert 'href="/patients/?risk=high"' in page


def test_it_goes_on_from_where_it_led(cast, five, walk, inside):
    _before, after = walk(five["Adams"], "risk=low&sort=name")
    page = walk.client.get(after).content.decode()
    inside(cast.riverbend)
    assert families((led_to(page, "k"), led_to(page, "j"))) == ("Adams", "Evans")


def test_a_search_is_gone_along_and_its_words_stay_out_of_the_address(cast, five, walk, inside):
    found = walk.client.post("/patients/search/", {"text": "davis"})
    body = walk.client.get(found["Location"]).content.decode()
    (address,) = re.findall(rf'href="(/patients/{five["Davis"].pk}/[^"]*)"', body)
    assert "davis" not in address.lower()
    assert walk.client.get(unescape(address)).status_code == 200


@pytest.mark.parametrize(
    "listed", ["", "%", "sort=nothing", "a" * 600, "team=%00", "coordinator=me%27", "s=gone&sort=match"]
)
def test_nonsense_is_a_plain_record(cast, five, walk, listed):
    assert walk.client.get(f"/patients/{five['Clark'].pk}/?along={listed}").status_code == 200


def test_opened_from_nowhere_there_is_no_walk(cast, five, walk):
    body = walk.client.get(f"/patients/{five['Clark'].pk}/").content.decode()
    assert 'data-key="j"' not in body


@pytest.mark.parametrize(
    "listed",
    [
        f"sort={way}{name}"
        for way in ("", "-")
        for name in ("name", "born", "number", "coordinator", "team", "risk", "contact", "due", "tasks")
    ],
)
def test_it_costs_one_statement(cast, five, walk, django_assert_max_num_queries, listed):
    walk.client.get(f"/patients/{five['Clark'].pk}/")
    with CaptureQueriesContext(connection) as without:
        walk.client.get(f"/patients/{five['Clark'].pk}/")
    with django_assert_max_num_queries(len(without) + 1):
        walk(five["Clark"], listed)


def test_lists_sorted_by_what_may_be_empty_are_gone_along_too(cast, five, walk, inside):
    inside(cast.riverbend)
    for n, family in enumerate(["Evans", "Clark", "Adams"]):
        Patient.objects.filter(pk=five[family].pk).update(
            last_contact_at=timezone.now() - timedelta(days=9 - n)
        )
    way = {family: walk(five[family], "sort=contact") for family in five}
    inside(cast.riverbend)
    after = {family: families(addresses)[1] for family, addresses in way.items()}
    assert sorted(after) == ["Adams", "Baker", "Clark", "Davis", "Evans"]
    assert after["Evans"] == "Clark"
    assert after["Clark"] == "Adams"


@pytest.mark.parametrize("tab", ["timeline/", "tasks/", "people/", "coverage/", "history/", "access/"])
def test_every_tab_leads_to_the_same_tab(cast, five, walk, inside, tab):
    address = f"/patients/{five['Clark'].pk}/{tab}"
    body = walk.client.get(address, {"along": "risk=low&sort=name"}).content.decode()
    inside(cast.riverbend)
    assert families((led_to(body, "k"), led_to(body, "j"))) == ("Adams", "Evans")
    assert led_to(body, "j").split("?")[0] == f"/patients/{five['Evans'].pk}/{tab}"


def test_the_tabs_and_their_parts_keep_the_list(cast, five, walk):
    for page in ("", "timeline/?kind=tasks&", "history/?part=condition&"):
        address = f"/patients/{five['Clark'].pk}/{page}{'' if page else '?'}along=sort%3Dname"
        body = walk.client.get(address).content.decode()
        tabs = re.findall(r'<nav class="tabs.*?</nav>', body, re.DOTALL)
        links = [link for nav in tabs for link in re.findall(r'href="([^"]+)"', nav)]
        assert len(links) >= 7
        assert all("along=sort%3Dname" in link for link in links), links


def test_what_one_may_not_see_is_walked_past(cast, five, walk, inside):
    addresses = walk(five["Clark"], "sort=name")
    inside(cast.riverbend)
    assert "Cross" not in families(addresses)
