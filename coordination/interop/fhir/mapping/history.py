"""Conditions, allergies, procedures, immunizations and family history."""

from typing import Any

from django.utils.translation import gettext as _

from coordination.interop.fhir.mapping.base import (
    Context,
    Row,
    choice_date,
    history,
    in_error,
    in_order,
    join,
    set_occurred,
)
from coordination.interop.fhir.sensitivity import label_of
from coordination.interop.fhir.values import NOTHING, Concept, Node, clip
from patients.models import Allergy, Condition, FamilyHistory, Immunization, Procedure

CLINICAL = {"active", "recurrence", "relapse", "inactive", "remission", "resolved"}
EVENT = {
    "preparation",
    "in-progress",
    "not-done",
    "on-hold",
    "stopped",
    "completed",
    "entered-in-error",
    "unknown",
}
# SNOMED CT: "no known allergy" in general, and of one sort only
NO_KNOWN_ALLERGY = {"716186003", "160244002"}
NO_KNOWN_OF_A_KIND = {"409137002", "429625007", "428607008", "428197003"}


def read_condition(node: Node, context: Context, key: str) -> list[Row]:
    clinical, verification = node.code_of("clinicalStatus"), node.code_of("verificationStatus")
    values = history(node, context, node.concept("code"), "code")
    onset, abated = choice_date(node, "onset"), choice_date(node, "abatement")
    set_occurred(values, onset or node.date("recordedDate"), context)
    values["note"] = join(values["note"], node.text("onsetString"))
    values |= {
        "status": context.one_of(node, "clinicalStatus", clinical, CLINICAL),
        "category": clip(next((c.code or c.words for c in node.concepts("category")), ""), 40),
        "is_active": clinical in {"", "active", "recurrence", "relapse"}
        and verification not in {"refuted", "entered-in-error"},
        "abated_on": context.day(abated),
        "recorded_at": context.moment(node.date("recordedDate")),
    }
    if verification == "refuted":
        values["status"] = "refuted"
    return [Row(Condition, key, in_error(values, verification))]


def read_allergy(node: Node, context: Context, key: str) -> list[Row]:
    clinical, verification = node.code_of("clinicalStatus"), node.code_of("verificationStatus")
    concept = node.concept("code") or _substance(node)
    none_known = denies_allergies(concept) or any(concept.has(code) for code in NO_KNOWN_OF_A_KIND)
    values = history(node, context, concept, "code")
    set_occurred(values, choice_date(node, "onset") or node.date("recordedDate"), context)
    reactions = node.nodes("reaction")
    manifestations = [c.words for reaction in reactions for c in reaction.concepts("manifestation")]
    refuted = verification in {"refuted", "entered-in-error"}
    values |= {
        "status": "none-known"
        if none_known
        else "refuted"
        if verification == "refuted"
        else clip(clinical, 40),
        "category": clip(", ".join(node.texts("category")), 40),
        "reaction": context.fit(node, "reaction", ", ".join(dict.fromkeys(manifestations)), 300),
        "severity": clip(next((s for r in reactions if (s := r.text("severity"))), ""), 20),
        "criticality": context.known(
            node,
            "criticality",
            node.text("criticality"),
            {"high": "high", "low": "low", "unable-to-assess": "unknown"},
            "unknown",
        ),
        "is_active": clinical in {"", "active"} and not none_known and not refuted,
        "recorded_at": context.moment(node.date("recordedDate")),
    }
    return [Row(Allergy, key, in_error(values, verification))]


def denies_allergies(concept: Concept) -> bool:
    return any(concept.has(code) for code in NO_KNOWN_ALLERGY)


def _substance(node: Node) -> Concept:
    """Some senders name the substance in the reaction only."""
    return next((c for r in node.nodes("reaction") if (c := r.concept("substance"))), Concept("", ()))


def read_procedure(node: Node, context: Context, key: str) -> list[Row]:
    status = node.text("status")
    reasons = [coding for concept in node.concepts("reasonCode") for coding in concept.codings]
    values = history(
        node,
        context,
        node.concept("code"),
        "code",
        [*reasons, *context.codings_of(node.refs("reasonReference"))],
    )
    period = node.node("performedPeriod")
    start, end = choice_date(node, "performed"), period.date("end") if period else None
    set_occurred(values, start or end, context)
    performers = [context.name_of(p.ref("actor"), node) for p in node.nodes("performer")]
    values |= {
        "status": context.one_of(node, "status", status, EVENT),
        "performer": clip(", ".join(dict.fromkeys(name for name in performers if name)), 200),
        "ended_at": context.moment(end),
    }
    in_order(node, "performedPeriod", values["occurred_at"], values["ended_at"])
    if status == "not-done":
        _say_not(values, _("not done"))
    return [Row(Procedure, key, in_error(values, status))]


def read_immunization(node: Node, context: Context, key: str) -> list[Row]:
    status = node.text("status")
    values = history(node, context, node.concept("vaccineCode"), "vaccineCode")
    set_occurred(values, node.date("occurrenceDateTime") or node.date("recorded"), context)
    values["note"] = join(values["note"], node.text("occurrenceString"))
    values |= {
        "status": context.one_of(node, "status", status, {"completed", "entered-in-error", "not-done"}),
        "recorded_at": context.moment(node.date("recorded")),
    }
    if status == "not-done":
        _say_not(values, _("not given"))
        values["note"] = join(values["note"], node.concept("statusReason").words)
    return [Row(Immunization, key, in_error(values, status))]


def _say_not(values: dict[str, Any], words: str) -> None:
    """What did not happen must never read as if it had."""
    values["text"] = f"{clip(values['text'], 480)} ({words})"


def read_family_history(node: Node, context: Context, key: str) -> list[Row]:
    """One line for each condition of the relative; one line that says so when none is named."""
    status = node.text("status")
    relative = node.concept("relationship")
    if not relative:
        raise node.reject("relationship", _("does not say which relative"))
    shared = {
        "relative": clip(relative.words, 80),
        "is_deceased": _deceased(node),
        "recorded_at": context.moment(node.date("date")),
        "status": clip(status, 40),
    }
    conditions = node.nodes("condition")
    if not conditions:
        words = _("Health not known") if status == "health-unknown" else _("No conditions named")
        values = history(node, context, Concept(words, ()), "condition") | shared | {"onset_age": ""}
        return [Row(FamilyHistory, key, in_error(values, status))]
    rows = []
    for number, condition in enumerate(conditions):
        values = history(condition, context, condition.concept("code"), "code")
        values["sensitivity"] = values["sensitivity"] or label_of(node, context.remark, NOTHING)
        values |= shared | {"onset_age": clip(_onset(condition), 40)}
        rows.append(Row(FamilyHistory, f"{key}#{number}" if number else key, in_error(values, status)))
    return rows


def _deceased(node: Node) -> bool | None:
    dated = any(node.has(f"deceased{form}") for form in ("Age", "Range", "Date", "String"))
    return True if dated else node.flag("deceasedBoolean")


def _onset(condition: Node) -> str:
    age = condition.node("onsetAge")
    value = age.number("value") if age else None
    if age and value is not None:
        return f"{value.normalize():f} {age.text('unit') or age.text('code')}".strip()
    return condition.text("onsetString")
