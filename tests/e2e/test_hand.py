"""The hand stays on the keyboard: keys on, off and one's own, saved views, a list that others changed."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from coordination.accounts.models import User
from coordination.lib.rls import organization
from coordination.worklist.actions import change_due
from coordination.worklist.due import Due
from coordination.worklist.models import SavedView, Task
from patients.actions.identity import edit_patient
from patients.models import Patient
from tests.e2e.conftest import violations
from tests.factories import SnippetFactory, TaskFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def dana():
    return User.objects.get(email="dana@riverbend.example")


def rows_of(page):
    return page.locator("#worklist .row")


def current(page):
    return page.evaluate("document.querySelector('#worklist .row[aria-current]')?.id ?? ''")


def test_a_day_by_keys(visit):
    one = visit()
    page = one.open("/day/")
    ids = rows_of(page).evaluate_all("rows => rows.map(row => row.id)")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert current(page) == ids[1]
    page.keyboard.press("Shift+J")
    assert page.locator("#worklist .row [type=checkbox]:checked").count() == 2
    page.keyboard.press("Control+a")
    assert page.locator("#worklist .row [type=checkbox]:checked").count() == len(ids)
    page.keyboard.press(" ")
    expect(page.locator("#peek")).to_be_hidden()
    page.keyboard.press(" ")
    expect(page.locator("#peek .idhead")).to_be_visible()
    page.keyboard.press("s")
    expect(page.locator("#dialog")).to_be_visible()
    page.keyboard.press("w")
    expect(page.locator("#dialog [name=when][value=week]")).to_be_checked()
    page.keyboard.press("Escape")
    expect(page.locator("#dialog")).to_be_hidden()
    page.keyboard.press("e")
    expect(page.locator("#dialog [name=day]")).to_be_visible()
    page.locator("#dialog [name=day]").fill("")
    page.keyboard.press("Control+;")
    today = timezone.now().astimezone(dana().zone).date()
    expect(page.locator("#dialog [name=day]")).to_have_value(f"{today}")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.wait_for_url("**/patients/")
    one.open("/day/", page)
    page.keyboard.press("j")
    with page.expect_response(lambda answer: answer.request.resource_type == "document"):
        page.keyboard.press("g")
        page.keyboard.press("d")
    page.wait_for_load_state()
    expect(page.locator("#worklist .row[aria-current]")).to_have_count(0)
    # and the row one stood on is still open
    assert rows_of(page).evaluate_all("rows => rows.map(row => row.id)") == ids
    page.keyboard.press("n")
    expect(page.locator(".top .menu[open] .pop a").first).to_be_visible()


def test_from_record_to_record_along_a_list(visit):
    page = visit().open("/patients/")
    links = page.locator("[data-list] .row .pt")
    first, second = (links.nth(n).get_attribute("href").split("?")[0] for n in (0, 1))
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{first}?along=*")
    page.keyboard.press("j")
    page.wait_for_url(f"**{second}?along=*")
    page.keyboard.press("k")
    page.wait_for_url(f"**{first}?along=*")
    expect(page.get_by_role("link", name="Previous patient on the list")).to_have_count(0)


def test_from_record_to_record_along_my_day(visit):
    page = visit().open("/day/?bucket=upcoming")
    links = (
        rows_of(page).locator(".pt[href^='/patients/']").evaluate_all("all => all.map(one => one.pathname)")
    )
    first, second, third, *_more = dict.fromkeys(links)
    page.locator(f"#worklist .row .pt[href^='{first}']").first.press("Enter")
    page.wait_for_url(f"**{first}?along=*")
    expect(page.locator(".walk")).to_contain_text("My day: Upcoming")
    page.keyboard.press("2")
    page.wait_for_url(f"**{first}timeline/?along=*")
    page.keyboard.press("j")
    page.wait_for_url(f"**{second}timeline/?along=*")
    page.keyboard.press("3")
    page.wait_for_url(f"**{second}tasks/?along=*")
    for _row in range(rows_in_record(page).count()):  # among the rows of a list J is the list's own
        page.keyboard.press("j")
        expect(rows_in_record(page).locator(".pt:focus")).to_have_count(1)
    page.keyboard.press("j")  # past its end it comes to the next patient
    expect(page.locator(".walk [data-key=j]")).to_be_focused()
    page.keyboard.press("k")
    expect(rows_in_record(page).last.locator(".pt")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.wait_for_url(f"**{third}tasks/?along=*")
    page.locator(".walk a").first.click()
    page.wait_for_url("**/day/?bucket=upcoming&sel=*")


def test_the_tasks_of_a_record_are_done_together(visit, settings):
    settings.STALE_POLL_SECONDS = 1
    with organization(dana().organization_id):
        patient = Task.objects.open().filter(owner=dana(), patient__isnull=False)[0].patient
        other = TaskFactory(patient=patient, owner=dana())
        open_before = Task.objects.open().filter(patient=patient).count()
    one = visit()
    page = one.open(f"/patients/{patient.pk}/tasks/")
    page.wait_for_timeout(2_100)
    page.reload()
    before = rows_in_record(page).evaluate_all("rows => rows.map(row => row.id)")
    assert len(before) == open_before
    with organization(dana().organization_id):
        lena = User.objects.get(email="lena@riverbend.example")
        change_due(task=other, by=lena, due=Due(timezone.now() + timezone.timedelta(days=9), has_time=True))
    expect(page.locator("#stale-words")).to_contain_text("1 change. Show")
    assert rows_in_record(page).evaluate_all("rows => rows.map(row => row.id)") == before
    with page.expect_navigation():
        page.click("#stale-words a")
    page.keyboard.press("j")
    page.keyboard.press("Control+a")
    expect(page.locator("#bulk [data-count]")).to_have_text(str(open_before))
    page.get_by_role("button", name="Move").click()
    page.locator("[name=day]").fill("2030-01-02")
    page.locator(".formbar .primary").click()
    page.wait_for_url("**/tasks/bulk/*/?next=*")
    with page.expect_navigation():
        page.get_by_role("button", name="Undo all of it").click()
    page.get_by_role("link", name="Back to the list").click()
    page.wait_for_url(f"**/patients/{patient.pk}/tasks/")
    expect(rows_in_record(page)).to_have_count(open_before)


def rows_in_record(page):
    return page.locator("main [data-list] .row")


def test_a_contact_is_saved_and_the_next_row_comes(visit):
    page = visit().open("/day/")
    ids = rows_of(page).evaluate_all("rows => rows.map(row => row.id)")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.locator("#peek [name=note]").fill("Walks again.")
    page.keyboard.press("Alt+1")
    expect(page.locator("#peek [name=outcome]").first).to_be_checked()
    page.locator("#peek [name=follow_up]").first.check(force=True)
    page.locator("#peek [name=note]").focus()
    page.keyboard.press("Control+Shift+Enter")
    expect(page.locator("#toasts")).to_contain_text("Saved for")
    expect(page.locator(f"#{ids[2]}[aria-current]")).to_be_visible()
    page.wait_for_load_state("networkidle")  # its preview is on the way


def test_a_field_never_loses_a_key(visit):
    page = visit().open("/patients/")
    page.keyboard.press("/")
    page.keyboard.type("jkxdslaegnzpb?. 123")
    expect(page.locator("[data-search]")).to_have_value("jkxdslaegnzpb?. 123")
    assert page.url.endswith("/patients/")


def test_keys_are_changed_and_turned_off(visit):
    one = visit()
    page = one.open("/me/keys/")
    page.fill("[name=next]", "w")
    with page.expect_navigation():
        page.locator(".formbar .primary").click()
    one.open("/day/", page)
    page.keyboard.press("j")
    assert current(page) == ""
    page.keyboard.press("w")
    assert current(page) != ""
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_contain_text("W")
    page.keyboard.press("Escape")
    one.open("/me/keys/", page)
    page.fill("[name=previous]", "w")
    page.locator(".formbar .primary").click()
    expect(page.locator(".msg").first).to_contain_text("W is the key for")
    page.fill("[name=previous]", "k")
    page.uncheck("[name=single_keys]")
    with page.expect_navigation():
        page.locator(".formbar .primary").click()
    one.open("/day/", page)
    page.keyboard.press("w")
    assert current(page) == ""
    page.keyboard.press("Control+k")
    expect(page.locator("#jump")).to_be_visible()


def test_a_list_is_saved_counted_and_found(visit):
    one = visit()
    page = one.open("/day/?bucket=overdue")
    number = rows_of(page).count()
    page.click("text=Save this view")
    page.fill("[name=name]", "Late")
    with page.expect_navigation():
        page.locator(".formbar .primary").click()
    pinned = page.locator(".nav .sub a", has_text="Late")
    expect(pinned.locator(".count")).to_have_text(str(number))
    page.reload()
    assert rows_of(page).count() == number
    page.keyboard.press("Control+k")
    page.keyboard.type("late")
    expect(page.locator("#jump-results")).to_contain_text("Late")
    one.open("/views/", page)
    with page.expect_navigation():
        page.click("text=Delete")
    expect(page.locator("#toasts")).to_contain_text("Deleted")
    page.keyboard.press("z")
    expect(page.locator("main table")).to_contain_text("Late")
    with organization(dana().organization_id):
        assert SavedView.objects.filter(name="Late").count() == 1


def test_a_snippet_is_typed_by_its_name(visit):
    with organization(dana().organization_id):
        SnippetFactory(owner=dana(), name="zvm", text="Left voicemail on ___, no details.")
        SnippetFactory(owner=dana(), name="zvisit", text="Home visit.")
        task = Task.objects.filter(owner=dana(), patient__isnull=False).open().first()
    one = visit()
    page = one.open(f"/contacts/new/?patient={task.patient_id}")
    note = page.locator("textarea[name=note]")
    note.focus()
    page.keyboard.type("Called. :z")
    choices = page.locator("#snippet-list [role=option]")
    expect(choices).to_have_count(2)
    expect(choices.first).to_have_text(":zvisitHome visit.")
    expect(note).to_have_attribute("aria-activedescendant", "snippet-0")
    assert violations(page) == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(note).to_have_value("Called. Left voicemail on ___, no details.")
    expect(choices).to_have_count(0)
    page.keyboard.type("Friday")  # the blank was chosen
    expect(note).to_have_value("Called. Left voicemail on Friday, no details.")
    page.keyboard.press("End")
    page.keyboard.type(" :zvisit ")  # a whole name and a space
    expect(note).to_have_value("Called. Left voicemail on Friday, no details. Home visit. ")
    page.keyboard.press("Control+z")
    expect(note).to_have_value("Called. Left voicemail on Friday, no details. :zvisit ")
    page.keyboard.type(":zvi")
    expect(choices).to_have_count(1)
    page.keyboard.press("Escape")
    expect(choices).to_have_count(0)
    page.keyboard.type(" at 10:30 :)")  # neither is a name
    expect(choices).to_have_count(0)
    note.fill("")
    page.keyboard.type(":")
    choices.filter(has_text=":zvm").click()
    expect(note).to_have_value("Left voicemail on ___, no details.")


def test_escape_closes_the_snippets_and_not_the_dialog(visit):
    with organization(dana().organization_id):
        SnippetFactory(owner=dana(), name="vm")
    one = visit()
    page = one.open("/day/")
    page.keyboard.press("j")
    page.keyboard.press("d")
    note = page.locator("#dialog textarea").first
    note.focus()
    page.keyboard.type(":")
    expect(page.locator("#snippet-list")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#snippet-list")).to_have_count(0)
    expect(page.locator("#dialog")).to_be_visible()


def test_a_list_others_changed_says_so_and_stays(visit, settings):
    settings.STALE_POLL_SECONDS = 1
    one = visit()
    page = one.open("/day/")
    page.wait_for_timeout(
        2_100
    )  # what was saved within two seconds before the reading counts as changed since
    page.reload()
    page.keyboard.press("j")
    before = rows_of(page).evaluate_all("rows => rows.map(row => row.id)")
    page.click("#stale button")
    expect(page.locator("#stale button")).to_have_attribute("aria-pressed", "true")
    with organization(dana().organization_id):
        lena = User.objects.get(email="lena@riverbend.example")
        task = Task.objects.get(pk=before[-1].removeprefix("task-"))
        change_due(task=task, by=lena, due=Due(timezone.now() + timezone.timedelta(days=3), has_time=True))
    page.wait_for_timeout(2500)
    expect(page.locator("#stale-words")).to_be_empty()
    page.click("#stale button")
    expect(page.locator("#stale-words")).to_contain_text("1 change. Show")
    assert rows_of(page).evaluate_all("rows => rows.map(row => row.id)") == before
    with page.expect_navigation():
        page.click("#stale-words a")
    expect(page.locator("#stale-words")).to_be_empty()


def test_the_list_of_patients_says_so_too_and_begins_anew_with_a_filter(visit, settings):
    settings.STALE_POLL_SECONDS = 1
    page = visit().open("/patients/")
    page.wait_for_timeout(2_100)
    page.reload()
    rows = page.locator("#list .row")
    before = rows.evaluate_all("rows => rows.map(row => row.id)")

    def renamed(name):
        with organization(dana().organization_id):
            lena = User.objects.get(email="lena@riverbend.example")
            patient = Patient.objects.get(pk=before[0].removeprefix("patient-"))
            edit_patient(patient=patient, values={"preferred_name": name}, version=patient.version, by=lena)

    renamed("Patsy")
    expect(page.locator("#stale-words")).to_contain_text("1 change. Show")
    assert rows.evaluate_all("rows => rows.map(row => row.id)") == before
    page.wait_for_timeout(2_100)
    page.get_by_text("Filter and sort").click()
    with page.expect_response("**/patients/?*"):
        page.get_by_label("Sorted by").select_option("-name")
    expect(page.locator("#stale-words")).to_be_empty()
    expect(page.locator("#stale button")).to_be_visible()
    page.wait_for_timeout(2_100)
    expect(page.locator("#stale-words")).to_be_empty()
    renamed("Pat")
    expect(page.locator("#stale-words")).to_contain_text("1 change. Show")
    with page.expect_navigation():
        page.click("#stale-words a")
    assert "sort=-name" in page.url
    expect(page.locator("#stale-words")).to_be_empty()


def test_text_is_copied(visit):
    one = visit()
    one.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=one.server)
    page = one.open("/day/")
    with page.expect_navigation():
        rows_of(page).first.locator(".what a").click()
    page.locator("[data-copy]").first.click()
    expect(page.locator("#toasts")).to_contain_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()").startswith("TASK: ")
