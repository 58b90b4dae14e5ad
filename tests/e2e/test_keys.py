"""Every key acts on the row, the form or the page one is on, and one stays where one was."""

import datetime as dt

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from coordination.worklist.models import Task
from tests.e2e.test_drafts import discharge_call
from tests.e2e.test_worklist import dana, go_to, of_town, ordinary_rows, saved

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def a_call() -> Task:
    """One of Dana's that a click completes."""
    mine = Task.objects.open().filter(owner=dana(), priority=3, status="open", patient__isnull=False)
    return of_town(lambda: mine.order_by("pk")[0])


def below(page, row):
    ids = page.locator("#worklist .row").evaluate_all("rows => rows.map(row => row.id)")
    return ids[ids.index(row) + 1]


def stands_on(page, row):
    expect(page.locator(f"#{row}[aria-current]")).to_have_count(1)
    expect(page.locator("#worklist .row[aria-current]")).to_have_count(1)


def test_a_key_acts_on_the_row_one_is_on(visit):
    page = visit().open("/day/")
    first, second, *_more = ordinary_rows(page)
    go_to(page, first)
    expect(page.locator("#peek .idhead")).to_be_visible()
    page.keyboard.press(" ")  # the preview is hidden, and stays that of the first
    expect(page.locator("#peek")).to_be_hidden()
    go_to(page, second)
    pk = second.removeprefix("task-")
    for key, act in (("a", "assign"), ("e", "due"), ("s", "snooze")):
        page.keyboard.press(key)
        expect(page.locator("#dialog form")).to_have_attribute("action", f"/tasks/{pk}/{act}/")
        page.keyboard.press("Escape")
        expect(page.locator("#dialog")).to_be_hidden()
        stands_on(page, second)
    page.set_viewport_size({"width": 1000, "height": 900})  # no room for a preview
    page.keyboard.press("p")
    page.wait_for_url(f"**/tasks/{pk}/edit/")


def test_one_stays_where_one_was(visit):
    page = visit().open("/day/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    row = page.locator("#worklist .row").nth(1).get_attribute("id")
    page.locator("#peek [name=note]").fill("Walks again.")
    page.keyboard.press("Alt+1")
    page.locator("#peek [name=follow_up]").first.check(force=True)
    page.locator("#peek [name=note]").press("Control+Enter")
    expect(page.locator(f"#{row}.done")).to_be_visible()
    stands_on(page, row)
    expect(page.locator("#peek-log")).to_contain_text("Next step")  # what was saved stays in view
    page.keyboard.press("j")
    stands_on(page, below(page, row))
    moved, finished, *_more = ordinary_rows(page)
    go_to(page, moved)
    page.keyboard.press("e")
    page.locator("#dialog [name=day]").fill(f"{timezone.localdate() + dt.timedelta(days=400)}")
    page.keyboard.press("Control+Enter")
    saved(page)
    expect(page.locator(f"#{moved} .pt")).to_be_focused()
    stands_on(page, moved)
    page.keyboard.press("j")
    stands_on(page, below(page, moved))
    go_to(page, finished)
    follows = below(page, finished)
    page.keyboard.press("d")
    expect(page.locator(f"#{finished}.done")).to_be_visible()
    stands_on(page, follows)
    expect(page.locator(f"#{follows} .pt")).to_be_focused()
    page.wait_for_load_state("networkidle")


def test_a_record_one_walks_past_is_not_opened(visit):
    page = visit().open("/day/")
    peeked = []
    page.on("request", lambda request: peeked.append(request.url) if "/peek/" in request.url else None)
    passed = page.locator("#worklist .row .pt")
    with page.expect_response("**/peek/**"):
        passed.evaluate_all("links => links.slice(0, 4).forEach(link => link.focus())")
    page.wait_for_timeout(400)  # longer than any preview waits
    assert len(peeked) == 1
    stands_on(page, page.locator("#worklist .row").nth(3).get_attribute("id"))


def test_the_outcome_by_key(visit):
    task = discharge_call()  # it has a checklist, which is a form too
    one = visit()
    page = one.open(f"/day/?sel={task.pk}")
    expect(page.locator("#peek .logform")).to_be_visible()
    assert page.locator("#peek form").count() > 1
    page.keyboard.press("Alt+2")
    expect(page.locator("#peek [name=outcome][value=left_voicemail]")).to_be_checked()
    page = one.open(f"/contacts/new/?patient={task.patient_id}&task={task.pk}")
    page.keyboard.press("Alt+3")
    expect(page.locator("[name=outcome]")).to_have_value("no_answer")


def test_the_page_of_a_task_and_its_row_in_the_record(visit):
    task = a_call()
    one = visit()
    page = one.open("/day/")
    page.keyboard.press("?")
    expect(page.locator("#keys dd", has_text="Details of the banner")).to_be_hidden()
    expect(page.locator("#keys dd", has_text="Snooze")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.locator("#jump-text")).to_be_focused()
    for key, act in {"s": "snooze", "a": "assign", "e": "due", "p": "edit"}.items():
        one.open(f"/tasks/{task.pk}/", page)
        page.keyboard.press(key)
        page.wait_for_url(f"**/tasks/{task.pk}/{act}/")
    for key, act in {"e": "due", "p": "edit"}.items():
        one.open(f"/patients/{task.patient_id}/tasks/", page)
        page.locator(f"#task-{task.pk} .pt").focus()
        page.keyboard.press(" ")  # there is no preview to show
        page.keyboard.press(key)
        page.wait_for_url(f"**/tasks/{task.pk}/{act}/")
    one.open(f"/tasks/{task.pk}/", page)
    page.keyboard.press("?")
    expect(page.locator("#keys dd", has_text="Details of the banner")).to_be_visible()
    expect(page.locator("#keys dd", has_text="Select the row")).to_be_hidden()
    page.keyboard.press("Escape")
    with page.expect_navigation():
        page.keyboard.press("d")
    assert of_town(lambda: Task.objects.get(pk=task.pk)).status == "done"


def test_today_is_what_the_server_says(visit):
    one = visit()
    page = one.page()
    page.clock.set_fixed_time("2020-02-02T12:00:00Z")  # a computer that lost its time
    one.open(f"/tasks/{a_call().pk}/due/", page)
    page.locator("[name=day]").fill("")
    page.keyboard.press("Control+;")
    expect(page.locator("[name=day]")).to_have_value(f"{timezone.now().astimezone(dana().zone).date()}")
