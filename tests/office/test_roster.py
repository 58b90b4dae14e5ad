"""A roster becomes patients: checked first, imported once, never over what a person entered; malice gets a sentence."""

import datetime as dt
import io
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from coordination.interop.office.models import RosterJob, RosterRow
from coordination.interop.office.roster import handlers
from coordination.worklist.models import Task
from patients.models import ContactPoint, Identifier, Patient
from tests.conftest import Cast, SignIn
from tests.factories import PatientFactory
from tests.office.conftest import WorkOff

pytestmark = pytest.mark.django_db
HEAD = "MRN,Last Name,First Name,DOB,Sex,Phone,Address,City,State,Zip,Language,Member ID"
ROW = "A-1,Okafor,Grace,1958-03-14,F,(555) 555-0142,1 Elm St,Springfield,IL,62701,Spanish,M77"


@pytest.fixture
def sue(cast: Cast, signed_in: SignIn) -> Client:
    return signed_in(cast.sue)


def upload(
    client: Client, cast: Cast, content: bytes | str, name: str = "Okafor.csv", **values: Any
) -> RosterJob:
    sent = SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)
    data = {"sent": sent, "source": "Payer", "team": cast.north.pk, **values}
    answer = client.post("/rosters/new/", {name: value for name, value in data.items() if value is not None})
    assert answer.status_code == 302, answer.text
    return RosterJob.objects.get(pk=answer["Location"].split("/")[2])


def workbook(*rows: list[Any], **options: Any) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(
        out, {"in_memory": True, "default_date_format": "yyyy-mm-dd", **options}
    ) as book:
        sheet = book.add_worksheet("Members")
        for line, row in enumerate(rows):
            sheet.write_row(line, 0, row)
    return out.getvalue()


@pytest.fixture
def bring(cast: Cast, sue: Client, work_off: WorkOff) -> Any:
    """Upload, map as guessed, check; import unless told not to."""

    def bring(content: bytes | str, *, until: str = "import", order: str = "", **values: Any) -> RosterJob:
        job = upload(sue, cast, content, **values)
        work_off()
        job.refresh_from_db()
        if until == "read" or job.status == "failed":
            return job
        page = sue.get(f"/rosters/{job.pk}/")
        chosen = page.context["form"].initial | {"order": order}
        answer = sue.post(f"/rosters/{job.pk}/check/", chosen)
        assert answer.status_code == 302, answer.context["form"].errors
        work_off()
        if until == "import":
            assert sue.post(f"/rosters/{job.pk}/import/").status_code == 302
            work_off()
        job.refresh_from_db()
        return job

    return bring


def counts(job: RosterJob) -> dict[str, int]:
    return {name: number for name, number in job.counts.items() if number}


def errors(client: Client, job: RosterJob) -> str:
    return b"".join(client.get(f"/rosters/{job.pk}/errors.csv").streaming_content).decode("utf-8-sig")


# --- the way through
def test_a_roster_is_checked_then_imported(cast: Cast, sue: Client, bring: Any) -> None:
    job = bring(f"{HEAD}\n{ROW}\n", until="check")
    assert counts(job) == {"new": 1}
    assert not Patient.objects.filter(family="Okafor").exists()
    assert "1 new" in sue.get(f"/rosters/{job.pk}/").text
    job = bring(f"{HEAD}\n{ROW}\n")
    grace = Patient.objects.get(family="Okafor")
    assert (grace.birth_date, grace.sex, grace.language, grace.record_number) == (
        dt.date(1958, 3, 14),
        "female",
        "es",
        "A-1",
    )
    assert (grace.team, grace.source, grace.open_tasks) == (cast.north, "Payer", 1)
    task = Task.objects.get(patient=grace)
    assert (task.queue, task.title, task.source) == (cast.north, "New on the roster: first contact", "import")
    assert ContactPoint.objects.get(patient=grace).number == "+15555550142"
    assert set(Identifier.objects.filter(patient=grace).values_list("kind", "value")) == {
        ("MR", "A-1"),
        ("MB", "M77"),
    }
    assert grace.address_set.get().city == "Springfield"


def test_a_coordinator_gets_the_first_contact(cast: Cast, bring: Any) -> None:
    bring(f"{HEAD}\n{ROW}\n", team=None, coordinator=cast.ana.pk)
    assert Task.objects.get(patient__family="Okafor").owner == cast.ana


def test_the_same_again_changes_nothing(cast: Cast, bring: Any) -> None:
    bring(f"{HEAD}\n{ROW}\n")
    again = bring(f"{HEAD}\n{ROW.replace('(555) 555-0142', '555-555-0142')}\n")
    assert counts(again) == {"matched": 1}
    assert (
        Patient.objects.filter(family="Okafor").count(),
        Task.objects.count(),
        RosterRow.objects.count(),
    ) == (1, 1, 1)


