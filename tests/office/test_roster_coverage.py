"""The coverage on a roster: guessed, checked, added once, followed, never over a person's word, and taken back."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from coordination.audit.models import Event
from coordination.interop.office.models import RosterJob, RosterRow
from patients.actions.coverage import change_coverage, verify_coverage
from patients.models import Coverage, Patient
from tests.conftest import Cast
from tests.factories import PatientFactory
from tests.factories.record import CoverageFactory
from tests.office.conftest import WorkOff
from tests.office.test_roster import bring, counts, errors, sue, upload, workbook
from tests.office.test_roster_undo import standing, undo
from tests.patients.record import at, page

__all__ = ["bring", "sue", "undo"]
pytestmark = pytest.mark.django_db
HEAD = "MRN,Last Name,First Name,DOB,Payer,Plan Name,Member ID,Group Number,Coverage Type,Effective Date,Term Date"
WHO = "A-1,Okafor,Grace,1958-03-14"
PLAN = "Humana,Gold Plus,M77,G5,Medicare Advantage,2024-01-01,2099-12-31"
SAID = {
    "payer": "Humana",
    "plan": "Gold Plus",
    "member_id": "M77",
    "group_number": "G5",
    "kind": "medicare_advantage",
    "starts_on": dt.date(2024, 1, 1),
    "ends_on": None,
    "status": "active",
}


def roster(*plans: str, who: str = WHO, head: str = HEAD) -> str:
    return "\n".join([head, *(f"{who},{plan}" for plan in plans), ""])


def of(line: Coverage) -> dict[str, Any]:
    return {name: getattr(line, name) for name in SAID}


def plans(patient: str = "Okafor") -> list[Coverage]:
    return list(Coverage.objects.filter(patient__family=patient).order_by("created_at"))


def coverages() -> dict[str, Any]:
    """Everything a roster may write; a coverage without who touched it last, and when."""
    fields = [f.attname for f in Coverage._meta.concrete_fields if f.name not in TOUCHED]
    return {**standing(), "coverages": list(Coverage.objects.order_by("pk").values(*fields))}


TOUCHED = {"version", "updated_at", "updated_by"}


# --- the way in
def test_a_plan_comes_in_with_its_sender(cast: Cast, sue: Client, bring: Any) -> None:
    job = bring(roster(PLAN), until="check")
    assert (counts(job), Coverage.objects.count()) == ({"new": 1}, 0)
    shown = sue.get(f"/rosters/{job.pk}/").context["columns"]
    assert {column["field"].value(): column["samples"] for column in shown if column["samples"]} == dict(
        zip(
            ["record_number", "family", "given", "birth_date", "payer", "plan", "member_id", "group_number", "kind", "starts_on", "ends_on"],
            ([cell] for cell in f"{WHO},{PLAN}".split(",")),
            strict=True,
        )
    )  # fmt: skip
    bring(roster(PLAN))
    [line] = plans()
    assert of(line) == SAID
    assert (line.source, line.source_key != "", line.rank, line.created_by) == ("Payer", True, 1, cast.sue)
    assert Event.objects.get(name="coverage.added").patient_id == line.patient_id
    assert "Imported from Payer" in page(sue, at("coverage", line.patient))


def test_every_column_of_a_coverage(cast: Cast, bring: Any) -> None:
    rows = [
        ["Last Name", "First Name", "DOB", "Payer", "Subscriber", "Relationship to subscriber", "Payer phone", "COB", "Coverage start"],
        ["Okafor", "Grace", dt.date(1958, 3, 14), "Aetna", "Ada Okafor", "Child", "800-555-0142", "Secondary", dt.date(2024, 5, 1)],
    ]  # fmt: skip
    bring(workbook(*rows), name="r.xlsx")
    [line] = plans()
    assert (line.subscriber, line.relationship, line.payer_phone, line.rank, line.starts_on) == (
        "Ada Okafor",
        "Child",
        "800-555-0142",
        2,
        dt.date(2024, 5, 1),
    )


def test_the_columns_are_remembered_for_the_sender(cast: Cast, sue: Client, work_off: WorkOff) -> None:
    text = "Last Name,First Name,DOB,Who pays,Since\nOkafor,Grace,1958-03-14,Aetna,2024-01-01\n"
    job = upload(sue, cast, text)
    work_off()
    chosen = {"c0": "family", "c1": "given", "c2": "birth_date", "c3": "payer", "c4": "starts_on"}
    assert sue.post(f"/rosters/{job.pk}/check/", chosen).status_code == 302
    later = upload(sue, cast, text)
    work_off()
    assert sue.get(f"/rosters/{later.pk}/").context["form"].initial == chosen


@pytest.mark.parametrize(
    ("kind", "payer", "known"),
    [
        ("Medicare", "", ("medicare", "Medicare")),
        ("medicaid mco", "Molina", ("medicaid", "Molina")),
        ("Self-pay", "", ("self_pay", "Self-pay")),
        ("PPO", "Aetna", ("commercial", "Aetna")),
        ("HMO", "Aetna Medicare Advantage", ("medicare_advantage", "Aetna Medicare Advantage")),
        ("TRICARE or VA", "TRICARE East", ("tricare", "TRICARE East")),
        ("", "Medicare Part B", ("medicare", "Medicare Part B")),
        ("", "Acme Mutual", ("other", "Acme Mutual")),
    ],
)
def test_the_kind_by_its_words_or_by_who_pays(
    cast: Cast, bring: Any, kind: str, payer: str, known: tuple[str, str]
) -> None:
    bring(roster(f"{payer},,M77,,{kind},,"))
    [line] = plans()
    assert (line.kind, line.payer) == known


def test_a_member_number_alone_is_no_coverage(cast: Cast, bring: Any) -> None:
    head = "MRN,Last Name,First Name,DOB,Member ID"
    assert counts(bring(roster("M77", head=head))) == {"new": 1}
    assert counts(bring(roster(",,,,,,", who="A-2,Ruiz,Ann,1960-01-01"))) == {"new": 1}
    assert not Coverage.objects.exists()


def test_a_plan_without_a_column_for_its_payer_is_asked_about(
    cast: Cast, sue: Client, work_off: WorkOff
) -> None:
    job = upload(sue, cast, "Last Name,First Name,DOB,Group\nOkafor,Grace,1958-03-14,G5\n")
    work_off()
    answer = sue.post(f"/rosters/{job.pk}/check/", sue.get(f"/rosters/{job.pk}/").context["form"].initial)
    assert (answer.status_code, "Say which column is the payer" in answer.text) == (422, True)


BAD = {
    "the end is before the start": "Aetna,,M1,,,2024-05-01,2024-04-30",
    "no such day in the order chosen": "Aetna,,M1,,,13/13/2024,",
    "not a date with a year of four digits": "Aetna,,M1,,,soon,",
    "no day a plan could begin or end": "Aetna,,M1,,,1066-01-01,",
    "Member number without a payer": ",,M1,,,,",
    "Plan without a payer": ",Gold,,,Commercial,,",
    "not a kind of coverage known here": "Aetna,,M1,,MA,,",
    "longer than 200 characters": f"{'A' * 201},,M1,,,,",
    "longer than 80 characters": f"Aetna,,M1,{'1' * 81},,,",
}


@pytest.mark.parametrize("words", BAD)
def test_each_bad_cell_has_its_row_and_what_helps(cast: Cast, sue: Client, bring: Any, words: str) -> None:
    job = bring(roster(PLAN, BAD[words]), until="check")
    assert counts(job) == {"new": 1, "refused": 1}
    assert words in errors(sue, job)
    assert words in sue.get(f"/rosters/{job.pk}/").text


def test_the_kinds_it_knows_are_named(cast: Cast, sue: Client, bring: Any) -> None:
    job = bring(roster("Aetna,,M1,,MA,,"), until="check")
    assert "Use one of: Medicare, Medicare Advantage, Medicaid, Commercial" in errors(sue, job)


def test_a_place_in_the_order_of_payers(cast: Cast, sue: Client, bring: Any) -> None:
    head = "MRN,Last Name,First Name,DOB,Payer,COB"
    job = bring(roster("Aetna,tenth", head=head), until="check")
    assert (counts(job), "not a place in the order" in errors(sue, job)) == ({"refused": 1}, True)


def test_days_of_enrolment_files_and_slashed_ones(cast: Cast, bring: Any) -> None:
    """01/01/2024 is the same day either way; a date of coverage that is clear says how all are meant."""
    bring(roster("Aetna,,M1,,,20240101,99991231"))
    bring(roster("Aetna,,M2,,,01/01/2024,", who="A-2,Ruiz,Ann,1960-01-01"))
    bring(roster("Aetna,,M3,,,25/12/2024,", who="A-3,Lund,Karl,02/03/1960"))
    assert {line.starts_on for name in ("Okafor", "Ruiz") for line in plans(name)} == {dt.date(2024, 1, 1)}
    assert plans()[0].ends_on is None
    assert Patient.objects.get(family="Lund").birth_date == dt.date(1960, 3, 2)


# --- again
def test_the_same_again_adds_nothing(cast: Cast, bring: Any) -> None:
    bring(roster(PLAN))
    before = coverages()
    again = bring(roster(PLAN.replace("Humana,Gold Plus", "HUMANA,Gold-Plus")))
    assert (counts(again), coverages(), RosterRow.objects.count()) == ({"matched": 1}, before, 1)


def test_an_end_that_changed_is_followed(cast: Cast, bring: Any) -> None:
    bring(roster(PLAN))
    assert counts(bring(roster(PLAN.replace("2099-12-31", "2024-06-30")))) == {"changed": 1}
    [line] = plans()
    assert (line.ends_on, line.status) == (dt.date(2024, 6, 30), "ended")
    assert counts(bring(roster(PLAN.replace("2099-12-31", "")))) == {"matched": 1}  # silence erases nothing
    assert counts(bring(roster(PLAN))) == {"changed": 1}
    [line] = plans()
    assert (line.ends_on, line.status) == (None, "active")


def test_what_was_left_open_is_completed(cast: Cast, bring: Any) -> None:
    bring(roster("Humana,,M77,,,,"))
    assert counts(bring(roster(PLAN))) == {"changed": 1}
    assert [of(line) for line in plans()] == [SAID | {"kind": "medicare_advantage"}]
    assert counts(bring(roster(PLAN))) == {"matched": 1}


def test_each_plan_of_a_patient_has_its_row(cast: Cast, bring: Any) -> None:
    """Another payer, another span and another part of the same payer are lines of their own, and stay so."""
    rows = [
        PLAN,
        "Medicaid,,X1,,Medicaid,,",
        PLAN.replace("2024-01-01", "2025-01-01"),
        PLAN.replace("Gold Plus", "Dental"),
    ]
    assert counts(bring(roster(*rows))) == {"new": 1, "changed": 3}
    assert len(plans()) == 4
    before = coverages()
    assert counts(bring(roster(*rows))) == {"matched": 4}
    assert coverages() == before


def test_a_plan_that_ended_is_not_the_one_that_begins_later(cast: Cast, bring: Any) -> None:
    bring(roster("Humana,,M77,,,,2023-12-31"))
    bring(roster("Humana,,M77,,,2024-01-01,"))
    assert [line.ends_on for line in plans()] == [dt.date(2023, 12, 31), None]


def test_a_coverage_entered_here_is_kept(cast: Cast, sue: Client, bring: Any) -> None:
    grace = PatientFactory(organization=cast.riverbend, family="Okafor", given="Grace", record_number="A-1")
    CoverageFactory(
        patient=grace, payer="humana", plan="", kind="other", member_id="M-77", ends_on=dt.date(2024, 6, 30), created_by=cast.ana,
    )  # fmt: skip
    before = coverages()["coverages"]
    job = bring(roster(PLAN))
    assert coverages()["coverages"] == before
    told = errors(sue, job)
    for field in ("Plan", "Group number", "Kind of coverage", "Coverage from", "Coverage until"):
        assert f",{field}," in told, field
    assert "2,Payer," not in told
    assert "kept as it was entered here" in sue.get(f"/rosters/{job.pk}/").text


def test_what_a_person_changed_in_a_line_of_the_roster_is_kept(cast: Cast, sue: Client, bring: Any) -> None:
    bring(roster(PLAN))
    [line] = plans()
    values = {"payer": "Humana Inc.", "ends_on": dt.date(2024, 6, 30)}
    change_coverage(coverage=line, version=1, values=values, by=cast.ana)
    job = bring(roster(PLAN.replace("G5", "G6")))
    [line] = plans()
    assert (counts(job), of(line)) == ({"changed": 1}, SAID | values | {"group_number": "G6"})
    assert "Coverage until" in errors(sue, job)


def test_days_that_would_stand_the_wrong_way_round_are_kept(cast: Cast, bring: Any) -> None:
    bring(roster(PLAN))
    [line] = plans()
    change_coverage(coverage=line, version=1, values={"starts_on": dt.date(2024, 9, 1)}, by=cast.ana)
    assert counts(bring(roster(PLAN.replace("2099-12-31", "2024-06-30")))) == {"matched": 1}
    assert (plans()[0].starts_on, plans()[0].ends_on) == (dt.date(2024, 9, 1), None)


def test_a_mistake_marked_here_does_not_come_back(cast: Cast, sue: Client, bring: Any) -> None:
    bring(roster(PLAN))
    [line] = plans()
    change_coverage(coverage=line, version=1, values={"status": "entered_in_error"}, by=cast.ana)
    job = bring(roster(PLAN))
    assert (counts(job), [line.status for line in plans()]) == ({"matched": 1}, ["entered_in_error"])
    assert "marked here as entered in error" in errors(sue, job)


# --- taken back
def known(cast: Cast) -> Patient:
    """Someone who was here before, and with the roster's sender."""
    return PatientFactory(
        organization=cast.riverbend, family="Okafor", given="Grace", record_number="A-1", birth_date=dt.date(1958, 3, 14),
    )  # fmt: skip


