"""The timeline as a file: all its pages in one, in the same order, with nothing the role may not see."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from coordination.audit.models import Event
from coordination.interop.office.export import running
from coordination.lib.display import as_day
from coordination.worklist.models import Task
from patients.panels import ahead_of
from patients.timeline import GROUPS, WholeTimeline, timeline_page
from tests.conftest import Cast
from tests.factories import TaskFactory
from tests.factories.record import ConditionFactory, ContactFactory, ObservationFactory
from tests.office.conftest import NEW, Proven, WorkOff, ask, fetch, rows_of_csv, rows_of_xlsx

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(cast: Cast, proven: Proven) -> Client:
    return proven(cast.ana)


def days_ago(n: float) -> dt.datetime:
    return timezone.now() - dt.timedelta(days=n)


def fill(cast: Cast, n: int = 1) -> None:
    """So many of each source, and as many tasks still to come."""
    for day in range(1, n + 1):
        ConditionFactory(patient=cast.pat, text=f"Condition {day}", occurred_at=days_ago(day))
        ObservationFactory(patient=cast.pat, occurred_at=days_ago(day + 0.2))
        ContactFactory(patient=cast.pat, note=f"Note {day}", occurred_at=days_ago(day + 0.3))
        ended = TaskFactory(patient=cast.pat, title=f"Ended {day}")
        values = {"outcome": "completed", "closed_at": days_ago(day + 0.4), "closed_by": cast.ana}
        Task.objects.filter(pk=ended.pk).update(status="done", **values)
        TaskFactory(patient=cast.pat, title=f"Planned {day}", due_at=timezone.now() + dt.timedelta(days=day))


def as_on_the_pages(user: Any, patient: Any, group: str) -> list[tuple[str, ...]]:
    """What one reads who opens page after page."""
    shown = [(str(as_day(a.at)), a.title, a.text, a.by, "Ahead") for a in ahead_of(user, patient, group)]
    cursor = ""
    while True:
        page = timeline_page(user, patient, group=group, after=cursor, size=3)
        shown += [
            (str(as_day(e.moment)), e.title, e.text, e.by, ", ".join(tag["text"] for tag in e.tags))
            for day in page.days
            for e in day.entries
        ]
        cursor = page.next_cursor
        if not cursor:
            return shown


@pytest.mark.parametrize("group", list(GROUPS))
def test_the_file_holds_what_the_pages_show(
    cast: Cast, ana: Client, work_off: WorkOff, monkeypatch: Any, group: str
) -> None:
    fill(cast, 3)
    monkeypatch.setattr(running, "CHUNK", 4)
    job = ask(ana, "timeline", patient=cast.pat.pk, kind=group, after="x", q="typed")
    work_off()
    rows = rows_of_csv(fetch(ana, job))
    with timezone.override(cast.ana.zone):
        expected = as_on_the_pages(cast.ana, cast.pat, group)
    assert [tuple(row[name] for name in ("Day", "What", "Details", "By", "Kind")) for row in rows] == expected
    assert len(expected) == {"": 15, "tasks": 6, "contacts": 3, "clinical": 6}[group]
    assert job.choices == {"patient": str(cast.pat.pk)} | ({"kind": group} if group else {})
    assert {row["Record number"] for row in rows} == {cast.pat.record_number}


def test_nothing_in_it_is_a_formula(cast: Cast, ana: Client, work_off: WorkOff) -> None:
    ConditionFactory(patient=cast.pat, text="=cmd|' /C calc'!A0", occurred_at=days_ago(1))
    ContactFactory(patient=cast.pat, note="+1 555", occurred_at=days_ago(2))
    text, book = (ask(ana, "timeline", form, patient=cast.pat.pk) for form in ("csv", "xlsx"))
    work_off()
    first, second = rows_of_csv(fetch(ana, text))
    assert first["What"] == "'=cmd|' /C calc'!A0"
    assert second["Details"].startswith("'+1 555") or "\n+1 555" in second["Details"]
    head, row, _last = rows_of_xlsx(fetch(ana, book))
    assert dict(zip(head, row, strict=True))["What"] == "=cmd|' /C calc'!A0"


def test_what_a_role_may_not_see_is_not_in_it(cast: Cast, proven: Proven, work_off: WorkOff) -> None:
    ConditionFactory(patient=cast.pat, text="Open", occurred_at=days_ago(1))
    ConditionFactory(patient=cast.pat, text="Hidden", occurred_at=days_ago(2), sensitivity="ETH")
    ConditionFactory(
        patient=cast.pat, text="Mistaken", occurred_at=days_ago(3), record_status="entered_in_error"
    )
    ContactFactory(patient=cast.pat, occurred_at=days_ago(4))
    for user in (cast.ana, cast.max, cast.vic):
        client = proven(user)
        job = ask(client, "timeline", patient=cast.pat.pk)
        work_off()
        found = [row["What"] for row in rows_of_csv(fetch(client, job))]
        with timezone.override(user.zone):
            assert found == [title for _day, title, *_rest in as_on_the_pages(user, cast.pat, "")]
        assert "Open" in found
        assert "Mistaken" not in found
        assert ("Hidden" in found) == (user == cast.max)


def test_it_opens_for_whom_the_page_opens(cast: Cast, proven: Proven) -> None:
    for user, status in ((cast.ana, 200), (cast.vic, 200), (cast.sam, 404), (cast.olga, 404)):
        client = proven(user)
        assert client.get(f"{NEW}?list=timeline&patient={cast.pat.pk}").status_code == status
        assert client.get(f"/patients/{cast.pat.pk}/timeline/").status_code == status
    assert proven(cast.ana).get(f"{NEW}?list=timeline").status_code == 404


def test_what_is_taken_back_meanwhile_is_left_out(cast: Cast) -> None:
    fill(cast, 2)
    whole = WholeTimeline(cast.ana, cast.pat)
    ids = list(whole.ids())
    assert len(ids) == len(set(ids)) == len(whole.read(ids)) == whole.count().number == 10
    Task.objects.filter(title="Ended 1").delete()
    planned = Task.objects.get(title="Planned 1")
    values = {"outcome": "completed", "closed_at": timezone.now(), "closed_by": cast.ana}
    Task.objects.filter(pk=planned.pk).update(status="done", **values)
    read = whole.read(ids)
    assert len(read) == 9
    assert read[planned.pk].kind == "task", "it ended meanwhile, and says so"


def test_it_costs_the_same_for_many(cast: Cast) -> None:
    whole, costs = WholeTimeline(cast.ana, cast.pat), []
    whole.count()  # what the person reaches is read once
    for n in (1, 12):
        fill(cast, n)
        with CaptureQueriesContext(connection) as asked:
            whole.read(list(whole.ids()))
            whole.count()
        costs.append(len(asked))
    assert costs[0] == costs[1] <= 6


def test_it_stands_in_the_log_of_the_patient(cast: Cast, ana: Client, work_off: WorkOff) -> None:
    fill(cast)
    job = ask(ana, "timeline", patient=cast.pat.pk)
    work_off()
    fetch(ana, job)
    written = Event.objects.filter(kind="export", patient_id=cast.pat.pk).order_by("at", "id")
    assert [event.name.partition(".")[2] for event in written] == ["requested", "finished", "downloaded"]
    assert written.last().detail["rows"] == 5
    assert "title" in written.last().detail["columns"]


def test_the_page_leads_there_with_its_filter(cast: Cast, ana: Client) -> None:
    url = f"/patients/{cast.pat.pk}/timeline/"
    asked = f"list=timeline&amp;patient={cast.pat.pk}"
    assert f'{asked}"' in ana.get(url).text
    assert f'{asked}&amp;kind=tasks"' in ana.get(f"{url}?kind=tasks").text
    assert asked not in ana.post(url, {"q": "pain"}).text, "what is typed narrows no file"
    page = ana.get(f"{NEW}?list=timeline&patient={cast.pat.pk}&kind=clinical").text
    assert "Clinical" in page
    assert "Pat" not in page.split("<title>")[1].split("</title>")[0]