def test_without_a_number_the_same_person_is_found_again(cast: Cast, bring: Any) -> None:
    text = "Last Name,First Name,DOB\nOkafor,Grace,1958-03-14\n"
    assert counts(bring(text)) == {"new": 1}
    assert counts(bring(text)) == {"matched": 1}


def test_the_roster_follows_itself_but_keeps_what_a_person_entered(
    cast: Cast, sue: Client, bring: Any
) -> None:
    bring(f"{HEAD}\n{ROW}\n")
    grace = Patient.objects.get(family="Okafor")
    grace.change({"given": "Gracie"}, by=cast.ana)
    moved = ROW.replace("Grace", "Grazia").replace("Spanish", "English")
    job = bring(f"{HEAD}\n{moved}\n")
    grace.refresh_from_db()
    assert (grace.given, grace.language) == ("Gracie", "en")
    assert counts(job) == {"changed": 1}
    assert "kept as it was entered here" in errors(sue, job)


def test_a_patient_added_here_is_completed_not_overwritten(cast: Cast, bring: Any) -> None:
    mine = PatientFactory(
        organization=cast.riverbend, family="Okafor", given="Grace", record_number="A-1", sex="male"
    )
    job = bring(f"{HEAD}\n{ROW}\n")
    mine.refresh_from_db()
    assert (mine.sex, mine.language, counts(job)) == ("male", "es", {"changed": 1})


def test_someone_probably_known_waits_for_a_decision(cast: Cast, sue: Client, bring: Any) -> None:
    PatientFactory(organization=cast.riverbend, family="Okafor", given="Grace", record_number="ZZZ")
    job = bring(f"{HEAD}\n{ROW}\n")
    assert counts(job) == {"decision": 1}
    assert "probably the same person" in errors(sue, job)


def test_a_number_of_somebody_else_waits_for_a_decision(cast: Cast, bring: Any) -> None:
    bring(f"{HEAD}\n{ROW}\n")
    other = ROW.replace("Okafor,Grace,1958-03-14", "Lund,Karl,1970-01-02")
    assert counts(bring(f"{HEAD}\n{other}\n")) == {"decision": 1}


def test_each_bad_cell_has_its_row_and_what_helps(cast: Cast, sue: Client, bring: Any) -> None:
    rows = [
        ROW,
        "A-2,,Ann,1960-01-01,F,,,,,,,",
        "A-3,Ruiz,Ann,02/30/1960,F,,,,,,,",
        "A-4,Ruiz,Bo,1960-01-01,robot,,,,,,,",
        "A-5,Ruiz,Cy,2999-01-01,F,,,,,,,",
        "A-6,Ruiz,Di,60-1-1,F,,,,,,,",
        '=HYPERLINK("http://x"),Ruiz,Ed,1960-01-01,F,not a phone,,,,,,',
    ]
    job = bring("\n".join([HEAD, *rows]))
    assert counts(job) == {"new": 1, "refused": 6}
    text = errors(sue, job)
    for words in (
        "is missing",
        "no such day",
        "not F, M, X",
        "no date of birth of anyone",
        "four digits",
        "not a phone number",
    ):
        assert words in text, words
    assert "'=HYPERLINK" in text
    assert "is missing" in sue.get(f"/rosters/{job.pk}/").text


def test_dates_that_can_be_read_two_ways_are_asked_about(
    cast: Cast, sue: Client, work_off: WorkOff, bring: Any
) -> None:
    text = "Last Name,First Name,DOB\nOkafor,Grace,02/03/1960\n"
    job = upload(sue, cast, text)
    work_off()
    chosen = {"c0": "family", "c1": "given", "c2": "birth_date", "order": ""}
    answer = sue.post(f"/rosters/{job.pk}/check/", chosen)
    assert answer.status_code == 422
    assert "Say which is meant" in answer.text
    bring(text, order="dmy")
    assert Patient.objects.get(family="Okafor").birth_date == dt.date(1960, 3, 2)


def test_one_clear_date_says_how_all_are_meant(cast: Cast, bring: Any) -> None:
    bring("Last Name,First Name,DOB\nOkafor,Grace,02/03/1960\nRuiz,Ann,25/12/1961\n")
    assert Patient.objects.get(family="Okafor").birth_date == dt.date(1960, 3, 2)


def test_days_written_in_eight_digits_or_alike_either_way_are_not_asked_about(cast: Cast, bring: Any) -> None:
    bring("Last Name,First Name,DOB\nOkafor,Grace,19600302\nRuiz,Ann,02/02/1961\n")
    born = Patient.objects.filter(family__in=["Okafor", "Ruiz"]).order_by("family")
    assert [patient.birth_date for patient in born] == [dt.date(1960, 3, 2), dt.date(1961, 2, 2)]


