"""The description is valid, says everything, and is served with its page from our own server."""

import io
import json

import pytest
from django.core.management import call_command

CHANGES_NOTHING = ("/search/", "/preview/")
ERRORS = {"400", "401", "403", "404", "405", "406", "413", "429"}


@pytest.fixture(scope="module")
def schema():
    out = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", stdout=out)
    return json.loads(out.getvalue())


def operations(schema):
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_it_is_valid_and_without_a_warning(schema):
    assert schema["openapi"].startswith("3.1")
    assert len(schema["paths"]) >= 25


def test_every_answer_is_documented(schema):
    for path, method, operation in operations(schema):
        told = set(operation["responses"])
        assert told >= ERRORS, path
        if "requestBody" in operation:
            assert told >= {"409", "415", "422"}, path
        if method != "get":
            names = (
                {parameter["name"] for parameter in operation["parameters"]}
                if "parameters" in operation
                else set()
            )
            assert names & {"Idempotency-Key", "If-Match"} or path.endswith(CHANGES_NOTHING), path
            assert ("If-Match" in names) == ("412" in told) == ("428" in told), path


def test_every_problem_has_its_media_type(schema):
    for path, _method, operation in operations(schema):
        for status, answer in operation["responses"].items():
            expected = "application/json" if status.startswith("2") else "application/problem+json"
            assert set(answer["content"]) == {expected}, path


def test_a_patch_may_have_a_key_and_a_post_must(schema):
    for path, method, operation in operations(schema):
        keys = [each for each in operation.get("parameters", []) if each["name"] == "Idempotency-Key"]
        if method in {"patch", "post"} and not path.endswith(CHANGES_NOTHING):
            assert [each.get("required", False) for each in keys] == [method == "post"], path


def test_values_are_closed_lists(schema):
    task = schema["components"]["schemas"]["TaskOutput"]["properties"]
    assert set(task["status"]["enum"]) >= {"open", "done", "waiting"}
    assert task["due_at"]["format"] == "date-time"
    assert task["id"]["format"] == "uuid"


def test_it_is_served(client, db):
    answer = client.get("/api/v1/schema/")
    assert answer.status_code == 200
    assert answer.json()["info"]["title"] == "Throughline API"


def test_its_page_asks_nobody_else_and_holds_no_script(client, db):
    page = client.get("/api/v1/docs/")
    assert page.status_code == 200
    text = page.content.decode()
    assert "http" not in text
    assert "<style" not in text
    assert "<script>" not in text
    assert "script-src 'self'" in page["Content-Security-Policy"]
    assert client.get("/api/v1/docs/?script=")["Content-Type"].startswith("application/javascript")
