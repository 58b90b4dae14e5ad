"""A roster becomes patients: checked first, imported once, never over what a person entered; malice gets a sentence."""

import datetime as dt
import io
import time
import zipfile
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


# --- malice
def test_excel_dates_formulas_and_merged_cells(cast: Cast, bring: Any) -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet, day = book.add_worksheet(), book.add_format({"num_format": "mm/dd/yy"})
        sheet.write_row(0, 0, ["Last Name", "First Name", "DOB", "MRN"])
        sheet.write_row(1, 0, ["Okafor", "Grace", "", 17])
        sheet.write_datetime(1, 2, dt.datetime(1958, 3, 14), day)  # noqa: DTZ001
        sheet.write_row(2, 0, ["Serial", "Sam", 21258, "0042"])
        sheet.write_formula(3, 0, '=WEBSERVICE("http://x")', None, "Formula")
        sheet.write_row(3, 1, ["Fay", "1960-01-01"])
        sheet.merge_range(4, 0, 5, 0, "Merged")
        sheet.write_row(4, 1, ["Mia", "1960-01-01"])
        sheet.write_row(5, 1, ["Max", "1960-01-01"])
    job = bring(out.getvalue(), name="r.xlsx")
    assert counts(job) == {"new": 4, "refused": 1}
    assert Patient.objects.get(family="Okafor").birth_date == dt.date(1958, 3, 14)
    serial = Patient.objects.get(family="Serial")
    assert (serial.birth_date, serial.record_number) == (dt.date(1958, 3, 14), "0042")
    assert Patient.objects.filter(family="Formula").exists()


def test_days_counted_from_1904(cast: Cast, bring: Any) -> None:
    rows = [
        ["Last Name", "First Name", "DOB"],
        ["Okafor", "Grace", dt.date(1958, 3, 14)],
        ["Bare", "Bo", 19796],
    ]
    bring(workbook(*rows, date_1904=True), name="mac.xlsx")
    assert Patient.objects.get(family="Okafor").birth_date == dt.date(1958, 3, 14)
    assert Patient.objects.get(family="Bare").birth_date == dt.date(1958, 3, 14)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_names_in_any_encoding(cast: Cast, bring: Any, encoding: str) -> None:
    text = 'Last Name;First Name;DOB;Address\nGarc\u00eda;Zo\u00eb;1958-03-14;"1 Elm St\nApt 2"\n'
    bring(text.encode(encoding))
    assert Patient.objects.get(family="Garc\u00eda").address_set.get().line == "1 Elm St Apt 2"


def test_names_from_right_to_left_and_with_combining_marks(cast: Cast, bring: Any) -> None:
    bring(
        "Last Name,First Name,DOB\n\u05db\u05d4\u05df,\u05e9\u05e8\u05d4,1958-03-14\nNgu\u0079e\u0302\u0303n,A\u0301nh,1960-01-01\n"
    )
    assert Patient.objects.filter(family="\u05db\u05d4\u05df").exists()
    assert Patient.objects.filter(given="A\u0301nh").exists()


def test_a_line_of_another_encoding_is_told_by_its_row(cast: Cast, sue: Client, bring: Any) -> None:
    good, bad = "Garc\u00eda,Ana,1958-03-14\n".encode(), "Mu\u00f1oz,Bo,1960-01-01\n".encode("cp1252")
    job = bring(b"Last Name,First Name,DOB\n" + good + bad)
    assert counts(job) == {"new": 1, "refused": 1}, job.error
    assert "another encoding" in errors(sue, job)


def test_duplicate_headings_and_no_headings(cast: Cast, sue: Client, bring: Any) -> None:
    job = bring("Last Name,First Name,DOB,Phone,Phone\nOkafor,Grace,1958-03-14,5555550142,5555550143\n")
    assert counts(job) == {"new": 1}
    page = sue.get(f"/rosters/{bring('Okafor,Grace,1958-03-14', until='read').pk}/").text
    assert "No headings were found" in page
    assert "Column A" in page


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * (64 << 20))
    return out.getvalue()


