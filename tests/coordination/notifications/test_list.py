"""What others did that needs you: one's own, nobody else's."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from coordination.accounts.middleware import passive
from coordination.notifications import views
from coordination.notifications.models import Notification
from tests.coordination.notifications.test_notify import CANARY, tell

URL = "/notifications/"


@pytest.fixture
def ana(cast, signed_in):
    return signed_in(cast.ana)


def test_it_shows_ones_own_newest_first(cast, ana):
    for n in range(3):
        tell(cast.ana, text=f"News {n}")
    tell(cast.sue, text="Not for Ana")
    answer = ana.get(URL)
    assert [line["it"].text for line in answer.context["lines"]] == ["News 2", "News 1", "News 0"]
    said = answer.content.decode()
    assert "Not for Ana" not in said
    assert "(3) Notifications" in said
    assert "Notifications, 3 unread" in said


def test_up_to_date(ana):
    said = ana.get(URL).content.decode()
    assert "You are up to date" in said
    assert "Notifications, none unread" in said
    assert "Mark all as read" not in said


def test_only_the_unread(cast, ana):
    read = tell(cast.ana, text="Old news")
    tell(cast.ana, text="New news")
    ana.post(reverse("notifications:read", args=[read.pk]))
    answer = ana.get(URL, {"show": "unread"})
    assert [line["it"].text for line in answer.context["lines"]] == ["New news"]
    assert [tab["current"] for tab in answer.context["tabs"]] == [False, True]


def test_it_goes_on(cast, ana):
    for n in range(60):
        tell(cast.ana, text=f"News {n}")
    first = ana.get(URL)
    second = ana.get(URL + first.context["pager"]["next_url"])
    assert (len(first.context["lines"]), len(second.context["lines"])) == (50, 10)


def test_it_asks_the_same_however_long_the_list(cast, ana):
    asked = []
    ana.get(URL)  # saved views are counted once a minute
    for _ in range(2):
        for _ in range(22):
            tell(cast.ana)
        with CaptureQueriesContext(connection) as queries:
            ana.get(URL)
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 8


class TestTheBell:
    def test_it_counts_what_is_unread(self, cast, ana):
        url = reverse("notifications:badge")
        assert 'class="pip"' not in ana.get(url).content.decode()
        tell(cast.ana)
        tell(cast.sue)
        said = ana.get(url).content.decode()
        assert "Notifications, 1 unread" in said
        assert CANARY not in said

    def test_beyond_ninety_nine_it_says_so(self, cast, ana):
        for _ in range(101):
            tell(cast.ana)
        assert "99+" in ana.get(reverse("notifications:badge")).content.decode()

    def test_asking_is_not_using_the_page(self):
        assert getattr(views.badge, "passive", False)
        assert not getattr(views.notifications, "passive", False)
        assert callable(passive)

    def test_a_page_asks_once_and_an_error_page_not_at_all(self, cast, ana):
        tell(cast.ana)
        with CaptureQueriesContext(connection) as queries:
            ana.get(reverse("styleguide"))
        assert sum("notifications_notification" in query["sql"] for query in queries) == 1
        with CaptureQueriesContext(connection) as queries:
            ana.get("/audit/")
        assert sum("notifications_notification" in query["sql"] for query in queries) == 0


class TestReading:
    def test_one(self, cast, ana):
        line = tell(cast.ana)
        answer = ana.post(reverse("notifications:read", args=[line.pk]))
        assert (answer.status_code, answer["Location"]) == (302, URL)
        line.refresh_from_db()
        assert line.read_at is not None

    def test_one_in_place(self, cast, ana):
        line = tell(cast.ana)
        answer = ana.post(reverse("notifications:read", args=[line.pk]), headers={"HX-Request": "true"})
        said = answer.content.decode()
        assert said.lstrip().startswith(f'<li id="notification-{line.pk}"')
        assert 'hx-target="#bell"' in said
        assert "none unread" in said
        assert "unread" not in said.split("</li>")[0]

    def test_all_that_was_on_the_page(self, cast, ana):
        tell(cast.ana)
        newest = ana.get(URL).context["newest"]
        later = tell(cast.ana, text="Later")
        assert ana.post(reverse("notifications:read_all"), {"newest": newest}).status_code == 302
        assert list(Notification.objects.visible_to(cast.ana).unread()) == [later]

    def test_all_of_nothing(self, ana):
        assert ana.post(reverse("notifications:read_all")).status_code == 302

    def test_opening_reads_and_leads_there(self, cast, ana):
        line = tell(cast.ana, route="notifications:list")
        answer = ana.post(reverse("notifications:open", args=[line.pk]))
        assert answer["Location"] == URL
        line.refresh_from_db()
        assert line.read_at is not None

    def test_it_leads_to_its_subject(self, cast, ana):
        pk = uuid.uuid4()
        line = tell(cast.ana, route="notifications:read", subject_id=pk)
        assert ana.post(reverse("notifications:open", args=[line.pk]))["Location"] == f"{URL}{pk}/read/"

    def test_a_page_that_is_gone_leads_back(self, cast, ana):
        line = tell(cast.ana, route="no:such")
        assert ana.post(reverse("notifications:open", args=[line.pk]))["Location"] == URL

    @pytest.mark.parametrize("route", ["read", "open"])
    def test_it_hides_those_of_others(self, cast, ana, route):
        line = tell(cast.sue)
        assert ana.post(reverse(f"notifications:{route}", args=[line.pk])).status_code == 404
        assert ana.post(reverse("notifications:read_all"), {"newest": line.pk}).status_code == 404
        line.refresh_from_db()
        assert line.read_at is None

    @pytest.mark.parametrize("route", ["read", "open"])
    def test_it_rejects_get_and_strangers(self, cast, ana, client, route):
        line = tell(cast.ana)
        url = reverse(f"notifications:{route}", args=[line.pk])
        assert ana.get(url).status_code == 405
        assert client.post(url).status_code == 302
        assert ana.get(reverse("notifications:read_all")).status_code == 405
        assert client.get(URL).status_code == 302
