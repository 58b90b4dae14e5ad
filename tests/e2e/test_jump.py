"""Ctrl K in a real browser, by keyboard alone."""

import re

import pytest
from playwright.sync_api import Error, Page, expect

from coordination.accounts.models import User
from coordination.audit.models import Event
from coordination.lib.rls import organization
from patients.models import Patient
from tests.e2e.conftest import VisitMaker, violations

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def grace() -> Patient:
    with organization(User.objects.get(email="dana@riverbend.example").organization_id):
        found: Patient = Patient.objects.get(family="Okafor", given="Grace")
        return found


def press_ctrl_k(page: Page) -> None:
    """Again when nothing came of it: a page that still loads hears no keys."""
    for _ in range(3):
        page.keyboard.press("Control+k")
        try:
            page.locator("dialog#jump").wait_for(state="visible", timeout=2_000)
        except Error:
            continue
        return


def test_a_patient_is_reached_by_keyboard_alone(visit: VisitMaker) -> None:
    patient = grace()
    page = visit("dana").open("/day/")
    page.locator(".wl .pt").first.focus()
    press_ctrl_k(page)
    dialog = page.get_by_role("dialog", name="Find a patient")
    field = dialog.get_by_role("combobox")
    expect(field).to_be_focused()
    expect(dialog.get_by_role("option", name="My day")).to_be_visible()
    page.keyboard.type("okafor")
    first = dialog.get_by_role("option").first
    expect(first).to_contain_text("OKAFOR, Grace")
    expect(first).to_contain_text("14-Mar-1958")
    expect(first).to_have_attribute("aria-selected", "true")
    expect(dialog.get_by_role("status")).to_have_text(re.compile("patient"))
    walk(page)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/patients/{patient.pk}/$"))
    # on the record: what can be done about this patient, and the record itself no more among the recent ones
    press_ctrl_k(page)
    expect(page.get_by_role("group", name="OKAFOR, Grace").get_by_role("option").first).to_be_visible()
    page.keyboard.type("print")
    expect(page.locator("#jump").get_by_role("option", name="Print a summary")).to_have_attribute(
        "aria-selected", "true"
    )
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/patients/{patient.pk}/print/$"))


def walk(page: Page) -> None:
    options = page.locator("#jump").get_by_role("option")
    last = options.count() - 1
    page.keyboard.press("ArrowUp")
    expect(options.nth(last)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    named = page.locator("#jump").get_by_role("combobox").get_attribute("aria-activedescendant")
    assert named == options.first.get_attribute("id")


def test_it_opens_a_tab_closes_and_gives_the_focus_back(visit: VisitMaker) -> None:
    one = visit("dana")
    page = one.open("/day/")
    row = page.locator(".wl .pt").first
    row.focus()
    press_ctrl_k(page)
    page.keyboard.type("okafor")
    expect(page.locator("#jump").get_by_role("option").first).to_contain_text("OKAFOR, Grace")
    expect(page.locator("#jump").get_by_role("option").first).to_have_attribute("aria-selected", "true")
    with one.context.expect_page() as tab:
        page.keyboard.press("Control+Enter")
    expect(tab.value).to_have_url(re.compile("/patients/"))
    tab.value.close()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(row).to_be_focused()
    press_ctrl_k(page)
    expect(page.locator("#jump").get_by_role("combobox")).to_have_value("")
    expect(page.get_by_role("group", name="Recent patients")).to_contain_text("OKAFOR, Grace")


AT_ONCE = """field => {
  field.value = "okafor";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
}"""


def test_nobody_is_opened_before_the_answer_is_there(visit: VisitMaker) -> None:
    page = visit("dana").open("/day/")
    press_ctrl_k(page)
    options = page.locator("#jump").get_by_role("option")
    expect(options.first).to_have_attribute("aria-selected", "true")
    with page.expect_response(
        lambda answer: answer.status == 204
    ):  # whoever rests on the answer has searched
        page.locator("#jump-text").evaluate(AT_ONCE)
        expect(options.first).to_contain_text("OKAFOR")
    expect(page).to_have_url(re.compile("/day/"))
    assert Event.objects.filter(name="patient.searched").count() == 1
    page.keyboard.press("Control+a")
    page.keyboard.type("qqqq")
    expect(
        page.locator("#jump").get_by_role("status").filter(has_text="No one called that among your patients.")
    ).to_be_visible()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/patients/\?s="))
    expect(page.get_by_text("No one like that among the patients you may see")).to_be_visible()


HTMX_IS_LATE = """const at = window.setTimeout;
window.setTimeout = (act, after, ...rest) => at(act, after || 900, ...rest);"""


def test_whoever_is_quicker_than_the_page_is_answered(visit: VisitMaker) -> None:
    one = visit("dana")
    one.context.add_init_script(HTMX_IS_LATE)
    page = one.page()
    page.goto(one.server + "/day/")
    press_ctrl_k(page)
    assert page.locator("#jump-text[data-htmx-powered]").count() == 0
    expect(page.locator("#jump").get_by_role("option", name="My day")).to_be_visible()


def test_without_scripts_it_leads_to_the_list(visit: VisitMaker) -> None:
    page = visit("dana", scripts=False).open("/day/")
    page.get_by_role("link", name="Find a patient").click()
    expect(page).to_have_url(re.compile("/patients/$"))


def test_it_can_be_read_by_everyone(visit: VisitMaker) -> None:
    page = visit("dana").open("/day/")
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        for width in (1440, 820, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.locator(".jump").click()
            expect(page.locator("#jump").get_by_role("option").first).to_be_visible()
            assert violations(page) == [], (theme, width)
            page.locator("#jump").get_by_role("combobox").fill("okafor")
            expect(page.locator("#jump").get_by_role("option").first).to_contain_text("OKAFOR")
            assert violations(page) == [], (theme, width)
            page.locator("#jump").get_by_role("combobox").fill("qqqq")
            expect(page.locator("#jump").get_by_role("option")).to_have_count(0)
            assert violations(page) == [], (theme, width)
            page.keyboard.press("Escape")
