"""An upload at work in the background: in slices, stoppable, and right again after a crash."""

import uuid
from pathlib import Path
from typing import Any

import pytest

from coordination.audit.models import Event
from coordination.interop import actions, jobs
from coordination.interop.fhir import handlers, running, workspace
from coordination.interop.fhir.handlers import run_import
from coordination.interop.fhir.running import Halted, Run
from coordination.interop.fhir.workspace import Workspace
from coordination.lib.refusal import Refused
from coordination.lib.rls import enter_organization
from coordination.notifications.models import Notification
from coordination.outbox.models import Message
from patients.models import Condition, ImportIssue, ImportJob, Patient
from tests.conftest import Cast
from tests.interop.made_up import condition, lines, patient

pytestmark = pytest.mark.django_db


def sent(count: int) -> str:
    found = []
    for n in range(count):
        found += [
            patient(f"p{n}", birthDate=f"19{n + 20}-02-03"),
            condition(f"c{n}", subject={"reference": f"Patient/p{n}"}),
        ]
    return lines(*found)


def request(cast: Cast, text: str | bytes, **values: Any) -> ImportJob:
    there = Workspace.create()
    raw = text.encode() if isinstance(text, str) else text
    size = there.receive([raw], number=1, by_line=True)
    return actions.request_import(
        source="Mercy",
        workspace=there,
        size=size,
        by=cast.sue,
        team=cast.north,
        **{"dry_run": False, **values},
    )


def deliver(job: ImportJob) -> int:
    """Deliver what is due for this import, as the relay would, until nothing is; returns how often it was called."""
    called = 0
    while message := Message.objects.filter(
        topic="import.requested", state="queued", payload__job_id=str(job.pk)
    ).first():
        Message.objects.filter(pk=message.pk).update(state="sent")
        run_import(message)
        called += 1
        enter_organization(job.organization_id)
    job.refresh_from_db()
    return called


def mine() -> Any:
    return Patient.objects.filter(source="Mercy")


def test_an_import_runs_in_slices_to_its_end(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "SLICE_SECONDS", -1)
    job = request(cast, sent(3))
    assert deliver(job) == 3
    assert (job.status, job.patients_done, job.patients_total, job.created, job.resources_read) == (
        "done",
        3,
        3,
        6,
        6,
    )
    assert (mine().count(), Condition.objects.count()) == (3, 3)
    assert not Workspace(job.stored_file).exists
    events = Event.objects.filter(target_id=str(job.pk)).values_list("name", flat=True)
    assert sorted(events) == ["import.finished", "import.requested", "import.started"]
    assert Notification.objects.get().route == "interop:import"


def test_a_call_too_many_does_nothing(cast: Cast) -> None:
    job = request(cast, sent(1))
    deliver(job)
    message = Message(organization_id=job.organization_id, payload={"job_id": str(job.pk)})
    run_import(message)
    run_import(Message(organization_id=job.organization_id, payload={"job_id": str(uuid.uuid4())}))
    run_import(Message(organization_id=cast.hillside.pk, payload={"job_id": str(job.pk)}))
    enter_organization(job.organization_id)
    assert mine().count() == 1


