"""Visits and stays."""

from django.utils.translation import gettext as _

from coordination.interop.fhir.mapping.base import Context, Row, history, in_error, in_order, set_occurred
from coordination.interop.fhir.values import Concept, Node, clip
from patients.models import Encounter

STATUS = {
    "planned",
    "arrived",
    "triaged",
    "in-progress",
    "onleave",
    "finished",
    "cancelled",
    "entered-in-error",
    "unknown",
}
CLASSES = {kind.value: kind.value for kind in Encounter.Kind if kind != Encounter.Kind.OTHER} | {
    "NONAC": "IMP",
    "FLD": "OTH",
    "PRENC": "OTH",
}
LEADS = {"PPRF", "ATND"}  # v3-ParticipationType: who was in charge


def read_encounter(node: Node, context: Context, key: str) -> list[Row]:
    status, sort = node.text("status"), node.coding("class")
    types, reasons = node.concepts("type"), node.concepts("reasonCode")
    referred = [
        *node.refs("reasonReference"),
        *(d for part in node.nodes("diagnosis") if (d := part.ref("condition"))),
    ]
    concept = (
        types[0]
        if types and types[0]
        else Concept(sort.display if sort else "", ()) or Concept(_("Encounter"), ())
    )
    also = [coding for reason in (*types[1:], *reasons) for coding in reason.codings]
    values = history(node, context, concept, "type", [*also, *context.codings_of(referred)])
    period = node.node("period")
    start, end = (period.date("start"), period.date("end")) if period else (None, None)
    set_occurred(values, start or end, context)
    words = [reason.words for reason in reasons] or [context.name_of(ref, node) for ref in referred]
    stay = node.node("hospitalization")
    values |= {
        "status": context.one_of(node, "status", status, STATUS),
        "kind": context.known(node, "class", sort.code if sort else "", CLASSES, Encounter.Kind.OTHER),
        "facility": clip(_facility(node, context), 200),
        "clinician": clip(_clinician(node, context), 200),
        "reason": clip(", ".join(dict.fromkeys(word for word in words if word)), 300),
        "disposition": clip(stay.concept("dischargeDisposition").words if stay else "", 120),
        "ended_at": context.moment(end),
    }
    in_order(node, "period", values["occurred_at"], values["ended_at"])
    return [Row(Encounter, key, in_error(values, status))]


def _facility(node: Node, context: Context) -> str:
    places = [node.ref("serviceProvider"), *(part.ref("location") for part in node.nodes("location"))]
    return next((name for place in places if (name := context.name_of(place, node))), "")


def _clinician(node: Node, context: Context) -> str:
    people = node.nodes("participant")
    leading = [p for p in people if any(c.code in LEADS for c in p.concepts("type"))]
    return next(
        (name for p in (*leading, *people) if (name := context.name_of(p.ref("individual"), node))), ""
    )
