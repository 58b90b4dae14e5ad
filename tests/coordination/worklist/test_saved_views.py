"""Lists under a name: kept, counted, found again, never wider than what one may see."""

import uuid

import pytest
import time_machine
from django.utils import timezone

from coordination.accounts.models import Cover
from coordination.audit.models import Event
from coordination.worklist.models import SavedView
from tests.factories import PatientFactory, SavedViewFactory, TaskFactory


def save(client, name="Late", page="day", query="bucket=overdue", **more):
    return client.post("/views/new/", {"name": name, "page": page, "query": query, "is_pinned": "on"} | more)


def shown(response):
    """What the navigation shows of them."""
    return [(line["name"], line["count"]) for line in response.context["pinned_views"]().lines]


def pinned(response):
    """The same, asked for anew as the page does if it is told to."""
    url = response.context["pinned_views"]().ask_url
    if not url:
        return shown(response)
    part = response.client.get(url)
    return [(line["name"], line["count"]) for line in part.context["pinned"].lines]


class TestSaving:
    def test_what_is_shown_is_kept_in_one_order_and_opens_again(self, cast, signed_in, inside):
        client = signed_in(cast.ana)
        page = client.get("/day/?risk=high&sort=risk&bucket=overdue&sel=x&after=y")
        assert page.context["view_bar"]()["save_as_url"].startswith(
            "/views/new/?page=day&query=bucket%3Doverdue"
        )
        response = save(client, query="sort=risk&risk=high&bucket=overdue&kind=&magic=1")
        inside(cast.riverbend)
        view = SavedView.objects.get()
        assert (view.query, view.owner, view.team) == ("bucket=overdue&sort=risk&risk=high", cast.ana, None)
        assert response.url == f"/day/?bucket=overdue&sort=risk&risk=high&view={view.pk}"
        assert client.get(f"/views/{view.pk}/").url == response.url
        page = client.get(response.url)
        assert page.context["view_bar"]()["name"] == "Late"
        assert not page.context["view_bar"]()["is_changed"]
        inside(cast.riverbend)
        assert Event.objects.filter(name="view.saved", target_id=str(view.pk)).count() == 1

    @pytest.mark.parametrize(
        ("page", "typed", "kept"),
        [
            ("patients", "s=token&text=Rivera&risk=high&after=x", "risk=high"),
            ("patients", "status=active&sort=name&coordinator=me", "coordinator=me"),
            ("day", "show=Rivera&bucket=today", "bucket=today"),
            ("day", "show=escalated&bucket=today", "show=escalated&bucket=today"),
            ("day", "bucket=Rivera&risk=Rivera&kind=Rivera&sort=Rivera", ""),
        ],
    )
    def test_nothing_that_was_typed_is_kept(self, cast, signed_in, inside, page, typed, kept):
        save(signed_in(cast.ana), page=page, query=typed)
        inside(cast.riverbend)
        assert SavedView.objects.get().query == kept

    def test_what_was_escalated_is_kept_and_opens_also_when_it_is_empty(self, cast, signed_in, inside):
        client = signed_in(cast.sue)
        response = save(client, name="Up to me", query="show=escalated", for_whom="me")
        page = client.get(response.url)
        assert page.status_code == 200
        assert pinned(page) == [("Up to me", "0")]
        inside(cast.riverbend)
        TaskFactory(patient=cast.pat, escalated_at=timezone.now(), escalated_to=cast.sue)
        assert "Escalated to me" in client.get("/views/").text
        assert [row["title"] for group in client.get(response.url).context["groups"] for row in group["rows"]]

    def test_a_change_of_the_filters_is_said_and_saved(self, cast, signed_in, inside):
        view = SavedViewFactory(owner=cast.ana, name="Late")
        client = signed_in(cast.ana)
        page = client.get(f"/day/?bucket=overdue&risk=high&view={view.pk}")
        bar = page.context["view_bar"]()
        assert (bar["name"], bar["is_changed"]) == ("Late", True)
        assert f'value="{bar["query"]}"'.replace("&", "&amp;") in page.content.decode()
        assert f"view={view.pk}" in page.context["buckets"][0]["url"]  # the name stays while one looks around
        assert client.post(bar["change_url"], {"query": bar["query"]}).status_code == 302
        inside(cast.riverbend)
        view.refresh_from_db()
        assert view.query == "bucket=overdue&risk=high"

    def test_a_name_is_taken_once_and_twelve_are_pinned(self, cast, signed_in, inside):
        client = signed_in(cast.ana)
        save(client)
        again = save(client, query="bucket=today")
        assert again.status_code == 422
        assert "There is a view called “Late” already." in again.content.decode()
        for n in range(11):
            assert save(client, name=f"View {n}").status_code == 302
        full = save(client, name="One more")
        assert "12 views are pinned already. Unpin one of them first." in full.content.decode()
        assert len(pinned(client.get("/day/"))) == 12

    def test_it_is_renamed_and_unpinned(self, cast, signed_in, inside):
        view = SavedViewFactory(owner=cast.ana, name="Late")
        client = signed_in(cast.ana)
        assert client.post(f"/views/{view.pk}/edit/", {"name": "Too late", "version": 1}).status_code == 302
        stale = client.post(f"/views/{view.pk}/edit/", {"name": "Very late", "version": 1})
        assert stale.status_code == 409
        page = client.get("/views/")
        assert [(row["name"], row["is_pinned"], row["said"]) for row in page.context["rows"]] == [
            ("Too late", False, "My work, overdue")
        ]
        assert pinned(page) == []

    def test_a_deleted_one_comes_back(self, cast, signed_in, inside):
        view = SavedViewFactory(owner=cast.ana, name="Late")
        client, other = signed_in(cast.ana), signed_in(cast.ana)
        page = client.post(f"/views/{view.pk}/delete/", follow=True)
        assert "Deleted “Late”." in page.content.decode()
        assert other.post(f"/views/{view.pk}/restore/").status_code == 404
        assert client.post(f"/views/{view.pk}/restore/").status_code == 302
        inside(cast.riverbend)
        assert (SavedView.objects.get().pk, SavedView.objects.get().query) == (view.pk, "bucket=overdue")
        assert client.post(f"/views/{view.pk}/restore/").status_code == 404

    def test_a_change_is_taken_back(self, cast, signed_in, inside):
        view = SavedViewFactory(owner=cast.ana, name="Late")
        before = view.query
        client, other = signed_in(cast.ana), signed_in(cast.ana)
        page = client.post(f"/views/{view.pk}/edit/", {"name": "Too late", "version": 1}, follow=True)
        assert f"/views/{view.pk}/restore/" in page.text
        assert other.post(f"/views/{view.pk}/restore/").status_code == 404
        again = client.post(f"/views/{view.pk}/restore/", follow=True)
        assert "“Late” is as it was before." in again.text
        inside(cast.riverbend)
        view.refresh_from_db()
        assert (view.name, view.is_pinned) == ("Late", True)
        shown = client.post(f"/views/{view.pk}/change/", {"query": "bucket=today"}, follow=True)
        assert f"/views/{view.pk}/restore/" in shown.text
        other.post(f"/views/{view.pk}/edit/", {"name": "Else", "version": 4})
        assert "Changed since by Ana Ruiz" in client.post(f"/views/{view.pk}/restore/", follow=True).text
        inside(cast.riverbend)
        view.refresh_from_db()
        assert (view.name, view.query == before) == ("Else", False)

    def test_what_changed_nothing_offers_no_undo(self, cast, signed_in):
        view = SavedViewFactory(owner=cast.ana, name="Late")
        client = signed_in(cast.ana)
        sent = {"name": "Late", "is_pinned": "on", "version": 1}
        assert "/restore/" not in client.post(f"/views/{view.pk}/edit/", sent, follow=True).text


