"""Who gets an exported list, and for how long."""

import datetime as dt
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from coordination.audit.models import Event
from coordination.interop.office.jobs import forget_files
from coordination.interop.office.models import ExportJob
from patients.models import AccessDenial
from tests.conftest import Cast, SignIn
from tests.office.conftest import NEW, Proven, WorkOff, ask, pending
from tests.office.test_export import ana, hours

__all__ = ["ana"]
pytestmark = pytest.mark.django_db


# --- who gets it
def test_a_bulk_of_data_leaves_only_after_a_recent_proof(cast: Cast, signed_in: SignIn) -> None:
    client = signed_in(cast.ana)
    for method in (client.get, client.post):
        answer = method(f"{NEW}?list=day", {"format": "csv"} if method == client.post else None)
        assert answer.status_code == 302
        assert "/account/reauthenticate/" in answer["Location"]
    assert not ExportJob.objects.exists()


def test_a_password_is_no_proof_for_who_has_a_second_step(cast: Cast, signed_in: SignIn) -> None:
    client = signed_in(cast.ana)
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session["account_authentication_methods_user"] = str(cast.ana.pk)
    session.save()
    assert client.get(f"{NEW}?list=day").status_code == 200
    cast.ana.authenticator_set.create(type="totp", data={})
    assert "/2fa/reauthenticate/" in client.get(f"{NEW}?list=day")["Location"]


def test_only_the_person_who_asked(cast: Cast, ana: Client, proven: Proven, work_off: WorkOff) -> None:
    job = ask(ana, "day")
    work_off()
    sue = proven(cast.sue)
    for path in ("", "progress/", "file/"):
        assert sue.get(f"/exports/{job.pk}/{path}").status_code == 404
    assert sue.post(f"/exports/{job.pk}/cancel/").status_code == 404
    assert "throughline-tasks" not in sue.get("/exports/").text


def test_not_after_the_right_has_ended(cast: Cast, ana: Client, work_off: WorkOff) -> None:
    job = ask(ana, "open-tasks", patient=cast.pat.pk)
    work_off()
    AccessDenial.objects.create(
        organization=cast.riverbend, patient=cast.pat, user=cast.ana, reason="Relative",
        starts_on=dt.date(2020, 1, 1), created_by=cast.sue,
    )  # fmt: skip
    assert ana.get(f"/exports/{job.pk}/file/").status_code == 404


def lose_sight(cast: Cast) -> None:
    AccessDenial.objects.create(
        organization=cast.riverbend, patient=cast.pat, user=cast.ana, reason="Relative",
        starts_on=dt.date(2020, 1, 1), created_by=cast.sue,
    )  # fmt: skip


def test_why_an_export_failed_stays_readable(cast: Cast, ana: Client, work_off: WorkOff) -> None:
    job = ask(ana, "open-tasks", patient=cast.pat.pk)
    lose_sight(cast)
    for path in ("", "progress/"):
        waiting = ana.get(f"/exports/{job.pk}/{path}")
        assert waiting.status_code == 200
        assert "Stop" in waiting.text
    work_off()
    page = ana.get(f"/exports/{job.pk}/")
    assert page.status_code == 200
    assert "You may no longer see this list" in page.text
    with timezone.override(cast.ana.zone):
        assert job.file_name in page.text
    assert "record number" not in page.text.lower()


def test_it_can_be_stopped_also_when_the_right_has_ended(cast: Cast, ana: Client, work_off: WorkOff) -> None:
    job = ask(ana, "open-tasks", patient=cast.pat.pk)
    lose_sight(cast)
    assert ana.post(f"/exports/{job.pk}/cancel/").status_code == 302
    assert "Stopping" in ana.get(f"/exports/{job.pk}/").text
    work_off()
    assert "Nothing of the file was kept" in ana.get(f"/exports/{job.pk}/").text
    assert ana.post(f"/exports/{job.pk}/cancel/").status_code == 422


def test_a_file_that_is_closed_says_so(cast: Cast, ana: Client, work_off: WorkOff) -> None:
    job = ask(ana, "open-tasks", patient=cast.pat.pk)
    work_off()
    lose_sight(cast)
    page = ana.get(f"/exports/{job.pk}/").text
    assert "its file stays closed to you" in page
    assert f"/exports/{job.pk}/file/" not in page


def test_the_file_is_gone_after_its_hours(
    cast: Cast, ana: Client, work_off: WorkOff, private_files: Path, settings: Any
) -> None:
    job = ask(ana, "day")
    work_off()
    answer = ana.get(f"/exports/{job.pk}/file/")
    day = timezone.localdate(job.created_at, cast.ana.zone)
    assert answer["Content-Disposition"] == f'attachment; filename="throughline-tasks-{day}.csv"'
    assert answer["Cache-Control"] == "no-store"
    assert b"".join(answer.streaming_content).startswith(b"\xef\xbb\xbf")
    ExportJob.objects.filter(pk=job.pk).update(finished_at=hours(-25))
    assert ana.get(f"/exports/{job.pk}/file/").status_code == 422
    assert "The file was removed" in ana.get(f"/exports/{job.pk}/").text
    settings.EXPORT_FILE_HOURS = -1
    forget_files()
    assert list((private_files / "exports").iterdir()) == []
    (written,) = Event.objects.filter(name="export.downloaded")
    assert written.detail["rows"] == 0
    assert "title" in written.detail["columns"]
    names = ["export.requested", "export.finished", "export.downloaded"]
    assert (
        list(Event.objects.filter(kind="export").order_by("at", "id").values_list("name", flat=True)) == names
    )


def test_one_request_twice_is_one_export(cast: Cast, ana: Client) -> None:
    key = str(uuid.uuid4())
    for _n in range(2):
        ana.post(f"{NEW}?list=day", {"format": "csv", "idempotency_key": key})
    assert ExportJob.objects.count() == pending() == 1


def test_the_pages_cost_the_same_for_many(
    cast: Cast, ana: Client, django_assert_max_num_queries: Any
) -> None:
    for _n in range(60):
        ExportJob.objects.create(
            organization=cast.riverbend, listing="day", stem="tasks", created_by=cast.ana
        )
    with django_assert_max_num_queries(11):
        assert ana.get("/exports/").text.count("throughline-tasks") == 50
    with django_assert_max_num_queries(13):
        ana.get(f"{NEW}?list=day")
