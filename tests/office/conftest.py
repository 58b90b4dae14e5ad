import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from coordination.accounts.models import User
from coordination.interop.office.models import ExportJob
from coordination.lib.rls import enter_organization
from coordination.outbox.models import Message
from coordination.outbox.relay import deliver_due
from tests.conftest import SignIn, prove

NEW = "/exports/new/"
Proven = Callable[[User], Client]
WorkOff = Callable[[], None]


@pytest.fixture(autouse=True)
def private_files(settings: Any, tmp_path: Path) -> Path:
    settings.PRIVATE_FILES = tmp_path / "private"
    return settings.PRIVATE_FILES


@pytest.fixture
def proven(signed_in: SignIn) -> Proven:
    """A client that is this person, and proved it a moment ago."""

    def sign_in(user: User) -> Client:
        client = signed_in(user)
        session = client.session
        prove(session, user)
        session.save()
        return client

    return sign_in


@pytest.fixture
def work_off(cast: Any) -> WorkOff:
    """Deliver what waits in the outbox, as the worker does, and look at Riverbend again."""

    def work() -> None:
        deliver_due()
        enter_organization(cast.riverbend.pk)

    return work


def ask(client: Client, name: str, file_format: str = "csv", **query: Any) -> ExportJob:
    """Ask for a list on its page; returns the job the page leads to."""
    answer = client.post(
        f"{NEW}?list={name}&" + "&".join(f"{k}={v}" for k, v in query.items()), {"format": file_format}
    )
    assert answer.status_code == 302, answer.text
    return ExportJob.objects.get(pk=answer["Location"].split("/")[2])


def fetch(client: Client, job: ExportJob) -> bytes:
    answer = client.get(f"/exports/{job.pk}/file/")
    assert answer.status_code == 200, answer.text
    return b"".join(answer.streaming_content)


def rows_of_csv(content: bytes) -> list[dict[str, str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def rows_of_xlsx(content: bytes, sheet: int = 0) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(sheet).to_python()


def pending(topic: str = "export.requested") -> int:
    return Message.objects.filter(topic=topic, state="queued").count()
