"""In the browser: two records become one, and two again, by the keys alone."""

import re

import pytest
from django.urls import reverse

from coordination.accounts.models import User
from coordination.lib.rls import organization
from patients.models import Patient
from tests.e2e.keys import press, tab_to, write
from tests.e2e.sight import Sight
from tests.factories import PatientFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def pair(town):
    """Grace Okafor, and the same person registered once more under a misspelt name."""
    lena = User.objects.get(email="lena@riverbend.example")
    with organization(lena.organization_id):
        grace = Patient.objects.select_related("organization", "team").get(family="Okafor", given="Grace")
        again = PatientFactory(
            organization=grace.organization, team=grace.team, family="Okafer", given="Grace", birth_date=grace.birth_date,
            language="so", record_number="99000001", created_by=lena,
        )  # fmt: skip
    return grace, again


def test_merged_and_taken_back(visit, pair):
    grace, again = pair
    page = visit("lena").open(reverse("patients:merge", args=[grace.pk]))
    write(page, "Name", "Okafer")
    write(page, "Date of birth", f"{grace.birth_date:%m/%d/%Y}")
    press(page, "button", "Look")
    assert Sight().faults(page) == []  # the other pages of this way are among all the pages
    page.set_viewport_size({"width": 1440, "height": 960})
    tab_to(page, page.get_by_role("status").get_by_role("link", name="Compare"))
    with page.expect_navigation():
        page.keyboard.press("Enter")
    press(page, "button", "Go on: what happens")
    number = "record number of the record that goes away"
    tab_to(page, page.get_by_label(number))
    page.keyboard.type("01/01/1901")
    write(page, "How do you know", "Same Medicare card seen", exact=False)
    press(page, "button", "Merge OKAFER, Grace into OKAFOR, Grace")
    page.get_by_role("alert").get_by_text("neither the date of birth").wait_for()
    tab_to(page, page.get_by_label(number))
    page.keyboard.press("Control+a")
    page.keyboard.type(again.record_number)
    press(page, "button", "Merge OKAFER, Grace into OKAFOR, Grace")
    page.get_by_text("The two records are one.").wait_for()
    page.goto(page.url.split("/patients")[0] + reverse("patients:patient", args=[again.pk]))
    page.get_by_text("was merged into this one").wait_for()
    assert str(grace.pk) in page.url
    page.goto(page.url.split("/patients")[0] + reverse("patients:merge", args=[grace.pk]))
    press(page, "link", re.compile("^Take back"))
    write(page, "How do you know", "Two cousins", exact=False)
    press(page, "button", "Take OKAFER, Grace out of OKAFOR, Grace")
    page.get_by_text("there are two records again").wait_for()
