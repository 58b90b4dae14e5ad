"""The tasks of one patient: chosen together and acted on as one, and a word when others changed them."""

import datetime as dt
import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from coordination.worklist.actions import close_task
from coordination.worklist.models import Batch, Task
from tests.factories import PatientFactory, TaskFactory


@pytest.fixture
def tasks(cast):
    return [TaskFactory(patient=cast.pat, owner=cast.ana, title=f"Row {n}", priority=3) for n in range(3)]


@pytest.fixture
def page(cast):
    return f"/patients/{cast.pat.pk}/tasks/"


def chosen(client, page):
    """The boxes of the page, as the browser sends them when all are ticked."""
    return re.findall(r'name="ids" value="([^"]+)"', client.get(page).content.decode())


def test_the_rows_are_chosen_seen_and_done_as_one(cast, signed_in, inside, tasks, page):
    critical = TaskFactory(patient=cast.pat, owner=cast.ana, title="Safety", priority=1)
    client = signed_in(cast.ana)
    sent = {"ids": chosen(client, page), "act": "done"}
    assert len(sent["ids"]) == 4
    preview = client.post("/tasks/bulk/", sent, headers={"Referer": f"http://testserver{page}"})
    assert b"3 of 4 can be done like this" in preview.content
    assert f'name="next" value="{page}"'.encode() in preview.content
    result = client.post("/tasks/bulk/commit/", sent | {"next": page}, follow=True)
    body = result.content.decode()
    assert "3 of 4 tasks" in body
    assert f'<a class="btn primary" href="{page}">' in body
    inside(cast.riverbend)
    assert Task.objects.get(pk=critical.pk).is_open
    assert not Task.objects.filter(pk__in=[task.pk for task in tasks], closed_at__isnull=True).exists()
    undo = re.search(r'action="(/undo/[^"]+)"|action="([^"]*undo[^"]*)"', body)
    assert undo
    client.post(undo[1] or undo[2])
    inside(cast.riverbend)
    assert Task.objects.filter(pk__in=[task.pk for task in tasks], closed_at__isnull=True).count() == 3
    assert Batch.objects.get().undone_at is not None


def test_what_somebody_changed_since_the_page_was_read_is_left_out(cast, signed_in, tasks, page):
    client = signed_in(cast.ana)
    ids = chosen(client, page)
    client.post(f"/tasks/{tasks[0].pk}/due/", {"day": "2100-01-02", "version": str(tasks[0].version)})
    preview = client.post("/tasks/bulk/", {"ids": ids, "act": "done"})
    assert b"2 of 3 can be done like this" in preview.content


def test_who_may_only_look_chooses_nothing(cast, signed_in, tasks, page):
    body = signed_in(cast.vic).get(page).content.decode()
    assert "Row 0" in body
    assert 'name="ids"' not in body.replace('id="stale-ids"', "").replace(
        '<input type="hidden" name="ids" >', ""
    )
    assert 'id="bulk"' not in body


@pytest.fixture
def asked(cast, signed_in, tasks, page):
    """The address ana's page asks, as if she had read it a minute ago."""
    Task.objects.update(updated_at=timezone.now() - dt.timedelta(hours=1))
    client = signed_in(cast.ana)
    body = client.get(page + "?along=sort%3Dname").content.decode()
    url = unescape(re.search(r'hx-get="([^"]+changes/[^"]+)"', body)[1])  # type: ignore[index]
    return client, re.sub(r"since=[^&]+", f"since={(timezone.now() - dt.timedelta(minutes=1)).strftime('%Y-%m-%dT%H:%M:%SZ')}", url)  # fmt: skip


def test_a_change_of_others_is_told_and_nothing_else(cast, asked, inside, tasks, page):
    client, url = asked
    assert client.get(url).status_code == 204
    inside(cast.riverbend)
    close_task(task=tasks[0], by=cast.sue)
    TaskFactory(patient=cast.pat, owner=cast.max, created_by=cast.sue, updated_by=cast.sue)
    close_task(task=tasks[1], by=cast.ana)
    elsewhere = PatientFactory(organization=cast.riverbend, team=cast.north, coordinator=cast.ana)
    TaskFactory(patient=elsewhere, owner=cast.sue, created_by=cast.sue)
    answer = client.get(url).content.decode()
    assert "2 changes" in answer
    assert f'href="{page}?along=sort%3Dname"' in answer
    assert "Row" not in answer


def test_nonsense_and_strangers_are_told_nothing(cast, asked, signed_in, page):
    client, _url = asked
    assert client.get(f"{page}changes/?since=soon").status_code == 204
    assert signed_in(cast.sam).get(f"{page}changes/").status_code == 404


def test_the_boxes_and_the_word_cost_nothing(cast, signed_in, tasks, page, django_assert_max_num_queries):
    client = signed_in(cast.ana)
    client.get(page)
    with CaptureQueriesContext(connection) as few:
        client.get(page)
    for n in range(5):
        TaskFactory(patient=cast.pat, owner=cast.ana, title=f"More {n}")
    with django_assert_max_num_queries(len(few)):
        client.get(page)


def test_every_open_task_is_on_some_page(cast, signed_in, page, monkeypatch):
    monkeypatch.setattr("coordination.worklist.views.tasks.OPEN_ROWS", 2)
    for n in range(5):
        TaskFactory(patient=cast.pat, owner=cast.ana, title=f"Step {n}")
    client, address, seen = signed_in(cast.ana), page, []
    while address:
        shown = client.get(address).context
        seen += [row["title"] for row in shown["rows"]]
        address = page + shown["open_pager"]["next_url"] if shown["open_pager"]["next_url"] else ""
    assert sorted(seen) == [f"Step {n}" for n in range(5)]


def test_the_pages_of_what_is_open_and_of_what_is_closed_turn_apart(cast, signed_in, page, monkeypatch):
    monkeypatch.setattr("coordination.worklist.views.tasks.OPEN_ROWS", 2)
    for n in range(3):
        TaskFactory(patient=cast.pat, owner=cast.ana, title=f"Step {n}")
    for n in range(21):
        close_task(task=TaskFactory(patient=cast.pat, owner=cast.ana, title=f"Old {n}"), by=cast.ana)
    client = signed_in(cast.ana)
    second = client.get(page + client.get(page).context["pager"]["next_url"])
    assert (len(second.context["rows"]), len(second.context["closed"])) == (2, 1)
    both = client.get(page + second.context["open_pager"]["next_url"])
    assert (len(both.context["rows"]), len(both.context["closed"])) == (1, 1)
    assert 'aria-label="Pages of open tasks"' in both.text
