"""Everything the schema allows, and much it does not, sent to the API as a coordinator: no fault of ours, no answer it does not document.

`API_EXAMPLES=500` asks deeper than the usual run.
"""

import os
import uuid
from contextlib import contextmanager

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from coordination.wsgi import application
from tests.factories import TaskFactory
from tests.factories.record import ConditionFactory, ContactFactory

EXAMPLES = int(os.environ.get("API_EXAMPLES", "4"))
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)


@contextmanager
def same_connection():
    """The application runs inside the test's own transaction. (The test client connects these again each time it is used.)"""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


@pytest.mark.slow
def test_nothing_breaks_and_nothing_is_undocumented(cast, api, client, settings_of_api):
    one = api(cast.ana)
    document = client.get("/api/v1/schema/").json()
    schema = schemathesis.openapi.from_dict(document)
    schema.app = application
    tasks = [
        TaskFactory(patient=cast.pat, owner=cast.ana, checklist=[{"text": "Ask", "done": False}])
        for _ in range(3)
    ]
    ConditionFactory(patient=cast.pat)
    subjects = {
        "/api/v1/tasks/": [str(task.pk) for task in tasks],
        "/api/v1/contacts/": [str(ContactFactory(patient=cast.pat).pk)],
        "/api/v1/patients/": [str(cast.pat.pk)],
    }
    known = [str(pk) for pk in (cast.ana.pk, cast.sue.pk, cast.sam.pk, cast.north.pk, cast.south.pk)]
    asked, broken = [], []
    with same_connection():
        for found in schema.get_all_operations():
            operation = found.ok()
            try:
                generate(operation, one, subjects, known, asked)
            except (FailureGroup, Failure) as failure:
                broken.append(f"{operation.label}: {describe(failure)}")
    assert broken == []
    assert {status // 100 for _name, status in asked} >= {2, 4}
    assert len({name for name, _status in asked}) == sum(1 for _found in schema.get_all_operations())


def describe(failure):
    told = failure.exceptions if isinstance(failure, FailureGroup) else [failure]
    return "; ".join(f"{one.title}: {one.message}"[:600] for one in told)


def generate(operation, one, subjects, known, asked):
    """Half of the calls are about rows that are there, with their version; the others may be about anything."""

    @seed(7)
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(
        case=operation.as_strategy(),
        real=st.booleans(),
        version=st.integers(1, 3),
        person=st.sampled_from(known),
    )
    def ask(case, real, version, person):
        case.headers = dict(case.headers or {}) | {"Authorization": f"Bearer {one.value}"}
        if "Idempotency-Key" in case.headers:
            case.headers["Idempotency-Key"] = str(uuid.uuid4())
        if real:
            if "If-Match" in case.headers:
                case.headers["If-Match"] = f'"{version}"'
            for prefix, ids in subjects.items():
                if operation.path.startswith(prefix) and "pk" in (case.path_parameters or {}):
                    case.path_parameters["pk"] = ids[version % len(ids)]
            if isinstance(case.body, dict):
                for name in {"owner_id", "coordinator_id"} & set(case.body):
                    case.body[name] = person
        response = case.call()
        asked.append((operation.label, response.status_code))
        case.validate_response(response, checks=CHECKS)

    ask()


@pytest.fixture
def settings_of_api(settings):
    settings.API_CALLS_PER_MINUTE = 10**9
    return settings
