"""The base of every row people edit: an id before saving, an organization, a version, and who made it."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _

from coordination.lib.acting import save_fields
from coordination.lib.ids import new_id
from coordination.lib.refusal import Stale


class Owned(models.Model):
    """A row of one organization. `organization_id` stands on every row so that the database can refuse the others."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True


class Editable(Owned):
    """A row people may change. `version` grows by one with each save; an edit that names an older one is refused."""

    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    # fields that only make sense as one: merged whole or asked about
    together: ClassVar[tuple[tuple[str, ...], ...]] = ()
    last_change: Any = None  # the act just done to it, not a column: its Undo is offered with the answer

    class Meta:
        abstract = True

    def expect_version(self, version: int | None) -> None:
        """Raise Stale unless the person edited the row as it is now. Call it on the locked row."""
        if version is not None and version != self.version:
            raise Stale(
                _("Someone saved this record while you were editing it. Compare both and save again."),
                current=self.editable_values(),
                version=self.version,
            )

    def merge(
        self,
        values: Mapping[str, Any],
        *,
        seen: Mapping[str, Any] | None,
        version: int | None,
        stored: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """What to change of a row others saved since the form showed it as `seen`: this person's own changes, and no field else.

        Raise Stale when both changed the same to different ends, and when it is not known what was seen. Call it on the locked
        row; `stored` is the row as the form shows it, where that is not simply its fields.
        """
        if version is None or version == self.version:
            return dict(values)
        if seen is None:
            self.expect_version(version)
        seen, stored = seen or {}, stored or self.editable_values()
        if overlapping(values, seen=seen, stored=stored, together=self.together):
            sentence = _(
                "%(name)s changed the same while you were editing. Choose for each field, then save."
            )
            raise Stale(sentence % {"name": self.updated_by}, current=stored, version=self.version)
        return {name: values[name] for name in touched(values, seen)}

    def editable_values(self) -> dict[str, Any]:
        skip = {"id", "organization", "version", "created_at", "created_by", "updated_at", "updated_by"}
        return {f.name: getattr(self, f.attname) for f in self._meta.concrete_fields if f.name not in skip}

    def change(
        self, values: dict[str, Any], *, by: Any, derive: Callable[[], Collection[str]] = tuple
    ) -> list[str]:
        """Set `values`, save only what differs, move the version on. Returns the names of the changed fields.

        `derive` sets what follows from the new values and names it: it is saved along and is no change of its own.
        """
        changed = [name for name, value in values.items() if getattr(self, name) != value]
        if not changed:
            return []
        for name in changed:
            setattr(self, name, values[name])
        self.version += 1
        self.updated_by = by
        save_fields(self, [*changed, *derive(), "version", "updated_by", "updated_at"])
        return changed


def touched(values: Mapping[str, Any], seen: Mapping[str, Any]) -> list[str]:
    """The fields a person changed. Without knowing what they saw of one: changed."""
    return [name for name, value in values.items() if name not in seen or seen[name] != value]


def overlapping(
    values: Mapping[str, Any],
    *,
    seen: Mapping[str, Any],
    stored: Mapping[str, Any],
    together: Collection[tuple[str, ...]] = (),
) -> list[str]:
    """The fields two people changed to different ends since one of them opened the form: what no rule can merge.

    Of fields that belong `together` each may have changed another one: then all of them that differ now are asked about.
    """
    theirs = {name for name in stored if name not in seen or seen[name] != stored[name]}
    asked: set[str] = set()
    for name in touched(values, seen):
        one = {name}.union(*(group for group in together if name in group))
        if stored[name] != values[name] and theirs & one:
            asked |= one
    return [name for name, value in values.items() if name in asked and stored[name] != value]