@pytest.mark.parametrize("is_known", [True, False])
def test_a_roster_goes_with_its_plans(cast: Cast, bring: Any, undo: Any, is_known: bool) -> None:
    if is_known:
        known(cast)
    before = coverages()
    job = undo(bring(roster(PLAN, "Medicaid,,X1,,Medicaid,,", PLAN.replace("2099-12-31", "2024-06-30"))))
    assert (coverages(), job.counts["whole"]) == (before, 3)
    assert Event.objects.filter(name="coverage.removed", reason="The wrong file").count() == 2
    assert bring(roster(PLAN)).counts["changed" if is_known else "new"] == 1


def test_a_line_that_was_followed_goes_back_with_its_check(cast: Cast, bring: Any, undo: Any) -> None:
    bring(roster(PLAN))
    [line] = plans()
    verify_coverage(coverage=line, version=1, by=cast.ana)
    before = coverages()
    changed = roster(PLAN.replace("2099-12-31", "2024-06-30").replace("G5", "G6"))
    job = bring(changed)
    assert (plans()[0].verified_by, plans()[0].status) == (None, "ended")
    assert undo(job).counts["whole"] == 1
    assert coverages() == before
    assert plans()[0].verified_by == cast.ana
    assert Event.objects.filter(name="coverage.import_undone", reason="The wrong file").exists()
    assert counts(bring(changed)) == {"changed": 1}  # what was taken back, a roster did not write last
    assert plans()[0].ends_on == dt.date(2024, 6, 30)