class TestWhose:
    def test_a_team_reads_what_who_manages_it_saved(self, cast, signed_in, inside):
        assert save(signed_in(cast.sue), for_whom=str(cast.north.pk)).status_code == 302
        inside(cast.riverbend)
        view = SavedView.objects.get()
        assert (view.team, view.owner) == (cast.north, None)
        max_, sam = signed_in(cast.max), signed_in(cast.sam)
        assert max_.get(f"/views/{view.pk}/").status_code == 302
        assert max_.get(f"/views/{view.pk}/edit/").status_code == 403
        assert max_.post(f"/views/{view.pk}/delete/").status_code == 403
        assert sam.get(f"/views/{view.pk}/").status_code == 404
        assert pinned(max_.get("/day/")) == [("Late", "0")]
        assert pinned(sam.get("/day/")) == []

    def test_who_manages_no_team_saves_for_nobody_else(self, cast, signed_in, inside):
        for who, team in ((cast.max, cast.north), (cast.sue, cast.south)):
            response = save(signed_in(who), for_whom=str(team.pk))
            inside(cast.riverbend)
            assert not SavedView.objects.filter(team__isnull=False).exists()
            assert response.status_code in {302, 422}

    def test_the_front_desk_has_no_my_day(self, cast, signed_in):
        assert save(signed_in(cast.flo)).status_code == 403
        assert save(signed_in(cast.flo), page="patients", query="").status_code == 302


