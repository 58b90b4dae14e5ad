"""Where an import keeps what was sent while it runs: a folder with a random name that nobody else may open."""

import os
import secrets
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from coordination.interop.fhir.bundles import Index, build
from coordination.interop.fhir.reading import Limits

KEPT_HOURS = 24  # HOUSE: how long the files of a trial run wait for the real one


@dataclass(frozen=True)
class Workspace:
    name: str

    @property
    def path(self) -> Path:
        return settings.PRIVATE_FILES / "imports" / self.name

    @property
    def spool(self) -> Path:
        return self.path / "resources"

    @property
    def exists(self) -> bool:
        return bool(self.name) and self.path.is_dir()

    @classmethod
    def create(cls) -> "Workspace":
        workspace = cls(secrets.token_hex(16))
        workspace.path.mkdir(mode=0o700, parents=True)
        return workspace

    def receive(self, chunks: Iterable[bytes], *, number: int, by_line: bool) -> int:
        """Store one uploaded file under a number: its own name may name a patient. Returns its size."""
        path = self.path / f"{number:03}{'.ndjson' if by_line else '.json'}"
        size = 0
        with open(path, "xb", opener=_private) as file:
            for chunk in chunks:
                size += file.write(chunk)
        return size

    def received(self) -> list[Path]:
        return sorted(
            path
            for path in self.path.iterdir()
            if path.suffix in {".json", ".ndjson"} and path.stem.isdigit()
        )

    def index(self, files: list[Path]) -> Index:
        """Read the files once and remember what stands where. What another process reads meanwhile stays whole."""
        draft = self.path / f"resources-{secrets.token_hex(8)}"
        with open(draft, "wb", opener=_private) as spool:
            index = build(files, spool, Limits.of_settings())
        draft.replace(self.spool)
        with open(draft, "w", opener=_private) as file:
            file.write(index.dump())
        draft.replace(self.path / "index")
        return index

    def load(self) -> Index:
        self.path.touch()
        return Index.load((self.path / "index").read_text())

    def forget_reading(self) -> None:
        """Keep only what was sent, so that it can be read again."""
        for name in ("resources", "index"):
            (self.path / name).unlink(missing_ok=True)

    def remove(self) -> None:
        if self.name:
            shutil.rmtree(self.path, ignore_errors=True)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def forget_old() -> int:
    """Remove what was left behind by trial runs nobody took up, and by processes that were killed."""
    folder = settings.PRIVATE_FILES / "imports"
    before = time.time() - KEPT_HOURS * 3600
    old = [path for path in folder.iterdir() if path.stat().st_mtime < before] if folder.is_dir() else []
    for path in old:
        shutil.rmtree(path, ignore_errors=True)
    return len(old)
