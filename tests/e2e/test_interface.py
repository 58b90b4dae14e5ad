"""The kit every page is made of, in a real browser: readable, reachable, by keyboard and without a script."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import VisitMaker, violations

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def focused(page: Page) -> str:
    text: str = page.evaluate("document.activeElement.textContent.trim()")
    return text


def test_every_component_can_be_read_and_reached(visit: VisitMaker) -> None:
    page = visit("dana").open("/styleguide/")
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        for width in (1440, 820, 390):
            page.set_viewport_size({"width": width, "height": 900})
            assert violations(page) == [], (theme, width)
    for width in (1440, 1200, 1024, 820, 390, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.get_by_label("Light", exact=True).check(force=True)
    assert page.evaluate(ground) != dark
    size = "parseFloat(getComputedStyle(document.documentElement).fontSize)"
    before = page.evaluate(size)
    page.get_by_label("18", exact=True).check(force=True)
    assert page.evaluate(size) > before


def test_everything_is_done_by_keyboard(visit: VisitMaker) -> None:
    page = visit("dana").open("/styleguide/")
    walk_the_list(page)
    rest_while_typing(page)
    open_and_close_a_menu(page)
    open_and_close_a_dialog(page)


def walk_the_list(page: Page) -> None:
    rows = page.locator("[data-list] .row")
    page.keyboard.press("j")
    expect(rows.nth(3)).to_have_attribute("aria-current", "true")  # the third was current
    page.keyboard.press("k")
    page.keyboard.press("k")
    expect(rows.nth(1)).to_have_attribute("aria-current", "true")
    assert focused(page) == "TRẦN, Minh"
    page.keyboard.press("x")
    expect(rows.nth(1).get_by_role("checkbox")).to_be_checked()
    page.keyboard.press("s")
    expect(page).to_have_url(re.compile("#snooze$"))


def rest_while_typing(page: Page) -> None:
    """Single keys are text in a field, and silent for those who turned them off."""
    page.get_by_label("Note").click()
    page.keyboard.press("j")
    expect(page.get_by_label("Note")).to_have_value("j")
    page.evaluate("document.activeElement.blur(); document.body.dataset.keys = 'off'")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_hidden()
    page.evaluate("document.body.dataset.keys = 'on'")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")


def open_and_close_a_menu(page: Page) -> None:
    account = page.locator(".top summary", has_text="Account menu")
    leave = page.get_by_role("button", name="Sign out")
    account.press("Enter")
    page.keyboard.press("ArrowDown")
    assert focused(page) == "My settings"
    page.keyboard.press("Escape")
    expect(leave).to_be_hidden()
    expect(account).to_be_focused()
    account.click()
    page.locator("h1").click()
    expect(leave).to_be_hidden()


def open_and_close_a_dialog(page: Page) -> None:
    opener = page.get_by_role("button", name="About one patient")
    opener.press("Enter")
    dialog = page.get_by_role("dialog", name="Snooze until")
    expect(dialog.get_by_role("button", name="Snooze for OKAFOR, Grace")).to_be_focused()
    expect(dialog).to_contain_text("14-Mar-1958")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_nothing_typed_is_left_by_accident_and_the_end_of_a_session_is_said(visit: VisitMaker) -> None:
    one = visit("dana")
    page = one.page()
    page.clock.install()
    one.open("/styleguide/", page)
    page.get_by_label("Note").fill("Weight 166 lb this morning")
    page.locator(".nav a").first.click()
    question = page.get_by_role("dialog", name="Leave without saving?")
    question.get_by_role("button", name="Stay here").click()
    expect(page).to_have_url(re.compile("/styleguide/"))

    page.locator("#bell").evaluate("bell => bell.remove()")  # its poll would time out as the clock jumps
    warning = page.get_by_role("alertdialog")
    page.clock.fast_forward("11:00")
    expect(warning).to_be_hidden()
    page.clock.fast_forward("01:30")
    expect(warning).to_contain_text("You will be signed out soon")
    with page.expect_response("**/session/keep/") as kept:
        warning.get_by_role("button", name="Stay signed in").click()
    assert kept.value.ok
    expect(warning).to_be_hidden()
    page.clock.fast_forward("16:00")
    expect(warning).to_contain_text("You have been signed out")
    link = warning.get_by_role("link", name="Sign in").get_attribute("href")
    assert link is not None
    assert link.endswith("?next=%2Fstyleguide%2F")
    assert page.evaluate("getComputedStyle(document.querySelector('.app')).filter") != "none"
    expect(page.get_by_label("Note")).to_have_value("Weight 166 lb this morning")


def test_without_scripts_menus_and_details_still_open(visit: VisitMaker) -> None:
    page = visit("dana", scripts=False).open("/styleguide/")
    account = page.locator(".top summary", has_text="Account menu")
    account.click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    account.click()
    page.locator(".z2 summary").click()
    expect(page.locator(".zone > .full")).to_be_visible()
    page.locator(".panel summary").click()
    expect(page.get_by_role("button", name="Show", exact=True)).to_be_visible()
