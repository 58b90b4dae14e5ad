"""Small invented resources. Each is valid on its own; a test changes what it is about."""

import gzip
import json
from pathlib import Path
from typing import Any

SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"


def coded(code: str, words: str, system: str = SNOMED) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": words}], "text": words}


def patient(pk: str = "p1", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": pk,
        "name": [{"use": "official", "family": "Okafor", "given": ["Grace", "Ada"]}],
        "gender": "female",
        "birthDate": "1958-03-14",
        "identifier": [{"type": {"coding": [{"code": "MR"}]}, "system": "urn:test:mr", "value": f"MR-{pk}"}],
        "telecom": [{"system": "phone", "use": "mobile", "value": "(555) 555-0142"}],
        "address": [
            {
                "use": "home",
                "line": ["418 Alder St"],
                "city": "Riverbend",
                "state": "IL",
                "postalCode": "60601",
            }
        ],
    } | more


def about(kind: str, pk: str, owner: str = "p1", element: str = "subject", **more: Any) -> dict[str, Any]:
    return {"resourceType": kind, "id": pk, element: {"reference": f"Patient/{owner}"}} | more


def condition(pk: str = "c1", **more: Any) -> dict[str, Any]:
    return about("Condition", pk, code=coded("44054006", "Diabetes"), onsetDateTime="2019-05-01") | more


def observation(pk: str = "o1", **more: Any) -> dict[str, Any]:
    return (
        about("Observation", pk, status="final", code=coded("4548-4", "Hemoglobin A1c", LOINC))
        | {"effectiveDateTime": "2026-11-01T09:30:00-06:00", "valueQuantity": {"value": 7.2, "unit": "%"}}
        | more
    )


def allergy(pk: str = "a1", **more: Any) -> dict[str, Any]:
    return about("AllergyIntolerance", pk, element="patient", code=coded("764146007", "Penicillin")) | more


def bundle(*resources: dict[str, Any], kind: str = "collection") -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "type": kind,
        "entry": [{"resource": resource} for resource in resources],
    }


def write(folder: Path, content: Any, name: str = "sent.json") -> Path:
    """Write a value as JSON, a text or bytes as they are; packed when the name ends in .gz."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content if isinstance(content, bytes | str) else json.dumps(content)
    raw = data.encode() if isinstance(data, str) else data
    path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    return path


def lines(*resources: dict[str, Any]) -> str:
    return "\n".join(json.dumps(resource) for resource in resources) + "\n"
