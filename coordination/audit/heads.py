"""The heads of the chain, kept outside the database: a tail cut off, or a chain made anew, shows against them.

One line per sealing: position, seal, time. The file only grows; keep a copy on another machine.
"""

import datetime as dt
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Head:
    position: int
    mac: bytes
    at: dt.datetime


def append_head(path: Path, position: int, mac: bytes, at: dt.datetime) -> None:
    """Add a line and wait until the disk has it. Call it after the seals are committed, never before."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, f"{position} {mac.hex()} {at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_heads(path: Path) -> Iterator[Head]:
    """Yield the heads in the order they were written. A line cut short by a full disk is passed over."""
    if not path.exists():
        return
    with path.open(encoding="ascii") as file:
        for line in file:
            words = line.split()
            if len(words) == 3 and line.endswith("\n"):
                yield Head(int(words[0]), bytes.fromhex(words[1]), dt.datetime.fromisoformat(words[2]))
