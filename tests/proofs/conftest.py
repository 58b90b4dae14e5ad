"""How long a proof runs, and where it says what it saw."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

FULL = os.environ.get("PROVE") == "full"


@dataclass
class Report:
    """Figures of a proof, printed at its end and kept for whoever asked."""

    lines: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        self.lines.append(text)


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Iterator[Report]:
    told = Report()
    yield told
    capture = request.config.pluginmanager.getplugin("capturemanager")
    if told.lines and os.environ.get("PROVE"):
        with capture.global_and_fixture_disabled():
            print("\n" + "\n".join(f"  {line}" for line in told.lines), flush=True)


@pytest.fixture
def seed() -> int:
    return int(os.environ.get("PROVE_SEED", "20261121"))
