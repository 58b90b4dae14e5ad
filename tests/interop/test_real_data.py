"""Records nobody here wrote, where there are some: THROUGHLINE_DATA names a folder with a folder `fhir` in it."""

import os
from pathlib import Path

import pytest

from patients.models import Condition, Encounter, Observation, Patient
from tests.conftest import Cast
from tests.interop.conftest import ImportIt

DATA = Path(os.environ.get("THROUGHLINE_DATA", "") or "/nowhere") / "fhir"
SETS = {"synthea_massachusetts": 120, "synthea_us_core_2026": 18, "carebundle_us_core": 40}

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason="THROUGHLINE_DATA names no folder with real records"),
]


@pytest.mark.parametrize(("name", "patients"), SETS.items())
def test_real_records_come_in_once(cast: Cast, import_it: ImportIt, name: str, patients: int) -> None:
    files = sorted((DATA / name).glob("*.json*"))
    first = import_it(*files, source=name)
    assert (first.patients_done, first.rejected, Patient.objects.filter(source=name).count()) == (
        patients,
        0,
        patients,
    )
    counts = [model.objects.count() for model in (Condition, Observation, Encounter)]
    again = import_it(*files, source=name)
    assert (again.created, again.changed, again.unchanged) == (0, 0, first.created)
    assert [model.objects.count() for model in (Condition, Observation, Encounter)] == counts


def test_the_official_examples_come_in(cast: Cast, import_it: ImportIt) -> None:
    job = import_it(*sorted((DATA / "us_core_610_examples").glob("*.json")), source="examples")
    assert (job.rejected, job.patients_done) == (0, 5)
