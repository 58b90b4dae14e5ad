"""What is typed survives the browser: also one that is killed, a server that is away, and a text nobody wants any more."""

import datetime as dt
import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from coordination.accounts.models import Session
from coordination.worklist.models import Task
from patients.models import Patient
from tests.e2e.conftest import violations
from tests.e2e.test_first_day import of_town, sign_in

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

NOTE = "Weight 166 lb. Says the new pills make her dizzy."


def discharge_call() -> Task:
    return of_town(
        lambda: Task.objects.get(patient__family="Okafor", patient__given="Grace", kind="discharge_call")
    )


def test_a_note_survives_a_killed_browser(visit):
    day = f"/day/?sel={discharge_call().pk}"
    first = visit("dana", mortal=True)
    page = first.open(day)
    page.locator("#peek").get_by_label("Reached", exact=True).check()
    page.locator("#peek").get_by_label("Note").press_sequentially(NOTE)
    expect(page.locator("#peek-draft-status")).to_contain_text("Draft saved")
    first.kill()

    page = visit("dana").open(day)
    preview = page.locator("#peek")
    expect(preview.get_by_label("Note")).to_have_value(NOTE)
    expect(preview.get_by_label("Reached", exact=True)).to_be_checked()
    expect(preview).to_contain_text(re.compile("Draft of .* restored"))
    assert violations(page) == []

    preview.get_by_role("link", name=re.compile("More")).click()
    expect(page.get_by_label("Note")).to_have_value(NOTE)
    page.get_by_label("Minutes").fill("7")
    expect(page.locator("#draft-status")).to_contain_text("Draft saved")
    page.reload()
    expect(page.get_by_label("Minutes")).to_have_value("7")
    assert violations(page) == []

    page.goto(page.url.split("/contacts")[0] + day)
    page.locator("#peek").get_by_role("button", name="Discard").click()
    expect(page.get_by_text("The draft is discarded.")).to_be_visible()
    expect(page.locator("#peek").get_by_label("Note")).to_have_value("")


def test_a_note_survives_the_end_of_a_session(visit, settings):
    settings.DEMO = True  # the second step has a test of its own
    task = discharge_call()
    page = visit("dana").open(f"/contacts/new/?patient={task.patient_id}&task={task.pk}")
    page.get_by_label("Note").press_sequentially(NOTE)
    expect(page.locator("#draft-status")).to_contain_text("Draft saved")
    Session.objects.update(active_at=timezone.now() - dt.timedelta(hours=1))  # nobody touched it for an hour
    page.keyboard.press("Control+Enter")
    expect(page).to_have_title(re.compile("Sign in"))
    sign_in(page)
    expect(page).to_have_url(re.compile("/contacts/new/"))
    expect(page.get_by_label("Note")).to_have_value(NOTE)


def test_what_is_saved_leaves_no_draft(visit):
    day = f"/day/?sel={discharge_call().pk}"
    page = visit("dana").open(day)
    preview = page.locator("#peek")
    preview.get_by_label("Reached", exact=True).check()
    preview.get_by_label("Note").fill(NOTE)
    expect(page.locator("#peek-draft-status")).to_contain_text("Draft saved")
    preview.get_by_label("1 week", exact=True).check()
    preview.get_by_role("button", name="Save call for OKAFOR, Grace").click()
    expect(page.locator("#toasts")).to_contain_text("OKAFOR, Grace")
    grace = of_town(lambda: Patient.objects.get(family="Okafor", given="Grace"))
    page.goto(page.url.split("/day")[0] + f"/contacts/new/?patient={grace.pk}")
    expect(page.get_by_label("Note")).to_have_value("")
    expect(page.locator("main")).not_to_contain_text("restored")


def test_it_says_so_when_the_server_is_away_and_tries_again(visit):
    one = visit("dana")
    page = one.open("/tasks/new/")
    page.route("**/drafts/**", lambda route: route.abort())
    page.get_by_label("What will be done").fill("Order a scale")
    expect(page.locator("#draft-status")).to_have_text("Draft not saved, trying again")
    page.unroute("**/drafts/**")
    expect(page.locator("#draft-status")).to_contain_text("Draft saved", timeout=10_000)
    one.faults.clear()  # the browser names the request that went nowhere
    page.get_by_role("link", name="Cancel").click()  # kept, so nobody asks
    expect(page).to_have_url(re.compile("/day/"))
    expect(one.open("/tasks/new/", page).get_by_label("What will be done")).to_have_value("Order a scale")


def test_what_is_typed_while_a_draft_is_kept_is_not_kept_yet(visit):
    page = visit("dana").open("/tasks/new/")
    held = []

    def hold(route):
        held.append(route)

    page.route("**/drafts/**", hold)
    field, form = page.get_by_label("What will be done"), page.locator("form[data-guard]")
    with page.expect_request("**/drafts/**"):
        field.fill("Order a scale")
    field.press_sequentially(" and a cuff")
    held[0].fulfill(body="Draft saved")
    expect(page.locator("#draft-status")).to_have_text("Draft saved")
    expect(form).to_have_attribute("data-dirty", "")
    page.wait_for_timeout(1_000)
    held[-1].fulfill(body="Draft saved")
    expect(form).not_to_have_attribute("data-dirty", re.compile(""))


def test_an_edit_survives_the_end_of_the_browser(visit):
    address = f"/tasks/{discharge_call().pk}/edit/"
    first = visit("dana")
    page = first.open(address)
    page.get_by_label("Why now").press_sequentially(" She asked for it.")
    expect(page.locator("#draft-status")).to_contain_text("Draft saved")
    first.context.close()

    other = visit("lena").open(address)
    other.get_by_label("What will be done").fill("Call about the new pills")
    with other.expect_navigation():
        other.keyboard.press("Control+Enter")

    page = visit("dana").open(address)
    expect(page.get_by_label("Why now")).to_have_value(re.compile("She asked for it"))
    expect(page.locator(".note")).to_contain_text("Since you began it, this was changed")
    assert violations(page) == []
    with page.expect_navigation():
        page.get_by_role("button", name=re.compile("^Save for")).click()
    saved = discharge_call()
    assert saved.title == "Call about the new pills"
    assert "She asked for it." in saved.reason
    page.goto(page.url.split("/tasks")[0] + address)
    expect(page.locator(".note")).to_have_count(0)
