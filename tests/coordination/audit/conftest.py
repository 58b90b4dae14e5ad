from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def heads_file(settings, tmp_path) -> Path:
    """Heads of a chain that lives no longer than its test."""
    settings.AUDIT_HEADS_FILE = tmp_path / "audit" / "heads.log"
    return settings.AUDIT_HEADS_FILE
