"""How rows of different tables become entries of one timeline.

A model says it once (`timeline = Entries(...)`), and its queryset answers `for_timeline(user, patient)` with the rows this
person may see. The page that reads them all knows neither the tables nor the apps.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import Expression, F, QuerySet, TextField, Value
from django.db.models.functions import Cast
from django.utils.functional import Promise

COLUMNS = (
    "entry_kind",
    "id",
    "entry_at",
    "entry_title",
    "entry_detail",
    "entry_note",
    "entry_source",
    "entry_author",
    "entry_undone",
)


@dataclass(frozen=True)
class Entries:
    """Names of columns. Title and detail may be columns with choices: the page puts the stored value in words."""

    kind: str  # one word for one model, as in "condition"
    group: str  # the filter it falls under: "clinical", "contacts" or "tasks"
    icon: str
    at: str  # when it happened; entries are sorted by it, so it wants an index (patient, -at, -id)
    title: str
    detail: str | Expression = ""
    note: str = ""
    source: str = ""  # where it came from; empty means the staff here
    author: str = ""  # who did it, or wrote it down
    undone: str = ""  # set once it was taken back: it stays, and says so
    label: str | Promise = ""  # what it is, as a tag: "Condition"
    route: str = ""  # the page of one row, addressed by its id

    def shape(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Give the rows the columns every source has, ready for a union."""
        named = {
            "title": self.title,
            "detail": self.detail,
            "note": self.note,
            "source": self.source,
            "author": self.author,
            "undone": self.undone,
        }
        columns = {f"entry_{name}": _text(column) for name, column in named.items()}
        kind = Value(self.kind, output_field=TextField())
        shaped: QuerySet[Any] = rows.annotate(entry_kind=kind, entry_at=F(self.at), **columns).values_list(
            *COLUMNS
        )
        return shaped


def _text(column: str | Expression) -> Cast | Value:
    return Cast(column, TextField()) if column else Value("", output_field=TextField())
