"""An administrator lets an app in, a person agrees to it and takes that back; webhooks; the page that describes the API."""

import re

import pytest
from django.urls import reverse

from tests.e2e.conftest import WIDTHS, violations

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
RETURN = "https://app.example/back"


def fits(page, name):
    for size in WIDTHS.values():
        page.set_viewport_size({"width": size[0], "height": size[1]})
        assert violations(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], name
    page.set_viewport_size({"width": 1440, "height": 960})


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_an_app_from_the_first_day_to_the_last(visit, dark, tmp_path):
    robin = visit("robin", dark=dark)
    admin = robin.open(reverse("clients:apps"))
    fits(admin, "no apps")
    admin.get_by_label("Name").fill("Reader")
    admin.get_by_label("Return addresses").fill(RETURN)
    admin.get_by_label("Read tasks").check()
    admin.get_by_role("button", name="Let it in").click()
    admin.get_by_role("heading", name="Reader is let in").wait_for()
    fits(admin, "the secret")
    client_id = admin.locator("dd code").first.inner_text()

    dana = visit("dana", dark=dark)
    page = dana.page()
    page.route(re.compile(r"^https://app\.example/.*"), lambda route: route.fulfill(body="back"))
    asked = (
        f"?response_type=code&client_id={client_id}&redirect_uri={RETURN}&scope=tasks:read&state=s"
        f"&code_challenge={'a' * 43}&code_challenge_method=S256"
    )
    dana.open(reverse("clients:authorize") + asked, page)
    fits(page, "agree")
    page.get_by_role("button", name="Agree", exact=True).click()
    page.wait_for_url(re.compile(r"^https://app\.example/back\?code=.*"))
    dana.open(reverse("clients:mine"), page)
    fits(page, "my apps")
    dana.open(reverse("clients:authorize") + "?client_id=nobody", page)
    fits(page, "not let in")

    robin.open(reverse("webhooks:endpoints"), admin)
    fits(admin, "no webhooks")
    admin.get_by_label("Address").fill("https://hooks.example/in")
    admin.get_by_label("A task ended").check()
    admin.get_by_role("button", name="Add the webhook").click()
    admin.get_by_role("heading", name="Its secret").wait_for()
    fits(admin, "a webhook")


def test_the_description_is_shown_by_our_own_scripts(visit):
    """The visit fails by itself when the policy refuses a script or style of the page."""
    page = visit(None).open(reverse("api:docs"))
    page.get_by_text("Tasks by due time").wait_for()
    hosts = page.evaluate("performance.getEntriesByType('resource').map(entry => new URL(entry.name).host)")
    assert set(hosts) <= {page.url.split("/")[2]}
