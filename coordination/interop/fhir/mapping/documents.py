"""Care plans and goals of other systems, kept as they came until plans of our own take them up."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from coordination.interop.fhir.mapping.base import Context, Row
from coordination.interop.fhir.sensitivity import label_of
from coordination.interop.fhir.values import Coding, Concept, Node, clip
from patients.models import SourceDocument


def read_care_plan(node: Node, context: Context, key: str) -> list[Row]:
    categories = [c for c in node.concepts("category") if not c.has("assess-plan")]
    title = node.text("title") or next((c.words for c in categories if c), "") or _("Care plan")
    period = node.node("period")
    start = period.date("start") if period else node.date("created")
    return [_document(node, context, key, title, start, context.codings_of(node.refs("addresses")))]


def read_goal(node: Node, context: Context, key: str) -> list[Row]:
    title = node.concept("description").words
    if title.startswith("{"):
        context.remark(
            f"{node.path}.description",
            _("holds a piece of a program instead of words; kept with the document"),
        )
        title = ""
    start = node.date("startDate") or node.date("statusDate")
    return [
        _document(node, context, key, title or _("Goal"), start, context.codings_of(node.refs("addresses")))
    ]


def _document(node: Node, context: Context, key: str, title: str, start: Any, also: list[Coding]) -> Row:
    kind = node.text("resourceType")
    status = node.text("status") or node.text("lifecycleStatus")
    values = {
        "kind": kind,
        "title": context.fit(node, "title", title, 300),
        "occurred_at": context.moment(start),
        "sensitivity": label_of(node, context.remark, Concept("", ()), [*also, *_codings(node.json)]),
        "body": dict(node.json),
        "tags": [clip(status, 80)] if status else [],
    }
    return Row(SourceDocument, key, values)


def _codings(value: Any) -> Iterator[Coding]:
    """Every code anywhere in the document."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting += item
        elif isinstance(item, dict):
            system, code = item.get("system"), item.get("code")
            if isinstance(system, str) and isinstance(code, str):
                yield Coding(system, code, "")
            waiting += item.values()
