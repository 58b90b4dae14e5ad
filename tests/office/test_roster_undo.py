"""A roster is taken back: what nobody worked on goes as it came, what was worked on stays and says why."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from coordination.audit.models import Event
from coordination.interop.office.models import RosterJob, RosterRow
from coordination.lib.rls import organization
from coordination.worklist.actions import claim_task
from coordination.worklist.models import Task
from patients.models import Address, ContactPoint, Identifier, Patient
from tests.conftest import Cast
from tests.factories import PatientFactory
from tests.office.conftest import WorkOff
from tests.office.test_roster import HEAD, ROW, bring, errors, sue

__all__ = ["bring", "sue"]
pytestmark = pytest.mark.django_db
LUND = "A-2,Lund,Karl,1970-01-02,M,5555550199,2 Oak St,Salem,OR,97301,,M99"


@pytest.fixture
def undo(sue: Client, work_off: WorkOff) -> Any:
    def undo(job: RosterJob) -> RosterJob:
        answer = sue.post(f"/rosters/{job.pk}/undo/", {"reason": "The wrong file"})
        assert answer.status_code == 302, answer.text
        work_off()
        job.refresh_from_db()
        return job

    return undo


def standing() -> dict[str, Any]:
    """Everything a roster may write, without what an undo leaves behind on purpose."""
    people = Patient.objects.exclude(status="entered_in_error").order_by("pk")
    skip = {"version", "updated_at", "updated_by"}
    fields = [field.attname for field in Patient._meta.concrete_fields if field.name not in skip]
    return {
        "patients": list(people.values(*fields)),
        "lines": [list(m.objects.order_by("pk").values()) for m in (Identifier, ContactPoint, Address)],
        "tasks": list(Task.objects.open().order_by("pk").values("pk", "patient", "status")),
    }


def test_a_roster_goes_as_it_came(cast: Cast, sue: Client, bring: Any, undo: Any) -> None:
    PatientFactory(
        organization=cast.riverbend,
        family="Lund",
        given="Karl",
        record_number="A-2",
        birth_date=None,
        sex="unknown",
    )
    before = standing()
    job = bring(f"{HEAD}\n{ROW}\n{LUND}\n")
    assert job.counts["new"] == job.counts["changed"] == 1
    assert standing() != before
    assert "Take back" in sue.get(f"/rosters/{job.pk}/").text
    assert "1 patient it added is withdrawn" in sue.get(f"/rosters/{job.pk}/undo/").text
    job = undo(job)
    assert (job.status, job.counts["whole"]) == ("done", 2)
    assert standing() == before
    grace = Patient.objects.get(family="Okafor")
    assert (grace.status, grace.open_tasks) == ("entered_in_error", 0)
    assert Task.objects.get(patient=grace).outcome == "mistake"
    assert Event.objects.filter(
        name="patient.withdrawn", patient_id=grace.pk, reason="The wrong file"
    ).exists()
    assert "2 taken back" in sue.get(f"/rosters/{job.pk}/").text
    again = sue.post(f"/rosters/{job.pk}/undo/", {"reason": "Twice"})
    assert (again.status_code, "nothing to take back" in again.text) == (422, True)
    assert sue.post(f"/rosters/{job.pk}/import/").status_code == 422


def test_the_same_people_can_come_in_anew(cast: Cast, bring: Any, undo: Any) -> None:
    undo(bring(f"{HEAD}\n{ROW}\n"))
    assert bring(f"{HEAD}\n{ROW}\n").counts["new"] == 1
    assert Patient.objects.get(family="Okafor", status="active").record_number == "A-1"


def test_what_was_worked_on_since_stays_and_is_listed(cast: Cast, sue: Client, bring: Any, undo: Any) -> None:
    PatientFactory(
        organization=cast.riverbend,
        family="Lund",
        given="Karl",
        record_number="A-2",
        birth_date=None,
        sex="unknown",
    )
    job = bring(
        f"{HEAD}\n{ROW}\n{LUND}\n{ROW.replace('A-1,Okafor,Grace', 'A-3,Ruiz,Ann').replace('M77', '')}\n"
    )
    karl = Patient.objects.get(family="Lund")
    karl.change({"sex": "other"}, by=cast.ana)
    claim_task(task=Task.objects.get(patient__family="Okafor"), by=cast.ana)
    ContactPoint.objects.create(
        organization=cast.riverbend, patient=Patient.objects.get(family="Ruiz"), kind="work", value="1", created_by=cast.ana, updated_by=cast.ana,
    )  # fmt: skip
    job = undo(job)
    karl.refresh_from_db()
    assert (karl.sex, karl.birth_date) == ("other", None)
    assert (
        Patient.objects.get(family="Okafor").status == Patient.objects.get(family="Ruiz").status == "active"
    )
    assert Task.objects.get(patient__family="Okafor").is_open
    assert dict(RosterRow.objects.values_list("number", "undo")) == {2: "kept", 3: "partly", 4: "kept"}
    told = errors(sue, job)
    page = sue.get(f"/rosters/{job.pk}/").text
    for words in (
        "Somebody worked on the first contact",
        "Legal sex was changed since",
        "Something was added",
    ):
        assert (words in told, words in page) == (True, True), words


def test_it_stops_and_goes_on(
    cast: Cast, sue: Client, bring: Any, undo: Any, work_off: WorkOff, monkeypatch: Any
) -> None:
    monkeypatch.setattr("coordination.interop.office.roster.undoing.CHUNK", 1)
    monkeypatch.setattr("coordination.interop.office.roster.handlers.SLICE_SECONDS", -1)
    job = bring(f"{HEAD}\n{ROW}\n{LUND}\n")
    sue.post(f"/rosters/{job.pk}/undo/", {"reason": "The wrong file"})
    assert sue.post(f"/rosters/{job.pk}/cancel/").status_code == 302
    work_off()
    job.refresh_from_db()
    assert (job.status, Patient.objects.filter(status="entered_in_error").count()) == ("cancelled", 0)
    assert undo(job).counts["whole"] == 2
    assert Patient.objects.filter(status="entered_in_error").count() == 2


def test_a_patient_added_and_changed_by_one_roster_goes_whole(cast: Cast, bring: Any, undo: Any) -> None:
    job = bring(f"{HEAD}\n{ROW.replace('Spanish', '')}\n{ROW}\n")
    assert (job.counts["new"], job.counts["changed"]) == (1, 1)
    assert undo(job).counts["whole"] == 2
    assert Patient.objects.get(family="Okafor").status == "entered_in_error"


def test_it_needs_a_reason_and_an_import(cast: Cast, sue: Client, bring: Any) -> None:
    job = bring(f"{HEAD}\n{ROW}\n", until="check")
    assert sue.post(f"/rosters/{job.pk}/undo/", {"reason": ""}).status_code == 422
    assert "nothing to take back" in sue.post(f"/rosters/{job.pk}/undo/", {"reason": "x"}).text


@pytest.mark.django_db(transaction=True)
def test_the_list_of_what_stays_is_whole_although_the_answer_outlives_its_request(
    cast: Cast, sue: Client
) -> None:
    with organization(cast.riverbend.pk):
        job = RosterJob.objects.create(
            organization=cast.riverbend, source="Payer", stage="undo", status="done", finished_at=timezone.now(),
            created_by=cast.sue,
        )  # fmt: skip
        RosterRow.objects.create(
            organization=cast.riverbend, job=job, number=7, patient=cast.pat, outcome="new", undo="kept",
            kept_because=["Somebody worked on the first contact."],
        )  # fmt: skip
    assert "Somebody worked on the first contact." in errors(sue, job)
