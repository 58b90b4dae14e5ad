"""The pages of imports: works, hides, refuses, says why not, once."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory

from coordination.audit.models import Event
from coordination.interop.fhir.handlers import run_import
from coordination.interop.fhir.workspace import Workspace
from coordination.interop.middleware import UploadLimit
from coordination.lib.rls import enter_organization
from coordination.outbox.models import Message
from patients.models import ImportIssue, ImportJob, Patient
from tests.conftest import Cast, SignIn
from tests.interop.made_up import bundle, condition, lines, patient

pytestmark = pytest.mark.django_db
NEW = "/imports/new/"


def upload(*resources: dict[str, Any], name: str = "Grace Okafor.ndjson") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, lines(*resources).encode())


def send(client: Client, cast: Cast, **values: Any) -> Any:
    data = {
        "sent": [upload(patient(), condition(), condition("bad", code=7))],
        "source": "Mercy",
        "team": cast.north.pk,
        **values,
    }
    return client.post(NEW, {name: value for name, value in data.items() if value is not None})


def a_job(cast: Cast, **values: Any) -> ImportJob:
    return ImportJob.objects.create(
        **{"organization": cast.riverbend, "source": "Mercy", "created_by": cast.sue, **values}
    )


def work(job: ImportJob) -> None:
    run_import(Message(organization_id=job.organization_id, payload={"job_id": str(job.pk)}))
    enter_organization(job.organization_id)
    job.refresh_from_db()


@pytest.fixture
def sue(cast: Cast, signed_in: SignIn) -> Client:
    return signed_in(cast.sue)


# --- a new one
def test_an_upload_becomes_an_import(cast: Cast, sue: Client, private_files: Path) -> None:
    assert "Sending system" in sue.get(NEW).text
    answer = send(sue, cast, coordinator=cast.ana.pk)
    job = ImportJob.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/imports/{job.pk}/")
    assert (job.source, job.team, job.coordinator, job.dry_run, job.status) == (
        "Mercy",
        cast.north,
        cast.ana,
        False,
        "queued",
    )
    assert Message.objects.get(topic="import.requested").payload == {"job_id": str(job.pk)}
    stored = [path.name for path in Workspace(job.stored_file).path.iterdir()]
    assert stored == ["001.ndjson"]
    assert "Grace" not in str(list(private_files.rglob("*")))
    work(job)
    page = sue.get(f"/imports/{job.pk}/").text
    assert (job.status, job.created, job.rejected) == ("done", 2, 1)
    assert "Condition/bad" in page
    assert "must be an object" in page
    assert "hx-trigger" not in page.partition('id="import"')[2].partition("</main>")[0]


def test_several_files_are_one_import(cast: Cast, sue: Client) -> None:
    send(sue, cast, sent=[upload(condition()), upload(patient(), name="b.ndjson")])
    job = ImportJob.objects.get()
    work(job)
    assert (job.created, job.patients_total) == (2, 1)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"sent": None}, "Choose at least one file."),
        ({"sent": [SimpleUploadedFile("a.json", b"")]}, "This file is empty."),
        ({"sent": [upload(patient()) for _ in range(21)]}, "at most 20 files"),
        ({"source": ""}, "Name the system"),
        ({"source": "staff"}, "Name the system"),
        ({"team": ""}, "Choose a team or a coordinator"),
        ({"team": "01a1ffc2-e8c4-73b8-b3a3-fd9ff6ad449e"}, "Select a valid choice"),
    ],
)
def test_it_says_what_is_missing(
    cast: Cast, sue: Client, private_files: Path, values: dict[str, Any], words: str
) -> None:
    answer = send(sue, cast, **values)
    assert answer.status_code == 422
    assert words in answer.text
    assert not ImportJob.objects.exists()
    assert not [path for path in private_files.rglob("*") if path.is_file()]


def test_files_too_large_together_are_refused(cast: Cast, sue: Client, settings: Any) -> None:
    settings.IMPORT_MAX_BYTES = 10
    answer = send(sue, cast)
    assert answer.status_code == 422
    assert "larger than 1 KB together" in answer.text


def test_an_upload_too_large_is_refused_unread(rf: RequestFactory, settings: Any) -> None:
    class Unread:
        def read(self, *args: Any) -> bytes:
            raise AssertionError("read")

    settings.IMPORT_MAX_BYTES = 1 << 20
    request = rf.post(NEW, content_type="multipart/form-data; boundary=x")
    request.META |= {"CONTENT_LENGTH": str(200 << 20), "wsgi.input": Unread()}
    answer: Any = UploadLimit(lambda request: pytest.fail("went on"))(request)
    assert answer.status_code == 413
    assert "You sent 200 MB; the limit is 1 MB." in answer.content.decode()


def test_teams_and_people_of_others_are_not_offered(cast: Cast, sue: Client) -> None:
    page = sue.get(NEW).text
    assert "Ana Ruiz" in page
    for stranger in ("Olga Berg", "Aud Kern", "Flo Haas"):
        assert stranger not in page


def test_a_second_click_does_nothing_more(cast: Cast, sue: Client) -> None:
    key = str(uuid.uuid4())
    first, second = (send(sue, cast, idempotency_key=key) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert ImportJob.objects.count() == 1


def test_a_crash_leaves_no_file(
    cast: Cast, sue: Client, private_files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(self: Workspace, *args: Any, **kwargs: Any) -> int:
        raise OSError("disk full")

    monkeypatch.setattr(Workspace, "receive", crash)
    with pytest.raises(OSError, match="disk"):
        send(sue, cast)
    assert not list((private_files / "imports").iterdir())


# --- who may
@pytest.mark.parametrize("who", ["ana", "max", "vic", "flo", "petra", "aud"])
def test_it_refuses_who_may_not_import(cast: Cast, signed_in: SignIn, who: str) -> None:
    job = a_job(cast)
    client = signed_in(getattr(cast, who))
    for path in ("", "new/", f"{job.pk}/", f"{job.pk}/progress/", f"{job.pk}/issues.csv"):
        assert client.get(f"/imports/{path}").status_code == 403, path
    for path in ("new/", f"{job.pk}/cancel/", f"{job.pk}/run/"):
        assert client.post(f"/imports/{path}").status_code == 403, path


def test_it_hides_imports_of_other_organizations(cast: Cast, signed_in: SignIn, inside: Any) -> None:
    job = a_job(cast)
    cast.olga.roles = ["supervisor"]
    cast.olga.save(update_fields=["roles"])
    stranger = signed_in(cast.olga)
    assert "Mercy" not in stranger.get("/imports/").text
    for path in ("", "progress/", "issues.csv"):
        assert stranger.get(f"/imports/{job.pk}/{path}").status_code == 404
    for path in ("cancel/", "run/"):
        assert stranger.post(f"/imports/{job.pk}/{path}").status_code == 404


def test_it_answers_only_to_the_right_method(cast: Cast, sue: Client) -> None:
    job = a_job(cast)
    for path in ("", f"{job.pk}/", f"{job.pk}/progress/", f"{job.pk}/issues.csv"):
        assert sue.post(f"/imports/{path}").status_code == 405
    for path in (f"{job.pk}/cancel/", f"{job.pk}/run/"):
        assert sue.get(f"/imports/{path}").status_code == 405
    assert sue.put(NEW).status_code == 405


# --- the list
def test_the_list_tells_what_became_of_each(cast: Cast, sue: Client) -> None:
    assert "Nothing was imported yet" in sue.get("/imports/").text
    a_job(cast, status="done", created=1200, rejected=3, dry_run=True)
    page = sue.get("/imports/").text
    for words in ("Mercy", "1,200 added, 3 rejected", "Trial run, nothing stored", "Done"):
        assert words in page


def test_the_list_costs_the_same_for_many(
    cast: Cast, sue: Client, django_assert_max_num_queries: Any
) -> None:
    for _ in range(60):
        a_job(cast)
    with django_assert_max_num_queries(8):
        page = sue.get("/imports/").text
    assert page.count("Mercy") == 50
    assert "Next page" in page


# --- one at work
@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "Waiting to start"),
        ({"status": "running"}, "Reading the files"),
        ({"status": "running", "patients_total": 1200, "patients_done": 7}, "7 of 1,200 patients"),
        ({"status": "running", "cancel_asked": True}, "Stopping"),
    ],
)
def test_it_asks_again_while_it_runs(cast: Cast, sue: Client, values: dict[str, Any], words: str) -> None:
    job = a_job(cast, **values)
    part = sue.get(f"/imports/{job.pk}/progress/").text
    assert words in part
    assert 'hx-trigger="every 1s"' in part
    assert ("Stop<" in part) == (not job.cancel_asked)
    assert "<html" not in part


def test_the_counts_are_told_by_type_with_the_reason_for_leaving_out(cast: Cast, sue: Client) -> None:
    send(
        sue,
        cast,
        sent=[
            SimpleUploadedFile("b.json", json.dumps(bundle(patient(), {"resourceType": "Claim"})).encode())
        ],
    )
    job = ImportJob.objects.get()
    work(job)
    page = sue.get(f"/imports/{job.pk}/").text
    assert "billing is not part of the chart" in page


def issue(job: ImportJob, n: int, severity: str = "rejected") -> None:
    ImportIssue.objects.create(
        organization_id=job.organization_id,
        job=job,
        severity=severity,
        resource=f"Goal/{n}",
        path="=1+1",
        reason="no",
    )


def test_issues_can_be_filtered_paged_and_taken_away(cast: Cast, sue: Client) -> None:
    job = a_job(cast, status="done", finished_at="2026-11-21T00:00Z")
    for n in range(60):
        issue(job, n, "remark" if n % 2 else "rejected")
    page = sue.get(f"/imports/{job.pk}/").text
    assert page.count("Goal/") == 50
    assert "Next page" in page
    only = sue.get(f"/imports/{job.pk}/?show=remark").text
    assert only.count("Goal/") == 30
    assert "Goal/2<" not in only
    answer = sue.get(f"/imports/{job.pk}/issues.csv")
    text = answer.getvalue().decode()
    assert (text.count("Goal/"), answer["Content-Disposition"]) == (
        60,
        f'attachment; filename="import-{job.pk}.csv"',
    )
    assert "'=1+1" in text
    assert Event.objects.filter(kind="export", name="import.issues_exported", target_id=str(job.pk)).exists()


def test_the_page_costs_the_same_for_many_issues(
    cast: Cast, sue: Client, django_assert_max_num_queries: Any
) -> None:
    job = a_job(cast, status="done", finished_at="2026-11-21T00:00Z")
    for n in range(60):
        issue(job, n)
    with django_assert_max_num_queries(8):
        sue.get(f"/imports/{job.pk}/")


def test_nothing_to_look_at_is_said(cast: Cast, sue: Client) -> None:
    job = a_job(cast, status="failed", finished_at="2026-11-21T00:00Z", error="It is empty.")
    page = sue.get(f"/imports/{job.pk}/").text
    assert "Nothing to look at" in page
    assert "It is empty." in page


def test_it_can_be_stopped(cast: Cast, sue: Client) -> None:
    job = a_job(cast)
    assert sue.post(f"/imports/{job.pk}/cancel/").status_code == 302
    job.refresh_from_db()
    assert job.cancel_asked
    ImportJob.objects.filter(pk=job.pk).update(finished_at="2026-11-21T00:00Z", status="cancelled")
    answer = sue.post(f"/imports/{job.pk}/cancel/")
    assert answer.status_code == 422
    assert "ended already" in answer.text


def test_a_trial_run_can_be_run_for_real(cast: Cast, sue: Client) -> None:
    send(sue, cast, dry_run="on")
    trial = ImportJob.objects.get()
    work(trial)
    assert not Patient.objects.filter(source="Mercy").exists()
    page = sue.get(f"/imports/{trial.pk}/").text
    assert "Trial run of Mercy" in page
    assert "Run for real" in page
    answer = sue.post(f"/imports/{trial.pk}/run/")
    real = ImportJob.objects.exclude(pk=trial.pk).get()
    assert answer["Location"] == f"/imports/{real.pk}/"
    work(real)
    assert Patient.objects.filter(source="Mercy").exists()
    assert "Run for real" not in sue.get(f"/imports/{trial.pk}/").text
    assert sue.post(f"/imports/{trial.pk}/run/").status_code == 422
