"""A morning at the worklist, by keyboard alone; two browsers on one task; the door of an emergency; three lists with names."""

import re

import pytest
from playwright.sync_api import Page, expect

from coordination.accounts.models import User
from coordination.lib.rls import organization
from coordination.outbox.relay import deliver_due
from coordination.worklist.models import SavedView, Task
from patients.models import AccessGrant, Patient
from tests.e2e import scenes
from tests.e2e.keys import pick, press, tab_to, write
from tests.e2e.sight import Sight

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

WHAT_MATTERS = (
    "status",
    "outcome",
    "owner_id",
    "queue_id",
    "due_at",
    "snoozed_until",
    "wakes_on",
    "closed_at",
)


def dana():
    return User.objects.get(email="dana@riverbend.example")


def of_town(read):
    with organization(dana().organization_id):
        return read()


def tasks_now() -> dict[str, tuple]:
    """Every commitment of the town, as far as an act could have changed it."""
    return of_town(
        lambda: {str(row[0]): row[1:] for row in Task.objects.values_list("pk", *WHAT_MATTERS).order_by("pk")}
    )


def go_to(page: Page, row: str) -> None:
    """J until one stands on the row."""
    for _ in range(60):
        if page.evaluate("document.querySelector('#worklist .row[aria-current]')?.id ?? ''") == row:
            return
        page.keyboard.press("j")
    raise AssertionError(f"{row} is not reached by J")


def ordinary_rows(page: Page) -> list[str]:
    """Rows that one key completes: no safety matters."""
    rows = "rows => rows.filter(row => row.querySelector('form [data-act=done], button[data-act=done]')).map(row => row.id)"
    found: list[str] = page.locator("#worklist .row:not(.now)").evaluate_all(rows)
    return found


def moves_to_today(row: str) -> bool:
    """Due on another day, and not at an hour of it, which could be over today."""
    task = of_town(lambda: Task.objects.get(pk=row.removeprefix("task-")))
    return not task.due_has_time and task.due_at.astimezone(dana().zone).date() != dana().organization.today()


def saved(page: Page) -> None:
    expect(page.locator("#dialog")).to_be_hidden()


def test_five_tasks_a_batch_and_all_of_it_undone_without_a_mouse(visit):
    page = visit("dana").open("/day/")
    before = tasks_now()
    rows = ordinary_rows(page)
    assert len(rows) >= 8, "the demo's day is too short for this"
    first, second, third, fourth, *rest = rows
    fifth = next(row for row in rest if moves_to_today(row))
    rest = rest[rest.index(fifth) + 1 :]
    for row in (first, second):
        go_to(page, row)
        page.keyboard.press("d")
        expect(page.locator("#toasts")).to_contain_text("Done")
        expect(page.locator(f"#{row} [data-act=done]")).to_have_count(0)
    go_to(page, third)
    page.keyboard.press("s")
    expect(page.locator("#dialog [name=wakes_on]").first).to_be_visible()
    pick(page, "wakes_on", "reply")
    page.keyboard.press("Control+Enter")
    saved(page)
    go_to(page, fourth)
    page.keyboard.press("a")
    expect(page.locator("#dialog [name=to]")).to_be_focused()
    page.keyboard.type("Lena")
    page.keyboard.press("Control+Enter")
    saved(page)
    go_to(page, fifth)
    page.keyboard.press("e")
    tab_to(page, "#dialog [name=day]")
    page.keyboard.press("Control+;")
    page.keyboard.press("Control+Enter")
    saved(page)
    after = tasks_now()
    touched = {pk for pk, row in after.items() if before.get(pk) != row}
    assert {row.removeprefix("task-") for row in (first, second, third, fourth, fifth)} <= touched
    assert after[third.removeprefix("task-")][6] == "reply"
    many = rest[:3]
    page.reload()
    for row in many:
        go_to(page, row)
        page.keyboard.press("x")
    expect(page.locator("#bulk [data-count]")).to_have_text("3")
    tab_to(page, "#bulk button[value=done]")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/tasks/bulk/"))
    expect(page.locator("main form[action*=bulk] button.primary")).to_be_visible()
    tab_to(page, "main form[action*=bulk] button.primary")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    closed = tasks_now()
    assert [closed[row.removeprefix("task-")][0] for row in many] == ["done"] * 3
    page.goto(page.url.split("/tasks")[0] + "/day/history/")
    for _ in range(12):  # newest first: each Undo is reached by Tab and pressed
        if not page.locator("main form button:has-text('Undo')").count():
            break
        tab_to(page, "main form button")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        page.goto(page.url.split("/undo")[0].split("/day")[0] + "/day/history/")
    now = tasks_now()
    assert {pk: row for pk, row in now.items() if pk in before and before[pk] != row} == {}
    assert not [
        row for pk, row in now.items() if pk not in before and row[0] in {"open", "waiting", "blocked"}
    ]


