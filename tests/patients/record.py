"""How the tests of the record speak to it."""

import uuid
from typing import Any

from django.test import Client
from django.urls import reverse

from coordination.audit.models import Event


def at(name: str, *args: Any) -> str:
    return reverse(f"patients:{name}", args=[getattr(arg, "pk", arg) for arg in args])


def send(client: Client, url: str, patient: Any, **values: Any) -> Any:
    """Post a form as the page would: with the patient it is about and a key of its own."""
    sent = {"patient": patient.pk, "idempotency_key": uuid.uuid4(), **values}
    return client.post(url, {name: value for name, value in sent.items() if value is not None})


def page(client: Client, url: str, **values: Any) -> str:
    answer = client.get(url, values)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def events(patient: Any, kind: str = "view") -> int:
    return Event.objects.filter(patient_id=patient.pk, kind=kind).count()