def test_the_first_roster_goes_after_the_second(cast: Cast, bring: Any, undo: Any) -> None:
    before = coverages()
    first = bring(roster(PLAN))
    second = bring(roster(PLAN.replace("2099-12-31", "2024-06-30")))
    assert undo(second).counts["whole"] == 1
    assert undo(first).counts["whole"] == 1
    assert coverages() == before


def by_whom(job: RosterJob, sue: Client) -> tuple[str, str]:
    return job.rows.get().undo, errors(sue, job)


def test_a_line_somebody_verified_stays_and_is_listed(cast: Cast, sue: Client, bring: Any, undo: Any) -> None:
    known(cast)
    job = bring(roster(PLAN))
    verify_coverage(coverage=plans()[0], version=1, by=cast.ana)
    how, told = by_whom(undo(job), sue)
    assert (how, len(plans())) == ("partly", 1)
    assert "A coverage the roster added was verified or changed since and stays." in told


def test_a_new_patient_whose_plan_was_worked_on_stays(cast: Cast, sue: Client, bring: Any, undo: Any) -> None:
    job = bring(roster(PLAN))
    verify_coverage(coverage=plans()[0], version=1, by=cast.ana)
    how, told = by_whom(undo(job), sue)
    assert (how, len(plans())) == ("kept", 1)
    assert "Something was added to the record or changed in it since." in told


