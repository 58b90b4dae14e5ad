"""The command line: what it says, what it gives back, how it goes on."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from coordination.accounts.models import Organization
from coordination.interop.fhir.running import Run
from coordination.lib.rls import enter_organization
from patients.models import Condition, ImportJob, Patient
from tests.conftest import Cast
from tests.interop.made_up import bundle, condition, patient, write

pytestmark = pytest.mark.django_db


def run(cast: Cast, *paths: Path, organization: str | None = "Riverbend", **options: Any) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    options = {"source": "Mercy", "team": "north", **options}
    try:
        call_command(
            "import_fhir", *map(str, paths), organization=organization, stdout=out, stderr=err, **options
        )
    finally:
        enter_organization(cast.riverbend.pk)
    return out.getvalue(), err.getvalue()


def test_it_imports_and_says_what_became_of_it(cast: Cast, tmp_path: Path) -> None:
    write(tmp_path, bundle(patient(), condition(), condition("bad", code=7)), "in/a.json.gz")
    out, err = run(cast, tmp_path / "in", coordinator=cast.ana.email)
    assert "1 of 1 patients" in err
    assert "Condition                         2          1          0          0          0          1" in out
    assert "all                               3          2          0          0          0          1" in out
    assert "rejected: Condition/bad Condition.code: must be an object" in out
    grace = Patient.objects.get(source="Mercy")
    assert (grace.team, grace.coordinator, grace.created_by.is_system) == (cast.north, cast.ana, True)


def test_a_trial_run_stores_nothing(cast: Cast, tmp_path: Path) -> None:
    out, _err = run(cast, write(tmp_path, bundle(patient())), dry_run=True)
    assert "nothing was stored" in out
    assert not Patient.objects.filter(source="Mercy").exists()


def test_it_names_the_file_that_could_not_be_read(cast: Cast, tmp_path: Path) -> None:
    good, bad = write(tmp_path, bundle(patient())), write(tmp_path, "{oops", "bad.json")
    out, err = run(cast, good, bad)
    assert "bad.json: It cannot be read" in err
    assert "rejected: file 2: It cannot be read" in out


def test_nothing_readable_is_an_error(cast: Cast, tmp_path: Path) -> None:
    with pytest.raises(CommandError) as problem:
        run(cast, write(tmp_path, "{oops"))
    assert problem.value.returncode == 2
    assert ImportJob.objects.get().status == "failed"
    for paths in (tmp_path / "gone", tmp_path / "empty"):
        (tmp_path / "empty").mkdir(exist_ok=True)
        with pytest.raises(CommandError) as problem:
            run(cast, paths)
        assert problem.value.returncode == 2


def test_issues_go_to_a_file_no_spreadsheet_can_run(cast: Cast, tmp_path: Path) -> None:
    bad = [condition(f"=cmd|{n}", code=7) for n in range(60)]
    path = tmp_path / "issues.csv"
    out, _err = run(cast, write(tmp_path, bundle(patient(), *bad)), issues=path)
    assert "and 10 more" in out
    assert path.read_text().count("\n") == 61
    assert path.read_text().splitlines()[0] == "Result,Resource,Where,Reason"
    assert ",=" not in path.read_text()


def test_a_stopped_import_goes_on(cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    people = [patient(f"p{n}", birthDate=f"19{n + 20}-01-01") for n in range(4)]
    path = write(tmp_path, bundle(*people, condition(subject={"reference": "Patient/p3"})))
    step = Run.step

    def stopped(work: Run) -> Any:
        if work.job.patients_done == 2:
            raise KeyboardInterrupt
        return step(work)

    monkeypatch.setattr(Run, "step", stopped)
    with pytest.raises(KeyboardInterrupt):
        run(cast, path)
    job = ImportJob.objects.get()
    assert (job.patients_done, Patient.objects.filter(source="Mercy").count()) == (2, 2)
    monkeypatch.setattr(Run, "step", step)
    with pytest.raises(CommandError, match="not the files"):
        run(cast, write(tmp_path, bundle(patient()), "other.json"), resume=str(job.pk))
    out, _err = run(cast, path, resume=str(job.pk))
    job.refresh_from_db()
    assert (job.status, job.created, Condition.objects.count()) == ("done", 5, 1)
    assert "4 patients" in out
    with pytest.raises(CommandError, match="no such import"):
        run(cast, path, resume=str(job.pk))


def test_a_cancelled_import_says_how_to_go_on(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = Run.step

    def asked(work: Run) -> Any:
        ImportJob.objects.update(cancel_asked=True)
        return step(work)

    monkeypatch.setattr(Run, "step", asked)
    with pytest.raises(CommandError, match="--resume"):
        run(cast, write(tmp_path, bundle(patient())))
    assert ImportJob.objects.get().status == "cancelled"
    assert not Patient.objects.filter(source="Mercy").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"organization": None}, "which organization"),
        ({"organization": "Nowhere"}, "no organization"),
        ({"organization": "01a1ffc2-e8c4-73b8-b3a3-fd9ff6ad449e"}, "no organization"),
        ({"team": "West"}, "no team"),
        ({"coordinator": "nobody@example.org"}, "carries patients"),
        ({"source": None}, "--source"),
        ({"source": "staff"}, "--source"),
    ],
)
def test_it_says_what_it_needs(cast: Cast, tmp_path: Path, options: dict[str, Any], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        run(cast, write(tmp_path, bundle(patient())), **options)
    assert not Patient.objects.filter(source="Mercy").exists()


def test_the_only_organization_need_not_be_named(db: None, tmp_path: Path) -> None:
    house = Organization.objects.create(name="Only")
    out = io.StringIO()
    call_command(
        "import_fhir",
        str(write(tmp_path, bundle(patient()))),
        source="Mercy",
        stdout=out,
        stderr=io.StringIO(),
    )
    enter_organization(house.pk)
    assert Patient.objects.get().team is None
