"""Health plans that pay."""

from django.utils.translation import gettext as _

from coordination.interop.fhir.mapping.base import Context, Row, in_order
from coordination.interop.fhir.values import Concept, Node, Ref, clip
from patients.models import Coverage

Kind, Status = Coverage.Kind, Coverage.Status

STATUSES = {
    "active": Status.ACTIVE.value,
    "cancelled": Status.ENDED.value,
    "draft": Status.PENDING.value,
    "entered-in-error": Status.ENTERED_IN_ERROR.value,
}
# words in the order they decide: the more special one first
WORDS = {
    "medicare advantage": Kind.MEDICARE_ADVANTAGE,
    "medicare": Kind.MEDICARE,
    "medicaid": Kind.MEDICAID,
    "dual eligible": Kind.MEDICARE,
    "tricare": Kind.TRICARE,
    "champva": Kind.TRICARE,
    "veteran": Kind.TRICARE,
    "self pay": Kind.SELF_PAY,
    "self-pay": Kind.SELF_PAY,
    "no_insurance": Kind.SELF_PAY,
    "no insurance": Kind.SELF_PAY,
    "uninsured": Kind.SELF_PAY,
}
# first digits of the Source of Payment Typology
PAYMENT = {
    "11": Kind.MEDICARE_ADVANTAGE,
    "1": Kind.MEDICARE,
    "2": Kind.MEDICAID,
    "31": Kind.TRICARE,
    "32": Kind.TRICARE,
}
PAYMENT |= {"5": Kind.COMMERCIAL, "6": Kind.COMMERCIAL, "81": Kind.SELF_PAY}
COMMERCIAL = {"HMO", "PPO", "POS", "EHCPOL", "HIP"}  # v3-ActCode


def read_coverage(node: Node, context: Context, key: str) -> list[Row]:
    payors = node.refs("payor")
    payer = next((name for ref in payors if (name := context.name_of(ref, node))), "")
    classes = {
        part.code_of("type"): part.text("name") or part.text("value")
        for part in reversed(node.nodes("class"))
    }
    sort, plan = node.concept("type"), classes.get("plan", "")
    period = node.node("period")
    start, end = (context.day(period.date(part)) if period else None for part in ("start", "end"))
    in_order(node, "period", start, end)
    if not payer and _pays_self(payors, sort):
        payer = _("Self-pay")
    if not payer:
        raise node.reject("payor", _("does not say who pays"))
    subscriber = node.ref("subscriber")
    values = {
        "rank": max(1, min(node.integer("order") or 1, 99)),
        "kind": kind_of(sort, f"{payer} {plan}").value,
        "payer": clip(payer, 200),
        "plan": clip(plan, 200),
        "member_id": clip(_member_id(node), 80),
        "group_number": clip(classes.get("group", ""), 80),
        "subscriber": clip(context.name_of(subscriber, node), 200),
        "relationship": clip(node.concept("relationship").words, 40),
        "status": context.known(node, "status", node.text("status"), STATUSES, Status.ACTIVE.value),
        "starts_on": start,
        "ends_on": end,
    }
    return [Row(Coverage, key, values)]


def _member_id(node: Node) -> str:
    own = [i.text("value") for i in node.nodes("identifier") if i.concept("type").has("MB")]
    return node.text("subscriberId") or next((value for value in own if value), "")


def _pays_self(payors: list[Ref], sort: Concept) -> bool:
    return sort.has("pay") or any("Patient/" in ref.reference for ref in payors)


def kind_of(sort: Concept, words: str) -> Coverage.Kind:
    said = f"{sort.words} {words}".lower()
    for word, kind in WORDS.items():
        if word in said:
            return kind
    for coding in sort.codings:
        if coding.code in COMMERCIAL:
            return Kind.COMMERCIAL
        if coding.code.isdigit():
            return next((PAYMENT[coding.code[:n]] for n in (2, 1) if coding.code[:n] in PAYMENT), Kind.OTHER)
    return Kind.OTHER
