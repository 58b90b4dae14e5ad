"""The other lists as files: promises, records that need a person, the audit trail, who opened a record."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from coordination.accounts import actions as accounts
from coordination.audit.actions import record_access
from coordination.audit.models import Event
from coordination.interop.office.export.lists import open_list, query_of
from coordination.notifications import actions
from coordination.notifications.actions import notify
from coordination.notifications.models import Notification
from coordination.worklist import actions as worklist
from coordination.worklist.due import Due
from coordination.worklist.models import Task
from patients.actions.identity import edit_patient, mark_similar_names
from tests.conftest import Cast
from tests.factories import EmergencyFactory, PatientFactory, TaskFactory, UserFactory
from tests.factories.record import ContactPointFactory
from tests.office.conftest import NEW, Proven, WorkOff, ask, fetch, rows_of_csv

pytestmark = pytest.mark.django_db


def hours(n: float) -> dt.datetime:
    return timezone.now() + dt.timedelta(hours=n)


def promised(cast: Cast, title: str, due: float, closed: float | None = None, **values: Any) -> Task:
    task = TaskFactory(patient=cast.pat, title=title, source="promise", due_at=hours(due), **values)
    if closed is not None:
        ended = {"status": "done", "outcome": "completed", "closed_at": hours(closed), "closed_by": cast.ana}
        Task.objects.filter(pk=task.pk).update(**ended)
    return task


def costs_of(user: Any, name: str, **choices: str) -> int:
    """How many statements one slice of a file takes: the list opened, its ids, its rows with every cell."""
    with CaptureQueriesContext(connection) as asked:
        listing = open_list(user, name, query_of(choices))
        ids = list(listing.ids())
        cells = [[column.read(row) for column in listing.columns] for row in listing.read(ids).values()]
    assert len(cells) == len(ids) > 0
    return len(asked)


# --- promises
def test_promises_in_the_state_of_the_page(cast: Cast, proven: Proven, work_off: WorkOff) -> None:
    promised(cast, "=Second", 5)
    promised(cast, "First", 3)
    promised(cast, "Late", -3)
    promised(cast, "Kept earlier", -30, -31)
    promised(cast, "Kept later", -3, -4)
    promised(cast, "Broken", -30, -1)
    promised(cast, "Of another", 3, owner=cast.sue)
    TaskFactory(patient=cast.pat, title="No promise")
    ana = proven(cast.ana)
    expected = {
        "": ["First", "'=Second"],
        "late": ["Late"],
        "kept": ["Kept later", "Kept earlier"],
        "broken": ["Broken"],
    }
    for state, titles in expected.items():
        job = ask(ana, "promises", state=state)
        work_off()
        rows = rows_of_csv(fetch(ana, job))
        assert [row["Promised"] for row in rows] == titles
        page = ana.get("/day/promises/", {"state": state})
        assert [row["task"].title for row in page.context["rows"]] == [title.lstrip("'") for title in titles]
        assert f"list=promises&amp;state={state or 'open'}" in page.text
        assert rows[0]["Record number"] == cast.pat.record_number
    assert rows[0]["How it ended"] == "Completed"


# --- records that need a person
def test_a_section_of_the_records_that_need_a_person(cast: Cast, proven: Proven, work_off: WorkOff) -> None:
    sue = proven(cast.sue)
    for family in ("Zander", "Adler"):
        PatientFactory(organization=cast.riverbend, team=cast.north, family=family)
    PatientFactory(organization=cast.riverbend, team=cast.south, family="Unseen")
    job = ask(sue, "attention", show="coordinator")
    work_off()
    rows = rows_of_csv(fetch(sue, job))
    page = sue.get("/patients/attention/", {"show": "coordinator"})
    assert [row["Family name"] for row in rows] == ["Adler", "Zander"]
    assert [row["who"]["identifier"] for row in page.context["rows"]] == [
        row["Record number"] for row in rows
    ]
    assert {(row["Why"], row["What comes next"]) for row in rows} == {
        ("No primary coordinator", "Choose one")
    }
    assert "list=attention&amp;show=coordinator" in page.text


def test_pairs_are_exported_with_both(cast: Cast, proven: Proven, work_off: WorkOff) -> None:
    ContactPointFactory(patient=cast.pat)
    twin = PatientFactory(
        organization=cast.riverbend, team=cast.north, coordinator=cast.sue, family="Rivera", given="Pat"
    )
    mark_similar_names(patient=twin)
    sue = proven(cast.sue)
    job = ask(sue, "attention", show="same")
    work_off()
    (row,) = rows_of_csv(fetch(sue, job))
    (shown,) = sue.get("/patients/attention/", {"show": "same"}).context["rows"]
    assert row["Record number"] == shown["who"]["identifier"]
    assert row["Record number (the other)"] == shown["other"]["identifier"]
    assert row["What comes next"] == "Compare and merge, They are two people"


def test_without_a_section_it_is_the_one_the_page_opens_with(cast: Cast) -> None:
    assert open_list(cast.sue, "attention", QueryDict()).choices == {"show": "phone"}
    assert open_list(cast.sue, "attention", QueryDict("show=nothing")).choices == {"show": "phone"}
    assert open_list(cast.sue, "attention", QueryDict("show=language")).choices == {"show": "language"}


# --- the audit trail
def test_the_audit_trail_with_its_filters(cast: Cast, proven: Proven, work_off: WorkOff) -> None:
    for user, reason in ((cast.ana, "=Older"), (cast.ana, "Newer"), (cast.sue, "Of sue")):
        record_access("view", "patient.viewed", by=user, patient_id=cast.pat.pk, reason=reason)
    record_access("view", "patient.viewed", by=cast.olga, reason="Elsewhere")
    aud = proven(cast.aud)
    today = timezone.localdate(timezone=cast.aud.zone)
    asked = {"actor": cast.ana.pk, "kind": "view", "since": today, "patient": f"/patients/{cast.pat.pk}/"}
    job = ask(aud, "audit", **asked)
    work_off()
    rows = rows_of_csv(fetch(aud, job))
    assert [row["Reason"] for row in rows] == ["Newer", "'=Older"]
    page = aud.get("/audit/", asked)
    assert [line["it"].reason for line in page.context["lines"]] == ["Newer", "=Older"]
    assert (rows[0]["Who"], rows[0]["What"], rows[0]["About"]) == (
        "Ana Ruiz",
        "Opened the record",
        "One patient",
    )
    assert rows[0]["Number"] == str(cast.pat.pk)
    assert job.choices == {
        "actor": str(cast.ana.pk), "kind": "view", "since": str(today), "patient": str(cast.pat.pk)
    }  # fmt: skip
    assert job.patient_id == cast.pat.pk
    assert "list=audit" in page.text
    every = ask(aud, "audit")
    work_off()
    reasons = [row["Reason"] for row in rows_of_csv(fetch(aud, every))]
    assert "Of sue" in reasons
    assert "Elsewhere" not in reasons


def test_filters_that_mean_nothing_are_no_list(cast: Cast, proven: Proven) -> None:
    aud = proven(cast.aud)
    for wrong in ("kind=nonsense", "since=yesterday", "patient=Rivera", "since=2026-11-21&until=2026-11-20"):
        assert aud.get(f"{NEW}?list=audit&{wrong}").status_code == 404
        assert "list=audit" not in aud.get(f"/audit/?{wrong}").text


# --- who opened a record
def test_the_access_log_as_far_as_one_sees_it(cast: Cast, proven: Proven, work_off: WorkOff) -> None:
    proven(cast.sam).get(f"/patients/{cast.pat.pk}/")
    for user in (cast.ana, cast.sue, cast.petra):
        client = proven(user)
        client.get(f"/patients/{cast.pat.pk}/")
        job = ask(client, "access-log", patient=cast.pat.pk)
        work_off()
        rows = rows_of_csv(fetch(client, job))
        own = user == cast.ana
        assert ({row["Who"] for row in rows} == {"Ana Ruiz"}) == own
        assert ("Sam Cole" in {row["Who"] for row in rows}) == (not own)
        assert ("Refused" in {row["Refused"] for row in rows}) == (not own)
        shown = client.get(f"/patients/{cast.pat.pk}/access/")
        assert f"list=access-log&amp;patient={cast.pat.pk}" in shown.text
        known = [(event["who"], event["what"]) for event in shown.context["events"]]
        # what was written since stands on top of the page: the end of the export, its file, the page itself
        assert known[-len(rows) :] == [(row["Who"], row["Details"]) for row in rows]
    assert Event.objects.filter(name="export.downloaded", patient_id=cast.pat.pk).count() == 3


# --- absences, what one did, emergency access, notifications
def test_covers_with_what_falls_due(cast: Cast, proven: Proven, work_off: WorkOff) -> None:
    kim = UserFactory(organization=cast.riverbend, name="Kim Ode")
    for user in (cast.ana, kim):
        accounts.add_team_member(team=cast.north, user=user, by=cast.adam, sees_patients=False)
    today = cast.riverbend.today()
    accounts.start_cover(absent=cast.ana, covering=kim, starts_on=today, ends_on=today, by=cast.sue)
    TaskFactory(patient=cast.pat, owner=cast.ana, due_at=hours(-1), priority=1)
    sue = proven(cast.sue)
    job = ask(sue, "covers")
    work_off()
    (row,) = rows_of_csv(fetch(sue, job))
    assert (row["Away"], row["Looked after by"], row["First day"]) == ("Ana Ruiz", "Kim Ode", str(today))
    assert (row["Falls due"], row["Critical among it"]) == ("1", "1")
    assert "list=covers" in sue.get("/team/cover/").text


def test_what_one_did_with_tasks_and_records_in_the_order_of_the_page(
    cast: Cast, proven: Proven, work_off: WorkOff
) -> None:
    ana = proven(cast.ana)
    task = TaskFactory(patient=cast.pat, owner=cast.ana, title="Call back")
    for day in (20, 21):
        worklist.change_due(task=task, due=Due.on(dt.date(2100, 1, day), cast.riverbend), by=cast.ana)
    edit_patient(patient=cast.pat, values={"preferred_name": "Patsy"}, version=1, by=cast.ana)
    worklist.close_task(task=task, by=cast.ana, outcome=Task.Outcome.COMPLETED)
    job = ask(ana, "done")
    work_off()
    rows = rows_of_csv(fetch(ana, job))
    acts = ana.get("/day/history/").context["acts"]
    assert [(row["What"], row["About"]) for row in rows] == [(act["act"], act["title"]) for act in acts]
    assert len(rows) == 4
    assert {row["Record number"] for row in rows} == {cast.pat.record_number}
    assert "20-Jan-2100 to 21-Jan-2100" in rows[2]["Changed"]
    assert "Patsy" in rows[1]["Changed"]
    assert "list=done" in ana.get("/day/history/").text


def test_emergency_access_to_review_and_reviewed(cast: Cast, proven: Proven, work_off: WorkOff) -> None:
    EmergencyFactory(patient=cast.pat, user=cast.max, note="=Seizure at the desk")
    petra = proven(cast.petra)
    job = ask(petra, "reviews")
    work_off()
    (row,) = rows_of_csv(fetch(petra, job))
    assert (row["Who"], row["Record number"]) == (cast.max.name, cast.pat.record_number)
    assert row["In their words"] == "'=Seizure at the desk"
    assert "list=reviews" in petra.get("/access/reviews/").text
    assert petra.get(f"{NEW}?list=reviews&show=reviewed").status_code == 200


def test_notifications_all_and_unread(cast: Cast, proven: Proven, work_off: WorkOff) -> None:
    for n in range(2):
        notify(user=cast.ana, kind="due", text=f"News {n}", route="worklist:day", key=str(n))
    notify(user=cast.sue, kind="due", text="Of sue", route="worklist:day", key="s")
    actions.mark_read(notification=Notification.objects.get(text="News 0"), by=cast.ana)
    ana = proven(cast.ana)
    for show, expected in (("all", ["News 1", "News 0"]), ("unread", ["News 1"])):
        job = ask(ana, "notifications", show=show)
        work_off()
        texts = [row["What"] for row in rows_of_csv(fetch(ana, job))]
        assert [text for text in texts if text.startswith("News")] == expected
    assert "list=notifications" in ana.get("/notifications/").text


# --- doors and costs
def test_they_open_for_whom_the_page_opens(cast: Cast, proven: Proven) -> None:
    pages = {
        "promises": "/day/promises/?",
        "attention": "/patients/attention/?",
        "audit": "/audit/?",
        "access-log": f"/patients/{cast.pat.pk}/access/?patient={cast.pat.pk}",
        "covers": "/team/cover/?",
        "done": "/day/history/?",
        "reviews": "/access/reviews/?",
        "notifications": "/notifications/?",
    }
    for user in (
        cast.ana,
        cast.sue,
        cast.vic,
        cast.flo,
        cast.sam,
        cast.adam,
        cast.petra,
        cast.aud,
        cast.olga,
    ):
        client = proven(user)
        for name, url in pages.items():
            asked = f"{NEW}?list={name}&{url.partition('?')[2]}"
            assert client.get(asked).status_code == client.get(url).status_code, (user, name)


def test_they_cost_the_same_for_many(cast: Cast) -> None:
    costs: dict[str, list[int]] = {}
    for n in (1, 12):
        for number in range(n):
            promised(cast, f"Call {number}", 5)
            record_access("view", "patient.viewed", by=cast.ana, patient_id=cast.pat.pk)
            twin = PatientFactory(organization=cast.riverbend, team=cast.north, family="Rivera", given="Pat")
            mark_similar_names(patient=twin)
        for user, name, choices in (
            (cast.ana, "promises", {}),
            (cast.sue, "attention", {"show": "same"}),
            (cast.sue, "attention", {"show": "phone"}),
            (cast.sue, "access-log", {"patient": str(cast.pat.pk)}),
            (cast.aud, "audit", {}),
        ):
            costs_of(user, name, **choices)  # what the person reaches is read once
            costs.setdefault(f"{name} {choices.get('show')}", []).append(costs_of(user, name, **choices))
    assert all(few == many <= 6 for few, many in costs.values()), costs
