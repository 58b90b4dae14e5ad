import pytest

from coordination.outbox import bell
from coordination.webhooks.actions import add_endpoint
from coordination.webhooks.models import Position
from tests.webhooks.receiving import Receiver


@pytest.fixture
def receiver(tmp_path, settings):
    found = Receiver(tmp_path)
    settings.WEBHOOK_LOCAL = [f"localhost:{found.port}"]
    settings.WEBHOOK_CA_FILE = str(found.certificate)
    yield found
    found.close()


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setattr(bell, "_silent_until", float("inf"))


@pytest.fixture
def endpoint(cast, receiver, tmp_path, settings):
    settings.AUDIT_HEADS_FILE = tmp_path / "heads.log"
    Position.objects.create(pk=1, position=0)
    return add_endpoint(url=receiver.url, events=["task.closed"], by=cast.adam)
