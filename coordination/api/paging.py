"""Lists come in pages that stay right while rows come and go (lib/paging.py): a page starts after a row."""

from functools import cache
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.response import Response

from coordination.api.shapes import Input, Output, Text, Whole
from coordination.lib.paging import Order, keyset, unseal

LARGEST, USUAL = 200, 50
# for who keeps a copy: what is changed while they turn the pages comes again at the end
OLDEST_CHANGE: Order = [("updated_at", "asc"), ("id", "asc")]


class PageQuery(Input):
    after = Text(required=False, help_text="`next` of the page before.")
    before = Text(required=False, help_text="`previous` of the page after.")
    limit = Whole(required=False, min_value=1, max_value=LARGEST, default=USUAL)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "after" in attrs and "before" in attrs:
            raise serializers.ValidationError({"before": [_("Send after or before, not both.")]})
        return attrs


def page_answer(
    rows: QuerySet[Any], *, order: Order, asked: dict[str, Any], output: type[Output], **more: Any
) -> tuple[Response, int]:
    """Return the answer with one page, and how many rows it shows."""
    for name in ("after", "before"):
        if name in asked and unseal(rows.model, asked[name]) is None:
            error = serializers.ValidationError({name: [_("This is not a cursor of this list.")]})
            error.where = "parameter"  # type: ignore[attr-defined]
            raise error
    page = keyset(
        rows, order=order, after=asked.get("after"), before=asked.get("before"), size=asked["limit"]
    )
    shape = output(**more)
    items = [shape.to_representation(row) for row in page.rows]
    body = {"items": items, "next": page.next_cursor, "previous": page.previous_cursor}
    return Response(body), len(items)


@cache
def page_of(output: type[Output]) -> Any:
    """The shape of a page of these, for the schema."""
    name = f"{output.__name__.removesuffix('Output')}Page"
    return inline_serializer(
        name=name,
        fields={
            "items": output(many=True),
            "next": serializers.CharField(allow_null=True),
            "previous": serializers.CharField(allow_null=True),
        },
    )
