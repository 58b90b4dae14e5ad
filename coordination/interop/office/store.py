"""Where exports and rosters lie: folders with random names in the private store, which nobody else may open."""

import os
import secrets
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings


@dataclass(frozen=True)
class Folder:
    """One job's folder. `kind` names the shelf it stands on."""

    kind: str
    name: str

    @property
    def path(self) -> Path:
        return settings.PRIVATE_FILES / self.kind / self.name

    @property
    def exists(self) -> bool:
        return bool(self.name) and self.path.is_dir()

    @classmethod
    def create(cls, kind: str) -> "Folder":
        folder = cls(kind, secrets.token_hex(16))
        folder.path.mkdir(mode=0o700, parents=True)
        return folder

    def put(self, name: str, chunks: Iterable[bytes]) -> int:
        """Write one file so that it is there whole or not at all; returns its size in bytes."""
        draft, size = self.draft(), 0
        with open(draft, "wb", opener=_private) as file:
            for chunk in chunks:
                size += file.write(chunk)
        draft.replace(self.path / name)
        return size

    def draft(self) -> Path:
        """A name for a file that is being written; `keep` gives it its own."""
        return self.path / f"draft-{secrets.token_hex(8)}"

    def keep(self, draft: Path, name: str) -> int:
        draft.chmod(0o600)
        draft.replace(self.path / name)
        return (self.path / name).stat().st_size

    def remove(self) -> None:
        if self.name:
            shutil.rmtree(self.path, ignore_errors=True)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def forget_older(kind: str, hours: float) -> int:
    """Remove what nobody came back for, and what killed processes left behind."""
    shelf, before = settings.PRIVATE_FILES / kind, time.time() - hours * 3600
    old = [path for path in shelf.iterdir() if path.stat().st_mtime < before] if shelf.is_dir() else []
    for path in old:
        shutil.rmtree(path, ignore_errors=True)
    return len(old)
