"""Every field of every model is decided: identifying, clinical or safe to show outside the record.

The decision drives what may appear in a log, an export or demonstration data. A test fails on a field nobody decided about.
Keys, links between rows, versions and times of recording are safe without being named.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from django.db import models


@dataclass(frozen=True)
class Privacy:
    identifying: Collection[str] = field(default=())
    clinical: Collection[str] = field(default=())
    safe: Collection[str] = field(default=())

    def decided(self) -> set[str]:
        return {*self.identifying, *self.clinical, *self.safe}


_SAFE_NAMES = {"id", "version", "created_at", "updated_at"}


def undecided_fields(model: type[models.Model]) -> set[str]:
    """Return the names of the fields of `model` nobody has placed."""
    privacy: Privacy = getattr(model, "privacy", Privacy())
    names = {f.name for f in model._meta.concrete_fields if not f.is_relation and not f.primary_key}
    return names - _SAFE_NAMES - privacy.decided()