def test_a_killed_import_goes_on_where_it_was(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    job = request(cast, sent(4))
    step, steps = Run.step, []

    def killed(run: Run) -> Any:
        steps.append(run.job.patients_done)
        if len(steps) == 3:
            raise KeyboardInterrupt
        return step(run)

    monkeypatch.setattr(Run, "step", killed)
    with pytest.raises(KeyboardInterrupt):
        deliver(job)
    enter_organization(job.organization_id)
    job.refresh_from_db()
    assert (job.status, job.patients_done, mine().count()) == ("running", 2, 2)
    run_import(Message(organization_id=job.organization_id, payload={"job_id": str(job.pk)}))
    enter_organization(job.organization_id)
    job.refresh_from_db()
    assert steps == [0, 1, 2, 2, 3]
    assert (job.status, job.created, mine().count()) == ("done", 8, 4)


def test_a_crash_while_reading_reads_again(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    job = request(cast, sent(1))
    monkeypatch.setattr(Workspace, "index", _once(Workspace.index))
    with pytest.raises(OSError, match="disk"):
        deliver(job)
    run_import(Message(organization_id=job.organization_id, payload={"job_id": str(job.pk)}))
    enter_organization(job.organization_id)
    job.refresh_from_db()
    assert (job.status, job.created) == ("done", 2)


def _once(real: Any) -> Any:
    calls: list[int] = []

    def index(self: Workspace, files: list[Path]) -> Any:
        calls.append(1)
        if len(calls) == 1:
            raise OSError("disk full")
        return real(self, files)

    return index


def test_the_last_try_that_fails_says_so(cast: Cast, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    job = request(cast, sent(1))
    monkeypatch.setattr(Workspace, "index", _once(Workspace.index))
    message = Message(
        organization_id=job.organization_id,
        payload={"job_id": str(job.pk)},
        attempts=settings.OUTBOX_MAX_ATTEMPTS,
    )
    with pytest.raises(OSError, match="disk"):
        run_import(message)
    enter_organization(job.organization_id)
    job.refresh_from_db()
    assert job.status == "failed"
    assert "an administrator can see why" in job.error
    assert not Workspace(job.stored_file).exists


def test_two_processes_never_import_a_patient_twice(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one finds the count moved on, gives its patient back and leaves."""
    job = request(cast, sent(3))
    step = Run.step

    def overtaken(run: Run) -> Any:
        if run.job.patients_done == 1:
            ImportJob.objects.filter(pk=job.pk).update(patients_done=2)
        return step(run)

    monkeypatch.setattr(Run, "step", overtaken)
    deliver(job)
    assert (job.status, mine().count()) == ("running", 1)
    assert Workspace(job.stored_file).exists


def test_it_stops_when_asked(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    job = request(cast, sent(4))
    step = Run.step

    def asked(run: Run) -> Any:
        if run.job.patients_done == 2:
            enter_organization(job.organization_id)
            actions.cancel_import(job=job, by=cast.sue)
        return step(run)

    monkeypatch.setattr(Run, "step", asked)
    deliver(job)
    assert (job.status, job.patients_done, mine().count()) == ("cancelled", 2, 2)
    assert not Workspace(job.stored_file).exists
    with pytest.raises(Refused, match="ended already"):
        actions.cancel_import(job=job, by=cast.sue)


def test_it_stops_before_it_began(cast: Cast) -> None:
    job = request(cast, sent(1))
    actions.cancel_import(job=job, by=cast.sue)
    actions.cancel_import(job=job, by=cast.sue)
    deliver(job)
    assert (job.status, mine().count()) == ("cancelled", 0)


def test_files_that_are_gone_are_said_to_be(cast: Cast) -> None:
    job = request(cast, sent(1))
    Workspace(job.stored_file).remove()
    deliver(job)
    assert (job.status, job.error) == ("failed", "The files are no longer there. Upload them again.")


def test_a_file_nobody_can_read_fails_the_import(cast: Cast) -> None:
    job = request(cast, b"\xff\xfe{\x00")
    deliver(job)
    assert (job.status, job.error) == ("failed", "It is UTF-16 text. Save it as UTF-8 and send it again.")


def test_a_trial_run_waits_for_the_real_one(cast: Cast) -> None:
    trial = request(cast, sent(2), dry_run=True)
    with pytest.raises(Refused, match="trial run that is done"):
        actions.run_for_real(job=trial, by=cast.sue)
    deliver(trial)
    assert (trial.status, trial.created, mine().count()) == ("done", 4, 0)
    there = Workspace(trial.stored_file)
    assert [path.name for path in there.path.iterdir()] == ["001.ndjson"]
    real = actions.run_for_real(job=trial, by=cast.sue)
    deliver(real)
    assert (real.status, real.created, mine().count(), there.exists) == ("done", 4, 2, False)
    with pytest.raises(Refused, match="are gone"):
        actions.run_for_real(job=trial, by=cast.sue)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"source": " "}, "source"),
        ({"source": "Staff"}, "source"),
        ({"team": None}, "team"),
        ({"coordinator": "aud"}, "coordinator"),
    ],
)
def test_a_request_says_what_is_missing(cast: Cast, values: dict[str, Any], field: str) -> None:
    if "coordinator" in values:
        values = {"coordinator": cast.aud}
    given = {"source": "Mercy", "team": cast.north, **values}
    with pytest.raises(Refused) as refusal:
        actions.request_import(workspace=Workspace("x"), size=1, dry_run=False, by=cast.sue, **given)
    assert refusal.value.field == field


def test_only_its_owner_may_open_what_was_sent(cast: Cast, private_files: Path) -> None:
    job = request(cast, sent(1), dry_run=True)
    there = Workspace(job.stored_file)
    there.index(there.received())
    assert {path.stat().st_mode & 0o777 for path in there.path.iterdir()} == {0o600}
    assert there.path.stat().st_mode & 0o777 == 0o700
    assert len(there.name) == 32


def test_old_files_are_forgotten(cast: Cast, private_files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert workspace.forget_old() == 0
    there = Workspace.create()
    jobs.forget_files()
    assert there.exists
    monkeypatch.setattr(workspace, "KEPT_HOURS", -1)
    jobs.forget_files()
    assert not there.exists
    Workspace("").remove()


def test_issues_beyond_a_number_are_counted_only(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "ISSUES_LISTED", 3)
    bad = [condition(f"c{n}", code=7) for n in range(5)]
    job = request(cast, lines(patient(), *bad))
    deliver(job)
    assert (job.rejected, ImportIssue.objects.filter(job=job).count()) == (5, 3)
    listed = ImportIssue.objects.filter(job=job).order_by("id").values_list("resource", flat=True)
    assert list(listed) == ["Condition/c0", "Condition/c1", "Condition/c2"]


def test_numbers_that_do_not_add_up_are_never_called_done(cast: Cast) -> None:
    run = Run.__new__(Run)
    run.job = ImportJob(resources_read=3, created=1)
    with pytest.raises(ArithmeticError, match="1 of 3"):
        run.end()


def test_halted_is_raised_when_the_job_is_gone(cast: Cast) -> None:
    job = request(cast, sent(1))
    there = Workspace(job.stored_file)
    index = there.index(there.received())
    ImportJob.objects.filter(pk=job.pk).update(status="cancelled")
    with running.Spool(there.spool, index) as spool, pytest.raises(Halted):
        Run(job, index, spool).begin()
