"""The first day: sign in with two steps, work My day, log a call, be stopped from adding a person twice."""

import re
import time

import pytest
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.urls import reverse
from playwright.sync_api import Page, expect

from coordination.accounts.models import User
from coordination.lib.rls import organization
from coordination.town.signins import DEMO_PASSWORD
from coordination.worklist.models import Contact, Task
from patients.models import Patient

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def of_town(read):
    """Read rows of the town's organization."""
    dana = User.objects.get(email="dana@riverbend.example")
    with organization(dana.organization_id):
        return read()


def patient(family: str, given: str) -> Patient:
    return of_town(lambda: Patient.objects.get(family=family, given=given))


def one_time_code(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def choose(page: Page, answer: str) -> None:
    """By keyboard: a page that still fades in swallows clicks."""
    radio = page.get_by_label(answer, exact=True).first
    radio.focus()
    page.keyboard.press("Space")
    expect(radio).to_be_checked()


def sign_in(page: Page) -> None:
    page.get_by_label("E-mail").fill("dana@riverbend.example")
    page.get_by_label("Password", exact=True).fill(DEMO_PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_sign_in_takes_a_password_and_a_code(visit):
    secret = generate_totp_secret()
    TOTP.activate(User.objects.get(email="dana@riverbend.example"), secret)
    page = visit(None).open("/day/")
    expect(page).to_have_title(re.compile("Sign in"))
    sign_in(page)
    expect(page).to_have_url(re.compile("/account/2fa/authenticate/"))
    page.get_by_label("Code").fill(one_time_code(secret))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Dana")
    expect(page).to_have_url(re.compile(r"/day/"))
    assert page.evaluate("Object.keys(localStorage).length + Object.keys(sessionStorage).length") == 0


def test_without_a_second_step_one_is_set_up_first(visit):
    page = visit(None).open("/day/")
    sign_in(page)
    expect(page).to_have_url(re.compile("/account/2fa/"))
    page.goto(page.url.split("/account")[0] + "/day/")
    expect(page).to_have_url(re.compile("/account/2fa/"))


def test_a_call_with_a_follow_up_closes_the_task_and_opens_the_next(visit):
    grace = patient("Okafor", "Grace")
    page = visit("dana").open("/day/")
    row = page.get_by_role("row").filter(has_text="OKAFOR, Grace").first
    expect(row).to_contain_text("14-Mar-1958")
    row.locator("td.due").click()
    preview = page.locator("#peek")
    expect(preview).to_contain_text("Why now")
    expect(preview).to_contain_text("Known allergies")
    preview.get_by_label("Reached", exact=True).check()
    preview.get_by_label("Note").fill("Weight 166 lb, no swelling. Picks up furosemide today.")
    preview.get_by_label("1 week", exact=True).check()
    preview.get_by_role("button", name="Save call for OKAFOR, Grace").click()
    expect(page.locator("#toasts, .toasts")).to_contain_text("OKAFOR, Grace")

    def stored():
        task = Task.objects.get(patient=grace, kind="discharge_call")
        contact = Contact.objects.filter(patient=grace).latest("created_at")
        return task, contact, contact.next_task

    task, contact, following = of_town(stored)
    assert (task.status, task.outcome) == ("done", "reached")
    assert contact.task_id == task.pk
    assert contact.note.startswith("Weight 166 lb")
    assert following.follows_id == task.pk
    assert following.is_open
    page.reload()
    expect(page.get_by_role("row").filter(has_text="OKAFOR, Grace").first).to_contain_text(following.title)


def test_the_same_call_can_be_logged_without_scripts(visit):
    grace = patient("Okafor", "Grace")
    page = visit("dana", scripts=False).open("/day/")
    page.get_by_role("link", name=re.compile("Post-discharge call, attempt 2")).first.click()
    choose(page, "Reached")
    page.get_by_label("Note").first.fill("Fine so far.")
    choose(page, "1 week")
    with page.expect_navigation():
        page.get_by_role("button", name=re.compile("Save call")).first.click()
    assert of_town(lambda: Task.objects.get(patient=grace, kind="discharge_call").status) == "done"


def test_adding_a_person_twice_is_stopped(visit):
    before = of_town(Patient.objects.count)
    page = visit("dana").open(reverse("patients:new"))
    page.get_by_label("Family name").first.fill("Okafour")
    page.get_by_label("Given name").first.fill("Grace")
    page.get_by_label("Date of birth").first.fill("03/14/1958")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("OKAFOR, Grace")
    expect(page.locator("main")).to_contain_text("14-Mar-1958")
    assert of_town(Patient.objects.count) == before


def test_a_strangers_address_is_not_there(visit):
    grace = patient("Okafor", "Grace")
    page = visit("robin").page()  # administers, sees no patients
    response = page.goto(visit("robin").server + reverse("patients:patient", args=[grace.pk]))
    assert response is not None
    assert response.status == 404
    expect(page.locator("body")).not_to_contain_text("OKAFOR")


def test_a_session_ends_and_comes_back_to_the_same_page(visit, settings):
    settings.SESSION_IDLE_SECONDS = 3
    settings.DEMO = True  # the second step has a test of its own
    page = visit("dana").open("/patients/?sort=risk")
    time.sleep(4)
    page.goto(page.url)
    expect(page).to_have_title(re.compile("Sign in"))
    settings.SESSION_IDLE_SECONDS = 900
    sign_in(page)
    expect(page).to_have_url(re.compile(r"/patients/\?sort=risk"))