class TestCounts:
    @pytest.mark.parametrize(
        ("page", "query"),
        [("day", "bucket=overdue"), ("day", ""), ("day", "risk=high"), ("patients", "risk=high"), ("patients", "tasks=none"),
         ("patients", "quiet=14&status=all&sort=-risk")],
    )  # fmt: skip
    def test_the_count_is_that_of_the_list_it_opens(self, cast, signed_in, inside, page, query):
        for risk, hours in (("high", -30), ("high", 3), ("low", -2)):
            patient = PatientFactory(
                organization=cast.riverbend, risk=risk, team=cast.north, coordinator=cast.sue
            )
            TaskFactory(patient=patient, due_at=timezone.now() + timezone.timedelta(hours=hours))
        view = SavedViewFactory(owner=cast.sue, page=page, query=query)
        client = signed_in(cast.sue)
        listed = client.get(f"/views/{view.pk}/", follow=True)
        number = listed.context["count"].number if page == "patients" else listed.context["total"]
        assert number > 0
        assert pinned(listed) == [(view.name, str(number))]

    def test_they_are_counted_in_one_statement_and_not_again_for_a_minute(self, cast, signed_in, statements):
        client = signed_in(cast.sue)
        for n in range(8):
            SavedViewFactory(owner=cast.sue, page=("day", "patients")[n % 2], query="risk=high")
        with statements() as cold:
            assert len(pinned(client.get("/day/"))) == 8
        assert len([sql for sql in cold if '"n7"' in sql]) == 1
        for path in ("/day/", "/patients/", "/notifications/"):
            with statements() as warm:
                page = client.get(path)
            assert len(shown(page)) == 8
            assert not page.context["pinned_views"]().ask_url
            assert not [sql for sql in warm if "worklist_savedview" in sql], path

    def test_the_page_of_a_list_never_waits_for_them(self, cast, signed_in, statements):
        client = signed_in(cast.sue)
        SavedViewFactory(owner=cast.sue, name="Late")
        with time_machine.travel(timezone.now(), tick=False) as clock:
            for path in ("/day/", "/patients/", "/views/"):
                with statements() as first:
                    page = client.get(path)
                assert f'hx-get="{page.context["pinned_views"]().ask_url}"' in page.text
                assert not [sql for sql in first if "accounts_session" in sql and "UPDATE" in sql], path
                assert pinned(page) == [("Late", "0")]
                clock.shift(61)
                assert shown(client.get("/day/")) == [("Late", "0")]  # until the new count is there

    def test_the_view_that_is_open_stays_marked(self, cast, signed_in):
        view = SavedViewFactory(owner=cast.sue, name="Late")
        client = signed_in(cast.sue)
        page = client.get(f"/day/?view={view.pk}")
        assert 'aria-current="page"' in client.get(page.context["pinned_views"]().ask_url).text

    def test_a_count_is_shown_for_a_minute_only(self, cast, signed_in, statements):
        client = signed_in(cast.sue)
        with time_machine.travel(timezone.now(), tick=False) as clock:
            SavedViewFactory(owner=cast.sue, name="Late")
            assert pinned(client.get("/day/")) == [("Late", "0")]
            clock.shift(61)
            with statements() as seen:
                assert shown(client.get("/notifications/")) == [("Late", "")]
            assert not [sql for sql in seen if "worklist_savedview" in sql]

    def test_jump_finds_them(self, cast, signed_in):
        view = SavedViewFactory(owner=cast.ana, name="Late and high")
        SavedViewFactory(owner=cast.max, name="Late too")
        client = signed_in(cast.ana)
        pinned(client.get("/day/"))
        body = client.post("/jump/", {"text": "late"}).content.decode()
        assert f'href="/views/{view.pk}/"' in body
        assert "Late too" not in body


class TestGone:
    def test_a_queue_that_is_not_ones_own_any_more(self, cast, signed_in, inside):
        today = cast.riverbend.today()
        cover = Cover.objects.create(
            organization=cast.riverbend, absent=cast.ana, covering=cast.sam, starts_on=today, ends_on=today, created_by=cast.sue,
        )  # fmt: skip
        view = SavedViewFactory(owner=cast.sam, query=f"show=cover%3A{cast.ana.pk}")
        client = signed_in(cast.sam)
        assert client.get(f"/views/{view.pk}/", follow=True).status_code == 200
        inside(cast.riverbend)
        cover.delete()
        page = client.get(f"/views/{view.pk}/")
        assert "The queue or the cover it shows is not yours any more." in page.content.decode()
        assert client.get("/views/").context["rows"][0]["count"] == ""

    def test_a_filter_nobody_offers_any_more(self, cast, signed_in):
        view = SavedViewFactory(owner=cast.sue, page="patients", query=f"risk=high&team={uuid.uuid4()}")
        page = signed_in(cast.sue).get(f"/views/{view.pk}/")
        assert "What it asks for is gone: Team. It shows more than it did." in page.content.decode()
        assert "Open what is left of it" in page.content.decode()

    def test_a_team_that_is_retired(self, cast, signed_in):
        view = SavedViewFactory(owner=None, team=cast.north, created_by=cast.sue)
        cast.north.is_active = False
        cast.north.save()
        page = signed_in(cast.max).get(f"/views/{view.pk}/")
        assert "The team North is retired. Save the list as your own to keep it." in page.content.decode()
