"""A list that others changed says so, and only that."""

import datetime as dt
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from coordination.worklist.actions import assign_task, close_task, snooze_task
from tests.factories import PatientFactory, TaskFactory


@pytest.fixture
def read(cast):
    """Three rows that ana read a minute ago, and the address her page asks."""
    rows = [TaskFactory(patient=cast.pat, title=f"Row {n}") for n in range(3)]
    moment = timezone.now() + dt.timedelta(seconds=3)  # past the margin
    query = {"since": moment.isoformat(), "ids": ",".join(str(row.pk) for row in rows)}
    for row in rows:
        type(row).objects.filter(pk=row.pk).update(updated_at=moment - dt.timedelta(minutes=5))
    return (
        rows,
        f"/day/changes/?{urlencode(query | {'since': (moment - dt.timedelta(minutes=1)).isoformat()})}",
    )


def test_nothing_changed_is_nothing(cast, signed_in, read):
    response = signed_in(cast.ana).get(read[1])
    assert (response.status_code, response.content) == (204, b"")


def test_what_others_did_is_counted_wherever_the_row_went(cast, signed_in, read):
    rows, url = read
    close_task(task=rows[0], by=cast.sue)
    assign_task(task=rows[1], by=cast.sue, owner=cast.max)
    TaskFactory(patient=cast.pat, owner=cast.ana, created_by=cast.sue, title="New for ana")
    response = signed_in(cast.ana).get(url)
    assert b"3 changes" in response.content
    assert b'href="/day/"' in response.content
    assert b"Row" not in response.content
    assert b"RIVERA" not in response.content


def test_what_one_did_oneself_is_not_news(cast, signed_in, read):
    rows, url = read
    close_task(task=rows[0], by=cast.ana)
    snooze_task(task=rows[1], by=cast.ana, until=timezone.now() + dt.timedelta(hours=2))
    assert signed_in(cast.ana).get(url).status_code == 204


def test_only_of_this_list(cast, signed_in, read):
    patient = PatientFactory(organization=cast.riverbend, team=cast.north, coordinator=cast.sue)
    TaskFactory(patient=patient, owner=cast.sue)
    TaskFactory(patient=cast.pat, owner=cast.ana, created_by=cast.sue, kind="referral")
    client = signed_in(cast.ana)
    assert client.get(read[1] + "&kind=call").status_code == 204
    assert b"1 change<" in client.get(read[1] + "&kind=referral").content.replace(b".</b>", b"<")


def test_nobody_asks_about_rows_they_may_not_see(cast, signed_in, read):
    close_task(task=read[0][0], by=cast.sue)
    assert signed_in(cast.sam).get(read[1]).status_code == 204
    assert signed_in(cast.flo).get(read[1]).status_code == 403


@pytest.mark.parametrize(
    "query", ["", "since=", "since=x", "since=2026-13-40T00:00:00Z", "since=2026-11-17", "ids=x,,y"]
)
def test_nonsense_is_nothing(cast, signed_in, query):
    assert signed_in(cast.ana).get(f"/day/changes/?{query}").status_code == 204


def test_it_is_one_statement_and_no_use_of_the_session(cast, signed_in, read, statements):
    client = signed_in(cast.ana)
    before = client.session["last_activity"]
    client.get(read[1])
    with statements() as seen:
        client.get(read[1])
    assert len([sql for sql in seen if "worklist_task" in sql]) == 1
    assert len(seen) <= 6, seen
    assert client.session["last_activity"] == before


def test_the_page_says_how_old_it_is_and_where_to_ask(cast, signed_in):
    response = signed_in(cast.ana).get("/day/?bucket=today&sel=x")
    assert response.context["changes_url"].startswith("/day/changes/?bucket=today&since=2")
    assert "Read " in response.content.decode()
