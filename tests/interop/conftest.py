from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coordination.interop.fhir.plans import Spool
from coordination.interop.fhir.running import Run
from coordination.interop.fhir.workspace import Workspace
from patients.models import ImportJob
from tests.conftest import Cast
from tests.interop.made_up import write


@pytest.fixture(autouse=True)
def private_files(settings: Any, tmp_path: Path) -> Path:
    settings.PRIVATE_FILES = tmp_path / "private"
    return settings.PRIVATE_FILES


ImportIt = Callable[..., ImportJob]


@pytest.fixture
def import_it(cast: Cast, tmp_path: Path) -> ImportIt:
    """Import values or files to the end, as the command does, and return the job."""

    def run(
        *sent: Any, source: str = "Mercy", team: Any = None, coordinator: Any = None, **values: Any
    ) -> ImportJob:
        folder = tmp_path / "sent"
        files = [
            item if isinstance(item, Path) else write(folder, item, f"{n}.json")
            for n, item in enumerate(sent)
        ]
        job = ImportJob.objects.create(
            organization=cast.riverbend,
            source=source,
            team=team or cast.north,
            coordinator=coordinator,
            status=ImportJob.Status.RUNNING,
            created_by=cast.sue,
            **values,
        )
        workspace = Workspace.create()
        index = workspace.index(files)
        with Spool(workspace.spool, index) as spool:
            work = Run(job, index, spool)
            work.begin()
            while not work.is_through:
                work.step()
            work.end()
        workspace.remove()
        job.refresh_from_db()
        assert job.created + job.changed + job.unchanged + job.kept + job.rejected == job.resources_read
        return job

    return run
