"""What an import stores, follows and leaves alone."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from coordination.audit.models import Event
from coordination.interop.fhir import keeping
from coordination.outbox.models import Message
from patients.models import (
    Address,
    CareTeamMember,
    Condition,
    ContactPoint,
    Encounter,
    ImportIssue,
    ImportJob,
    Observation,
    Patient,
    SourceDocument,
)
from tests.conftest import Cast
from tests.interop.conftest import ImportIt
from tests.interop.made_up import bundle, coded, condition, observation, patient
from tests.interop.stored import imported, reasons, rows, whole

pytestmark = pytest.mark.django_db


def test_it_stores_everything_of_a_patient(cast: Cast, import_it: ImportIt) -> None:
    job = import_it(whole(), coordinator=cast.ana)
    assert (job.resources_read, job.created, job.kept, job.rejected) == (17, 15, 2, 0)
    assert job.by_kind["Claim"]["kept"] == 1
    grace = imported()
    assert (grace.team, grace.coordinator, grace.record_number) == (cast.north, cast.ana, "MR-p1")
    assert (grace.display_name, grace.allergy_status) == ("OKAFOR, Grace", "known")
    assert grace.created_by == cast.sue
    members = CareTeamMember.objects.filter(patient=grace)
    assert {(m.name, m.role, m.is_primary, m.user) for m in members} == {
        ("", "coordinator", True, cast.ana), ("Dr. Lee", "primary_care", False, None), ("Dr. Lee", "other", False, None)}  # fmt: skip
    assert Observation.objects.get().occurred_at == dt.datetime(2026, 11, 1, 15, 30, tzinfo=dt.UTC)
    assert set(SourceDocument.objects.values_list("kind", "title")) == {
        ("CarePlan", "Care plan"),
        ("Goal", "Walk daily"),
    }
    assert {name for name, found in rows().items() if not found} == set()
    assert Patient.objects.visible_to(cast.ana).filter(pk=grace.pk).exists()
    assert Event.objects.filter(name="patient.imported", patient_id=grace.pk).count() == 1


def test_the_same_again_changes_no_row(cast: Cast, import_it: ImportIt) -> None:
    import_it(whole(), coordinator=cast.ana)
    before, events = rows(), Event.objects.filter(name="patient.imported").count()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        job = import_it(whole(), coordinator=cast.ana)
    assert (job.created, job.changed, job.unchanged, job.kept) == (0, 0, 15, 2)
    assert rows() == before
    written = [q["sql"] for q in queries if q["sql"].startswith(("UPDATE", "INSERT", "DELETE"))]
    tables = {sql.split('"')[1] for sql in written}
    assert tables <= {
        "patients_importjob",
        "patients_importissue",
        "audit_event",
        "notifications_notification",
        "outbox_message",
    }
    assert Event.objects.filter(name="patient.imported").count() == events


def test_what_changed_at_the_source_changes_here_and_nothing_else(cast: Cast, import_it: ImportIt) -> None:
    import_it(bundle(patient(), condition(), condition("c2")))
    other = Condition.objects.get(source_key="Condition/c2")
    job = import_it(bundle(patient(), condition(clinicalStatus=coded("resolved", "")), condition("c2")))
    assert (job.changed, job.unchanged) == (1, 2)
    assert not Condition.objects.get(source_key="Condition/c1").is_active
    assert Condition.objects.filter(pk=other.pk, updated_at=other.updated_at, version=1).exists()


def test_what_people_decided_here_outlives_the_source(cast: Cast, import_it: ImportIt) -> None:
    import_it(bundle(patient(), condition()))
    line = Condition.objects.get()
    line.change({"record_status": "disputed"}, by=cast.ana)
    imported().change(
        {"race_ethnicity": ["black"], "race_ethnicity_source": "self", "preferred_name": "Gracie"},
        by=cast.ana,
    )
    url = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race"
    white = {"url": url, "extension": [{"url": "ombCategory", "valueCoding": {"code": "2106-3"}}]}
    import_it(
        bundle(
            patient(extension=[white], maritalStatus={"text": "Widowed"}), condition(note=[{"text": "new"}])
        )
    )
    line.refresh_from_db()
    assert (line.record_status, line.note) == ("disputed", "new")
    grace = imported()
    assert (grace.race_ethnicity, grace.preferred_name, grace.marital_status) == (
        ["black"],
        "Gracie",
        "Widowed",
    )
    assert any("gras" in key or "KRS" in key for key in grace.name_keys)


def test_a_new_name_and_a_new_address_are_followed(cast: Cast, import_it: ImportIt) -> None:
    import_it(bundle(patient()))
    moved = patient(
        name=[{"family": "Adeyemi", "given": ["Grace"]}],
        address=[{"line": ["9 Elm St"], "city": "Joliet"}],
        telecom=[{"system": "phone", "value": "(555) 555-0177"}],
    )
    job = import_it(bundle(moved))
    grace = imported()
    assert (job.changed, grace.family, grace.sort_name) == (1, "Adeyemi", "adeyemi\x1fgrace")
    assert (
        Address.objects.filter(patient=grace).count(),
        ContactPoint.objects.filter(patient=grace).count(),
    ) == (2, 2)
    assert "the earlier one stays" in reasons(job)[0]
    again = import_it(bundle(moved))
    assert (again.changed, again.unchanged) == (0, 1)


def test_silence_of_the_source_never_erases(cast: Cast, import_it: ImportIt) -> None:
    import_it(bundle(patient(deceasedBoolean=True)))
    import_it(
        bundle(
            patient(
                gender="unknown", birthDate=None, telecom=[], address=[], maritalStatus={"text": "Single"}
            )
        )
    )
    grace = imported()
    assert (grace.sex, grace.birth_date, grace.is_deceased) == ("female", dt.date(1958, 3, 14), True)
    assert ContactPoint.objects.filter(patient=grace).count() == 1


def test_nobody_answers_for_the_dead(cast: Cast, import_it: ImportIt) -> None:
    import_it(bundle(patient(deceasedDateTime="2026-01-02")), coordinator=cast.ana)
    assert imported().coordinator is None


def test_a_trial_run_tells_everything_and_stores_nothing(cast: Cast, import_it: ImportIt) -> None:
    before, events = rows(), Event.objects.filter(name="patient.imported").count()
    job = import_it(
        bundle(patient(active=False), condition(code=7), condition("c2")), coordinator=cast.ana, dry_run=True
    )
    assert (job.created, job.rejected, ImportIssue.objects.filter(job=job).count()) == (2, 1, 2)
    assert rows() == before
    assert Event.objects.filter(name="patient.imported").count() == events


def test_one_patient_costs_few_questions_however_much_is_theirs(cast: Cast, import_it: ImportIt) -> None:
    def unlike_others(n: int) -> dict[str, Any]:
        named = [{"family": "Abcdefgh"[n % 7 :] * 2, "given": ["Zyxwvuts"[n % 5 :]]}]
        return patient(
            f"n{n}", name=named, birthDate=f"19{n % 90 + 10}-01-0{n % 8 + 1}", telecom=[], address=[]
        )

    def cost(n: int) -> int:
        with CaptureQueriesContext(connection) as queries:
            import_it(
                bundle(
                    unlike_others(n),
                    *(observation(f"n{n}-{i}", subject={"reference": f"Patient/n{n}"}) for i in range(n)),
                )
            )
        return len(queries)

    assert cost(20) == cost(200)


def test_keys_are_asked_for_in_portions(
    cast: Cast, import_it: ImportIt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "KEYS", 2)
    sent = bundle(patient(), *(condition(f"c{n}") for n in range(5)))
    assert (import_it(sent).created, import_it(sent).unchanged) == (6, 6)


def test_another_organization_sees_nothing_of_it(cast: Cast, import_it: ImportIt, inside: Any) -> None:
    import_it(whole())
    inside(cast.hillside)
    assert Patient.objects.count() == Encounter.objects.count() == ImportJob.objects.count() == 0


def test_a_new_result_of_someone_on_record_is_told_once(cast: Cast, import_it: ImportIt) -> None:
    def told() -> int:
        return Message.objects.filter(topic="patient.result").count()

    import_it(bundle(patient(), observation()))
    assert told() == 0, "whoever is new has nobody waiting"
    import_it(bundle(patient(), observation()))
    assert told() == 0, "nothing is new"
    import_it(bundle(patient(), observation("o2"), observation("o3")), dry_run=True)
    assert told() == 0, "a trial run tells nobody"
    import_it(bundle(patient(), observation("o2"), observation("o3")))
    assert told() == 1
    assert Message.objects.get(topic="patient.result").payload == {"patient_id": str(imported_patient().pk)}


def imported_patient() -> Patient:
    return Patient.objects.get(source_key="Patient/p1")
