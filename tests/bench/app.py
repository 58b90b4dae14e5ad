"""The web server of the benchmark: the product as it is, what each answer cost told in a header, and the floor beside it.

The floor is the least an answer could cost here: the same server, one prepared statement for the same rows, their bytes. It runs
whatever statement it is sent, so it exists in this file only and is never part of the product.
"""

import io
import json
import os
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import psycopg
from django.db import connection

from coordination.wsgi import application as product

Environ = dict[str, Any]
Start = Callable[..., Any]
_own = threading.local()


class Spent:
    """The statements of one request and the time the database took for them."""

    def __init__(self) -> None:
        self.statements, self.seconds = 0, 0.0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.statements += 1
            self.seconds += time.perf_counter() - began


def application(environ: Environ, start_response: Start) -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/floor/":
        return floor(environ, start_response)
    spent, began = Spent(), time.thread_time()

    def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
        cpu = (time.thread_time() - began) * 1000
        said = f"db;dur={spent.seconds * 1000:.3f};desc={spent.statements}, cpu;dur={cpu:.3f}"
        return start_response(status, [*headers, ("Server-Timing", said)], *more)

    with connection.execute_wrapper(spent):
        return product(environ, start)


def floor(environ: Environ, start_response: Start) -> Iterable[bytes]:
    """One statement, prepared once on this connection; its rows as they come."""
    began, asked = time.thread_time(), json.loads(environ["wsgi.input"].read())
    database = _database(asked["organization"])
    before = time.perf_counter()
    cursor = database.execute(asked["sql"].encode(), asked["params"], prepare=True)
    rows = cursor.fetchall() if cursor.description else []
    seconds = time.perf_counter() - before
    body = io.BytesIO(json.dumps(rows, default=str).encode()).getvalue()
    cpu = (time.thread_time() - began) * 1000
    said = f"db;dur={seconds * 1000:.3f};desc=1, cpu;dur={cpu:.3f}"
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        ("Server-Timing", said),
    ]
    start_response("200 OK", headers)
    return [body]


def _database(organization: str) -> psycopg.Connection[Any]:
    """One connection for each thread, as the product's role: the same rows are open to it."""
    found: psycopg.Connection[Any] | None = getattr(_own, "database", None)
    if found is None:
        found = _own.database = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
        found.execute(b"select set_config('app.organization', %s, false)", [organization])
    return found
