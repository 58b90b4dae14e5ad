"""The examples of docs/api.md, run as they stand against a real server."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction

from coordination.accounts.models import User
from coordination.clients.actions import register_app
from coordination.clients.scopes import SCOPES
from coordination.lib.rls import organization
from coordination.worklist.models import Batch, Contact, Task
from tests.api.conftest import RETURN, Api
from tests.factories import (
    OrganizationFactory,
    PatientFactory,
    TaskFactory,
    TeamFactory,
    UserFactory,
    join_care_team,
)

EXAMPLES = re.findall(r"```sh\n(.*?)```", (Path(settings.BASE_DIR) / "docs/api.md").read_text(), re.DOTALL)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed here")
def test_every_example_works(live_server, tmp_path):
    with transaction.atomic():
        house = OrganizationFactory()
        user: User = UserFactory(organization=house, name="Ana Ruiz", roles=["coordinator"])
        app, _secret = register_app(
            name="Connector", redirect_uris=[RETURN], scopes=SCOPES, is_public=False, by=user
        )
    with organization(house.pk):
        team = TeamFactory(organization=house)
        patient = PatientFactory(organization=house, team=team, family="Rivera", coordinator=user)
        join_care_team(patient, user, role="coordinator", is_primary=True)
        task = TaskFactory(patient=patient, owner=user)
    known = {
        "API": f"{live_server.url}/api/v1",
        "TOKEN": Api(app, user, tuple(SCOPES)).value,
        "PATIENT": str(patient.pk),
        "TASK": str(task.pk),
        "VERSION": "3",  # of $TASK once the examples before closed it and opened it again
        "OUT": str(tmp_path / "answer.json"),
    }
    assert len(EXAMPLES) == 7
    for example in EXAMPLES:
        done = subprocess.run(
            ["/bin/sh", "-e"], input=example, env={**os.environ, **known, "no_proxy": "*"}, capture_output=True, text=True, check=False
        )  # fmt: skip
        assert done.returncode == 0, f"{example}\n{done.stdout}\n{done.stderr}"
    with organization(house.pk):
        contact = Contact.objects.get()
        assert contact.task_id == task.pk
        assert contact.undone_at is not None, "an example takes it back"
        assert Batch.objects.get().done == 1
        assert Task.objects.get(title="Call the pharmacy").version == 2