LATER = PLAN.replace("2099-12-31", "2024-06-30").replace("G5", "G6")
IN_ERROR = {"group_number": "G6", "ends_on": dt.date(2024, 6, 30), "status": "entered_in_error"}
JULY = dt.date(2024, 7, 1)


@pytest.mark.parametrize(
    ("since", "how", "stays", "stands"),
    [
        ({"group_number": "G9"}, "partly", "Group number was changed", {"group_number": "G9"}),
        ({"ends_on": JULY}, "partly", "Coverage until was changed", {"ends_on": JULY, "status": "ended"}),
        ({"status": "entered_in_error"}, "kept", "was verified or changed", IN_ERROR),
    ],
)
def test_what_was_changed_since_in_a_line_stays(
    cast: Cast, sue: Client, bring: Any, undo: Any, since: dict[str, Any], how: str, stays: str, stands: Any
) -> None:
    """What was checked before the roster is not what stands now, so the check does not come back."""
    bring(roster(PLAN))
    verify_coverage(coverage=plans()[0], version=1, by=cast.ana)
    job = bring(roster(LATER))
    change_coverage(coverage=plans()[0], version=3, values=since, by=cast.ana)
    undone, told = by_whom(undo(job), sue)
    assert (undone, of(plans()[0]), plans()[0].verified_by) == (how, SAID | stands, None)
    assert stays in told


