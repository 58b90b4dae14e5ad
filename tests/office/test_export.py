"""A list leaves as a file: the rows of its page, in its order, for whoever asked, once, and only for a while."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from coordination.audit.models import Event
from coordination.interop.office.export import handlers, running
from coordination.interop.office.models import ExportJob
from coordination.lib.rls import enter_organization
from coordination.notifications.models import Notification
from coordination.outbox.models import Message
from patients.models import AccessDenial
from tests.conftest import Cast
from tests.factories import PatientFactory, TaskFactory
from tests.factories.record import ContactFactory
from tests.office.conftest import NEW, Proven, WorkOff, ask, fetch, rows_of_csv, rows_of_xlsx

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(cast: Cast, proven: Proven) -> Client:
    return proven(cast.ana)


def hours(n: float) -> dt.datetime:
    return timezone.now() + dt.timedelta(hours=n)


# --- what is in it
def test_my_day_as_csv(cast: Cast, ana: Client, work_off: WorkOff) -> None:
    cast.pat.record_number = "00044"
    cast.pat.save(update_fields=["record_number"])
    TaskFactory(patient=cast.pat, title="Second", due_at=hours(5))
    first = TaskFactory(patient=cast.pat, title="=First", due_at=hours(3))
    TaskFactory(patient=cast.pat, title="Not mine", owner=cast.sue)
    job = ask(ana, "day")
    work_off()
    rows = rows_of_csv(fetch(ana, job))
    assert [row["Task"] for row in rows] == ["'=First", "Second"]
    assert rows[0]["Record number"] == "00044"
    assert rows[0]["Date of birth"] == "1958-03-14"
    due = dt.datetime.fromisoformat(rows[0]["Due at"])
    assert due.utcoffset() == first.due_at.astimezone(cast.ana.zone).utcoffset()
    job.refresh_from_db()
    assert (job.status, job.rows_total, job.rows_done, job.rows_written) == ("done", 2, 2, 2)


def test_a_contact_that_was_taken_back_says_so(cast: Cast, ana: Client, work_off: WorkOff) -> None:
    then = dt.datetime(2026, 11, 17, 15, 0, tzinfo=dt.UTC)
    ContactFactory(patient=cast.pat, staff=cast.ana, note="Real")
    ContactFactory(patient=cast.pat, staff=cast.ana, note="Slip", undone_at=then, undone_by=cast.ana)
    job = ask(ana, "contacts", patient=cast.pat.pk)
    work_off()
    said = {row["Note"]: row["Taken back"] for row in rows_of_csv(fetch(ana, job))}
    assert said["Real"] == ""
    assert dt.datetime.fromisoformat(said["Slip"]) == then


def test_my_day_as_a_workbook(cast: Cast, ana: Client, work_off: WorkOff) -> None:
    due = dt.datetime(2026, 12, 1, 15, 30, tzinfo=cast.ana.zone)
    TaskFactory(patient=cast.pat, title="=1+1", minutes=25, due_at=due)
    TaskFactory(
        patient=cast.pat, title="+1 555", reason="https://example.org", due_at=due + dt.timedelta(hours=1)
    )
    job = ask(ana, "day", "xlsx", sort="due")
    work_off()
    content = fetch(ana, job)
    head, *rows = rows_of_xlsx(content)
    first = dict(zip(head, rows[0], strict=True))
    assert (first["Task"], first["Minutes"]) == ("=1+1", 25)  # a text, though it looks like a formula
    assert first["Due at"] == due.replace(tzinfo=None)
    assert first["Date of birth"] == dt.date(1958, 3, 14)
    about = dict(row[:2] for row in rows_of_xlsx(content, 1))
    assert about["Rows"] == "2"
    assert about["Exported by"] == "Ana Ruiz, Riverbend"
    assert about["Times are in"] == str(cast.ana.zone)


def test_the_file_follows_the_filters_and_the_order_of_the_page(
    cast: Cast, ana: Client, work_off: WorkOff
) -> None:
    for title, kind, wait in (("A", "call", 4), ("B", "visit", 2), ("C", "call", 1), ("D", "call", -2)):
        TaskFactory(patient=cast.pat, title=title, kind=kind, due_at=hours(wait))
    job = ask(ana, "day", kind="call", sort="due", after="zzz", nonsense="1")
    late = ask(ana, "day", bucket="overdue")
    assert job.choices == {"kind": "call"}
    work_off()
    assert [row["Task"] for row in rows_of_csv(fetch(ana, job))] == ["D", "C", "A"]
    assert [row["Task"] for row in rows_of_csv(fetch(ana, late))] == ["D"]


def test_the_registry_keeps_its_columns_by_role(cast: Cast, proven: Proven, work_off: WorkOff) -> None:
    for n in range(3):
        PatientFactory(
            organization=cast.riverbend, team=cast.north, family=f"Fam{n}", risk="high" if n else "low"
        )
    PatientFactory(organization=cast.riverbend, team=cast.south, family="Unseen", risk="high")
    sue, flo = proven(cast.sue), proven(cast.flo)
    job = ask(sue, "patients", risk="high", sort="-name")
    other = ask(flo, "patients", risk="high")  # a filter the front desk does not have
    work_off()
    rows = rows_of_csv(fetch(sue, job))
    assert [row["Family name"] for row in rows] == ["Fam2", "Fam1"]
    assert rows[0]["Risk"] == "High"
    desk = rows_of_csv(fetch(flo, other))
    assert len(desk) == 4
    assert "Risk" not in desk[0]
    assert "Open tasks" not in desk[0]
    assert other.choices == {}


@pytest.mark.parametrize("name", ["open-tasks", "closed-tasks", "contacts"])
def test_lists_of_one_patient(cast: Cast, ana: Client, work_off: WorkOff, name: str) -> None:
    TaskFactory(patient=cast.pat, title="Check oxygen")
    job = ask(ana, name, patient=cast.pat.pk)
    work_off()
    content = fetch(ana, job)
    assert ("Check oxygen" in content.decode("utf-8-sig")) == (name == "open-tasks")
    assert Event.objects.filter(name="export.downloaded", patient_id=cast.pat.pk, kind="export").count() == 1


@pytest.mark.parametrize("name", ["users", "teams"])
def test_lists_of_people(cast: Cast, proven: Proven, work_off: WorkOff, name: str) -> None:
    adam = proven(cast.adam)
    job = ask(adam, name, role="coordinator")
    work_off()
    text = fetch(adam, job).decode("utf-8-sig")
    assert ("Ana Ruiz" if name == "users" else "North") in text
    assert "Adam Frost" not in text
    assert "Olga Berg" not in text


# --- at work
def test_rows_are_read_in_parts_and_a_kill_repeats_nothing(
    cast: Cast, ana: Client, work_off: WorkOff, monkeypatch: Any
) -> None:
    for n in range(25):
        TaskFactory(patient=cast.pat, title=f"Task {n:02}", due_at=hours(n + 1))
    monkeypatch.setattr(running, "CHUNK", 10)
    job = ask(ana, "day")
    moved = running.Run._move
    calls = []

    def dies_in_the_second(self: Any, **values: Any) -> None:
        calls.append(values)
        if len(calls) == 3:  # rows 10 to 19 lie in the spool; the count does not know yet
            raise KeyboardInterrupt
        moved(self, **values)

    monkeypatch.setattr(running.Run, "_move", dies_in_the_second)
    with pytest.raises(KeyboardInterrupt):
        work_off()
    enter_organization(cast.riverbend.pk)
    job.refresh_from_db()
    assert (job.status, job.rows_total, job.rows_done) == ("running", 25, 10)
    assert "10 of 25 rows" in ana.get(f"/exports/{job.pk}/progress/").text
    Message.objects.filter(topic="export.requested").update(
        lease_until=hours(-1)
    )  # the lease of the dead ends
    enter_organization(cast.riverbend.pk)
    work_off()
    Message.objects.filter(topic="export.requested").update(not_before=hours(-1))
    work_off()
    rows = rows_of_csv(fetch(ana, job))
    assert [row["Task"] for row in rows] == [f"Task {n:02}" for n in range(25)]


def test_it_goes_on_in_slices(cast: Cast, ana: Client, work_off: WorkOff, monkeypatch: Any) -> None:
    for n in range(5):
        TaskFactory(patient=cast.pat, title=f"Task {n}")
    monkeypatch.setattr(running, "CHUNK", 2)
    monkeypatch.setattr(handlers, "SLICE_SECONDS", -1)
    job = ask(ana, "day")
    work_off()
    assert len(rows_of_csv(fetch(ana, job))) == 5
    assert (
        Message.objects.filter(topic="export.requested", state="sent").count() == 4
    )  # the file itself is written in a turn of its own


def test_it_stops_between_parts(
    cast: Cast, ana: Client, work_off: WorkOff, private_files: Path, monkeypatch: Any
) -> None:
    for _n in range(5):
        TaskFactory(patient=cast.pat)
    monkeypatch.setattr(running, "CHUNK", 2)
    job = ask(ana, "day")
    step = running.Run.step

    def asked_meanwhile(self: Any) -> None:
        step(self)
        ExportJob.objects.filter(pk=job.pk).update(cancel_asked=True)
        enter_organization(None)

    monkeypatch.setattr(running.Run, "step", asked_meanwhile)
    work_off()
    job.refresh_from_db()
    assert (job.status, job.rows_done, job.stored_file) == ("cancelled", 2, "")
    assert list((private_files / "exports").iterdir()) == []
    assert "Nothing of the file was kept" in ana.get(f"/exports/{job.pk}/").text
    assert ana.get(f"/exports/{job.pk}/file/").status_code == 422
    assert not Notification.objects.exists()


def test_stop_is_a_button(cast: Cast, ana: Client, work_off: WorkOff) -> None:
    job = ask(ana, "day")
    assert ana.post(f"/exports/{job.pk}/cancel/").status_code == 302
    work_off()
    job.refresh_from_db()
    assert job.status == "cancelled"
    assert ana.post(f"/exports/{job.pk}/cancel/").status_code == 422


def test_sight_that_ends_meanwhile_ends_the_rows_too(
    cast: Cast, ana: Client, work_off: WorkOff, monkeypatch: Any
) -> None:
    kept = PatientFactory(organization=cast.riverbend, coordinator=cast.ana, family="Kept")
    kept.careteammember_set.create(
        organization=cast.riverbend, user=cast.ana, role="nurse", starts_on=dt.date(2020, 1, 1),
        created_by=cast.ana, updated_by=cast.ana,
    )  # fmt: skip
    TaskFactory(patient=cast.pat, title="Hidden")
    TaskFactory(patient=kept, title="Seen")
    job = ask(ana, "day")
    begin = running.Run.begin

    def denied_after(self: Any) -> None:
        begin(self)
        enter_organization(cast.riverbend.pk)
        AccessDenial.objects.create(
            organization=cast.riverbend, patient=cast.pat, user=cast.ana, reason="Relative",
            starts_on=dt.date(2020, 1, 1), created_by=cast.sue,
        )  # fmt: skip

    monkeypatch.setattr(running.Run, "begin", denied_after)
    work_off()
    assert [row["Task"] for row in rows_of_csv(fetch(ana, job))] == ["Seen"]
    assert "1 row left the list" in ana.get(f"/exports/{job.pk}/").text


def test_a_right_that_ended_ends_the_export(cast: Cast, ana: Client, work_off: WorkOff) -> None:
    job = ask(ana, "day")
    cast.ana.roles = ["auditor"]
    cast.ana.save(update_fields=["roles"])
    work_off()
    job.refresh_from_db()
    assert (job.status, job.stored_file) == ("failed", "")
    assert "no longer see" in job.error


def test_a_list_too_long_is_refused_with_a_sentence(
    cast: Cast, ana: Client, work_off: WorkOff, settings: Any
) -> None:
    settings.EXPORT_MAX_ROWS = 1
    TaskFactory(patient=cast.pat)
    TaskFactory(patient=cast.pat)
    job = ask(ana, "day")
    work_off()
    assert "Narrow it with a filter" in ana.get(f"/exports/{job.pk}/").text


def test_an_error_of_ours_is_told_in_the_end(
    cast: Cast, ana: Client, work_off: WorkOff, monkeypatch: Any, settings: Any
) -> None:
    settings.OUTBOX_MAX_ATTEMPTS = 1

    def breaks(self: Any) -> None:
        raise OSError("no room")

    monkeypatch.setattr(running.Run, "begin", breaks)
    job = ask(ana, "day")
    work_off()
    page = ana.get(f"/exports/{job.pk}/").text
    assert "ran into an error" in page
    assert "no room" not in page


# --- the page
def test_the_page_asks_again_while_it_works(cast: Cast, ana: Client, work_off: WorkOff) -> None:
    job = ask(ana, "day")
    waiting = ana.get(f"/exports/{job.pk}/progress/").text
    assert "Waiting to start" in waiting
    assert 'hx-trigger="every 1s"' in waiting
    assert "<html" not in waiting
    work_off()
    done = ana.get(f"/exports/{job.pk}/").text
    assert "hx-trigger" not in done.split('id="export"')[1].split(">")[0]
    assert "Download" in done
    assert Notification.objects.get(user=cast.ana).route == "office:export"


def test_the_request_says_what_leaves(cast: Cast, ana: Client) -> None:
    TaskFactory(patient=cast.pat)
    page = ana.get(f"{NEW}?list=day&bucket=overdue&kind=call").text
    for words in ("My work, Overdue, Kind: Call", "0 rows", "Record number", "Excel workbook"):
        assert words in page, words
    assert "Export" in ana.get("/day/").text


def test_a_format_nobody_offers_is_refused(cast: Cast, ana: Client) -> None:
    assert ana.post(f"{NEW}?list=day", {"format": "exe"}).status_code == 422
    assert not ExportJob.objects.exists()


def test_three_at_a_time(cast: Cast, ana: Client) -> None:
    for _n in range(3):
        ask(ana, "day")
    answer = ana.post(f"{NEW}?list=day", {"format": "csv"})
    assert answer.status_code == 422
    assert "Three of your exports" in answer.text


def test_the_lists_one_may_export(cast: Cast, proven: Proven) -> None:
    ana, adam, aud = proven(cast.ana), proven(cast.adam), proven(cast.aud)
    assert "list=day" in ana.get(NEW).text
    assert "list=users" not in ana.get(NEW).text
    assert "list=users" in adam.get(NEW).text
    assert "list=audit" in aud.get(NEW).text
    assert "list=day" not in aud.get(NEW).text
    assert "list=audit" not in ana.get(NEW).text
    assert ana.get(f"{NEW}?list=users").status_code == 403
    assert ana.get(f"{NEW}?list=nothing").status_code == 404
    assert ana.get(f"{NEW}?list=open-tasks&patient=x").status_code == 404
    assert proven(cast.sam).get(f"{NEW}?list=open-tasks&patient={cast.pat.pk}").status_code == 404
    assert ana.get(f"{NEW}?list=day&show=queue:{cast.south.pk}").status_code == 404
