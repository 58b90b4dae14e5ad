"""Medications: what was prescribed, and what the patient says they take."""

from typing import Any

from django.utils.translation import gettext as _

from coordination.interop.fhir.mapping.base import (
    Context,
    Row,
    choice_date,
    history,
    in_error,
    in_order,
    set_occurred,
)
from coordination.interop.fhir.mapping.quantity import quantity
from coordination.interop.fhir.problems import LeftOut
from coordination.interop.fhir.sensitivity import label_of_medication
from coordination.interop.fhir.values import Coding, Concept, Node, clip
from patients.models import Medication

REQUEST = {"active", "on-hold", "cancelled", "completed", "entered-in-error", "stopped", "draft", "unknown"}
STATEMENT = {
    "active",
    "completed",
    "entered-in-error",
    "intended",
    "stopped",
    "on-hold",
    "unknown",
    "not-taken",
}


def read_request(node: Node, context: Context, key: str) -> list[Row]:
    if node.flag("doNotPerform"):
        raise LeftOut(_("an order not to give something is not a medication"))
    status = node.text("status")
    values = _shared(node, context, "dosageInstruction")
    authored = node.date("authoredOn")
    set_occurred(values, authored, context)
    values |= {
        "status": context.one_of(node, "status", status, REQUEST),
        "basis": Medication.Basis.REPORTED
        if node.flag("reportedBoolean") or node.has("reportedReference")
        else Medication.Basis.PRESCRIBED,
        "prescriber": clip(context.name_of(node.ref("requester"), node), 200),
        "is_active": status in {"active", "on-hold", "unknown", ""},
        "starts_on": context.day(authored),
        "ends_on": _end(node, context),
        "recorded_at": context.moment(authored),
    }
    in_order(node, "dosageInstruction", values["starts_on"], values["ends_on"])
    return [Row(Medication, key, in_error(values, status))]


def read_statement(node: Node, context: Context, key: str) -> list[Row]:
    status = node.text("status")
    values = _shared(node, context, "dosage")
    period = node.node("effectivePeriod")
    start, end = choice_date(node, "effective"), period.date("end") if period else None
    set_occurred(values, start or node.date("dateAsserted"), context)
    values |= {
        "status": context.one_of(node, "status", status, STATEMENT),
        "basis": Medication.Basis.REPORTED,
        "prescriber": "",
        "is_active": status in {"active", "intended", "on-hold", "unknown", ""},
        "starts_on": context.day(start),
        "ends_on": context.day(end),
        "recorded_at": context.moment(node.date("dateAsserted")),
    }
    in_order(node, "effectivePeriod", values["starts_on"], values["ends_on"])
    return [Row(Medication, key, in_error(values, status))]


def _shared(node: Node, context: Context, dosage: str) -> dict[str, Any]:
    concept = _drug(node, context)
    reasons = node.concepts("reasonCode")
    referred = node.refs("reasonReference")
    why: list[Coding] = [coding for reason in reasons for coding in reason.codings]
    values = history(node, context, concept, "medication[x]", [*why, *context.codings_of(referred)])
    words = [reason.words for reason in reasons] + [context.name_of(ref, node) for ref in referred]
    return values | {
        "sensitivity": label_of_medication(concept, values["sensitivity"]),
        "reason": clip(", ".join(dict.fromkeys(word for word in words if word)), 300),
        "dosage": clip("; ".join(text for part in node.nodes(dosage) if (text := _dosage(part))), 500),
    }


def _drug(node: Node, context: Context) -> Concept:
    """The drug may stand in the resource, inside it, beside it, or only as words beside a reference."""
    if node.has("medicationCodeableConcept"):
        return node.concept("medicationCodeableConcept")
    ref = node.ref("medicationReference")
    if ref is None:
        raise node.reject("medication[x]", _("does not say which medication"))
    found = context.follow(ref, node)
    concept = found.concept("code") if found else Concept("", ())
    if not concept and not ref.display:
        raise node.reject("medicationReference", _("refers to a medication that did not come along"))
    return concept or Concept(ref.display, ())


def _dosage(node: Node) -> str:
    """The instruction in words: as written, else put together from its parts."""
    if text := node.text("text") or node.text("patientInstruction"):
        return text
    doses = [quantity(dose) for part in node.nodes("doseAndRate") if (dose := part.node("doseQuantity"))]
    parts = [*doses, node.concept("route").words, _timing(node.node("timing"))]
    if node.flag("asNeededBoolean") or node.has("asNeededCodeableConcept"):
        parts.append(_("as needed"))
    return " ".join(part for part in parts if part)


def _timing(node: Node | None) -> str:
    if node is None:
        return ""
    if words := node.concept("code").words:
        return words
    repeat = node.node("repeat")
    if repeat is None:
        return ""
    times, every, unit = repeat.integer("frequency"), repeat.number("period"), repeat.text("periodUnit")
    if times is None or every is None:
        return ""
    return _("%(times)s times per %(every)s %(unit)s") % {
        "times": times,
        "every": f"{every.normalize():f}",
        "unit": unit,
    }


def _end(node: Node, context: Context) -> Any:
    """When the prescription runs out, as far as it says so."""
    ends = [node.node("dispenseRequest")]
    period = ends[0].node("validityPeriod") if ends[0] else None
    if period and period.has("end"):
        return context.day(period.date("end"))
    for dosage in node.nodes("dosageInstruction"):
        timing = dosage.node("timing")
        repeat = timing.node("repeat") if timing else None
        bounds = repeat.node("boundsPeriod") if repeat else None
        if bounds and bounds.has("end"):
            return context.day(bounds.date("end"))
    return None
