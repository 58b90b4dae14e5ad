"""One resource read alone, with or without what it refers to."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from coordination.interop.fhir.mapping import READERS
from coordination.interop.fhir.mapping.base import Context, Row
from coordination.interop.fhir.mapping.patient import PatientFacts, read_patient
from coordination.interop.fhir.values import Node
from tests.interop.made_up import patient

ZONE = ZoneInfo("America/Chicago")


def context(**known: dict[str, Any]) -> Context:
    """A context in which some references lead somewhere."""
    there = {key.replace("_", "/"): Node(value, value["resourceType"]) for key, value in known.items()}
    return Context(ZONE, dt.date(2026, 11, 21), there.get)


def read(resource: dict[str, Any], at: Context | None = None) -> list[Row]:
    kind = resource["resourceType"]
    return READERS[kind](Node(resource, kind), at or context(), f"{kind}/{resource.get('id')}")


def one(resource: dict[str, Any], at: Context | None = None) -> dict[str, Any]:
    rows = read(resource, at)
    assert len(rows) == 1
    return rows[0].values


def facts(at: Context | None = None, **more: Any) -> PatientFacts:
    return read_patient(Node(patient(**more), "Patient"), at or context(), "Patient/p1")


def remarks(resource: dict[str, Any]) -> list[str]:
    at = context()
    read(resource, at)
    return [remark.reason for remark in at.remarks]
