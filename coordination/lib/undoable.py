"""What is kept of an act so that it can be taken back: by whom and when it was done, and whether it was undone since."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from coordination.lib import display
from coordination.lib.editable import Editable, Owned
from coordination.lib.refusal import Refused


class Undoable(Owned):
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )  # each table has an index of its own that begins with the person
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )

    class Meta:
        abstract = True

    @property
    def undo_until(self) -> dt.datetime:
        return self.at + dt.timedelta(minutes=settings.UNDO_MINUTES)

    def can_be_undone(self, now: dt.datetime) -> bool:
        return self.undone_at is None and now <= self.undo_until


def undone_pair(name: str) -> models.CheckConstraint:
    """What is taken back says by whom and when, or neither."""
    return models.CheckConstraint(
        name=name,
        condition=models.Q(undone_at__isnull=True, undone_by__isnull=True)
        | models.Q(undone_at__isnull=False, undone_by__isnull=False),
    )


def undone_words(act: Undoable) -> str:
    words = {"name": act.undone_by, "when": display.moment_short(act.undone_at)}
    return _("%(name)s undid this on %(when)s.") % words


def check_time(act: Undoable) -> None:
    if not act.can_be_undone(timezone.now()):
        sentence = _("That could be undone for %(n)s minutes; now it is history.")
        raise Refused(sentence % {"n": settings.UNDO_MINUTES})


def check_version(row: Editable, version: int) -> None:
    """Raise Refused unless the row is as the act to undo left it. Call it on the locked row."""
    if row.version != version:
        raise changed_since(row.updated_by, row.updated_at)


def changed_since(name: Any, when: dt.datetime) -> Refused:
    words = {"name": name, "when": display.moment_short(when)}
    return Refused(_("Changed since by %(name)s, %(when)s.") % words)
