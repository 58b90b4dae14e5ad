"""Nothing half: one bad resource costs itself, a bad patient all that is theirs."""

import datetime as dt
from typing import Any

import pytest

from coordination.interop.fhir.mapping import READERS
from patients.models import (
    Allergy,
    Condition,
)
from tests.conftest import Cast
from tests.interop.conftest import ImportIt
from tests.interop.made_up import about, allergy, bundle, coded, condition, observation, patient
from tests.interop.stored import imported, reasons, rows

pytestmark = pytest.mark.django_db


def test_one_bad_resource_costs_only_itself(cast: Cast, import_it: ImportIt) -> None:
    job = import_it(bundle(patient(), condition(code=7), condition("c2")))
    assert (job.created, job.rejected, Condition.objects.count()) == (2, 1, 1)
    assert reasons(job) == ["Condition/c1 Condition.code must be an object"]


def test_a_patient_that_cannot_be_read_costs_all_that_is_theirs(cast: Cast, import_it: ImportIt) -> None:
    theirs = [condition(), observation()]
    mine = condition("c9", subject={"reference": "Patient/p2"})
    job = import_it(bundle(patient(birthDate="soon"), *theirs, patient("p2"), mine))
    assert (job.created, job.rejected) == (2, 3)
    assert [reason.split()[0] for reason in reasons(job)] == ["Patient/p1", "Condition/c1", "Observation/o1"]
    assert "its patient could not be read" in reasons(job)[1]


def test_what_the_database_refuses_leaves_no_row(
    cast: Cast, import_it: ImportIt, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mapping that slipped: the whole patient is given back, with the name of the rule it broke."""

    def slipped(node: Any, context: Any, key: str) -> Any:
        found = READERS["Condition"](node, context, key)
        found[0].values["sensitivity"] = "NOSUCH"
        return found

    monkeypatch.setitem(READERS, "Procedure", slipped)
    before = rows()
    job = import_it(bundle(patient(), condition(), about("Procedure", "x", code=coded("1", "x"))))
    assert (job.created, job.rejected) == (0, 3)
    assert "condition_sensitivity_known" in reasons(job)[0]
    assert rows() == before


def test_a_shape_nobody_foresaw_costs_one_resource(
    cast: Cast, import_it: ImportIt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(READERS, "Goal", lambda node, context, key: 1 // 0)
    job = import_it(bundle(patient(), about("Goal", "g")))
    assert (job.created, job.rejected) == (1, 1)
    assert "not foreseen" in reasons(job)[0]


def test_a_key_of_another_patient_is_never_taken_over(cast: Cast, import_it: ImportIt) -> None:
    import_it(bundle(patient("p1"), condition()))
    job = import_it(
        bundle(patient("p2", birthDate="1990-01-01"), condition(subject={"reference": "Patient/p2"}))
    )
    assert (job.created, job.rejected) == (1, 1)
    assert "for another patient" in " ".join(reasons(job))
    assert Condition.objects.get().patient == imported(source_key="Patient/p1")


def test_the_four_states_of_allergies_stay_right(cast: Cast, import_it: ImportIt) -> None:
    none = allergy("n", code=coded("716186003", "No known allergy"), recordedDate="2026-02-03")
    import_it(bundle(patient()))
    assert imported().allergy_status == "not_recorded"
    import_it(bundle(patient(), none))
    assert (imported().allergy_status, imported().allergies_checked_on) == ("none_known", dt.date(2026, 2, 3))
    import_it(bundle(patient(), none, allergy()))
    assert imported().allergy_status == "known"
    import_it(bundle(patient(), none))
    assert imported().allergy_status == "known"
    assert Allergy.objects.filter(is_active=True).count() == 1


def test_an_allergy_taken_back_does_not_count(cast: Cast, import_it: ImportIt) -> None:
    import_it(
        bundle(
            patient(),
            allergy(verificationStatus=coded("entered-in-error", "")),
            allergy("d", code=coded("409137002", "No known drug allergy")),
        )
    )
    assert imported().allergy_status == "not_recorded"


def test_what_is_left_out_one_by_one_says_why(cast: Cast, import_it: ImportIt) -> None:
    job = import_it(bundle(patient(), about("CareTeam", "t", participant=[])))
    assert (job.created, job.kept) == (1, 1)
    assert reasons(job) == ["CareTeam/t  left out: names nobody outside the family"]