def test_columns_are_asked_for_and_remembered(cast: Cast, sue: Client, work_off: WorkOff) -> None:
    text = "Nachname,Vorname,Zip,DOB\nOkafor,Grace,x,1958-03-14\n"
    job = upload(sue, cast, text)
    work_off()
    answer = sue.post(f"/rosters/{job.pk}/check/", {"c3": "birth_date"})
    assert "Say which column is: Family name, Given name." in answer.text
    twice = sue.post(f"/rosters/{job.pk}/check/", {"c0": "family", "c1": "family", "c3": "birth_date"})
    assert "Another column is this field already" in twice.text
    assert (
        sue.post(f"/rosters/{job.pk}/check/", {"c0": "family", "c1": "given", "c3": "birth_date"}).status_code
        == 302
    )
    later = upload(sue, cast, text)
    work_off()
    assert sue.get(f"/rosters/{later.pk}/").context["form"].initial == {
        "c0": "family",
        "c1": "given",
        "c3": "birth_date",
    }


# --- at work
def test_it_stops_and_goes_on(
    cast: Cast, sue: Client, bring: Any, work_off: WorkOff, monkeypatch: Any
) -> None:
    text = "Last Name,First Name,DOB,MRN\n" + "".join(
        f"Fam{n}x,Giv{n}y,19{60 + n}-01-0{n + 1},N{n}\n" for n in range(5)
    )
    job = bring(text, until="check")
    sue.post(f"/rosters/{job.pk}/import/")
    assert sue.post(f"/rosters/{job.pk}/cancel/").status_code == 302
    work_off()
    job.refresh_from_db()
    assert job.status == "cancelled"
    assert "goes on with the others" in sue.get(f"/rosters/{job.pk}/").text
    monkeypatch.setattr(handlers, "SLICE_SECONDS", -1)
    monkeypatch.setattr("coordination.interop.office.roster.running.CHUNK", 2)
    assert sue.post(f"/rosters/{job.pk}/import/").status_code == 302
    work_off()
    job.refresh_from_db()
    assert (job.status, counts(job)) == ("done", {"new": 5})
    assert sue.post(f"/rosters/{job.pk}/check/", {}).status_code == 422
    assert sue.post(f"/rosters/{job.pk}/cancel/").status_code == 422


def test_it_is_refused_before_it_was_checked(cast: Cast, sue: Client, bring: Any) -> None:
    job = bring(f"{HEAD}\n{ROW}\n", until="read")
    answer = sue.post(f"/rosters/{job.pk}/import/")
    assert answer.status_code == 422
    assert "Check the roster first" in answer.text
    assert sue.post(f"/rosters/{job.pk}/sheet/", {"sheet": "9"}).status_code == 422


@pytest.mark.parametrize("who", ["ana", "max", "vic", "flo", "aud"])
def test_it_refuses_who_may_not_import(cast: Cast, signed_in: SignIn, who: str) -> None:
    job = RosterJob.objects.create(organization=cast.riverbend, source="Payer", created_by=cast.sue)
    client = signed_in(getattr(cast, who))
    for path in ("", "new/", f"{job.pk}/", f"{job.pk}/progress/", f"{job.pk}/errors.csv"):
        assert client.get(f"/rosters/{path}").status_code == 403, path
    for path in ("new/", *(f"{job.pk}/{act}/" for act in ("sheet", "check", "import", "cancel", "undo"))):
        assert client.post(f"/rosters/{path}").status_code == 403, path


def test_a_file_that_is_gone_is_said(cast: Cast, sue: Client, bring: Any, private_files: Path) -> None:
    job = bring(f"{HEAD}\n{ROW}\n", until="check")
    (private_files / "rosters" / job.stored_file).rename(private_files / "elsewhere")
    assert sue.post(f"/rosters/{job.pk}/import/").status_code == 422
    assert sue.get(f"/rosters/{job.pk}/errors.csv").status_code == 302
    assert "no longer here" in sue.get(f"/rosters/{job.pk}/").text


def test_someone_must_answer_for_them(cast: Cast, sue: Client) -> None:
    sent = SimpleUploadedFile("r.csv", ROW.encode())
    answer = sue.post("/rosters/new/", {"sent": sent, "source": "Payer"})
    assert answer.status_code == 422
    assert "someone answers for these patients" in answer.text


def test_the_list_costs_the_same_for_many(
    cast: Cast, sue: Client, django_assert_max_num_queries: Any
) -> None:
    for _n in range(60):
        RosterJob.objects.create(organization=cast.riverbend, source="Payer", created_by=cast.sue)
    with django_assert_max_num_queries(11):
        assert sue.get("/rosters/").text.count("Payer") == 50