def test_a_line_verified_as_the_roster_left_it_stays(cast: Cast, sue: Client, bring: Any, undo: Any) -> None:
    bring(roster(PLAN))
    job = bring(roster(LATER.replace("2024-06-30", "2099-12-31")))
    verify_coverage(coverage=plans()[0], version=2, by=cast.ana)
    undone, told = by_whom(undo(job), sue)
    assert (undone, plans()[0].group_number, plans()[0].verified_by) == ("kept", "G6", cast.ana)
    assert "The coverage was verified or changed since and stays." in told


def test_days_are_not_put_back_the_wrong_way_round(cast: Cast, sue: Client, bring: Any, undo: Any) -> None:
    bring(roster(PLAN.replace("2099-12-31", "2024-06-30")))
    job = bring(roster(PLAN))
    change_coverage(coverage=plans()[0], version=2, values={"starts_on": dt.date(2025, 1, 1)}, by=cast.ana)
    undone, told = by_whom(undo(job), sue)
    assert (undone, plans()[0].ends_on) == ("kept", None)
    assert "Coverage until was changed since" in told


# --- what it costs
@pytest.mark.parametrize(("plan", "asked"), [("", 0), ("Humana", 1)])
def test_what_stands_is_asked_for_once_and_only_for_a_coverage(
    cast: Cast, bring: Any, plan: str, asked: int
) -> None:
    """A row of another sort of roster costs what it did; one that says the same as before costs one question."""
    seen: list[str] = []

    def see(execute: Any, sql: str, *rest: Any) -> Any:
        seen.append(sql)
        return execute(sql, *rest)

    text = roster(plan, head="MRN,Last Name,First Name,DOB,Payer")
    bring(text)
    with connection.execute_wrapper(see):
        job = bring(text, until="check")
    assert (counts(job), sum("patients_coverage" in sql for sql in seen)) == ({"matched": 1}, asked)