MALICE: dict[str, tuple[bytes, str]] = {
    "empty": (b" \n", "is empty"),
    "bomb": (bomb(), "unpacks to"),
    "password": (b"\xd0\xcf\x11\xe0" + b"x" * 600, "password"),
    "html": (b"<html><table><tr><td>x</td></tr></table></html>", "web page"),
    "nul": (b"Last Name,First Name\nA\x00B,C\n", "bytes no text has"),
    "no workbook": (b"PK\x03\x04" + b"x" * 100, "damaged"),
    "columns": (",".join(["x"] * 10_000).encode(), "columns"),
    "endless cell": (b'Last Name,First Name,DOB\n"' + b"x" * 200_000, "quotation mark"),
}


@pytest.mark.parametrize("name", MALICE)
def test_what_is_no_table_gets_one_clear_refusal(cast: Cast, sue: Client, bring: Any, name: str) -> None:
    content, words = MALICE[name]
    job = bring(content)
    assert job.status == "failed"
    assert words in sue.get(f"/rosters/{job.pk}/").text


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


# --- one person twice in one file
def test_a_person_standing_twice_is_named_by_the_earlier_row(cast: Cast, sue: Client, bring: Any) -> None:
    rows = [
        ROW,
        ROW.replace("Elm St", "Oak St"),
        ROW.replace("A-1,", "A-2,").replace("M77", ""),
        ROW.replace("Okafor,Grace,1958-03-14", "Lund,Karl,1970-01-02"),
        "A-9,Ruiz,Ann,1961-02-03,F,,,,,,,M8",
        ",Ruiz,Ann,1961-02-03,F,,,,,,,M8",
    ]
    text = "\n".join([HEAD, *rows])
    job = bring(text, until="check")
    told = errors(sue, job)
    assert counts(job) == {"new": 2, "matched": 2, "decision": 2}
    assert [words in told for words in ("Same person as row 2", "row 2 has this number", "row 6")] == [
        True
    ] * 3
    assert counts(bring(text)) == {"new": 2, "changed": 1, "matched": 1, "decision": 2}


def test_the_check_answers_as_the_import_does_past_its_first_rows(
    cast: Cast, sue: Client, bring: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("coordination.interop.office.roster.running.CHUNK", 1)
    PatientFactory(organization=cast.riverbend, family="Okafor", given="Grace", record_number="ZZZ")
    PatientFactory(
        organization=cast.riverbend,
        family="Lund",
        given="Karl",
        record_number="A-3",
        birth_date=dt.date(1970, 1, 2),
    )
    PatientFactory(organization=cast.riverbend, family="Abara", given="Bo", record_number="A-4")
    rows = [
        "A-0,Ruiz,Ann,1961-02-03,F,,,,,,,",
        ROW,
        "A-3,Lund,Karl,1970-01-02,M,,,,,,Spanish,",
        "A-4,Zimmer,Cy,1990-12-31,M,,,,,,,",
        "A-5,Quist,Di,1991-11-30,F,,,,,,,",
    ]
    text = "\n".join([HEAD, *rows])
    checked = counts(bring(text, until="check"))
    assert checked == counts(bring(text)) == {"new": 2, "changed": 1, "decision": 2}


@pytest.mark.slow
def test_a_hundred_thousand_rows_are_checked_in_slices(
    cast: Cast, sue: Client, work_off: WorkOff, bring: Any
) -> None:
    """Every row is answered, no slice reads what another one read, and memory does not grow with the file."""
    rows = 100_000
    text = "MRN,Last Name,First Name,DOB\n" + "".join(
        f"N{n},{word(n)}{word(n // 7)},{word(n // 3)}a,{1930 + n % 80}-{n % 12 + 1:02}-{n % 28 + 1:02}\n"
        for n in range(rows)
    )
    job = bring(text, until="read")
    form = sue.get(f"/rosters/{job.pk}/").context["form"].initial
    assert sue.post(f"/rosters/{job.pk}/check/", form).status_code == 302
    before, began = resident(), time.monotonic()
    while not RosterJob.objects.get(pk=job.pk).is_over:
        work_off()
    grown = resident() - before
    print(f"{rows / (time.monotonic() - began):.0f} rows a second, {grown >> 20} MB more")
    job.refresh_from_db()
    assert (job.status, job.rows_done, sum(job.counts.values())) == ("done", rows, rows)
    assert job.counts["new"] == rows
    assert grown < 60 << 20


def resident() -> int:
    """Bytes of memory this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def word(n: int) -> str:
    return "".join(chr(97 + n // 26**place % 26) for place in range(4))
