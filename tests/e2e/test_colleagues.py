"""Choosing one colleague of many: by typing a part of the name."""

import pytest
from playwright.sync_api import expect

from coordination.accounts.models import User
from coordination.worklist.models import Task
from tests.e2e.conftest import violations
from tests.e2e.test_worklist import dana, go_to, of_town, ordinary_rows
from tests.factories import UserFactory, grant_team

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def zoe(town: None) -> User:
    """One of sixty more."""
    house = dana().organization
    for n in range(60):
        UserFactory(organization=house, name=f"Colleague {n:02}", roles=["coordinator"])
    zoe = UserFactory(organization=house, name="Zoe Young", roles=["coordinator"])
    for team in of_town(lambda: list(house.teams.all())):
        grant_team(zoe, team)
    return zoe


def test_a_task_goes_to_whom_one_types(zoe, visit):
    page = visit().open("/day/")
    first, *_more = ordinary_rows(page)
    go_to(page, first)
    page.keyboard.press("a")
    box, chosen = page.locator("#dialog [type=search]"), page.locator("#dialog [name=to]")
    expect(box).to_be_focused()
    box.press_sequentially("zoe")
    expect(page.locator("#dialog")).to_contain_text("Zoe Young found and chosen")
    expect(chosen).to_have_value(f"user:{zoe.pk}")
    assert violations(page) == []
    box.press_sequentially("x")
    expect(page.locator("#dialog")).to_contain_text("Nobody found. What was chosen stays.")
    expect(chosen).to_have_value(f"user:{zoe.pk}")
    box.press("Enter")  # finds, and sends nothing
    expect(page.locator("#dialog")).to_be_visible()
    box.press("Control+Enter")
    expect(page.locator("#dialog")).to_be_hidden()
    assert of_town(lambda: Task.objects.get(pk=first.removeprefix("task-"))).owner_id == zoe.pk


def test_a_form_that_was_left_remembers_whom(zoe, visit):
    page = visit().open("/tasks/new/")
    page.get_by_label("What will be done").fill("Call the pharmacy")
    page.get_by_label("Find a colleague").fill("zoe")
    expect(page.get_by_label("Who does it")).to_have_value(f"user:{zoe.pk}")
    expect(page.locator("#draft-status")).to_contain_text("Draft saved")
    page.reload()
    expect(page.get_by_label("Who does it")).to_have_value(f"user:{zoe.pk}")
    assert violations(page) == []
