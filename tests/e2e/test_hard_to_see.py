"""For eyes and hands that need more: 400 % zoom (a desk of 1280 x 1024 leaves 320 x 256), the system's own colors, a thumb."""

from collections.abc import Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from coordination.accounts.models import User
from coordination.lib.rls import organization
from coordination.worklist.models import Task
from tests.e2e import scenes
from tests.e2e.conftest import Visit

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

ZOOMED = {"width": 320, "height": 256}
# of the middle of the screen, how many pixels lie under something that stays in front while the page moves
COVERED = """() => {
  const stays = (e) => e && (["fixed", "sticky"].includes(getComputedStyle(e).position) || stays(e.parentElement));
  scrollTo(0, document.documentElement.scrollHeight / 2);
  let covered = 0;
  for (let y = 0; y < innerHeight; y += 4) if (stays(document.elementFromPoint(innerWidth / 2, y))) covered += 4;
  return covered;
}"""
# what a finger presses and would miss; a link inside a sentence or a row has its line to itself
SMALL = """() => [...document.querySelectorAll("button, summary, select, .btn, .chip, .tabs a, .nav a, .input:not(textarea)")]
  .filter((e) => e.checkVisibility() && !e.closest(".vh, .seg, .drop") && !e.matches(".btn.link") && e.getBoundingClientRect().height < 43.5)
  .map((e) => `${e.className || e.name} ${e.textContent.trim().slice(0, 30)} ${Math.round(e.getBoundingClientRect().height)}`)"""


def task_of_dana() -> Task:
    dana = User.objects.get(email="dana@riverbend.example")
    with organization(dana.organization_id):
        mine = Task.objects.open().filter(owner=dana, priority=3, patient__isnull=False)
        task = mine.select_related("patient").order_by("pk").first()
    assert task is not None
    return task


def pages_of(one: Visit, page: Page) -> Iterator[str]:
    """Brings the page to one after the other; yields what it is."""
    task = task_of_dana()
    paths = [reverse("worklist:day"), reverse("patients:patient", args=[task.patient_id]), reverse("worklist:edit", args=[task.pk]),
             reverse("worklist:task", args=[task.pk]), reverse("worklist:contact_new") + f"?patient={task.patient_id}"]  # fmt: skip
    for path in paths:
        one.open(path, page)
        yield path
    scenes.task_conflict(page, one.server, task, User.objects.get(email="lena@riverbend.example"))
    yield "conflict"
    scenes.bulk_preview(page, one.server)
    yield "bulk preview"


def rosters_of(one: Visit, page: Page) -> Iterator[str]:
    lena = User.objects.get(email="lena@riverbend.example")
    for name, path in scenes.some_rosters(lena).items():
        one.open(path, page)
        yield name


def test_at_400_percent_the_page_is_one_column_and_in_sight(visit):
    for who, pages in (("dana", pages_of), ("lena", rosters_of)):
        one = visit(who)
        page = one.page()
        for name in pages(one, page):
            page.set_viewport_size(ZOOMED)
            assert page.evaluate("document.documentElement.scrollWidth") <= ZOOMED["width"], name
            assert page.evaluate(COVERED) <= ZOOMED["height"] / 2, name
            page.set_viewport_size({"width": 1440, "height": 960})
    page.set_viewport_size(ZOOMED)
    page.keyboard.press("Control+k")
    page.locator("#jump-text").fill("oka")
    expect(page.locator("#jump-results a, #jump-results [role=option]").first).to_be_visible()
    box = page.locator("#jump").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= ZOOMED["width"]
    assert box["y"] + box["height"] <= ZOOMED["height"]


def outlined(page: Page, selector: str) -> bool:
    """Whether it has a line around it that the system's colors leave."""
    style = page.locator(selector).first.evaluate(
        "e => { const s = getComputedStyle(e); return [s.outlineStyle, parseFloat(s.outlineWidth)] }"
    )
    return bool(style[0] != "none" and style[1] >= 1)


def test_in_the_systems_colors_one_sees_where_one_is(visit):
    one = visit("dana")
    page = one.page()
    page.emulate_media(forced_colors="active")
    one.open(reverse("worklist:day"), page)
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    current, chosen = "#worklist .row[aria-current]", "#worklist .row:has(:checked)"
    for selector in (current, chosen, ":focus", ".nav [aria-current]", ".tabs [aria-current]"):
        assert outlined(page, selector), selector
    width = "e => getComputedStyle(e).outlineWidth"
    widths = {page.locator(row).first.evaluate(width) for row in (current, chosen)}
    assert len(widths) == 2, "the row one is on looks like those one chose"
    for name in pages_of(one, page):
        page.keyboard.press("Tab")
        assert outlined(page, ":focus"), name
    page.locator(".chip input:not(:checked)").first.focus()
    assert outlined(page, ".chip:has(:focus-visible)")


def test_a_thumb_finds_everything_on_a_phone(visit):
    one = visit("dana", "phone")
    page = one.page()
    assert page.evaluate("matchMedia('(pointer: coarse)').matches")
    for name in pages_of(one, page):
        assert page.evaluate(SMALL) == [], name