def test_what_a_choice_cannot_have_is_seen_before_it_is_done(visit):
    one = visit("dana")
    page, before = one.page(), tasks_now()
    scenes.bulk_preview(page, one.server, "snooze")
    rows, button = page.locator("#bulk-seen"), page.locator("#bulk-seen button.primary")
    page.locator("[name=when][value=week]").check(force=True)
    expect(rows.get_by_text("Say why that is all right").first).to_be_visible()
    assert Sight().faults(page) == []
    page.get_by_label("Reason").fill("Away until then")
    page.get_by_label("Reason").blur()
    expect(rows.get_by_text("Say why that is all right")).to_have_count(0)
    expect(button).to_be_visible()
    page.locator("[name=when][value=hour]").check(force=True)
    expect(page.get_by_label("At", exact=True)).to_be_hidden()
    assert tasks_now() == before


def save_edit(page):
    """Until the form has given way to what follows it."""
    page.keyboard.press("Control+Enter")
    page.wait_for_url(lambda url: "/edit/" not in url)


def test_two_browsers_merge_and_then_collide(visit):
    pk = of_town(
        lambda: str(Task.objects.open().filter(owner=dana(), priority=3, patient__isnull=False).first().pk)
    )
    one, other = visit("dana").open(f"/tasks/{pk}/edit/"), visit("lena").open(f"/tasks/{pk}/edit/")
    one.get_by_label("What will be done").fill("Ask about the ramp")
    other.get_by_label("Why now").fill("The ramp is due this week")
    for page in (one, other):
        save_edit(page)
    merged = of_town(lambda: Task.objects.get(pk=pk))
    assert (merged.title, merged.reason) == ("Ask about the ramp", "The ramp is due this week")
    for page in (one, other):
        page.goto(f"{page.url.split('/tasks')[0].split('/day')[0]}/tasks/{pk}/edit/")
    one.get_by_label("What will be done").fill("Order the ramp")
    other.get_by_label("What will be done").fill("Measure the door")
    save_edit(one)
    other.keyboard.press("Control+Enter")
    expect(other.locator("main")).to_contain_text("Order the ramp")
    expect(other.locator("main")).to_contain_text("Measure the door")
    assert of_town(lambda: Task.objects.get(pk=pk).title) == "Order the ramp"


def test_an_emergency_opens_a_record_and_somebody_reviews_it(visit):
    caller = User.objects.get(email="coordinator2@riverbend.example")
    stranger = of_town(
        lambda: Patient.objects.exclude(pk__in=Patient.objects.visible_to(caller)).filter(status="active", is_deceased=False)
        .exclude(birth_date=None).order_by("pk").first()
    )  # fmt: skip
    assert stranger is not None, "the second coordinator sees everybody"
    page = visit("coordinator2").open("/access/emergency/")
    write(page, "record number", stranger.record_number, exact=False)
    write(page, "Date of birth", f"{stranger.birth_date:%m/%d/%Y}")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    pick(page, "reason", "emergency")
    write(page, "What happened", "Called from the emergency department about a fall", exact=False)
    press(page, "button", re.compile("^Open the record of"))
    if "reauthenticate" in page.url:
        write(page, "Password", "riverbend-open-door")
        with page.expect_navigation():
            page.keyboard.press("Enter")
    expect(page.locator("body")).to_contain_text(re.compile(r"min left"))
    grant = of_town(lambda: AccessGrant.objects.filter(user=caller, patient=stranger).latest("starts_at"))
    press(page, "button", re.compile("End now"))  # nobody reviews what still goes on
    while deliver_due():
        pass
    review = visit("miriam").open("/access/reviews/")
    expect(review.locator("main")).to_contain_text(caller.name)
    tab_to(review, f"main a[href='/access/reviews/{grant.pk}/']")
    with review.expect_navigation():
        review.keyboard.press("Enter")
    pick(review, "finding", "appropriate")
    press(review, "button", re.compile("^Save the review of"))
    assert of_town(lambda: AccessGrant.objects.get(pk=grant.pk).finding) == "appropriate"


def test_three_lists_have_names(visit):
    one = visit("dana")
    page = one.open("/day/")
    for name, address in [
        ("Late", "/day/?bucket=overdue"),
        ("Calls", "/day/?kind=call"),
        ("High risk", "/patients/?risk=high"),
    ]:
        one.open(address, page)
        tab_to(page, page.get_by_text("Save this view"))
        page.keyboard.press("Enter")
        write(page, "Name", name)
        with page.expect_navigation():
            page.keyboard.press("Control+Enter")
    one.open("/day/", page)
    for name in ("Late", "Calls", "High risk"):
        expect(page.locator(".nav .sub a", has_text=name)).to_be_visible()
    tab_to(page, page.locator(".nav .sub a", has_text="High risk"))
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("risk=high"))
    assert of_town(lambda: SavedView.objects.filter(owner=dana()).count()) >= 3
